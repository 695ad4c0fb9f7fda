"""One small table as Markdown, LaTeX and CSV."""

import csv
import io

import pytest

from fer_yolo_mamba.studies.paper.sources import Number
from fer_yolo_mamba.studies.paper.tables import Cell, Mark, PaperTable
from fer_yolo_mamba.studies.paper.write import (
    latex_text,
    to_csv,
    to_latex,
    to_markdown,
)


@pytest.fixture
def table():
    return PaperTable(
        'table_9',
        'Table IX',
        '100 % of R&D',
        ('Set', 'Avg_F1', 'mAP (%)'),
        [
            (('A_1',), [Cell(Number(0.5, 0.125), Mark.BEST), Cell(None)]),
            (('A_1',), [Cell(Number(0.25), Mark.SECOND), Cell(Number(1.0))]),
            (('B',), [Cell(Number()), Cell(Number())]),
        ],
    )


def test_markdown(table):
    lines = to_markdown(table).splitlines()
    cells = [[c.strip() for c in line.strip('|').split('|')] for line in lines]
    assert cells[0] == ['Set', 'Avg_F1', 'mAP (%)']
    assert cells[2:] == [
        ['A_1', '**0.50 ± 0.12**', ''],
        ['A_1', '<u>0.25</u>', '1.00'],
        ['B', '–', '–'],
    ]


def test_latex(table):
    assert to_latex(table).splitlines()[3:-1] == [
        r'\caption{100 \% of R\&D}',
        r'\begin{tabular}{lrr}',
        r'\toprule',
        r'Set & Avg\_F1 & mAP (\%) \\',
        r'\midrule',
        r'A\_1 & \textbf{0.50 $\pm$ 0.12} &  \\',
        r'A\_1 & \underline{0.25} & 1.00 \\',
        r'\midrule',
        r'B & -- & -- \\',
        r'\bottomrule',
        r'\end{tabular}',
    ]


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('a_b & 5 % #1 $x$ {y}', r'a\_b \& 5 \% \#1 \$x\$ \{y\}'),
        ('\\cmd', r'\textbackslash{}cmd'),
        ('~2^3', r'\textasciitilde{}2\textasciicircum{}3'),
        ('– ±', r'-- $\pm$'),
        ('plain', 'plain'),
    ],
)
def test_latex_escapes(text, expected):
    assert latex_text(text) == expected


def test_csv(table):
    assert list(csv.reader(io.StringIO(to_csv(table)))) == [
        ['Set', 'Avg_F1', 'Avg_F1 std', 'mAP (%)', 'mAP (%) std'],
        ['A_1', '0.5', '0.125', '', ''],
        ['A_1', '0.25', '', '1.0', ''],
        ['B', '', '', '', ''],
    ]
