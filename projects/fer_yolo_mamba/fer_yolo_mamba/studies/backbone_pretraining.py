"""Trains a detector's backbone on crops of faces before the detector.

A detector learns few faces in a picture of 320 pixels; the same time shows its
backbone many more, each in a picture of its own size. It learns their
expressions as a classifier, and its weights then start the detector.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import MODELS
from torch.nn import functional as F

from ..compat.environment import Environment
from ..datasets.composition import FaceCrops, PastedFaces
from ..engine.checkpoints import write_parts
from ..engine.plain_runner import unlogged
from ..engine.run_folder import locked
from ..errors import InputError
from .crop_augmentation import FacePictures
from .crop_classifier import ClassifierTraining, CropClassifier
from .timed_log import TimedLog
from .timed_training import rate_at

#: Pixels of all pictures of a step.
STEP_PIXELS = 8_000_000
# Sides of the pictures of a step, and how often each is drawn.
_SIDES = (48, 64, 96, 128, 192)
_SIDE_WEIGHTS = (0.20, 0.30, 0.25, 0.15, 0.10)
_VALIDATED_SIDES = (48, 64, 96, 192)
_RATE = 0.002
_WARM_UP = 150  # steps
_RARITY = 0.35
# Crops are kept in the size of the largest, at most this.
_MOST_CROP_SIDE = 96
_BACKDROPS, _BACKDROP_SIDE = 400, 224
_LOGGED_EVERY = 0.05


def pretrain_backbone(
    config: Config,
    out: Path,
    seconds: float,
    pixels: int = STEP_PIXELS,
    log: Callable[[str], None] = print,
) -> list[Path]:
    """Trains the backbone of a config's detector as a classifier of crops.

    Crops and what is behind them are those of the first `PastedFaces` of its
    `FaceMixture`, with the annotators' votes as they are; of coloured crops
    the brightness is used. Where validation composes pictures of crops, too,
    the log ends with the share of them that is named right, by size.

    Args:
        config: Of the detector.
        out: Folder of the files, and of `<config>_backbone.log`.
        seconds: From the call until the last step begins.
        pixels: Of all pictures of a step.
        log: Is told how far the training is.

    Returns:
        The files, `<config>_backbone_<i>of<n>.pth`, of a whole detector whose
        backbone is the averaged one and the rest random.

    Raises:
        InputError: The config pastes no crops, a set is at fault, there is no
            time for a step, or another run is at work in the folder.
    """
    begin = monotonic()
    name = f'{Path(config.filename).stem}_backbone'
    tell = TimedLog(out / f'{name}.log', log)

    with locked(out):
        init_default_scope('mmyolo')
        device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        source = _pasted_faces_of(config, 'train_dataloader')
        if source is None:
            raise InputError(
                f'{config.filename} trains on no pasted crops of faces: take '
                'configs/fer_yolo_mamba_faces.py or one like it.'
            )
        torch.manual_seed(config.get('randomness', {}).get('seed', 0))
        detector = MODELS.build(config.model)
        with unlogged():
            detector.init_weights()
        faces, pictures = _read(source, device)
        tell(f'{len(faces.images)} crops; {Environment.of(device)}')
        classes = faces.metainfo['classes']
        classifier = CropClassifier(detector, len(classes))
        classifier.to(device, memory_format=torch.channels_last)
        training = ClassifierTraining(classifier, _RATE)
        _train(training, faces, pictures, begin, seconds, pixels, tell)
        average = training.average
        detector.backbone.load_state_dict(average.backbone.state_dict())
        meta = dict(dataset_meta=dict(classes=tuple(classes)))
        paths = write_parts(
            out / name, dict(meta=meta, state_dict=detector.state_dict())
        )
        tell('written: ' + ' '.join(map(str, paths)))
        validated = _pasted_faces_of(config, 'val_dataloader')
        if validated is not None:
            _validate(average, FaceCrops(**validated['crops']), pixels, tell)
    return paths


def accuracy(
    classifier: CropClassifier,
    crops: torch.Tensor,
    labels: torch.Tensor,
    side: int,
    pixels: int = STEP_PIXELS,
) -> list[float]:
    """Share of crops that are named right when they fill pictures of a size.

    Args:
        classifier: In evaluation mode.
        crops: (N, S, S) grey, uint8, on its device.
        labels: (N,) class indices.
        side: Of the pictures, in pixels.
        pixels: Of all pictures at once.

    Returns:
        By each level, and by all together.
    """
    right = 0
    at_once = _at_once(pixels, side)
    for part, named in zip(
        crops.split(at_once), labels.split(at_once), strict=True
    ):
        images = F.interpolate(
            part[:, None].float(), size=side, mode='bicubic'
        ).clamp(0, 255)
        with torch.no_grad():
            logits = torch.stack(classifier(images.expand(-1, 3, -1, -1)))
        right = right + (logits.argmax(2) == named).sum(1)
    return (right / len(crops)).tolist()


def _train(
    training: ClassifierTraining,
    faces: FaceCrops,
    pictures: FacePictures,
    begin: float,
    seconds: float,
    pixels: int,
    tell: Callable[[str], None],
) -> None:
    device = next(training.average.parameters()).device
    weights = torch.tensor(faces.weights, device=device)
    shares = torch.tensor(faces.shares, dtype=torch.float32, device=device)
    first = logged_at = monotonic()
    left = begin + seconds - first
    step = logged_step = seen = logged_seen = 0
    total, logged_part = torch.zeros((), device=device), 0.0
    while True:
        now = monotonic()
        part = (now - first) / left if left > 0 else math.inf
        if part >= 1 and not step:
            raise InputError(
                f'after {now - begin:.0f} s of {seconds:g} there is no time '
                'left for a step: give more seconds.'
            )
        if step and (part >= 1 or part > logged_part):
            tell(
                f'step {step}, {min(part, 1):.0%} of the time, {seen} faces, '
                f'{(seen - logged_seen) / (now - logged_at):.0f} faces/s, '
                f'loss {float(total) / (step - logged_step):.3f}'
            )
            logged_part = part + _LOGGED_EVERY
            logged_at, logged_step, logged_seen = now, step, seen
            total = torch.zeros_like(total)
        if part >= 1:
            return
        side = _SIDES[int(torch.multinomial(torch.tensor(_SIDE_WEIGHTS), 1))]
        which = torch.multinomial(weights, _at_once(pixels, side), True)
        total = total + training.step(
            pictures.draw(which, side),
            shares[which],
            rate_at(step, part, _WARM_UP),
            step,
        )
        step, seen = step + 1, seen + len(which)


def _validate(
    classifier: CropClassifier,
    faces: FaceCrops,
    pixels: int,
    tell: Callable[[str], None],
) -> None:
    device = next(classifier.parameters()).device
    crops = _squares(faces.images).to(device)
    labels = torch.tensor(faces.shares.argmax(1), device=device)
    for side in _VALIDATED_SIDES:
        *levels, together = accuracy(classifier, crops, labels, side, pixels)
        tell(
            f'{len(crops)} crops of validation at {side} px: '
            f'{together:.1%} right; by each level '
            + ' '.join(f'{level:.1%}' for level in levels)
        )


def _pasted_faces_of(config: Config, loader: str) -> Mapping | None:
    """The first source of pasted crops of a loader's pictures."""
    dataset = (config.get(loader) or {}).get('dataset', {})
    for source in dataset.get('sources', ()):
        if source.type == 'PastedFaces':
            return source
    return None


def _read(
    source: Mapping, device: torch.device
) -> tuple[FaceCrops, FacePictures]:
    crops = dict(source['crops'], rarity=_RARITY, sharpness=1.0)
    pasted = PastedFaces(crops, source['backgrounds'])
    rng = np.random.default_rng(0)
    size = (_BACKDROP_SIDE, _BACKDROP_SIDE)
    backdrops = np.stack(
        [pasted.backgrounds.draw(rng, size).image for _ in range(_BACKDROPS)]
    )
    pictures = FacePictures(
        _squares(pasted.crops.images).to(device),
        torch.from_numpy(backdrops).permute(0, 3, 1, 2).to(device),
    )
    return pasted.crops, pictures


def _squares(images: Sequence[np.ndarray]) -> torch.Tensor:
    """Crops as (N, S, S) grey, uint8."""
    side = min(max(max(x.shape[:2]) for x in images), _MOST_CROP_SIDE)
    squares = []
    for image in images:
        if image.ndim == 3:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        shrinks = max(image.shape) > side
        way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        squares.append(cv2.resize(image, (side, side), interpolation=way))
    return torch.from_numpy(np.stack(squares))


def _at_once(pixels: int, side: int) -> int:
    # Batch normalisation needs two.
    return max(2, pixels // side**2)
