"""Diagonals that end at the border instead of wrapping around it."""

_base_ = '../fer_yolo_mamba_rafdb.py'

directions = [
    'rows',
    'columns',
    'rows_reversed',
    'columns_reversed',
    'true_diagonal',
    'true_anti_diagonal',
    'true_diagonal_reversed',
    'true_anti_diagonal_reversed',
]
model = dict(neck=dict(vss_cfg=dict(scan_cfg=dict(orders=directions))))
