"""Pages about a test, a data set and a comparison."""
