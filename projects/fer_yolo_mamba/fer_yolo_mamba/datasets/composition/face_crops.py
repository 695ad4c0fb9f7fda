"""Crops of single faces, drawn one at a time with a label."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...inputs import read_table
from ..voc_image_reader import decode_set_image
from .pictures import build_set, chances, draw_index, faces_of


class FaceCrops:
    """The crops of a set in VOC layout, one face each.

    >>> crops = FaceCrops(dict(type='FERVOCDataset', ...), votes='votes.csv')
    >>> crop, box, label = crops.draw(np.random.default_rng(0))

    Where the set has votes of several people, the label is drawn by them each
    time: on average the network learns their shares (Barsoum et al., arXiv
    1608.01041, "probabilistic label drawing").

    Args:
        dataset: Config of a `FERVOCDataset`, without a pipeline.
        rarity: How much more often rare classes are drawn: a crop's weight is
            ``count ** -rarity``, count being the crops of its annotated
            class. At 0 all crops are drawn as often, at 1 all classes.
        votes: CSV file of the votes, below the set's `data_root`, with the
            columns `id` and each class; other columns are not read. Without
            it the label is the annotated one.
        sharpness: Votes count to this power: above 1 a label that most people
            gave is drawn more often than by their share, and below less.

    Attributes:
        images: Each crop, (h, w) grey or (h, w, 3) BGR, uint8.
        shares: (N, classes), how likely each label of a crop is.
        weights: (N,), how often each crop is drawn, beside the others.
        metainfo: Of the set, and so are its `label_names`.

    Raises:
        InputError: `sharpness` is not above 0, or an image of the set does
            not have one face with an expression, or no vote; or see
            `FERVOCDataset`.
    """

    def __init__(
        self,
        dataset: dict,
        rarity: float = 0.5,
        votes: str | None = None,
        sharpness: float = 1.0,
    ) -> None:
        if not 0 < sharpness < np.inf:
            raise InputError(
                f'FaceCrops: sharpness={sharpness}; votes count to a power '
                'above 0, such as 1 for as they are'
            )
        built = build_set(dataset)
        self.metainfo, self.label_names = built.metainfo, built.label_names
        classes = self.metainfo['classes']
        infos = [built.get_data_info(index) for index in range(len(built))]
        faces = [_face_of(info, len(classes)) for info in infos]
        self._boxes = np.concatenate([box for box, _ in faces])
        self.images = [_read_crop(info['img_path']) for info in infos]
        labels = np.concatenate([label for _, label in faces])
        if votes is None:
            self.shares = np.eye(len(classes))[labels]
        else:
            path = Path(built.data_root, votes)
            ids = [info['img_id'] for info in infos]
            shares = _read_votes(path, ids, classes)
            # The largest stays 1: no power makes all of them nothing.
            sharp = (shares / shares.max(1, keepdims=True)) ** sharpness
            self.shares = sharp / sharp.sum(1, keepdims=True)
        self._label_chances = self.shares.cumsum(1)
        counts = np.bincount(labels, minlength=len(classes))
        self.weights = counts[labels] ** -float(rarity)
        self._chances = chances(self.weights)

    def draw(
        self, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Draws a crop.

        Returns:
            The crop, (h, w) grey or (h, w, 3) BGR, uint8, flipped at random;
            the box of its face, (x1, y1, x2, y2) in pixels; and a class index.
        """
        index = draw_index(self._chances, rng)
        crop, box = self.images[index], self._boxes[index].copy()
        # The shares may add up to a little less than one.
        label = draw_index(self._label_chances[index, :-1], rng)
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
            box[[0, 2]] = crop.shape[1] - box[[2, 0]]
        return crop, box, label


def _face_of(info: Mapping, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """The box (1, 4) and the label (1,) of a crop's only face."""
    boxes, labels = faces_of(info)
    if len(boxes) != 1:
        raise InputError(
            f'{info["xml_path"]}: a crop has one face, and this one has '
            f'{len(boxes)}; cut the faces out, or take its id out of the split'
        )
    if labels[0] == num_classes:
        raise InputError(
            f'{info["xml_path"]}: the face of this crop has no expression; '
            'name it, or take its id out of the split'
        )
    return boxes, labels


def _read_crop(path: str) -> np.ndarray:
    """Reads a crop; of a grey one, a single channel is kept."""
    image = decode_set_image(path)
    if (image == image[..., :1]).all():
        return np.ascontiguousarray(image[..., 0])
    return image


def _read_votes(
    path: Path, ids: Sequence[str], classes: Sequence[str]
) -> np.ndarray:
    """Each class's share of the votes for each id: (N, classes)."""
    remedy = (
        f'the votes need the columns id, {", ".join(classes)}, and a row for '
        'each image of the split; leave votes out of the config to draw labels '
        'as annotated'
    )
    rows = {
        row['id']: row for row in read_table(path, ('id', *classes), remedy)
    }
    try:
        votes = np.array(
            [[float(rows[i][name]) for name in classes] for i in ids]
        )
    except KeyError as error:
        raise InputError(f'{path}: there is no {error}; {remedy}') from None
    except ValueError as error:
        raise InputError(
            f'{path}: the votes of a class are no number ({error}); write '
            'how many people named it'
        ) from None
    total = votes.sum(1, keepdims=True)
    for image_id, row in zip(ids, votes, strict=True):
        if not (row >= 0).all() or not 0 < row.sum() < np.inf:
            raise InputError(
                f'{path}: {image_id} has no vote for any class, or a negative '
                'number; take its id out of the split'
            )
    return votes / total
