"""What a conversion did, in numbers."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import Enum

from tabulate import tabulate

from ...expressions import EXPRESSIONS
from ...inputs import shown

_EXAMPLES = 3


@dataclass
class Cases:
    """How often something happened, and where first."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        more = ', …' if self.count > len(self.examples) else ''
        return ', '.join(self.examples) + more


class Tally(dict[Enum, Cases]):
    """The cases of each kind, in the order in which they were met."""

    def add(self, kind: Enum, image_id: str, detail: str = '') -> None:
        """Counts a case."""
        cases = self.setdefault(kind, Cases())
        cases.count += 1
        if len(cases.examples) < _EXAMPLES:
            cases.examples.append(
                shown([f'{image_id} ({detail})' if detail else image_id])
            )

    def section(self, title: str) -> list[str]:
        """Lines of text, none where nothing was counted."""
        total = sum(cases.count for cases in self.values())
        return [title.format(total)] * bool(self) + [
            f'  {cases.count:,} × {kind.value}: {cases}'
            for kind, cases in self.items()
        ]


@dataclass
class ConversionReport:
    """Counts of a conversion; prints as a plain table.

    Attributes:
        classes: The classes, in their order.
        images: Images in the set.
        boxes: Boxes in the set, by expression.
        split_images: Images by split; one may be in several.
        split_boxes: For each split, boxes by expression.
        clipped: Boxes that left their image and were cut.
        left_out_images: Images that are not in the set, by `Skipped`.
        left_out_boxes: Boxes that are missing from images that are in the
            set, by `Skipped`.
        remarks: Images in the set, by `Remark`.
    """

    classes: tuple[str, ...] = EXPRESSIONS
    images: int = 0
    boxes: Counter[str] = field(default_factory=Counter)
    split_images: Counter[str] = field(default_factory=Counter)
    split_boxes: defaultdict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    clipped: int = 0
    left_out_images: Tally = field(default_factory=Tally)
    left_out_boxes: Tally = field(default_factory=Tally)
    remarks: Tally = field(default_factory=Tally)

    def __str__(self) -> str:
        splits = sorted(self.split_images)
        images = [self.images, *(self.split_images[split] for split in splits)]
        boxes = [self.boxes, *(self.split_boxes[split] for split in splits)]
        others = sorted(self.boxes.keys() - set(self.classes))
        table = tabulate(
            [
                ['', 'set', *splits],
                ['images', *(f'{count:,}' for count in images)],
                ['boxes', *(f'{counts.total():,}' for counts in boxes)],
                *(
                    [f'  {name}', *(f'{counts[name]:,}' for counts in boxes)]
                    for name in (*self.classes, *others)
                ),
            ],
            tablefmt='plain',
            colalign=['left', *('right' for _ in images)],
            disable_numparse=True,
            preserve_whitespace=True,
        )
        return '\n'.join(
            [
                table,
                f'boxes clipped to their image: {self.clipped:,}',
                *self.left_out_images.section('images left out: {:,}'),
                *self.left_out_boxes.section(
                    'boxes left out of images that stay: {:,}'
                ),
                *self.remarks.section('remarks'),
            ]
        )
