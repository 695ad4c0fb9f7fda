"""The paper's tables and figures from a folder of runs, ours beside its own.

``published.yaml`` holds the paper's numbers. A table is made of figures from
two of :class:`~.source.Source`: the paper and the runs.
"""

from .write import write_paper

__all__ = ['write_paper']
