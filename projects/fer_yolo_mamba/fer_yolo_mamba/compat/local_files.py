"""Local writes of mmengine that are either whole or absent."""

import os
from pathlib import Path

from mmengine.dist import get_rank
from mmengine.fileio import LocalBackend, register_backend


class AtomicLocalBackend(LocalBackend):
    """mmengine's local file backend with writes that cannot be cut short.

    mmengine writes checkpoints and ``last_checkpoint`` in place: a run killed
    at that moment leaves a broken file that its resumption would read. Here
    the bytes go to a temporary file in the same folder, which then takes the
    name in one step.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Writes bytes to a file, making its folder where needed."""
        target = Path(filepath)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Always the same name: what a killed run leaves, the next one
        # overwrites. The rank, because mmengine lets every process of a run
        # write some files.
        temporary = target.with_name(f'.{target.name}.{get_rank()}.part')
        with open(temporary, 'wb') as file:
            file.write(obj)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)

    def put_text(
        self, obj: str, filepath: str | Path, encoding: str = 'utf-8'
    ) -> None:
        """Writes text to a file, making its folder where needed."""
        self.put(obj.encode(encoding), filepath)


def install() -> None:
    """Makes the atomic backend the one for local paths; idempotent."""
    register_backend('local', AtomicLocalBackend, force=True, prefixes='')
