"""What decides the rows of a folder of tables, so that none are mixed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import InputError
from ...files import json_text, write_atomically
from ...inputs import parse_json, read_text
from .places import without_query

_NAME = 'manifest.json'


def agree_on_manifest(
    out: Path,
    inputs: Sequence[str],
    weights: Mapping[str, str],
    options: Mapping,
    version: str,
    is_begun: bool,
) -> None:
    """Writes the manifest, or compares it with the one that is there.

    Args:
        out: Folder of the tables.
        inputs: What is looked at.
        weights: Name and digest of the weights file.
        options: All else that decides the rows,
        version: and of this package.
        is_begun: Whether the folder has a listing or tables. A manifest alone
            binds nobody: its inputs may have led nowhere.

    Raises:
        InputError: The folder is that of other inputs, weights or options.
    """
    text = json_text(
        dict(
            version=version,
            inputs=[without_query(name) for name in inputs],
            weights=dict(weights),
            options=dict(options),
        )
    )
    path = out / _NAME
    if not is_begun or not path.exists():
        write_atomically(path, text)
        return
    # As JSON has it, to which a tuple is a list.
    manifest = parse_json(text)
    remedy = 'name another folder with --out.'
    try:
        earlier = parse_json(read_text(path, remedy))
        earlier = {name: earlier.get(name) for name in manifest}
    except (ValueError, AttributeError) as error:
        raise InputError(f'{path} is damaged: {remedy}') from error
    for name, value in manifest.items():
        if earlier[name] != value:
            raise InputError(
                f'{out} holds faces of other {name} (here {value}, there '
                f'{earlier[name]}): {remedy}'
            )
