"""Tells what a check of a data set found."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..datasets.checks import DatasetCheck, FaultKind
from ..datasets.checks.findings import BITS
from ..files import csv_text
from ..visualization import figure_png
from ..visualization.ground_truth import draw_centres, draw_classes, draw_sides
from .page import Block, Heading, Page, Paragraph, Picture, Table, Verbatim

_SHOWN = 50
_DPI = 80
_QUANTILES = (5, 25, 50, 75, 95)


def write_report(check: DatasetCheck, out: Path) -> list[Path]:
    """Writes `report.md`, `report.html`, `faults.csv` and the pictures.

    Args:
        check: What was found.
        out: Folder; made where needed.

    Returns:
        The files.

    Raises:
        OSError: A file cannot be written.
    """
    page = Page(f'Check of {check.root}', tuple(_blocks(check)))
    faults = [
        (f.kind.title, f.split, f.image_id, f.message, f.kind.remedy)
        for f in check.faults
    ]
    columns = ('kind', 'split', 'image', 'what', 'remedy')
    return page.write(out, {'faults.csv': csv_text([columns, *faults])})


def _blocks(check: DatasetCheck) -> Iterator[Block]:
    yield from _verdict(check)
    for kind in FaultKind:
        yield from _faults_of(check, kind)
    yield from _shared(check)
    yield from _classes(check)
    yield from _boxes(check)


def _verdict(check: DatasetCheck) -> Iterator[Block]:
    yield Paragraph(f'{check}.')
    rows = [('images', *(item.images for item in check.statistics))]
    for kind in FaultKind:
        if check.count(kind):
            counts = (check.count(kind, name) for name in check.splits)
            rows.append((kind.title, *counts))
    yield Table(('', *check.splits), rows)
    for line in check.warnings():
        yield Paragraph(f'Note: {line}')
    settings = check.settings
    looked_for = [
        f'boxes counted from {1 if settings.one_based else 0}',
        f'tiny: below {settings.tiny_side:g} pixels at 320×320',
        f'almost the same: at most {settings.near_distance} of {BITS} bits '
        'differ',
    ]
    if settings.groups_of is None:
        looked_for.append('shared clips or subjects were not looked for')
    if settings.detector is None:
        looked_for.append('faces without a label were not looked for')
    yield Paragraph(f'Settings: {"; ".join(looked_for)}.')


def _faults_of(check: DatasetCheck, kind: FaultKind) -> Iterator[Block]:
    faults = [fault for fault in check.faults if fault.kind is kind]
    if not faults:
        return
    yield Heading(f'{kind.title[0].upper()}{kind.title[1:]}: {len(faults)}')
    yield Paragraph(kind.remedy)
    yield Table(
        ('split', 'image', 'what'),
        [
            (fault.split, fault.image_id, fault.message)
            for fault in faults[:_SHOWN]
        ],
    )
    if len(faults) > _SHOWN:
        yield Paragraph(f'{len(faults) - _SHOWN} more are in faults.csv.')


def _shared(check: DatasetCheck) -> Iterator[Block]:
    if check.settings.groups_of is None:
        return
    yield Heading('Clips or subjects in two splits')
    alone = sum(not image.groups for image in check.images)
    if alone:
        yield Paragraph(f'{alone} images belong to no clip or subject.')
    if check.shared:
        yield Table(
            ('splits', 'in common', 'images of the first', 'of the second'),
            [
                (' and '.join(item.splits), len(item.groups), *item.images)
                for item in check.shared
            ],
        )
    else:
        yield Paragraph('None.')


def _classes(check: DatasetCheck) -> Iterator[Block]:
    yield Heading('Classes')
    statistics = check.statistics
    rows = [
        (name, *(item.faces[name] for item in statistics))
        for name in statistics[0].faces
    ]
    rows.append(('all', *(sum(item.faces.values()) for item in statistics)))
    rows.append(('images without a face', *(i.faceless for i in statistics)))
    yield Table(('faces', *check.splits), rows)
    yield Picture(
        'classes.png',
        'Faces per class',
        figure_png(draw_classes(statistics), _DPI),
    )
    weights = statistics[0].class_weights().values()
    if not weights:
        return
    numbers = ', '.join(f'{weight:.2f}' for weight in weights)
    yield Paragraph(
        f'Weights by which the classes of {statistics[0].split} count the '
        'same, for a config (configs/README.md, Imbalance):'
    )
    yield Verbatim(f'class_weight=[{numbers}]')


def _boxes(check: DatasetCheck) -> Iterator[Block]:
    yield Heading('Boxes')
    statistics = check.statistics
    yield Paragraph(
        '√area in pixels, with the longer side of the image scaled to 320.'
    )
    with_faces = [item for item in statistics if item.sides.size]
    yield Table(
        ('split', *(f'{q} %' for q in _QUANTILES)),
        [
            (
                item.split,
                *(f'{np.percentile(item.sides, q):.0f}' for q in _QUANTILES),
            )
            for item in with_faces
        ],
    )
    yield Picture(
        'sizes.png', 'Box sizes', figure_png(draw_sides(statistics), _DPI)
    )
    yield Paragraph('Centres of the boxes, as fractions of the image.')
    yield Table(
        ('split', 'mean x', 'mean y', 'deviation x', 'deviation y'),
        [
            (
                item.split,
                *map('{:.2f}'.format, item.centres.mean(axis=0)),
                *map('{:.2f}'.format, item.centres.std(axis=0)),
            )
            for item in with_faces
        ],
    )
    yield Picture(
        'centres.png',
        'Where the boxes lie',
        figure_png(draw_centres(statistics), _DPI),
    )
