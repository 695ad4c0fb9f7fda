"""What every facial expression set has in common: VOC layout and FERMetric.

RAF-DB is the set of each config; the others are what to change for them.
"""

fer_rafdb = dict(
    type='FERVOCDataset',
    data_root='data/rafdb/',
    data_prefix=dict(img='JPEGImages/', ann='Annotations/'),
)
fer_train_dataset = dict(
    ann_file='ImageSets/Main/train.txt',
    filter_cfg=dict(filter_empty_gt=False),
    # Below data_root: pictures decoded once for all epochs; None goes without.
    image_cache='image_cache',
    **fer_rafdb,
)
fer_test_dataset = dict(
    ann_file='ImageSets/Main/test.txt', test_mode=True, **fer_rafdb
)

fer_sfew = dict(data_root='data/sfew/')
fer_sfew_train_dataloader = dict(dataset=fer_sfew)
# SFEW's test images have no public labels.
fer_sfew_test_dataloader = dict(
    dataset=dict(ann_file='ImageSets/Main/val.txt', **fer_sfew)
)

fer_evaluator = dict(_delete_=True, type='FERMetric')
