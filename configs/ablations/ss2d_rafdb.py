"""SS2D alone (Table III, row 2): four directions, the FRM branch is off."""

_base_ = './frm_ss2d_rafdb.py'

model = dict(neck=dict(vss_cfg=dict(frm=False)))
