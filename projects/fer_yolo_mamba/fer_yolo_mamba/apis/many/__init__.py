"""Millions of pictures and films: by shards, on one machine or on many.

Needs the extra ``ray``: ``pip install 'fer-yolo-mamba[ray]'``.
"""
