"""What every facial expression set has in common: VOC layout and FERMetric.

The names begin with ``fer_`` so that this file can stand beside any mmdet or
mmyolo base; the config that inherits both binds them.
"""

fer_dataset = dict(
    type='FERVOCDataset',
    data_root='data/rafdb/',
    data_prefix=dict(img='JPEGImages/', ann='Annotations/'),
)
fer_train_dataset = dict(
    ann_file='ImageSets/Main/train.txt',
    filter_cfg=dict(filter_empty_gt=False),
    **fer_dataset,
)
fer_test_dataset = dict(
    ann_file='ImageSets/Main/test.txt', test_mode=True, **fer_dataset
)

fer_evaluator = dict(_delete_=True, type='FERMetric')
