"""A page of text, tables and pictures, as Markdown or as HTML."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ..errors import InputError
from ..files import write_atomically
from .markdown_table import markdown_table

_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto;
       padding: 0 1em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #bbb; padding: .2em .6em; text-align: left;
         overflow-wrap: anywhere; }
img { max-width: 100%; }
"""


@dataclass(frozen=True)
class Heading:
    """Begins a section."""

    text: str

    def to_markdown(self) -> str:
        """The block as Markdown."""
        return f'## {_plain(self.text)}'

    def to_html(self) -> str:
        """The block as HTML."""
        return f'<h2>{escape(self.text)}</h2>'


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str

    def to_markdown(self) -> str:
        """The block as Markdown."""
        return _plain(self.text)

    def to_html(self) -> str:
        """The block as HTML."""
        return f'<p>{escape(self.text)}</p>'


@dataclass(frozen=True)
class Verbatim:
    """Lines to copy."""

    text: str

    def to_markdown(self) -> str:
        """The block as Markdown."""
        return f'```\n{self.text}\n```'

    def to_html(self) -> str:
        """The block as HTML."""
        return f'<pre>{escape(self.text)}</pre>'


@dataclass(frozen=True)
class Table:
    """Rows of cells, as many in each as the header has."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def to_markdown(self) -> str:
        """The block as Markdown."""
        return markdown_table(
            self.header, [[_plain(cell) for cell in row] for row in self.rows]
        )

    def to_html(self) -> str:
        """The block as HTML."""
        lines = [_html_row('th', self.header)]
        lines += [_html_row('td', row) for row in self.rows]
        return '<table>\n' + '\n'.join(lines) + '\n</table>'


@dataclass(frozen=True)
class Picture:
    """A PNG file beside the Markdown page, and inside the HTML page.

    Attributes:
        name: Name of the file.
        caption: What it shows.
        png: The file's content.
    """

    name: str
    caption: str
    png: bytes

    def to_markdown(self) -> str:
        """The block as Markdown."""
        return f'![{_plain(self.caption)}]({self.name})'

    def to_html(self) -> str:
        """The block as HTML."""
        data = base64.b64encode(self.png).decode()
        return (
            f'<img alt="{escape(self.caption)}" '
            f'src="data:image/png;base64,{data}">'
        )


Block = Heading | Paragraph | Verbatim | Table | Picture


@dataclass(frozen=True)
class Page:
    """A title and what follows."""

    title: str
    blocks: tuple[Block, ...]

    def to_markdown(self) -> str:
        """The page as Markdown; its pictures are files beside it."""
        parts = [f'# {_plain(self.title)}']
        parts += [block.to_markdown() for block in self.blocks]
        return '\n\n'.join(parts) + '\n'

    def to_html(self) -> str:
        """The page as HTML in one file."""
        body = '\n'.join(block.to_html() for block in self.blocks)
        title = escape(self.title)
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n'
            '<meta charset="utf-8">\n'
            f'<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n'
            f'<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n'
        )

    def write(self, out: Path, others: Mapping[str, str]) -> list[Path]:
        """Writes `report.md`, `report.html`, the pictures and other files.

        Args:
            out: Folder; made where needed.
            others: Text of files that belong to the report, by name.

        Returns:
            All files.

        Raises:
            InputError: A file cannot be written.
        """
        files = {
            'report.md': self.to_markdown(),
            'report.html': self.to_html(),
            **others,
            **{
                block.name: block.png
                for block in self.blocks
                if isinstance(block, Picture)
            },
        }
        try:
            for name, content in files.items():
                write_atomically(out / name, content)
        except OSError as error:
            raise InputError(
                f'{out}: the report cannot be written there '
                f'({error.strerror or error}); name another folder'
            ) from None
        return [out / name for name in files]


def _html_row(tag: str, cells: Sequence[str]) -> str:
    inside = ''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)
    return f'<tr>{inside}</tr>'


def _plain(text: str) -> str:
    """Text in which Markdown finds no tags, columns or emphasis."""
    for mark in ('\\', '|', '*', '`', '['):
        text = text.replace(mark, f'\\{mark}')
    return ' '.join(text.replace('<', '&lt;').splitlines())
