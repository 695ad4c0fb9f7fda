"""Other classes than the seven: eight with Contempt, or fewer."""

import json

import pytest
import yaml
from releases import (
    annotations,
    make_affectnet,
    make_expw,
    make_rafdb,
    make_sfew,
    make_voc_set,
    write_image,
    write_text,
)

from fer_yolo_mamba.datasets import FERVOCDataset, VOCObject
from fer_yolo_mamba.datasets.converters import (
    Skipped,
    VOCSet,
    read_affectnet,
    read_class_folders,
    read_coco,
    read_expw,
    read_rafdb,
    read_sfew,
    read_txt,
    read_yolo,
    write_coco,
    write_txt,
    write_voc_set,
    write_yolo,
)
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import CONTEMPT, EXPRESSIONS

EIGHT = (*EXPRESSIONS, CONTEMPT)
FEW = ('Surprise', 'Happy', 'Disgust')

RELEASES = {
    'RAF-DB': (make_rafdb, read_rafdb, {'Happy': 1}),
    'ExpW': (make_expw, read_expw, {'Happy': 1}),
    'AffectNet': (make_affectnet, read_affectnet, {'Happy': 1}),
    'SFEW': (
        lambda root: make_sfew(root)[0],
        lambda root, classes: read_sfew(
            root, root.parent / 'boxes', classes=classes
        ),
        {'Happy': 2, 'Disgust': 2},
    ),
}


@pytest.mark.parametrize(
    ('make', 'read', 'counts'), RELEASES.values(), ids=RELEASES
)
def test_only_the_classes_asked_for_are_taken(tmp_path, make, read, counts):
    root = make(tmp_path / 'in')
    report = write_voc_set(read(root, classes=FEW), tmp_path / 'out')
    assert report.boxes == counts
    assert report.left_out_images[Skipped.UNKNOWN_LABEL].count
    rows = [line.split()[0] for line in str(report).splitlines()[3:6]]
    assert rows == list(FEW)


def test_affectnet_has_contempt(tmp_path):
    root = make_affectnet(tmp_path / 'in')
    report = write_voc_set(read_affectnet(root, EIGHT), tmp_path / 'out')
    assert report.boxes[CONTEMPT] == 1
    assert report.left_out_images[Skipped.UNKNOWN_LABEL].examples == [
        '2/dd (10)'
    ]


def test_folders_may_be_named_contemptuous(tmp_path):
    write_image(tmp_path / 'in/contemptuous/a.png')
    stream = read_class_folders(tmp_path / 'in', classes=EIGHT)
    assert write_voc_set(stream, tmp_path / 'out').boxes == {CONTEMPT: 1}


@pytest.fixture
def voc(tmp_path):
    """A set with a contemptuous face, as it is labelled elsewhere."""
    voc = make_voc_set(tmp_path, VOCObject('Happy', (1.5, 2, 10, 12.25)))
    path = voc / 'Annotations/a.xml'
    write_text(path, path.read_text().replace('Happy', 'Contemptuous'))
    return voc


def test_all_formats_go_both_ways_with_eight_classes(tmp_path, voc):
    voc_set = VOCSet(voc, classes=EIGHT)
    (lists, *_) = write_txt(voc_set, tmp_path / 'lists', ['train'])
    (coco,) = write_coco(voc_set, tmp_path / 'coco', ['train'])
    (yolo,) = write_yolo(voc_set, tmp_path / 'yolo', ['train'])
    assert lists.read_text().splitlines()[0].endswith('1.5,2,10,12.25,7')
    assert json.loads(coco.read_text())['categories'][7]['name'] == CONTEMPT
    assert yaml.safe_load(yolo.read_text())['names'][7] == CONTEMPT
    for name, stream in {
        'a': read_txt({'train': lists}, classes=EIGHT),
        'b': read_coco({'train': coco}, voc / 'JPEGImages', EIGHT),
        'c': read_yolo(yolo, EIGHT),
    }.items():
        report = write_voc_set(stream, tmp_path / name)
        assert report.boxes == {CONTEMPT: 1, 'Disgust': 1}
        assert report.classes == EIGHT


def test_a_data_set_follows_its_classes(tmp_path, voc):
    dataset = FERVOCDataset(
        'ImageSets/Main/train.txt',
        data_root=str(voc),
        metainfo=dict(classes=EIGHT),
    )
    (face,) = dataset.get_data_info(0)['instances']
    assert face['bbox_label'] == 7


def test_sets_of_other_classes_do_not_mix(tmp_path):
    root, out = make_affectnet(tmp_path / 'in'), tmp_path / 'out'
    write_voc_set(read_affectnet(root), out)
    before = annotations(out)
    with pytest.raises(InputError, match='another origin'):
        write_voc_set(read_affectnet(root, EIGHT), out)
    assert annotations(out) == before
