"""Speed and memory, beside those of other ways to compute the same."""
