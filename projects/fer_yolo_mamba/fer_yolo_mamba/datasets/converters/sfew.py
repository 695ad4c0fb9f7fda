"""Reads SFEW 2.0 with the boxes that the authors of FER-YOLO-Mamba drew.

Dhall et al.: Static facial expression analysis in tough conditions, ICCV
Workshops 2011. SFEW itself has one label an image and no boxes.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ...errors import InputError
from ...expressions import EXPRESSIONS, SFEW_BOX_LABELS
from ..film_frame import group_by_scene, parse_film_frame
from ..voc_xml import VOCObject
from .box_lists import BoxLine, read_box_list
from .records import (
    ImageStream,
    LabelledImage,
    Remark,
    expression_named,
    hold_out,
    labels_among,
)
from .release import Release, image_of_stem, images_by_stem

_LISTS = {'train': '2007_train.txt', 'val': '2007_val.txt'}
_LEAKING = 'val_leaking'


def read_sfew(
    release: str | os.PathLike,
    boxes: str | os.PathLike,
    seed: int = 0,
    classes: Sequence[str] = EXPRESSIONS,
) -> ImageStream:
    """Reads 1,251 film stills with 1,243 boxes, split in two ways.

    The authors' split leaks: many validation images are of a film clip that
    is in training, too. So each image gets two splits: the authors' `train`
    or `val`, and `train_by_clip` or `val_by_clip`, which share no clip, keep
    `SCENE_SECONDS` between them in every film, and hold the same shares of
    each class as the authors' do overall. `val_leaking` lists the images of
    `val` of which a training image is as close as that.

    >>> stream = read_sfew('downloads/SFEW', 'downloads/sfew_boxes')
    >>> write_voc_set(stream, 'data/sfew')

    Args:
        release: Folder that holds `Train/` and `Val/`, zipped or unpacked,
            with the images in one folder an expression. The aligned faces
            are passed over: the boxes are those of the whole stills.
        boxes: Folder of the authors' `2007_train.txt` and `2007_val.txt`.
            The paths in them are of another machine; names decide.
        seed: Draws another split by clip.
        classes: The classes.

    Returns:
        The images, in the order of the lists.

    Raises:
        InputError: A list or the release is missing or damaged.
    """
    root = Release(release)
    boxes = Path(boxes).absolute()
    labels = labels_among(SFEW_BOX_LABELS, classes)
    lists = {
        split: {line.stem: line for line in read_box_list(boxes / name, labels)}
        for split, name in _LISTS.items()
    }
    images = images_by_stem(
        path for path in root.files() if _is_still(path.relative_to(root.path))
    )
    if not images:
        raise InputError(
            f'{root.path}: holds no images in Train/…/Angry/ and the like; '
            'give the folder of SFEW 2.0 with its stills, not the aligned '
            'faces'
        )
    return ImageStream(
        images=_read_images(lists, images, seed),
        total=sum(map(len, lists.values())),
        origin={
            'format': 'SFEW 2.0',
            'release': str(root.path),
            'boxes': str(boxes),
            'seed': seed,
        },
        classes=tuple(classes),
    )


def _is_still(below: Path) -> bool:
    folders = [part.casefold() for part in below.parent.parts]
    aligned = any('aligned' in folder for folder in folders)
    return not aligned and bool({'train', 'val'}.intersection(folders))


def _read_images(
    lists: Mapping[str, Mapping[str, BoxLine]],
    images: dict[str, list[Path]],
    seed: int,
) -> Iterator[LabelledImage]:
    by_clip = _held_out_by_clip(lists, seed)
    training = list(filter(None, map(parse_film_frame, lists['train'])))
    for split, lines in lists.items():
        for stem, line in lines.items():
            clip_split = 'val_by_clip' if stem in by_clip else 'train_by_clip'
            splits, remarks = (split, clip_split), ()
            if split == 'val':
                remarks = _leaks(stem, training)
                splits += (_LEAKING,) if remarks else ()
            source = image_of_stem(images, stem)
            if isinstance(source, Path):
                folder = source.parent.name
                named = expression_named(folder)
                if named and set(_expressions(line)) - {named}:
                    remarks += ((Remark.OTHER_FOLDER, folder),)
            yield LabelledImage(
                stem, source, splits, line.faces, remarks=remarks
            )


def _held_out_by_clip(
    lists: Mapping[str, Mapping[str, BoxLine]], seed: int
) -> set[str]:
    lines = {**lists['train'], **lists['val']}
    groups = group_by_scene(lines)
    counts: dict[str, Counter] = {}
    for stem, line in lines.items():
        # Images without a face are a class of their own.
        names = _expressions(line) or [None]
        counts.setdefault(groups[stem], Counter()).update(names)
    chosen = hold_out(counts, len(lists['val']) / len(lines), seed)
    return {stem for stem in lines if groups[stem] in chosen}


def _leaks(stem: str, training: list) -> tuple[tuple[Remark, str], ...]:
    """What a validation image shares with training images."""
    frame = parse_film_frame(stem)
    shared = {
        Remark.SAME_CLIP: frame in training,
        Remark.SAME_SCENE: frame and any(map(frame.shares_scene, training)),
    }
    return tuple((remark, '') for remark, is_so in shared.items() if is_so)


def _expressions(line: BoxLine) -> list[str]:
    return [face.name for face in line.faces if isinstance(face, VOCObject)]
