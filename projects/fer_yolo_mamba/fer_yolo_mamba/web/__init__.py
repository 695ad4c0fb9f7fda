"""The local page: photographs, films, a camera in, expressions out."""
