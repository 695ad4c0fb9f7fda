"""A training of some hours that was stopped goes on: what is kept of it."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from time import monotonic

import torch

from ..compat.checkpoint_files import read_file
from ..errors import InputError
from ..files import write_atomically
from .averaged_detector import AveragedDetector

#: The file in the training's folder.
UNFINISHED = 'unfinished.pth'
_PARTS = {'settings', 'steps', 'seconds', 'state_dict'}
# As much is lost at most.
_SECONDS_BETWEEN = 300.0


class KeptTraining:
    """Keeps a training in a file, from which the same training goes on.

    >>> kept = KeptTraining(out, dict(seed='0'))
    >>> kept.restore(detector)
    >>> for step in range(kept.steps, steps):
    ...     detector.step(batches[step], 1.0, step)
    ...     kept.keep(detector, step + 1)
    >>> forget_training(out)

    Args:
        folder: Of the file, and of this training alone.
        settings: What the training is of, by names for people.

    Attributes:
        steps: That were done when the file was written.

    Raises:
        InputError: The file is damaged, or of other settings.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._path = folder / UNFINISHED
        self._settings = dict(settings)
        self._kept = self._read() if self._path.exists() else {}
        self.steps = self._kept.get('steps', 0)

    @property
    def seconds(self) -> float:
        """Of training, up to the stop and since `restore`."""
        return self._kept.get('seconds', 0.0) + monotonic() - self._begun

    def restore(self, detector: AveragedDetector) -> None:
        """Brings a detector to where the training was; the clock starts."""
        state = self._kept.pop('state_dict', None)
        if state is not None:
            detector.load_state_dict(state)
        self._begun = self._written = monotonic()

    def keep(self, detector: AveragedDetector, steps: int) -> None:
        """Writes the file where the last time is some minutes ago.

        Args:
            detector: Under training.
            steps: That are done.
        """
        if monotonic() - self._written < _SECONDS_BETWEEN:
            return
        kept = dict(
            settings=self._settings,
            steps=steps,
            seconds=self.seconds,
            state_dict=detector.state_dict(),
        )
        content = BytesIO()
        torch.save(kept, content)
        write_atomically(self._path, content.getbuffer())
        self._written = monotonic()

    def _read(self) -> dict:
        kept = read_file(self._path)
        remedy = 'name another folder, or delete the file to begin anew.'
        if not isinstance(kept, dict) or kept.keys() != _PARTS:
            raise InputError(
                f'{self._path} is no unfinished training: {remedy}'
            )
        for name, value in self._settings.items():
            if kept['settings'].get(name) != value:
                raise InputError(
                    f'{self._path} is of a training with another {name}: '
                    f'{remedy}'
                )
        return kept


def forget_training(folder: Path) -> None:
    """Removes what is kept of a training, once its results are written."""
    (folder / UNFINISHED).unlink(missing_ok=True)
