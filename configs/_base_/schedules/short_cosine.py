"""A run of minutes or hours: a short warm-up, then a cosine down to its end.

The paper's rate falls by a tenth every 64 epochs, which a short run never
reaches. The warm-up counts iterations, so a run of one epoch has one too.
"""

fer_short_param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=200),
    dict(type='CosineAnnealingLR', eta_min=2e-5, convert_to_iter_based=True),
]
