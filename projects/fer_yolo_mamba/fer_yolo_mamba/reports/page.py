"""A page of text, tables and pictures: Markdown, and HTML made from it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from tabulate import tabulate

from ..files import write_atomically

_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto;
       padding: 0 1em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #bbb; padding: .2em .6em; text-align: left;
         overflow-wrap: anywhere; }
img { max-width: 100%; }
"""

# What Markdown would take for emphasis, code, a column, the end of a link's
# text, a tag or an entity.
_MARK = re.compile(r'[\\|*`<]|(?<!\w)_|_(?!\w)|\](?=[(:\[])|&(?=#?\w+;)')
# And at the beginning of a paragraph for a heading, a quotation or a list.
_BEGINNING = re.compile(r'^(\d*)([#>+=~.)-])')


@dataclass(frozen=True)
class Page:
    """A title and what follows.

    >>> page = Page('Test', (Heading('Figures'), Paragraph('None.')))
    >>> print(page.to_markdown(), end='')
    # Test
    <BLANKLINE>
    ## Figures
    <BLANKLINE>
    None.
    """

    title: str
    blocks: tuple[Block, ...]

    def to_markdown(self) -> str:
        """The page as Markdown; its pictures are files beside it."""
        parts = [f'# {_plain(self.title)}', *map(str, self.blocks)]
        return '\n\n'.join(parts) + '\n'

    def to_html(self) -> str:
        """The page as HTML in one file, its pictures inside."""
        options = {'html': False, 'xhtmlOut': False}
        markdown = MarkdownIt('commonmark', options).enable('table')
        body = markdown.render(self.to_markdown())
        for picture in self._pictures():
            data = base64.b64encode(picture.png).decode()
            body = body.replace(
                f'src="{picture.name}"', f'src="data:image/png;base64,{data}"'
            )
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n'
            '<meta charset="utf-8">\n'
            f'<title>{escape(self.title)}</title>\n'
            f'<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n'
        )

    def write(self, out: Path, others: Mapping[str, str]) -> list[Path]:
        """Writes `report.md`, `report.html`, the pictures and other files.

        Args:
            out: Folder; made where needed.
            others: Text of files that belong to the report, by name.

        Returns:
            All files.

        Raises:
            OSError: A file cannot be written.
        """
        files = {
            'report.md': self.to_markdown(),
            'report.html': self.to_html(),
            **others,
            **{picture.name: picture.png for picture in self._pictures()},
        }
        for name, content in files.items():
            write_atomically(out / name, content)
        return [out / name for name in files]

    def _pictures(self) -> list[Picture]:
        return [block for block in self.blocks if isinstance(block, Picture)]


@dataclass(frozen=True)
class Heading:
    """Begins a section."""

    text: str

    def __str__(self) -> str:
        return f'## {_plain(self.text)}'


@dataclass(frozen=True)
class Paragraph:
    """Sentences; every character is shown as it is."""

    text: str

    def __str__(self) -> str:
        return _BEGINNING.sub(r'\1\\\2', _plain(self.text))


@dataclass(frozen=True)
class Verbatim:
    """Lines to copy."""

    text: str

    def __str__(self) -> str:
        return f'```\n{self.text}\n```'


@dataclass(frozen=True)
class Table:
    """Rows of cells, as many in each as the header has; `str` writes them."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]

    def __str__(self) -> str:
        header, *cells = (
            [_plain(str(cell)) for cell in row]
            for row in (self.header, *self.rows)
        )
        return markdown_table(header, cells)


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

    def __str__(self) -> str:
        return f'![{_plain(self.caption)}]({self.name})'


Block = Heading | Paragraph | Verbatim | Table | Picture


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells, which may hold marks of Markdown, as a table of Markdown."""
    return tabulate(
        list(rows), header, tablefmt='github', disable_numparse=True
    )


def _plain(text: str) -> str:
    """One line in which Markdown finds no marks."""
    line = ' '.join(text.splitlines())
    return _MARK.sub(r'\\\g<0>', line).replace(r'\<', '&lt;')
