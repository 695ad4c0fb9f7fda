"""Batches of scenes follow from a seed."""

from itertools import islice

import numpy as np

from fer_yolo_mamba.studies.scene_batches import draw_batches


def test_batches_are_passes_that_follow_from_the_seed():
    first, again, other = (
        list(islice(draw_batches(5, 4, seed), 5)) for seed in (1, 1, 2)
    )
    seen = np.concatenate([batch.pictures for batch in first])
    for one_pass in seen.reshape(4, 5):
        assert sorted(one_pass) == [0, 1, 2, 3, 4]
    for name in ('pictures', 'mirrored', 'gain', 'offset'):
        drawn = [
            np.concatenate([getattr(batch, name) for batch in batches])
            for batches in (first, again, other)
        ]
        assert (drawn[0] == drawn[1]).all()
        assert (drawn[0] != drawn[2]).any()
