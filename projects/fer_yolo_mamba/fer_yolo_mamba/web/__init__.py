"""The local page: a photograph in, its faces and their expressions out."""
