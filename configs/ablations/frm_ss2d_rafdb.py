"""FRM and SS2D (Table III, row 4): four directions instead of eight."""

_base_ = '../fer_yolo_mamba_rafdb.py'

directions = ['rows', 'columns', 'rows_reversed', 'columns_reversed']
model = dict(neck=dict(vss_cfg=dict(scan_cfg=dict(orders=directions))))
