"""A detector's figures on real faces as a record and as a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ...compat.environment import Environment
from ...engine.description import Shift, shift_in_words
from ...expressions import EXPRESSIONS
from ...reports.page import Block, Heading, Page, Paragraph, Table, Verbatim
from .calibration import Calibration
from .measures import (
    FacelessPictures,
    FoundFaces,
    NamedPicture,
    Photographs,
    SingleFaces,
)
from .pictures import CANVAS_GREY, CANVAS_SIDE


@dataclass(frozen=True)
class Subject:
    """What was measured, where and how.

    Attributes:
        weights: Name of the file.
        sha256: Of the file.
        config: Name of a checkpoint's config; empty for a weights file, which
            needs none.
        score_thr: The threshold that the detector is used with.
        temperature: Divides the logit of every score
        shift: after this was added to it, one for all classes or one for each.
        classes: Their names, in the order of the shifts.
        sizes: Fractions of the input side in which it looks at a picture.
        command: That measures it again.
        environment: The machine.
    """

    weights: str
    sha256: str
    config: str
    score_thr: float
    temperature: float
    shift: Shift
    classes: tuple[str, ...]
    sizes: tuple[float, ...]
    command: str
    environment: Environment

    def blocks(self) -> list[Block]:
        """The beginning of a page."""
        looks = ', '.join(f'{size:g}' for size in self.sizes)
        config = f' with {self.config}' if self.config else ''
        shift = shift_in_words(self.shift, self.classes, '.3f')
        return [
            Paragraph(
                f'{self.weights}{config}, SHA-256 {self.sha256}; threshold '
                f'{self.score_thr:.3f}, temperature {self.temperature:.3f}, '
                f'shift {shift}, looks in {looks} of the input '
                f'side. {self.environment}.'
            ),
            Verbatim(self.command),
        ]


@dataclass(frozen=True)
class FacesReport:
    """All figures of a detector; a part that was not measured is empty.

    Attributes:
        subject: What was measured.
        single_faces: One for each size.
        photographs: All pictures, then each source.
        scenes: All faces, then each group.
        faceless: None if not measured.
        named: One for each picture.
        single_faces_ece: Expected calibration error of the single faces in
            all sizes, from the threshold on; None if not measured.
    """

    subject: Subject
    single_faces: Sequence[SingleFaces] = ()
    photographs: Sequence[Photographs] = ()
    scenes: Sequence[FoundFaces] = ()
    faceless: FacelessPictures | None = None
    named: Sequence[NamedPicture] = ()
    single_faces_ece: float | None = None

    def to_dict(self) -> dict:
        """Every figure as plain dictionaries, lists and numbers."""
        return asdict(self)

    def to_markdown(self) -> str:
        """The page."""
        blocks = [*self.subject.blocks()]
        if self.single_faces:
            blocks += self._single_faces()
        if self.photographs:
            blocks += self._photographs()
        if self.scenes:
            blocks += self._scenes()
        if self.faceless:
            blocks += self._faceless()
        if self.named:
            blocks += self._named()
        return Page('Real faces', tuple(blocks)).to_markdown()

    def _single_faces(self) -> list[Block]:
        header = ['size', 'faces', 'accuracy %', 'macro-F1', 'found %']
        rows = [
            [
                f'{x.size} px',
                f'{x.num_faces}',
                _percent(x.accuracy),
                _decimal(x.macro_f1),
                _percent(x.found),
                _percent(x.accuracy_above),
                *(_decimal(x.f1[name]) for name in EXPRESSIONS),
            ]
            for x in self.single_faces
        ]
        return [
            Heading('Single faces'),
            Paragraph(
                'One crop in the middle of a plain canvas of '
                f'{CANVAS_SIDE}×{CANVAS_SIDE} pixels of grey {CANVAS_GREY}; '
                'the detection of the highest score counts, none is wrong. '
                'Found: it lies on the face. Expected calibration error of '
                'the detections from the threshold on, all sizes together: '
                f'{_decimal(self.single_faces_ece)}.'
            ),
            Table(
                [
                    *header,
                    'accuracy % at the threshold',
                    *(f'F1 {name}' for name in EXPRESSIONS),
                ],
                rows,
            ),
        ]

    def _photographs(self) -> list[Block]:
        rows = [
            [
                x.source or 'all',
                f'{x.num_images}',
                f'{x.num_faces}',
                _percent(x.mean_ap),
                _decimal(x.avg_f1),
                _decimal(x.avg_f1_above),
                _percent(x.face_ap),
                _percent(x.found),
                _percent(x.right),
            ]
            for x in self.photographs
        ]
        classes = self.photographs[0].classes
        return [
            Heading('Photographs with expressions'),
            Paragraph(
                "Avg_F1 at the paper's score, 0.5, and of the names given at "
                'the threshold; found, and found and named right, are shares '
                'of all faces, at the threshold. A mean over classes leaves '
                'out those that a source lacks.'
            ),
            Table(
                [
                    *('source', 'images', 'faces', 'mAP %', 'Avg_F1'),
                    *('Avg_F1 at the threshold', 'face AP %', 'found %'),
                    'found and right %',
                ],
                rows,
            ),
            Table(
                ['all sources', 'faces', 'AP %', 'F1'],
                [
                    [
                        name,
                        f'{figures["num_ground_truths"]}',
                        _percent(figures['ap']),
                        _decimal(figures['f1']),
                    ]
                    for name, figures in classes.items()
                ],
            ),
        ]

    def _scenes(self) -> list[Block]:
        rows = [
            [
                x.group or 'all',
                f'{x.num_faces}',
                _percent(x.ap),
                _percent(x.recall),
                _percent(x.precision),
            ]
            for x in self.scenes
        ]
        return [
            Heading('Scenes with boxes'),
            Paragraph(
                'Whatever the expression; recall and precision at the '
                'threshold. Faces outside a group need not be found.'
            ),
            Table(
                ['group', 'faces', 'face AP %', 'recall %', 'precision %'], rows
            ),
        ]

    def _faceless(self) -> list[Block]:
        x = self.faceless
        scores = ', '.join(map(_decimal, x.highest_scores)) or 'none'
        return [
            Heading('Photographs without a face'),
            Paragraph(
                f'{x.num_detections} detections at the threshold in '
                f'{x.num_images} photographs, {x.num_images_with_any} of '
                f'which have any. The highest scores: {scores}.'
            ),
        ]

    def _named(self) -> list[Block]:
        rows = [
            [
                x.name,
                x.truth,
                x.said or 'none',
                '' if x.score is None else _decimal(x.score),
                _verdict(x),
            ]
            for x in self.named
        ]
        right = sum(x.right for x in self.named)
        return [
            Heading('Clear expressions'),
            Paragraph(
                f'{right} of {len(self.named)} right: the best detection '
                'names the expression, at or above the threshold.'
            ),
            Table(['photograph', 'truth', 'named', 'score', 'verdict'], rows),
        ]


@dataclass(frozen=True)
class CalibrationReport:
    """A calibration and the page about it.

    Attributes:
        subject: The detector, with the temperature and threshold that it had.
        calibration: What was chosen.
        validation: On what, in words.
    """

    subject: Subject
    calibration: Calibration
    validation: str

    def to_dict(self) -> dict:
        """Every figure as plain dictionaries, lists and numbers."""
        return asdict(self)

    def to_markdown(self) -> str:
        """The page."""
        x = self.calibration
        rows = [
            ['temperature', f'{x.temperature:.3f}'],
            *(
                [f'shift before it, {name}', f'{value:.3f}']
                for name, value in x.shift.items()
            ),
            ['threshold after both', f'{x.score_thr:.3f}'],
            ['Avg_F1 there', _decimal(x.avg_f1)],
            ['found faces that the shifts are fitted to', f'{x.num_faces}'],
            ['accuracy % of those before', _percent(x.accuracy_before)],
            ['accuracy % of those after', _percent(x.accuracy_after)],
            [
                'detections that the temperature is fitted to',
                f'{x.num_detections}',
            ],
            ['ECE before', f'{x.ece_before:.3f}'],
            ['ECE after', f'{x.ece_after:.3f}'],
            ['ECE from the threshold', f'{x.ece_above:.3f}'],
        ]
        if x.faceless:
            what = f'{x.faceless.num_images} pictures without a face'
            false = f'{x.faceless.num_detections}'
            rows.append([f'detections from there in {what}', false])
        blocks = (
            *self.subject.blocks(),
            Paragraph(f'Chosen on {self.validation}.'),
            Table(['what', 'value'], rows),
            Paragraph(
                'Options that write it into a weights file, the shifts in the '
                'order of the labels:'
            ),
            Verbatim(self._options()),
        )
        return Page('Calibration', blocks).to_markdown()

    def _options(self) -> str:
        x = self.calibration
        shifts = ' '.join(f'{x.shift[y]:.3f}' for y in self.subject.classes)
        return (
            f'--temperature {x.temperature:.3f} --shift {shifts} '
            f'--score-thr {x.score_thr:.3f}'
        )


def _verdict(picture: NamedPicture) -> str:
    if picture.right:
        return 'right'
    is_wrong = picture.said != picture.truth
    return 'wrong' if is_wrong else 'below the threshold'


def _percent(share: float) -> str:
    return '–' if math.isnan(share) else f'{100 * share:.1f}'


def _decimal(value: float) -> str:
    return '–' if math.isnan(value) else f'{value:.2f}'
