"""What the project does with damaged files, hostile ones, and sudden ends.

Three parts, and one command for all (``tools/analysis/torture.py``):

- *inputs*: good files of every kind (:mod:`.good_files`) are damaged
  (:mod:`.mutations`) and given to the readers of the package (:mod:`.readers`);
- *checkpoints*: hostile and damaged ones (:mod:`.checkpoints`) are given to
  every path on which a checkpoint comes in (:mod:`.paths`);
- *kills*: a training is killed at random moments and resumed (:mod:`.kills`).

Trials of the first two run one after the other in processes that live on
(:mod:`.workers`), are watched while they run (:mod:`.trial`), and end in an
:class:`Outcome`.
"""

from .outcomes import Outcome, Verdict
from .proof import Amount, Proof, torture

__all__ = ['Amount', 'Outcome', 'Proof', 'Verdict', 'torture']
