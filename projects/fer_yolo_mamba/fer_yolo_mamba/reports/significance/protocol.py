"""How the figures of a page came about, in words."""

from ...evaluation.significance import (
    COVERAGE,
    StratifiedBootstrap,
    WeightedReport,
)


def protocol(
    report: WeightedReport, bootstrap: StratifiedBootstrap, strata: str
) -> str:
    """The paragraph below a title.

    Args:
        report: A test of those shown.
        bootstrap: How its images were resampled.
        strata: What the images of a stratum have in common.
    """
    text = (
        f'{len(bootstrap.strata)} images; IoU ≥ {report.iou_thr:g}, F1 at '
        f'score ≥ {report.score_thr:g}. In brackets: {100 * COVERAGE:g} % '
        f'intervals, each for itself, from {bootstrap.resamples} bootstrap '
        f'resamples of the images (seed {bootstrap.seed}), stratified by '
        f'{strata}.'
    )
    if bootstrap.num_alone:
        text += (
            f' {bootstrap.num_alone} images are alone in their stratum and '
            'add nothing to the width of an interval.'
        )
    return text
