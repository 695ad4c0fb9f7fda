"""Tiny releases, laid out like the real ones, for the tests beside it."""

import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
from hypothesis import strategies as st

from fer_yolo_mamba.datasets import FERVOCDataset, VOCObject, read_voc_xml
from fer_yolo_mamba.datasets.converters import (
    ImageStream,
    LabelledImage,
    write_voc_set,
)
from fer_yolo_mamba.expressions import EXPRESSIONS

WIDTH, HEIGHT = 20, 16
FACE = VOCObject('Happy', (1.5, 2, 10, 12.25), attributes={'age': '4-19'})
NAMES = ('a.jpg', 'b c.png', 'Füße/日本 語.jpg')


def write_image(path, width=WIDTH, height=HEIGHT):
    path.parent.mkdir(parents=True, exist_ok=True)
    # Different names, different pictures.
    noise = np.random.default_rng(list(path.name.encode()))
    pixels = noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
    _, data = cv2.imencode(path.suffix, pixels)
    path.write_bytes(data.tobytes())
    return path


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')
    return path


def zip_folder(folder, keep_name=True):
    """Replaces a folder by `<folder>.zip`, with or without its name inside."""
    target = folder.with_name(f'{folder.name}.zip')
    with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob('*')):
            if path.is_file():
                inside = path.relative_to(
                    folder.parent if keep_name else folder
                )
                archive.write(path, inside)
    shutil.rmtree(folder)
    return target


def damage(archive):
    """Spoils the content of the first file in an archive."""
    with zipfile.ZipFile(archive) as opened:
        first = opened.infolist()[0]
    data = bytearray(archive.read_bytes())
    start = first.header_offset + 30 + len(first.filename.encode())
    for place in range(start + 2, start + first.compress_size):
        data[place] ^= 0xFF
    archive.write_bytes(data)


def protect(archive):
    """Sets the flag that says that a password is needed."""
    data = bytearray(archive.read_bytes())
    for signature, flags in ((b'PK\x01\x02', 8), (b'PK\x03\x04', 6)):
        place = data.find(signature)
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(signature, place + 1)
    archive.write_bytes(data)


def stream_of(folder, *images):
    """A stream of images, each (id with suffix, split, *faces)."""
    return ImageStream(
        images=(
            LabelledImage(
                image_id=name.rpartition('.')[0],
                source=folder / name,
                splits=(split,),
                faces=faces,
            )
            for name, split, *rest in images
            for faces in [tuple(rest)]
        ),
        total=len(images),
        origin={'format': 'test', 'folder': str(folder)},
    )


def three(photos):
    """The images of `NAMES`, one face each."""
    return stream_of(photos, *[(name, 'train', FACE) for name in NAMES])


def load(root, split='train'):
    """What the training reads: for each id the class indices and boxes."""
    dataset = FERVOCDataset(
        ann_file=f'ImageSets/Main/{split}.txt',
        data_root=str(root),
        unlabelled='face',
        serialize_data=False,
        test_mode=True,
    )
    return {
        info['img_id']: [
            (instance['bbox_label'], *instance['bbox'])
            for instance in info['instances']
        ]
        for info in map(dataset.get_data_info, range(len(dataset)))
    }


def snapshot(root):
    """All files below a folder: when they changed, and where links lead."""
    return {
        path.relative_to(root): (
            path.lstat().st_mtime_ns,
            path.lstat().st_ino,
            path.readlink() if path.is_symlink() else None,
        )
        for path in sorted(Path(root).rglob('*'))
    }


RAFDB = {
    # name: (label, box, gender race age)
    'train_00001.jpg': ('5', '3.5 2.25 15.0 12.125', '1\n2\n4\n'),
    'train_00002.jpg': ('4', '-2.0 1.0 30.5 14.0', '0\n0\n2\n'),
    'test_0001.jpg': ('7', '0 0 20 16', '2\n1\n0\n'),
}


def make_rafdb(root):
    """`basic/` of RAF-DB, with its parts that no converter needs."""
    basic = root / 'basic'
    lines = [f'{name} {label}\n' for name, (label, *_) in RAFDB.items()]
    write_text(basic / 'EmoLabel/list_patition_label.txt', ''.join(lines))
    for name, (_, box, codes) in RAFDB.items():
        stem = name.removesuffix('.jpg')
        landmarks = '5.1\t6.2\n' * 5
        annotation = basic / 'Annotation'
        write_image(basic / 'Image/original' / name)
        write_image(basic / f'Image/aligned/{stem}_aligned.jpg', 10, 10)
        write_text(annotation / f'boundingbox/{stem}_boundingbox.txt', box)
        write_text(annotation / f'auto/{stem}_auto_attri.txt', landmarks)
        write_text(
            annotation / f'manual/{stem}_manu_attri.txt', landmarks + codes
        )
    return root


def zip_rafdb(root, keep_name=True):
    """The state in which RAF-DB is downloaded."""
    for part in ('Image/original', 'Image/aligned'):
        zip_folder(root / 'basic' / part, keep_name)
    for part in ('boundingbox', 'auto', 'manual'):
        zip_folder(root / 'basic/Annotation' / part, keep_name)
    return root


SFEW = {
    # line of the list: (split, class folder, boxes)
    'Film_000100000_00000001': ('train', 'Happy', '1,2,10,12,3'),
    'Film_000100000_00000009': ('val', 'Happy', '1,2,10,13,3'),
    'Film_000559000_00000001': ('val', 'Sad', '1,2,10,14,5'),
    'Film_001059500_00000001': ('val', 'Sad', '1,2,10,15,5'),
    'Two_Words_010000000_00000001': ('train', 'Fear', '1,2,9,9,2 10,2,19,9,2'),
    'Two_Words-020000000__00000001': ('val', 'Angry', ''),
    '17': ('train', 'Disgust', '1,2,9,9,1'),
    '18': ('val', 'Disgust', '1,2,9,9,1'),
}


def make_sfew(root):
    """The stills of SFEW 2.0 beside its aligned faces, and the box lists."""
    for number, (stem, (_, folder, _)) in enumerate(SFEW.items()):
        # The authors' split is not that of the release.
        place = root / 'SFEW' / ('Train', 'Val')[number % 2]
        write_image(place / folder / f'{stem}.png')
        aligned = place / f'{place.name}_Aligned_Faces' / folder
        write_image(aligned / f'{stem}.png', 8, 8)
    elsewhere = '/home/someone/VOC2007/JPEGImages'
    for split in ('train', 'val'):
        lines = [
            f'{elsewhere}/{stem}.jpg {boxes}\n'
            for stem, (of, _, boxes) in SFEW.items()
            if of == split
        ]
        write_text(root / f'boxes/2007_{split}.txt', ''.join(lines))
    return root / 'SFEW', root / 'boxes'


EXPW = """\
happy man_1.jpg 0 2 3 10 12 28.5 3
happy man_1.jpg 1 4 11 25 20 9.1 6
fürst_2.jpg 0 0 0 20 16 50 0
sad_3.jpg 0 1 1 9 9 40.25 4
"""


def make_expw(root, labels=EXPW):
    """ExpW's list and its folder of images."""
    write_text(root / 'label/label.lst', labels)
    for line in labels.splitlines():
        write_image(root / 'image/origin' / line.rsplit(maxsplit=7)[0])
    return root


AFFECTNET_COLUMNS = (
    'subDirectory_filePath,face_x,face_y,face_width,face_height,'
    'facial_landmarks,expression,valence,arousal\n'
)
AFFECTNET = {
    'training': '1/aa.jpg,2,1,10,12,1.5;2.5;3;4,1,0.78,-0.1\n'
    '2/bb.JPG,0,0,30,30,1;2,6,-0.5,0.9\n'
    '2/cc.jpg,1,1,9,9,1;2,7,0,0\n'
    '2/dd.jpg,1,1,9,9,1;2,10,-2,-2\n',
    'validation': '1/ee.png,3,3,12,10,1;2,0,0,0\n',
}


def make_affectnet(root, header=AFFECTNET_COLUMNS):
    """The manually annotated part of AffectNet."""
    for name, rows in AFFECTNET.items():
        path = root / f'Manually_Annotated_file_lists/{name}.csv'
        write_text(path, header + rows)
        for row in rows.splitlines():
            image = row.partition(',')[0]
            write_image(root / 'Manually_Annotated_Images' / image)
    return root


FERPLUS_COLUMNS = (
    'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,'
    'contempt,unknown,NF\n'
)
FERPLUS = (
    # usage, image, votes in the order of the columns, FER2013's own label
    ('Training', 'fer0.png', '4,0,0,1,3,2,0,0,0,0', 'angry'),
    ('Training', 'fer1.png', '6,0,0,0,0,1,2,0,1,0', 'disgust'),
    ('Training', 'fer2.png', '4,0,0,4,1,0,0,0,1,0', 'sad'),
    ('Training', '', '0,0,0,0,0,0,0,0,0,10', 'sad'),
    ('Training', 'fer3.png', '2,0,0,0,0,1,0,6,1,0', 'angry|disgust'),
    ('Training', 'fer4.png', '2,0,0,2,0,0,0,0,6,0', 'fear'),
    ('Training', 'fer5.png', '0,0,0,0,0,0,0,0,0,10', 'happy'),
    ('Training', 'fer0.png', '4,0,0,1,3,2,0,0,0,0', 'angry'),
    ('PublicTest', 'fer6.png', '0,9,1,0,0,0,0,0,0,0', 'happy'),
    ('PrivateTest', 'fer7.png', '0,0,7,0,0,0,3,0,0,0', 'surprise'),
)
FERPLUS_FOLDERS = {
    'Training': 'FER2013Train',
    'PublicTest': 'FER2013Valid',
    'PrivateTest': 'FER2013Test',
}
FER2013 = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')


def write_ferplus_votes(root, rows=FERPLUS):
    """`fer2013new.csv`, as FER+ is published."""
    lines = [','.join(row[:3]) + '\n' for row in rows]
    write_text(root / 'fer2013new.csv', FERPLUS_COLUMNS + ''.join(lines))


def make_ferplus(root, rows=FERPLUS):
    """The folders that FER+'s script makes, and FER2013's own labels."""
    write_ferplus_votes(root, rows)
    labels = {}
    for usage, name, _, label in rows:
        if name:
            write_image(root / FERPLUS_FOLDERS[usage] / name, 48, 48)
            labels[name] = f'{name},{label}\n'
    write_text(
        root / 'fer2013_labels.csv',
        'Image name,fer2013\n' + ''.join(labels.values()),
    )
    return root


def make_fer2013(root, rows=FERPLUS):
    """The challenge's `fer2013.csv` and the votes for its rows."""
    write_ferplus_votes(root, rows)
    lines = ['emotion,pixels,Usage\n']
    for usage, name, _, label in rows:
        noise = np.random.default_rng(list(name.encode()))
        pixels = ' '.join(map(str, noise.integers(0, 256, 48 * 48)))
        emotion = FER2013.index(label.partition('|')[0])
        lines.append(f'{emotion},{pixels},{usage}\n')
    write_text(root / 'fer2013.csv', ''.join(lines))
    return root


WIDERFACE = {
    'train': """\
0--Parade/0_Parade_a_1_1.jpg
2
2 3 8 9 0 0 0 0 0 0
1 1 30 5 1 1 1 0 2 1
0--Parade/0_Parade_a_1_2.jpg
0
0 0 0 0 0 0 0 0 0 0
1--Handshaking/1_Handshaking_b_1_3.jpg
3
2 3 4 5 0 0 0 1 0 0
2 3 0 5 0 0 0 0 0 0
7 7 6 6 2 0 0 0 0 0
""",
    'val': """\
1--Handshaking/1_Handshaking_b_1_4.jpg
1
5 5 8 8 0 0 0 0 0 0
1--Handshaking/1_Handshaking_b_1_5.jpg
1
5 5 8 8 0 0 0 1 0 0
""",
}


def make_widerface(root):
    """Lists and pictures of WIDER FACE, without its test part."""
    for split, lines in WIDERFACE.items():
        name = f'wider_face_{split}_bbx_gt.txt'
        write_text(root / 'wider_face_split' / name, lines)
        for line in lines.splitlines():
            if line.endswith('.jpg'):
                write_image(root / f'WIDER_{split}/images' / line)
    return root


def annotations(root):
    """All annotations of a set, by id."""
    folder = root / 'Annotations'
    return {
        path.relative_to(folder).as_posix().removesuffix('.xml'): read_voc_xml(
            path
        )
        for path in sorted(folder.rglob('*.xml'))
    }


def make_voc_set(root, *faces):
    """A VOC set: the faces in the first image, one in each of three others.

    `train` and `val` share an image.
    """
    face = VOCObject('Disgust', (0.1, 0.2, 19.9, 15.7))
    photos = root / 'photos'
    images = (
        ('a.jpg', 'train', *faces),
        ('b c.png', 'train', face),
        ('Füße/日本.jpg', 'val', face),
        ('Füße/empty.jpg', 'val'),
        ('b c.png', 'val', face),
    )
    for name, *_ in images:
        write_image(photos / name)
    write_voc_set(stream_of(photos, *images), root / 'voc')
    return root / 'voc'


def edges(end):
    """Two different edges of a box between 0 and `end`."""
    edge = st.one_of(
        st.floats(0, end),
        st.integers(0, end).map(float),
        st.integers(0, end * 8).map(lambda number: number / 8),
    )
    return (
        st.tuples(edge, edge)
        .map(sorted)
        .filter(lambda pair: pair[1] - pair[0] > 1e-6)
    )


plain_faces = st.builds(
    lambda name, x, y: VOCObject(name, (x[0], y[0], x[1], y[1])),
    st.sampled_from(EXPRESSIONS),
    edges(WIDTH),
    edges(HEIGHT),
)
