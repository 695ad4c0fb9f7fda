"""The backbone of every baseline takes the weights of a COCO checkpoint.

Each checkpoint is generated: the library's own detector, of 80 classes. Those
of YOLOv4 and EfficientDet-D0 are in a form of their own, and tested in
tests/models.
"""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config

PUBLISHED = {
    'centernet': 'mmdet::centernet/centernet_r18_8xb16-crop512-140e_coco.py',
    'retinanet': 'mmdet::retinanet/retinanet_r50_fpn_1x_coco.py',
    'ssd': 'mmdet::ssd/ssd300_coco.py',
    'yolov3': 'mmdet::yolo/yolov3_d53_8xb8-320-273e_coco.py',
    'yolov5_s': 'mmyolo::yolov5/yolov5_s-v61_syncbn_fast_8xb16-300e_coco.py',
    'yolov7': 'mmyolo::yolov7/yolov7_l_syncbn_fast_8x16b-300e_coco.py',
    'yolov8_s': 'mmyolo::yolov8/yolov8_s_syncbn_fast_8xb16-500e_coco.py',
    'yolox_s': 'mmyolo::yolox/yolox_s_fast_8xb8-300e_coco.py',
}


@pytest.fixture
def published(tmp_path):
    """Builds a library's detector; its weights tell each number apart."""

    def build(name):
        path = tmp_path / 'published.py'
        path.write_text(f'_base_ = {name!r}')
        model = Config.fromfile(path).model
        model.backbone.init_cfg = None
        init_default_scope(name.split('::')[0])
        detector = MODELS.build(model)
        for value in detector.state_dict().values():
            if value.is_floating_point():
                torch.nn.init.uniform_(value)
        return detector

    return build


@pytest.mark.parametrize('method', PUBLISHED)
def test_the_backbone_is_loaded_and_nothing_else(
    method, published, repository, tmp_path
):
    torch.manual_seed(0)
    theirs = published(PUBLISHED[method])
    checkpoint = tmp_path / 'coco.pth'
    torch.save({'state_dict': theirs.state_dict()}, checkpoint)

    config = load_config(repository / f'configs/baselines/{method}_rafdb.py')
    assert config.model.backbone.init_cfg.checkpoint.endswith('.pth')
    config.model.backbone.init_cfg.checkpoint = str(checkpoint)
    init_default_scope('mmyolo')
    ours = MODELS.build(config.model)
    ours.init_weights()

    expected = theirs.backbone.state_dict()
    loaded = ours.backbone.state_dict()
    assert list(loaded) == list(expected)
    for name, value in loaded.items():
        assert torch.equal(value, expected[name]), name
    for name, value in ours.state_dict().items():
        if not name.startswith('backbone.') and name in theirs.state_dict():
            same = torch.equal(value, theirs.state_dict()[name])
            assert not same or not value.is_floating_point(), name


def test_the_same_detector_whatever_the_set(repository):
    for method in (*PUBLISHED, 'yolov4', 'efficientdet_d0'):
        folder = repository / 'configs/baselines'
        rafdb = load_config(folder / f'{method}_rafdb.py').model
        assert load_config(folder / f'{method}_sfew.py').model == rafdb
