"""What this project measures its own claims with."""
