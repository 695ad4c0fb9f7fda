"""The paper's schedule (Section IV-A): Adam, batch 16, 0.001 x 0.9 / 64."""

fer_batch_size = 16
fer_optim_wrapper = dict(
    _delete_=True, type='OptimWrapper', optimizer=dict(type='Adam', lr=0.001)
)
fer_param_scheduler = [
    dict(type='StepLR', by_epoch=True, step_size=64, gamma=0.9)
]
