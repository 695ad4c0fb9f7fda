"""The limits that a person sets on every tab."""

import gradio as gr

from ..apis import FERDetector


def limit_sliders(detector: FERDetector) -> list[gr.Slider]:
    """Sliders for the least score and the smallest face, in this order."""
    return [
        gr.Slider(
            *(0, 1, detector.score_thr),
            step=0.01,
            label='Least score of a face',
        ),
        gr.Slider(
            *(0, 200, detector.min_face),
            step=2,
            label='Smallest face (pixels)',
        ),
    ]
