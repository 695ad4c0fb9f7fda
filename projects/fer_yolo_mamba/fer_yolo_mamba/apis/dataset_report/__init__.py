"""The report of a data set's check: Markdown, HTML, a list of faults."""

from .report import write_report

__all__ = ['write_report']
