"""The package's registrations, a fixed seed and hooks for every config."""

custom_imports = dict(imports=['fer_yolo_mamba'])
# A fixed seed: two runs of one config are the same run.
randomness = dict(seed=0)
fer_hooks = [
    dict(type='ChannelsLastHook'),
    dict(type='EpochSeedHook'),
    dict(type='PerClassF1Hook'),
]
