"""The paper's tables and figures from a folder of runs, ours beside its own.

``published.yaml`` holds the paper's numbers.
"""

from .write import write_paper

__all__ = ['write_paper']
