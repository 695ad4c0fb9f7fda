"""The two thresholds of the paper's protocol."""

from ..errors import InputError


def require_thresholds(iou_thr: float, score_thr: float) -> None:
    """Refuses thresholds that make no sense.

    Args:
        iou_thr: Least IoU of a match, in (0, 1].
        score_thr: Least score for precision, recall and F1, in [0, 1].

    Raises:
        InputError: One is out of range.
    """
    if not 0 < iou_thr <= 1:
        raise InputError(
            f'iou_thr is {iou_thr}; give a value above 0 and up to 1.'
        )
    if not 0 <= score_thr <= 1:
        raise InputError(f'score_thr is {score_thr}; give a value from 0 to 1.')
