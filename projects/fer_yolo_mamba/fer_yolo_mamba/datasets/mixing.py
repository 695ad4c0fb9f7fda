"""YOLOX's augmentation as mmyolo does it, byte by byte, in less time.

mmyolo decodes and shrinks five photographs for each training picture, and mixes
in floats of 64 bits. Here `LoadFittedImage` takes the photographs from the
data set's cache, and the pixels stay bytes wherever the result is the same. All
that is drawn by chance is drawn as mmyolo does, in its order: with one seed,
one picture and its boxes are the same (a test compares them).
"""

from collections.abc import Iterable, Sequence

import cv2
import mmcv
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmdet.datasets.transforms import (
    FilterAnnotations,
    PackDetInputs,
    RandomAffine,
    RandomFlip,
    YOLOXHSVRandomAug,
)
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes, autocast_box_type
from mmengine.structures import InstanceData
from mmyolo.datasets.transforms import Mosaic, YOLOXMixUp
from mmyolo.datasets.transforms.mix_img_transforms import BaseMixImageTransform
from mmyolo.registry import TRANSFORMS

from .fitted_images import fit_ratio, fitted_image

_HUES = 180  # of OpenCV, two degrees each
_CORNERS = 'top_left', 'top_right', 'bottom_left', 'bottom_right'
_OF_BOXES = 'gt_bboxes_labels', 'gt_ignore_flags'


@TRANSFORMS.register_module()
class LoadFittedImage(BaseTransform):
    """Loads a photograph as small as `FittedMosaic` and `FittedMixUp` need it.

    In the place of `LoadImageFromFile` before those. Comes from the cache of
    the data set where that has one (`image_cache` of `FERVOCDataset`), and is
    read-only then. Boxes are loaded after it as they are annotated; the mixing
    scales them.

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


@TRANSFORMS.register_module()
class FastLoadAnnotations(BaseTransform):
    """mmyolo's LoadAnnotations of boxes and labels alone."""

    def transform(self, results: dict) -> dict:
        """Adds the boxes of all faces that are not to be ignored."""
        faces = [one for one in results['instances'] if not one['ignore_flag']]
        boxes = np.array([face['bbox'] for face in faces], np.float32)
        labels = np.array([face['bbox_label'] for face in faces], np.int64)
        results.update(
            gt_bboxes=_boxes(boxes),
            gt_bboxes_labels=labels,
            gt_ignore_flags=np.zeros(len(faces), bool),
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

    def _fitted(self, image: np.ndarray) -> tuple[np.ndarray, float]:
        """The picture as large as fits the scale, and how it was resized."""
        h, w = image.shape[:2]
        ratio = min(self.img_scale[1] / h, self.img_scale[0] / w)
        if ratio != 1:
            image = mmcv.imresize(image, (int(w * ratio), int(h * ratio)))
        return image, ratio


@TRANSFORMS.register_module()
class FittedMosaic(_OfFittedPartners, Mosaic):
    """mmyolo's Mosaic of pictures that `LoadFittedImage` has loaded.

    For boxes alone, clipped at the border.
    """

    def mix_img_transform(self, results: dict) -> dict:
        """Puts partners, `mix_results`, beside and below the picture."""
        parts = results, *results['mix_results']
        width, height = self.img_scale
        canvas = np.full((2 * height, 2 * width, 3), self.pad_val, np.uint8)
        centre = [
            int(np.random.uniform(*self.center_ratio_range) * side)
            for side in self.img_scale
        ]
        for part, corner in zip(parts, _CORNERS, strict=True):
            image, boxes = part['img'], _coordinates(part)
            boxes *= part['fit_ratio']
            image, ratio = self._fitted(image)
            boxes *= ratio
            (x1, y1, x2, y2), (left, top, right, bottom) = self._mosaic_combine(
                corner, centre, image.shape[1::-1]
            )
            canvas[y1:y2, x1:x2] = image[top:bottom, left:right]
            boxes[:, 0::2] += x1 - left
            boxes[:, 1::2] += y1 - top
        _take_over(results, map(_coordinates, parts), results['mix_results'])
        _clip(_coordinates(results), canvas.shape)
        results.update(img=canvas, img_shape=canvas.shape)
        return results


@TRANSFORMS.register_module()
class FastRandomAffine(RandomAffine):
    """mmdet's RandomAffine, whose boxes take a few calls in place of many.

    They are clipped at the border.
    """

    @autocast_box_type()
    def transform(self, results: dict) -> dict:
        """Turns, scales, shears and moves the picture and its boxes."""
        height, width = (
            side + 2 * border
            for side, border in zip(
                results['img'].shape, self.border[::-1], strict=False
            )
        )
        matrix = self._get_random_homography_matrix(height, width)
        # OpenCV warps four channels in half the time that it takes for three.
        x, y = _reach(matrix, width, height)
        image = cv2.warpPerspective(
            cv2.cvtColor(results['img'][:y, :x], cv2.COLOR_BGR2BGRA),
            matrix,
            (width, height),
            borderValue=self.border_val,
        )
        image = cv2.cvtColor(image, cv2.COLOR_BGRA2BGR)
        results.update(img=image, img_shape=image.shape[:2])
        boxes = _coordinates(results)
        if not len(boxes):
            return results
        corners = np.ones((len(boxes), 4, 3), np.float32)
        corners[..., 0] = boxes[:, [0, 2, 0, 2]]
        corners[..., 1] = boxes[:, [1, 1, 3, 3]]
        # By PyTorch and in this order, for rounding as mmdet's.
        corners = torch.from_numpy(corners).transpose(1, 2)
        corners = (torch.from_numpy(matrix) @ corners).transpose(1, 2).numpy()
        corners = corners[..., :2] / corners[..., 2:]
        boxes = np.concatenate([corners.min(1), corners.max(1)], 1)
        _clip(boxes, (height, width))
        (x1, y1, x2, y2) = boxes.T
        inside = (x1 < width) & (y1 < height) & (x2 > 0) & (y2 > 0)
        _choose(results, boxes, inside)
        return results


def _reach(matrix: np.ndarray, width: int, height: int) -> np.ndarray:
    """How far right and down a warp to this size reads, in whole pixels."""
    corners = (0, width, 0, width), (0, 0, height, height), (1, 1, 1, 1)
    x, y, _ = (np.linalg.inv(matrix) @ corners).max(1)
    # Two for the neighbours of the last pixel, and one for rounding.
    return np.maximum([x + 3, y + 3], 1).astype(int)


@TRANSFORMS.register_module()
class FittedMixUp(_OfFittedPartners, YOLOXMixUp):
    """mmyolo's YOLOXMixUp with a picture that `LoadFittedImage` has loaded.

    For boxes alone, clipped at the border.
    """

    def mix_img_transform(self, results: dict) -> dict:
        """Mixes a partner, `mix_results`, into the picture, half and half."""
        (partner,) = results['mix_results']
        boxes = _coordinates(partner)
        if not len(boxes):
            return results
        jitter = np.random.uniform(*self.ratio_range)
        is_flipped = np.random.uniform(0, 1) > self.flip_ratio

        height, width = results['img'].shape[:2]
        size = [int(side * jitter) for side in self.img_scale[::-1]]
        y, x = (
            np.random.randint(0, got - wanted) if got > wanted else 0
            for got, wanted in zip(size, (height, width), strict=True)
        )
        image, ratio = self._fitted(partner['img'])
        # As floats, for mmyolo's are cut down to whole numbers afterwards.
        # Channel by channel, which stays in the processor's cache.
        canvas = np.full(self.img_scale[::-1], self.pad_val, float)
        mixed_in, larger = [], None
        for channel in range(3):
            canvas[: image.shape[0], : image.shape[1]] = image[..., channel]
            larger = cv2.resize(canvas, size[::-1], dst=larger)
            mixed_in.append(
                self._cropped(larger, (y, x), (height, width), is_flipped)
            )
        mixed_in = cv2.merge(mixed_in)

        boxes *= partner['fit_ratio'] * ratio * jitter
        _clip(boxes, size)
        if is_flipped:
            boxes[:, 0::2] = size[1] - boxes[:, 2::-2]
        boxes[:, 0::2] -= x
        boxes[:, 1::2] -= y
        _clip(boxes, (height, width))

        # The mean, rounded down.
        image = results['img']
        image = (image & mixed_in) + (image ^ mixed_in) // 2
        results.update(img=image, img_shape=image.shape)
        _take_over(results, [_coordinates(results), boxes], [partner])
        return results

    def _cropped(
        self,
        canvas: np.ndarray,
        corner: tuple[int, int],
        shape: tuple[int, int],
        is_flipped: bool,
    ) -> np.ndarray:
        """What the canvas, flipped or not, has from a corner (y, x) on.

        Returns:
            shape, uint8, padded where the canvas ends.
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
        if part.shape == shape:
            return part
        padded = np.full(shape, self.pad_val, np.uint8)
        padded[: part.shape[0], : part.shape[1]] = part
        return padded


def _coordinates(results: dict) -> np.ndarray:
    """The boxes (N, 4) float32; a change of the array is one of the boxes."""
    return results['gt_bboxes'].tensor.numpy()


def _boxes(coordinates: np.ndarray) -> HorizontalBoxes:
    return HorizontalBoxes(torch.from_numpy(coordinates), clone=False)


def _choose(results: dict, boxes: np.ndarray, chosen: np.ndarray) -> None:
    """Keeps the faces of these boxes (N, 4) that are chosen (N,)."""
    results['gt_bboxes'] = _boxes(boxes[chosen])
    for key in _OF_BOXES:
        results[key] = results[key][chosen]


def _take_over(
    results: dict, coordinates: Iterable[np.ndarray], partners: Sequence[dict]
) -> None:
    """Adds partners' faces, which have together with ours these boxes."""
    results['gt_bboxes'] = _boxes(np.concatenate(list(coordinates)))
    for key in _OF_BOXES:
        parts = [results, *partners]
        results[key] = np.concatenate([part[key] for part in parts])


def _clip(boxes: np.ndarray, shape: Sequence[int]) -> None:
    """Puts what is beyond a picture of (height, width, ...) onto its border."""
    height, width = shape[:2]
    ends = np.array((width, height, width, height), boxes.dtype)
    boxes.clip(0, ends, out=boxes)


@TRANSFORMS.register_module()
class FastHSVRandomAug(YOLOXHSVRandomAug):
    """mmdet's YOLOXHSVRandomAug in bytes, which saturate by themselves."""

    def transform(self, results: dict) -> dict:
        """Changes the colours of `img`."""
        deltas = self.hue_delta, self.saturation_delta, self.value_delta
        shares = np.random.uniform(-1, 1, 3).tolist()
        chosen = np.random.randint(0, 2, 3).tolist()
        hue_gain, *gains = (
            int(delta * share) * on
            for delta, share, on in zip(deltas, shares, chosen, strict=True)
        )
        hsv = cv2.cvtColor(results['img'], cv2.COLOR_BGR2HSV)
        if hue_gain:
            turned = (np.arange(256) + hue_gain) % _HUES
            hue = cv2.extractChannel(hsv, 0)
            cv2.insertChannel(cv2.LUT(hue, turned.astype(np.uint8)), hsv, 0)
        cv2.add(hsv, (0, *gains, 0), dst=hsv)
        results['img'] = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
        return results


@TRANSFORMS.register_module()
class FastRandomFlip(RandomFlip):
    """mmdet's RandomFlip of left and right, of pictures and boxes alone.

    Args:
        prob: The chance that a picture is flipped.
    """

    def __init__(self, prob: float) -> None:
        super().__init__(prob)

    def transform(self, results: dict) -> dict:
        """Flips the picture and its boxes, or leaves them as they are."""
        # As NumPy's choice of two draws, which mmdet asks.
        flip = np.random.random_sample() < self.prob
        results.update(flip=flip, flip_direction='horizontal' if flip else None)
        if flip:
            results['img'] = cv2.flip(results['img'], 1)
            boxes, width = _coordinates(results), results['img'].shape[1]
            boxes[:, 0::2] = width - boxes[:, 2::-2]
        return results


@TRANSFORMS.register_module()
class FastFilterAnnotations(FilterAnnotations):
    """mmdet's FilterAnnotations of boxes, with `keep_empty=False`."""

    def transform(self, results: dict) -> dict:
        """Leaves out faces whose width or height is too small."""
        boxes = _coordinates(results)
        large = (boxes[:, 2:] - boxes[:, :2] > self.min_gt_bbox_wh).all(1)
        if not large.all():
            _choose(results, boxes, large)
        return results


@TRANSFORMS.register_module()
class FastPackDetInputs(PackDetInputs):
    """mmdet's PackDetInputs of pictures with three channels and their boxes.

    OpenCV takes the channels apart in a quarter of the time.
    """

    def transform(self, results: dict) -> dict:
        """As mmdet's."""
        image, boxes = results['img'], _coordinates(results)
        planes = np.empty((3, *image.shape[:2]), np.uint8)
        cv2.split(image, list(planes))
        keys = [key for key in self.meta_keys if key in results]
        sample = DetDataSample(metainfo={key: results[key] for key in keys})
        ignored = results['gt_ignore_flags']
        sample.gt_instances, sample.ignored_instances = (
            InstanceData(
                bboxes=_boxes(boxes[chosen]),
                labels=torch.from_numpy(results['gt_bboxes_labels'][chosen]),
            )
            for chosen in (~ignored, ignored)
        )
        return dict(inputs=torch.from_numpy(planes), data_samples=sample)
