"""YOLOX's augmentation as mmyolo does it, byte by byte, in less time.

mmyolo decodes and shrinks five photographs for each training picture, and mixes
in floats of 64 bits. Here `LoadFittedImage` takes the photographs from the
data set's cache, and the pixels stay bytes wherever the result is the same. All
that is drawn by chance is drawn as mmyolo does, in its order: with one seed,
one picture and its boxes are the same (a test compares them).
"""

from collections.abc import Sequence

import cv2
import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.datasets.transforms import YOLOXHSVRandomAug
from mmdet.structures.bbox import autocast_box_type
from mmyolo.datasets.transforms import Mosaic, YOLOXMixUp
from mmyolo.datasets.transforms.mix_img_transforms import BaseMixImageTransform
from mmyolo.registry import TRANSFORMS

from .fitted_images import fit_ratio, fitted_image

_HUES = 180  # of OpenCV, two degrees each


@TRANSFORMS.register_module()
class LoadFittedImage(BaseTransform):
    """Loads a photograph as small as `FittedMosaic` and `FittedMixUp` need it.

    In the place of `LoadImageFromFile` before those. Comes from the cache of
    the data set where that has one (`image_cache` of `FERVOCDataset`). Boxes
    are loaded after it as they are annotated; the mixing scales them.

    Args:
        scale: (width, height) of the pictures that are mixed, their
            `img_scale`.
    """

    def __init__(self, scale: Sequence[int]) -> None:
        self.scale = tuple(scale)

    def transform(self, results: dict) -> dict:
        """Adds img, img_shape, ori_shape, and fit_ratio (see that function)."""
        path = results['img_path']
        cache = getattr(results.get('dataset'), 'fitted_images', None)
        image = None
        if cache is not None and cache.scale == self.scale:
            image = cache.read(path)
            whole = results['width'], results['height']
        if image is None:
            image, whole = fitted_image(path, self.scale)
        ratio, _ = fit_ratio(*whole, self.scale)
        results.update(
            img=image,
            img_shape=image.shape[:2],
            ori_shape=whole[::-1],
            fit_ratio=ratio,
        )
        return results


class _OfFittedPartners(BaseMixImageTransform):
    """How mmyolo finds partners, but without copies of what is nobody else's.

    Of its options, `use_cached` is not there: partners are from the cache.
    """

    @autocast_box_type()
    def transform(self, results: dict) -> dict:
        """Draws partners in the data set, loads them and mixes them in."""
        if np.random.uniform(0, 1) > self.prob:
            return results
        dataset = results['dataset']
        indexes = self.get_indexes(dataset)
        results['mix_results'] = [
            self.pre_transform({**dataset.get_data_info(i), 'dataset': dataset})
            for i in (indexes if isinstance(indexes, list) else [indexes])
        ]
        results = self.mix_img_transform(results)
        del results['mix_results']
        return results


@TRANSFORMS.register_module()
class FittedMosaic(_OfFittedPartners, Mosaic):
    """mmyolo's Mosaic of pictures that `LoadFittedImage` has loaded."""

    def mix_img_transform(self, results: dict) -> dict:
        """See mmyolo's; fitted pictures are copied where it resizes others."""
        for part in (results, *results['mix_results']):
            part['gt_bboxes'].tensor *= part['fit_ratio']
        return super().mix_img_transform(results)


@TRANSFORMS.register_module()
class FittedMixUp(_OfFittedPartners, YOLOXMixUp):
    """mmyolo's YOLOXMixUp with a picture that `LoadFittedImage` has loaded.

    For boxes alone, clipped at the border.
    """

    def mix_img_transform(self, results: dict) -> dict:
        """Mixes a partner, `mix_results`, into the picture, half and half."""
        (partner,) = results['mix_results']
        boxes = partner['gt_bboxes']
        if not len(boxes):
            return results
        jitter = np.random.uniform(*self.ratio_range)
        is_flipped = np.random.uniform(0, 1) > self.flip_ratio

        height, width = results['img'].shape[:2]
        canvas, ratio = self._on_canvas(partner['img'])
        # As floats, for mmyolo's are cut down to whole numbers afterwards.
        canvas = cv2.resize(
            canvas, tuple(int(side * jitter) for side in canvas.shape[1::-1])
        )
        size = canvas.shape[:2]
        y, x = (
            np.random.randint(0, got - wanted) if got > wanted else 0
            for got, wanted in zip(size, (height, width), strict=True)
        )
        mixed_in = self._cropped(canvas, (y, x), (height, width), is_flipped)

        boxes.rescale_([partner['fit_ratio'] * ratio * jitter] * 2)
        boxes.clip_(size)
        if is_flipped:
            boxes.flip_(size, direction='horizontal')
        boxes.translate_([-x, -y])
        boxes.clip_([height, width])

        results['img'] = _halfway(results['img'], mixed_in)
        results['img_shape'] = results['img'].shape
        results['gt_bboxes'] = boxes.cat((results['gt_bboxes'], boxes), dim=0)
        for key in ('gt_bboxes_labels', 'gt_ignore_flags'):
            results[key] = np.concatenate((results[key], partner[key]))
        return results

    def _on_canvas(self, image: np.ndarray) -> tuple[np.ndarray, float]:
        """The picture in the upper left corner of the padding, as floats."""
        canvas_width, canvas_height = self.img_scale
        height, width = image.shape[:2]
        ratio = min(canvas_height / height, canvas_width / width)
        image = mmcv.imresize(image, (int(width * ratio), int(height * ratio)))
        height, width = image.shape[:2]
        canvas = np.empty((canvas_height, canvas_width, 3))
        canvas[:height, :width] = image
        canvas[height:] = canvas[:height, width:] = self.pad_val
        return canvas, ratio

    def _cropped(
        self,
        canvas: np.ndarray,
        corner: tuple[int, int],
        shape: tuple[int, int],
        is_flipped: bool,
    ) -> np.ndarray:
        """What the canvas, flipped or not, has from a corner (y, x) on.

        Returns:
            (*shape, 3) uint8, padded where the canvas ends.
        """
        (y, x), (height, width) = corner, shape
        if is_flipped:
            end = canvas.shape[1] - x
            part = canvas[y : y + height, max(end - width, 0) : end]
        else:
            part = canvas[y : y + height, x : x + width]
        part = part.astype(np.uint8)
        if is_flipped:
            part = cv2.flip(part, 1)
        if part.shape[:2] == shape:
            return part
        padded = np.full((*shape, 3), self.pad_val, np.uint8)
        padded[: part.shape[0], : part.shape[1]] = part
        return padded


def _halfway(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The mean of two arrays of uint8, rounded down, as uint8.

    Bits that both have count whole, those that one has count half.
    """
    return (a & b) + ((a ^ b) >> 1)


@TRANSFORMS.register_module()
class FastHSVRandomAug(YOLOXHSVRandomAug):
    """mmdet's YOLOXHSVRandomAug in bytes, which saturate by themselves."""

    def transform(self, results: dict) -> dict:
        """Changes `img` in place."""
        image = results['img']
        hue_gain, *gains = map(float, self._get_hsv_gains())
        hue, *others = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
        turned = (np.arange(256) + hue_gain) % _HUES
        hue = cv2.LUT(hue, turned.astype(np.uint8))
        others = map(cv2.add, others, gains)
        hsv = cv2.merge([hue, *others])
        cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR, dst=image)
        return results
