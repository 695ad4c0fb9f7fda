"""The same run by mmyolo's assignment, mmdet's average and an unfused Adam."""

_base_ = './fast.py'

model = dict(bbox_head=dict(type='YOLOXHead'))
optim_wrapper = dict(optimizer=dict(fused=False))
switch, norms, average, *others = _base_.custom_hooks
average = dict(average, ema_type='ExpMomentumEMA')
custom_hooks = [switch, norms, average, *others]
