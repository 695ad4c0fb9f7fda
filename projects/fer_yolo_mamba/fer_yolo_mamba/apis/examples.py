"""Pictures that anybody may show, to try a detector on."""

import numpy as np
from matplotlib import cbook

from ..datasets.drawn_faces.scene import draw_scene
from ..datasets.images import read_image

_SIDE, _SEED = 480, 24


def example_pictures() -> dict[str, np.ndarray]:
    """Pictures by name, (H, W, 3) uint8, BGR.

    The photograph, of Grace Hopper, is in the public domain (US Navy) and
    comes with matplotlib; the other picture is drawn.
    """
    photograph = cbook.get_sample_data('grace_hopper.jpg', asfileobj=False)
    drawn, _ = draw_scene(
        np.random.default_rng(_SEED), ('Happy', 'Surprise', 'Sad'), _SIDE
    )
    return {'Grace Hopper': read_image(photograph), 'Drawn faces': drawn}
