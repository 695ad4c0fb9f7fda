"""What a conversion did, in numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...expressions import EXPRESSIONS
from ..voc_xml import VOCObject
from .fault import Fault
from .labelled_image import LabelledImage
from .remark import Remark

_EXAMPLES = 3


@dataclass
class _Cases:
    """How often something happened, and where first."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, image_id: str, detail: str) -> None:
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(
                f'{image_id} ({detail})' if detail else image_id
            )

    def __str__(self) -> str:
        more = ', …' if self.count > len(self.examples) else ''
        return ', '.join(self.examples) + more


@dataclass
class ConversionReport:
    """Counts of a conversion; prints as a plain table.

    Attributes:
        images: Images in the set.
        boxes: Boxes in the set, by expression.
        split_images: Images by split.
        split_boxes: For each split, boxes by expression.
        clipped: Boxes that left their image and were cut.
        left_out_images: For each fault, images that are not in the set.
        left_out_boxes: For each fault, boxes that are missing from images
            that are in the set.
        remarks: For each remark, the images that it holds for.
    """

    images: int = 0
    boxes: Counter[str] = field(default_factory=Counter)
    split_images: Counter[str] = field(default_factory=Counter)
    split_boxes: dict[str, Counter[str]] = field(default_factory=dict)
    clipped: int = 0
    left_out_images: dict[Fault, _Cases] = field(default_factory=dict)
    left_out_boxes: dict[Fault, _Cases] = field(default_factory=dict)
    remarks: dict[Remark, _Cases] = field(default_factory=dict)

    def add(self, faces: Sequence[VOCObject]) -> None:
        """Counts a new image of the set."""
        self.images += 1
        self.boxes.update(face.name for face in faces)

    def add_to_split(self, split: str, faces: Sequence[VOCObject]) -> None:
        """Counts an image of a split."""
        self.split_images[split] += 1
        boxes = self.split_boxes.setdefault(split, Counter())
        boxes.update(face.name for face in faces)

    def leave_out_image(
        self, image: LabelledImage, fault: Fault, detail: str = ''
    ) -> None:
        """Counts an image that cannot be used."""
        cases = self.left_out_images.setdefault(fault, _Cases())
        cases.add(image.image_id, detail)

    def leave_out_box(
        self, image: LabelledImage, fault: Fault, detail: str = ''
    ) -> None:
        """Counts a box that cannot be used, of an image that can."""
        cases = self.left_out_boxes.setdefault(fault, _Cases())
        cases.add(image.image_id, detail)

    def remark(
        self, image: LabelledImage, remark: Remark, detail: str = ''
    ) -> None:
        """Counts a remark."""
        cases = self.remarks.setdefault(remark, _Cases())
        cases.add(image.image_id, detail)

    def __str__(self) -> str:
        return '\n'.join(
            [
                *self._table(),
                f'boxes clipped to their image: {self.clipped:,}',
                *_section('images left out', self.left_out_images),
                *_section(
                    'boxes left out of images that stay', self.left_out_boxes
                ),
                *_section('remarks', self.remarks),
            ]
        )

    def _table(self) -> list[str]:
        """A column a split; images may be in several splits."""
        splits = sorted(self.split_images)
        boxes = [self.boxes, *(self.split_boxes[split] for split in splits)]
        images = [self.images, *(self.split_images[split] for split in splits)]
        rows = [
            ['', 'set', *splits],
            ['images', *(f'{count:,}' for count in images)],
            ['boxes', *(f'{counts.total():,}' for counts in boxes)],
            *(
                [f'  {name}', *(f'{counts[name]:,}' for counts in boxes)]
                for name in EXPRESSIONS
            ),
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return [
            '  '.join(
                [row[0].ljust(widths[0])]
                + [
                    cell.rjust(width)
                    for cell, width in zip(row[1:], widths[1:], strict=True)
                ]
            )
            for row in rows
        ]


def _section(title: str, cases: dict) -> list[str]:
    total = sum(found.count for found in cases.values())
    if not total:
        return []
    heading = title if title == 'remarks' else f'{title}: {total:,}'
    return [heading] + [
        f'  {found.count:,} × {kind.value}: {found}'
        for kind, found in cases.items()
    ]
