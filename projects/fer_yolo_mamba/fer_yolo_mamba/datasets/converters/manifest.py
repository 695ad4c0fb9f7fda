"""Says what a converted set is, so that no two mix in one folder."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError
from ...files import write_atomically

_NAME = 'converted_set.json'
_CONTENT = 'converted face-expression set'
#: Raised when the same release begins to give other annotations.
_VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """The file `converted_set.json` of a set.

    Attributes:
        origin: See `ImageStream`.
        splits: For each split file the digest of what was written, by which
            one that was changed since is known.
    """

    origin: Mapping[str, object]
    splits: Mapping[str, str] = field(default_factory=dict)

    def write(self, root: Path) -> None:
        """Writes the manifest.

        Args:
            root: Folder of the set.

        Raises:
            OSError: It cannot be written.
        """
        content = {
            'content': _CONTENT,
            'version': _VERSION,
            'origin': dict(self.origin),
            'splits': dict(self.splits),
        }
        text = json.dumps(content, indent=2, ensure_ascii=False)
        write_atomically(root / _NAME, text + '\n')

    @staticmethod
    def read(root: Path, origin: Mapping[str, object]) -> 'Manifest | None':
        """Reads what a folder says about itself.

        Args:
            root: The folder.
            origin: What it should hold.

        Returns:
            The manifest, None for a new or an empty folder.

        Raises:
            InputError: The folder holds something else, or is a file.
        """
        try:
            if not root.exists() or all(map(_is_left_over, root.iterdir())):
                return None
            content = json.loads((root / _NAME).read_text(encoding='utf-8'))
            kind = content['content'], content['version']
            found = Manifest(content['origin'], dict(content['splits']))
        except (OSError, ValueError, KeyError, TypeError):
            kind = None
        if kind != (_CONTENT, _VERSION):
            raise InputError(
                f'{root}: holds something other than a set converted by this '
                'version, which is left alone; choose another folder'
            )
        if found.origin != json.loads(json.dumps(dict(origin))):
            raise InputError(
                f'{root}: holds a set of another origin, '
                f'{json.dumps(found.origin, ensure_ascii=False)}; choose '
                'another folder'
            )
        return found


def digest_of(content: bytes) -> str:
    """A digest that only the same content has."""
    return hashlib.sha256(content).hexdigest()


def _is_left_over(path: Path) -> bool:
    """Whether a file is what a killed process left half written."""
    return path.name.startswith('.') and path.suffix == '.part'
