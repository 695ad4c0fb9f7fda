"""Testing on several views of each image."""

from collections.abc import Sequence
from math import inf

from mmengine.config import Config

from ..errors import InputError

# The deepest stride of most detectors.
_STRIDE = 32
# As YOLOX merges the predictions of one image.
_MERGE = dict(nms=dict(type='nms', iou_threshold=0.65), max_per_img=300)


def use_test_time_augmentation(
    config: Config, scales: Sequence[float] = (1.0,)
) -> None:
    """Tests on each image as it is and mirrored, at each of several sizes.

    mmengine's model for it runs the detector on every view; what it says of
    all of them is merged by NMS within each class.

    Args:
        config: Is changed. Its test pipeline resizes once.
        scales: Sizes of the views as multiples of the pipeline's, rounded to
            multiples of 32 pixels, save for 1.

    Raises:
        InputError: A scale is not a positive number, or the pipeline does not
            have one transform with a scale.
    """
    if not scales or not all(0 < scale < inf for scale in scales):
        raise InputError(
            f'--tta {" ".join(map(str, scales))}: give sizes above 0 as '
            'multiples of the input, such as 1 1.25.'
        )
    dataset = config.test_dataloader.dataset
    sized = [n for n, step in enumerate(dataset.pipeline) if 'scale' in step]
    if len(sized) != 1:
        raise InputError(
            f'--tta: the test pipeline has {len(sized)} transforms with a '
            'scale and needs one: resize with mmdet.Resize and pad with '
            'mmdet.Pad.'
        )
    first = sized[0]
    load, resize = dataset.pipeline[:first], dataset.pipeline[first]
    *others, pack = dataset.pipeline[first + 1 :]
    sizes = [
        dict(resize, scale=tuple(_resized(side, s) for side in resize.scale))
        for s in scales
    ]
    mirror = [dict(type='mmdet.RandomFlip', prob=p) for p in (0.0, 1.0)]
    meta_keys = (*pack.get('meta_keys', ()), 'flip', 'flip_direction')
    dataset.pipeline = [
        *load,
        dict(
            type='TestTimeAug',
            transforms=[
                sizes,
                mirror,
                *([step] for step in others),
                [dict(pack, meta_keys=meta_keys)],
            ],
        ),
    ]
    config.model = dict(
        type='mmdet.DetTTAModel', module=config.model, tta_cfg=_MERGE
    )
    # A checkpoint's weights are the averaged ones; the hook would look for
    # them under the names of this model.
    config.custom_hooks = [
        hook for hook in config.custom_hooks if hook['type'] != 'EMAHook'
    ]


def _resized(side: int, scale: float) -> int:
    if scale == 1:
        return side
    return max(round(side * scale / _STRIDE), 1) * _STRIDE
