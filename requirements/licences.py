"""Lists the licences of what a report of pip names, as Markdown.

python requirements/licences.py report.json > requirements/licences.md

The report is that of "pip install --dry-run --report"; "make lock" writes both.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

_HEAD = """\
# Licences of what is installed

Every package of [linux-x86_64-py311.txt](linux-x86_64-py311.txt), those of the
extras included, with what its own metadata say of its licence: an SPDX
expression, or else a name and classifiers, which need not agree (mmyolo's file
of its licence is the GPL-3.0). Written by `make lock`.

| package | version | licence |
| --- | --- | --- |
"""
_CLASSIFIER = 'License :: '
_LONGEST = 60
_NOT_TOLD = 'not told in the metadata'


def licence_of(metadata: Mapping) -> str:
    """What a package says of its licence; all of it where it says several."""
    if expression := metadata.get('license_expression'):
        return expression
    # Some put the whole licence here instead of its name.
    name = metadata.get('license', '').strip()
    said = [name] if name != 'UNKNOWN' and 0 < len(name) <= _LONGEST else []
    for text in metadata.get('classifier', ()):
        if text.startswith(_CLASSIFIER):
            said.append(text.rpartition(' :: ')[2])
    return '; '.join(dict.fromkeys(said)) or _NOT_TOLD


def main(report: str) -> None:
    """Prints the table."""
    content = json.loads(Path(report).read_text(encoding='utf-8'))
    packages = [item['metadata'] for item in content['install']]
    packages.sort(key=lambda metadata: metadata['name'].lower())
    rows = (
        f'| {metadata["name"]} | {metadata["version"]} | '
        f'{licence_of(metadata)} |\n'
        for metadata in packages
    )
    print(_HEAD + ''.join(rows), end='')


if __name__ == '__main__':
    main(*sys.argv[1:])
