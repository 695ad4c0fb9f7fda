"""Pages: every block as Markdown and as HTML."""

import base64
import re
from html.parser import HTMLParser

from fer_yolo_mamba.reports.page import (
    Heading,
    Page,
    Paragraph,
    Picture,
    Table,
    Verbatim,
    markdown_table,
)

PAGE = Page(
    'A & B',
    (
        Heading('first'),
        Paragraph('x.xml: <object> 1 has *no* [name], _or_ [a](b) &amp;&lt;'),
        Paragraph('1. no list'),
        Paragraph('- nor this'),
        Table(('image',), [('a|b',), ('<b>',)]),
        Verbatim('class_weight=[1]'),
        Picture('a.png', 'bars', b'PNG'),
    ),
)


def test_markdown_shows_every_character():
    text = PAGE.to_markdown()
    for part in (
        '# A & B\n',
        '## first\n',
        r'x.xml: &lt;object> 1 has \*no\* [name], \_or\_ [a\](b) \&amp;\&lt;',
        '1\\. no list',
        '\\- nor this',
        r'| a\|b ',
        '| &lt;b> ',
        '```\nclass_weight=[1]\n```',
        '![bars](a.png)',
    ):
        assert part in text


def test_html_is_whole_and_stands_alone():
    text = PAGE.to_html()
    for part in (
        '<h1>A &amp; B</h1>',
        '&lt;object&gt; 1 has *no* [name], _or_ [a](b) &amp;amp;&amp;lt;',
        '<p>1. no list</p>',
        '<p>- nor this</p>',
        '<td>a|b</td>',
        base64.b64encode(b'PNG').decode(),
    ):
        assert part in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    open_tags = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ('meta', 'img'):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Balance().feed(text)
    assert open_tags == []


def test_markdown_table():
    lines = markdown_table(['a', 'long'], [['1', 'x'], ['four', '']])
    assert [re.split(r' *\| *', line)[1:-1] for line in lines.splitlines()] == [
        ['a', 'long'],
        ['-' * 6, '-' * 8],
        ['1', 'x'],
        ['four', ''],
    ]
