"""Local writes of mmengine that are either whole or absent."""

from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from ..files import write_atomically


class AtomicLocalBackend(LocalBackend):
    """mmengine's local file backend with writes that cannot be cut short.

    mmengine writes checkpoints and ``last_checkpoint`` in place: a run killed
    at that moment leaves a broken file that its resumption would read.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Writes bytes to a file, making its folder where needed."""
        write_atomically(filepath, obj, durable=True)

    def put_text(
        self, obj: str, filepath: str | Path, encoding: str = 'utf-8'
    ) -> None:
        """Writes text to a file, making its folder where needed."""
        self.put(obj.encode(encoding), filepath)


def install() -> None:
    """Makes the atomic backend the one for local paths; idempotent."""
    register_backend('local', AtomicLocalBackend, force=True, prefixes='')
