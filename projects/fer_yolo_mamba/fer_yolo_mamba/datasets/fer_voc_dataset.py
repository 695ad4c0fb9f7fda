"""The data sets that all configurations of this project train and test on."""

import logging
from collections import Counter, deque
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log
from mmyolo.datasets.yolov5_coco import BatchShapePolicyDataset
from mmyolo.registry import DATASETS

from ..errors import InputError
from ..expressions import COLOURS, EXPRESSIONS, check_classes
from .fitted_images import FittedImages
from .mixing import LoadFittedImage
from .splits import ANNOTATIONS, IMAGES, read_split
from .voc_image_reader import VOCImageReader, decode_set_image

_FAULTS_SHOWN = 5

_FOLDERS = {'img': IMAGES, 'ann': ANNOTATIONS}

#: What `filter_cfg` may hold, and which images its value lets pass.
_FILTERS = {
    'filter_empty_gt': lambda info, on: not on or bool(info['instances']),
    'min_size': lambda info, side: min(info['width'], info['height']) >= side,
}


@DATASETS.register_module()
class FERVOCDataset(BatchShapePolicyDataset):
    """Faces and their expressions in VOC layout.

    >>> dataset = FERVOCDataset(
    ...     ann_file='ImageSets/Main/train.txt', data_root='data/RAF-DB'
    ... )
    >>> dataset.get_data_info(0)['instances']
    [{'bbox': [62.5, 40.0, 188.0, 199.25], 'bbox_label': 3, 'ignore_flag': 0}]

    Every image of the split is checked when the data set is made; a fault
    that would spoil training or evaluation is an error, never passed over
    in silence.

    Boxes are (x1, y1, x2, y2) in pixels of the image as OpenCV reads it
    (turned upright as its EXIF data say), with the origin at the outer corner
    of the first pixel: x2 - x1 is the width, and a face that fills the image
    is (0, 0, W, H). The transforms of mmdet and mmyolo, and with them the
    detections, use this convention. Coordinates are taken as written and stay
    fractional; only `one_based` changes them.

    Truncated faces are ordinary faces. So are difficult ones by default
    (none of the public expression data sets marks any): a metric that knows
    nothing of ignored faces would count detections of them as false.

    Args:
        ann_file: The split file, one image id a line.
        data_prefix: Folders of the images (`img`, default 'JPEGImages') and
            of the annotations (`ann`, default 'Annotations') below
            `data_root`.
        metainfo: May replace `classes`; a config that has a list `classes`
            sets it in every data set. The aliases of a name are known where
            it is among them.
        one_based: Whether the set counts pixels from 1 and includes the last
            one, as VOC does: x1 and y1 are then reduced by 1, so that
            (1, 1, W, H) becomes (0, 0, W, H).
        unlabelled: Name of the boxes of faces whose expression is not known.
            Their label is the number of classes: `FERYOLOXHead` learns from
            them where a face is, `FERMetric` leaves them out of the classes.
        ignore_difficult: Whether difficult faces get `ignore_flag` 1, so that
            mmdet keeps them out of training and of the ground truth.
        skip_invalid: Whether images with faults are left out, counted and
            logged, where otherwise they are an error. Every image is then
            decoded once at the start (a few ms each), to find damaged ones
            before training does.
        filter_cfg: For training only, as in mmdet: `filter_empty_gt` leaves
            out images without a face, `min_size` those with a side shorter
            than this many pixels. What was left out is logged.
        image_cache: Folder below `data_root`, or any absolute one, in which a
            training set with `LoadFittedImage` in its pipeline keeps its
            pictures decoded (see `FittedImages`); one for each set. Where the
            file cannot be made, that is logged, and pictures are decoded
            each time, as they are without this option.
        kwargs: Further arguments of mmdet's `BaseDetDataset`, and mmyolo's
            `batch_shapes_cfg`.

    Raises:
        InputError: An argument, the split file, or any of its images or
            annotations is at fault.
    """

    # mmdet takes a tuple of colours for a single colour: hence a list.
    METAINFO = dict(
        classes=EXPRESSIONS,
        palette=[COLOURS[name] for name in EXPRESSIONS],
    )

    def __init__(
        self,
        ann_file: str,
        *,
        data_prefix: dict | None = None,
        one_based: bool = False,
        unlabelled: str | None = None,
        ignore_difficult: bool = False,
        skip_invalid: bool = False,
        filter_cfg: dict | None = None,
        image_cache: str | None = None,
        **kwargs,
    ) -> None:
        _refuse_unknown('data_prefix', data_prefix, _FOLDERS)
        _refuse_unknown('filter_cfg', filter_cfg, _FILTERS)
        self.one_based = one_based
        self.unlabelled = unlabelled
        self.ignore_difficult = ignore_difficult
        self.skip_invalid = skip_invalid
        self.image_cache = image_cache
        self.fitted_images: FittedImages | None = None
        # Those that the running pipeline may have loaded.
        self._recent_images = deque(maxlen=64)
        super().__init__(
            ann_file=ann_file,
            data_prefix={**_FOLDERS, **(data_prefix or {})},
            filter_cfg=filter_cfg,
            **kwargs,
        )

    @classmethod
    def _load_metainfo(cls, metainfo: dict | None = None) -> dict:
        """Checks the classes and fits the palette to them."""
        loaded = super()._load_metainfo(metainfo)
        classes = loaded['classes'] = check_classes(loaded['classes'])
        if 'palette' not in (metainfo or {}):
            if COLOURS.keys() >= set(classes):
                loaded['palette'] = [COLOURS[name] for name in classes]
            else:
                del loaded['palette']  # mmdet then draws colours by lot
        return loaded

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of all labels: the classes, and `unlabelled` where given."""
        classes = self._metainfo['classes']
        return (
            classes if self.unlabelled is None else (*classes, self.unlabelled)
        )

    def full_init(self) -> None:
        """Loads all annotations and logs what the data set holds."""
        if not self._fully_initialized:
            super().full_init()
            self._log_counts()

    def load_data_list(self) -> list[dict]:
        """What `VOCImageReader.read` gives for each image of the split."""
        reader = VOCImageReader(
            self.data_prefix['img'],
            self.data_prefix['ann'],
            self._metainfo['classes'],
            one_based=self.one_based,
            unlabelled=self.unlabelled,
            ignore_difficult=self.ignore_difficult,
            decode=self.skip_invalid,
        )
        image_ids = read_split(self.ann_file, reader.annotations)
        data_list, faults = [], []
        for image_id in image_ids:
            try:
                data_list.append(reader.read(image_id))
            except InputError as fault:
                faults.append(str(fault))
        if faults:
            self._report(faults, len(image_ids))
        if reader.without_size:
            self._log(
                f'{reader.without_size} of {len(image_ids)} annotations give '
                'no size: that of the image is taken'
            )
        if self.image_cache and not self.test_mode:
            self._cache_images(data_list)
        return data_list

    def _cache_images(self, data_list: list[dict]) -> None:
        """Of all images, whatever `filter_cfg` then makes of the list."""
        for step in self.pipeline.transforms:
            if isinstance(step, LoadFittedImage):
                break
        else:
            return
        width, height = step.scale
        name = f'{Path(self.ann_file).stem}_{width}x{height}.bin'
        path = Path(self.data_root, self.image_cache, name)
        images = [
            (info['img_path'], info['width'], info['height'])
            for info in data_list
        ]
        try:
            self.fitted_images = FittedImages(path, images, step.scale)
        except OSError as error:
            self._log(
                f'pictures are decoded in every epoch anew, for {path} cannot '
                f'be made ({error.strerror or error}): free its disk, or name '
                "another folder as the data set's image_cache",
                logging.WARNING,
            )

    def _report(self, faults: list[str], total: int) -> None:
        """Logs the images left out, or raises where they may not be."""
        if not self.skip_invalid:
            raise InputError(
                f'{faults[0]} ({len(faults)} of the {total} images of '
                f'{self.ann_file} have faults, which skip_invalid=True would '
                'leave out)'
            )
        if len(faults) == total:
            raise InputError(
                f'{self.ann_file}: none of its {total} images is usable; '
                f'{faults[0]}'
            )
        shown = faults[:_FAULTS_SHOWN]
        if len(faults) > len(shown):
            shown.append('…')
        self._log(
            f'left out {len(faults)} of {total} images with faults:\n  '
            + '\n  '.join(shown),
            logging.WARNING,
        )

    def _log(self, message: str, level: int = logging.INFO) -> None:
        print_log(f'{self.ann_file}: {message}', logger='current', level=level)

    def filter_data(self) -> list[dict]:
        """Applies `filter_cfg` to a training set and logs what it removes.

        Raises:
            InputError: No image is left.
        """
        kept = self.data_list
        if self.test_mode:
            return kept
        for option, value in (self.filter_cfg or {}).items():
            before = len(kept)
            kept = [info for info in kept if _FILTERS[option](info, value)]
            if len(kept) < before:
                self._log(
                    f'filter_cfg {option}={value} left out '
                    f'{before - len(kept)} of {before} images'
                )
        if not kept:
            raise InputError(
                f'{self.ann_file}: filter_cfg {self.filter_cfg} leaves no '
                'image to train on; relax it'
            )
        return kept

    def _log_counts(self) -> None:
        faces, images, faceless, ignored = Counter(), Counter(), 0, 0
        for index in range(len(self)):
            instances = self.get_data_info(index)['instances']
            labels = [instance['bbox_label'] for instance in instances]
            faces.update(labels)
            images.update(set(labels))
            faceless += not labels
            ignored += sum(instance['ignore_flag'] for instance in instances)
        if not faces:
            self._log(
                'no image has a face: from this set nobody learns to find any',
                logging.WARNING,
            )
        table = ' | '.join(
            f'{name} {faces[label]} ({images[label]})'
            for label, name in enumerate(self.label_names)
        )
        self._log(
            f'{len(self)} images, {faceless} without a face; {faces.total()} '
            f'faces, {ignored} ignored; faces (images) per class: {table}'
        )

    def get_data_info(self, idx: int) -> dict:
        """See mmengine's `BaseDataset`; also notes which image is in use."""
        data_info = super().get_data_info(idx)
        self._recent_images.append(data_info['img_path'])
        return data_info

    def prepare_data(self, idx: int) -> Any:
        """Runs the pipeline on the image with this index.

        Raises:
            InputError: An image that it needed, be it this one or a partner
                drawn by Mosaic or MixUp, is missing or damaged.
        """
        try:
            return super().prepare_data(idx)
        except Exception:
            for path in self._recent_images:
                decode_set_image(path)  # raises where that was the reason
            raise


def _refuse_unknown(option: str, given: dict | None, known: dict) -> None:
    unknown = set(given or {}) - set(known)
    if unknown:
        raise InputError(
            f'{option}: found {", ".join(sorted(unknown))}, allowed are '
            f'{", ".join(known)}'
        )


@DATASETS.register_module()
class ClassBalancedFERVOCDataset(FERVOCDataset):
    """`FERVOCDataset` whose images of rare classes count several times.

    Repeat factor sampling (Gupta, Dollár, Girshick, "LVIS", arXiv
    1908.03195). With f the fraction of the images that show a class, an
    image is repeated max(1, sqrt(t / f)) times, by its rarest class.
    Fractions are met in total over the images of a factor, the same way at
    every start.

    The list itself holds the repetitions, so the partners that Mosaic and
    MixUp draw are balanced, too, and hooks that exchange the pipeline find
    it. mmengine's `ClassBalancedDataset`, a wrapper, offers neither. The
    paper does not balance classes.

    Args:
        oversample_thr: t, in (0, 1]: classes on a smaller fraction of the
            images than this are repeated. 1 repeats all by the square root
            of their rarity.
        kwargs: See `FERVOCDataset`.

    Raises:
        InputError: As `FERVOCDataset`, or the threshold is out of range.
    """

    def __init__(self, *args, oversample_thr: float, **kwargs) -> None:
        if not 0 < oversample_thr <= 1:
            raise InputError(
                f'oversample_thr is {oversample_thr}; choose a fraction of '
                'the images above 0, at most 1'
            )
        self.oversample_thr = oversample_thr
        super().__init__(*args, **kwargs)

    def filter_data(self) -> list[dict]:
        """Repeats images of a training set, after the other filters."""
        kept = super().filter_data()
        if self.test_mode:
            return kept
        factors = _repeat_factors(
            kept, self.oversample_thr, len(self.metainfo['classes'])
        )
        times = _whole_times(factors)
        repeated = np.repeat(np.array(kept, object), times).tolist()
        self._log(
            f'oversample_thr={self.oversample_thr} repeats {len(kept)} images '
            f'to {len(repeated)} an epoch'
        )
        return repeated


def _repeat_factors(
    data_list: list[dict], threshold: float, num_classes: int
) -> np.ndarray:
    """How many times each image should occur, at least once: (N,) float."""
    # Faces without expression are no class, and never rare.
    labels = [
        {instance['bbox_label'] for instance in info['instances']}
        - {num_classes}
        for info in data_list
    ]
    images_of = Counter(chain.from_iterable(labels))
    rarest = np.array(
        [min(map(images_of.get, found), default=np.inf) for found in labels]
    )
    return np.maximum(1.0, np.sqrt(threshold * len(data_list) / rarest))


def _whole_times(factors: np.ndarray) -> np.ndarray:
    """Whole numbers whose sum over images of one factor f is n * f: (N,)."""
    times = np.zeros(len(factors), int)
    for factor in np.unique(factors):
        of_factor = np.flatnonzero(factors == factor)
        steps = np.floor(factor * np.arange(len(of_factor) + 1))
        times[of_factor] = np.diff(steps)
    return times
