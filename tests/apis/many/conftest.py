"""Pictures for many, and the smaller of the ready networks."""

import cv2
import numpy as np
import pytest
from matplotlib.cbook import get_sample_data

pytest.importorskip('pyarrow')
pytest.importorskip('ray')

from fer_yolo_mamba.apis.weights import ready_weights


@pytest.fixture(scope='session')
def options():
    """Of a `BatchDetector`."""
    weights = ready_weights().with_name('fer_yolo_mamba_n.safetensors')
    return dict(weights=str(weights), device='cpu')


@pytest.fixture(scope='session')
def portraits():
    """What a dozen image files hold, each a little different."""
    portrait = cv2.imread(get_sample_data('grace_hopper.jpg', asfileobj=False))
    portrait = cv2.resize(portrait, (256, 300))
    contents = []
    for shift in range(12):
        _, content = cv2.imencode('.jpg', np.roll(portrait, 3 * shift, 1))
        contents.append(content.tobytes())
    return contents


@pytest.fixture
def album(portraits, tmp_path):
    """A folder of these, two in one below it, and a broken one."""
    folder = tmp_path / 'album'
    (folder / 'below').mkdir(parents=True)
    for i, content in enumerate(portraits):
        place = folder / 'below' if i > 9 else folder
        (place / f'{i:02}.jpg').write_bytes(content)
    (folder / '05_broken.jpg').write_bytes(portraits[5][:99])
    return folder
