"""What the methods share: FER+ scenes, random weights, a schedule of minutes.

A second base of each method's config, beside that of RAF-DB. As there, names
begin with `fer_`, because two bases may not define the same name.
"""

fer_epochs = 10
fer_scenes = dict(data_root='data/ferplus_scenes/')
fer_scenes_train = dict(batch_size=32, dataset=fer_scenes)
fer_scenes_val = dict(
    dataset=dict(fer_scenes, ann_file='ImageSets/Main/val.txt')
)
fer_scenes_test = dict(dataset=fer_scenes)
fer_scenes_model = dict(
    backbone=dict(init_cfg=None),
    test_cfg=dict(score_thr=0.005, nms_pre=1000, max_per_img=100),
)
fer_scenes_optim = dict(clip_grad=dict(max_norm=10.0))
fer_scenes_loop = dict(
    max_epochs=fer_epochs, val_interval=5, dynamic_intervals=None
)
