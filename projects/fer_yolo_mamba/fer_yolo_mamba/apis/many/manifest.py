"""What decides the rows of a folder of tables, so that none are mixed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import InputError
from ...files import write_json
from ...inputs import parse_json, read_text
from .places import without_query

_NAME = 'manifest.json'


def agree_on_manifest(
    out: Path,
    inputs: Sequence[str],
    weights: Mapping[str, str],
    options: Mapping,
    version: str,
) -> None:
    """Writes the manifest, or compares it with the one that is there.

    Args:
        out: Folder of the tables.
        inputs: What is looked at.
        weights: Name and digest of the weights file.
        options: All else that decides the rows,
        version: and of this package.

    Raises:
        InputError: The folder is that of other inputs, weights or options.
    """
    manifest = dict(
        version=version,
        inputs=[without_query(name) for name in inputs],
        weights=dict(weights),
        options=dict(options),
    )
    path = out / _NAME
    if not path.exists():
        write_json(path, manifest)
        return
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
