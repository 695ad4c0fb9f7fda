"""A Ray, pictures, and a small network that describes itself."""

import cv2
import numpy as np
import pytest

pytest.importorskip('ray')


@pytest.fixture(scope='session')
def narrow_weights(narrow_config, narrow_checkpoint):
    """The narrow network as a file that finds much in noise."""
    from fer_yolo_mamba.apis.pytorch import checkpoint_network
    from fer_yolo_mamba.engine.config import load_config

    path = narrow_checkpoint.with_name('narrow.safetensors')
    network = checkpoint_network(
        load_config(narrow_config), narrow_checkpoint, 'cpu'
    )
    return path
