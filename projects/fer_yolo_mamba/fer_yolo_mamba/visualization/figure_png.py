"""A figure as the content of a file."""

import io

from matplotlib.figure import Figure


def figure_png(figure: Figure, dpi: int = 110) -> bytes:
    """Draws a figure as a PNG file, for `write_atomically` or a page.

    Args:
        figure: Of matplotlib.
        dpi: Pixels an inch of the figure's size.

    Returns:
        What the file holds.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=dpi)
    return buffer.getvalue()
