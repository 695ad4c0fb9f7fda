"""SS2D alone (Table III, row 2): four directions, the FRM branch is off."""

_base_ = '../fer_yolo_mamba_rafdb.py'

directions = ['rows', 'columns', 'rows_reversed', 'columns_reversed']
model = dict(
    neck=dict(vss_cfg=dict(frm=False, scan_cfg=dict(orders=directions)))
)
