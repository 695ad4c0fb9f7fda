"""Pictures made of crops on the device: geometry, range, the same again."""

import math

import pytest
import torch

from fer_yolo_mamba.studies.crop_augmentation import (
    FacePictures,
    placements,
    sample,
    sampling_grid,
)

SIDE = 12
CROP = torch.rand((1, 1, SIDE, SIDE), generator=torch.manual_seed(0))


def placed(mode='bilinear', **changes):
    """The crop in a picture of its own size."""
    plain = dict(angle=0.0, zoom=1.0, stretch=1.0, mirror=1.0)
    values = {
        name: torch.tensor([changes.get(name, value)])
        for name, value in plain.items()
    }
    shift = torch.tensor([changes.get('shift', (0.0, 0.0))])
    grid = sampling_grid(placements(**values, shift=shift), SIDE)
    return sample(CROP, grid, mode)


@pytest.mark.parametrize('mode', ['bilinear', 'bicubic'])
@pytest.mark.parametrize(
    ('changes', 'expected'),
    [
        ({}, CROP),
        (dict(mirror=-1.0), CROP.flip(3)),
        (dict(angle=math.pi / 2), CROP.rot90(-1, (2, 3))),
        # A mirrored crop turns the same way.
        (
            dict(mirror=-1.0, angle=math.pi / 2),
            CROP.flip(3).rot90(-1, (2, 3)),
        ),
    ],
)
def test_a_crop_is_mirrored_and_turned(mode, changes, expected):
    torch.testing.assert_close(
        placed(mode, **changes), expected, atol=1e-4, rtol=0
    )


def test_a_larger_face_shows_its_middle():
    enlarged = placed(zoom=2.0)
    for corner, inner in ((0, 3), (SIDE - 1, SIDE - 4)):
        around = CROP[0, 0, inner - 1 : inner + 2, inner - 1 : inner + 2]
        value = enlarged[0, 0, corner, corner]
        assert around.min() <= value <= around.max()


def test_a_shift_moves_the_face_the_other_way():
    moved = placed(shift=(2 / SIDE, 0.0))
    torch.testing.assert_close(
        moved[..., :-1], CROP[..., 1:], atol=1e-4, rtol=0
    )


def test_a_stretched_face_is_narrower():
    narrow = placed(stretch=2.0)
    # Beyond the crop's edge it is reflected.
    torch.testing.assert_close(
        narrow[..., : SIDE // 4].flip(3),
        narrow[..., SIDE // 4 : SIDE // 2],
        atol=1e-4,
        rtol=0,
    )


@pytest.fixture(scope='module')
def pictures():
    generator = torch.manual_seed(0)
    crops = torch.randint(0, 256, (3, 16, 16), generator=generator)
    backdrops = torch.randint(0, 256, (2, 3, 100, 100), generator=generator)
    return FacePictures(crops.byte(), backdrops.byte())


@pytest.mark.parametrize('side', [16, 33, 64])
def test_pictures_have_their_size_and_range(pictures, side):
    torch.manual_seed(1)
    drawn = pictures.draw(torch.tensor([2, 0, 2, 1] * 8), side)
    assert drawn.shape == (32, 3, side, side)
    assert drawn.dtype == torch.float32
    assert drawn.isfinite().all()
    assert 0 <= drawn.min() < 20
    assert 235 < drawn.max() <= 255


def test_the_same_seed_gives_the_same_pictures(pictures):
    def draw(seed):
        torch.manual_seed(seed)
        return pictures.draw(torch.tensor([0, 1]), 24)

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))


def test_some_pictures_are_grey_and_some_are_not(pictures):
    torch.manual_seed(0)
    drawn = pictures.draw(torch.zeros(64, dtype=torch.long), 16)
    # Grain and what hides a face are coloured in both.
    spread = (drawn - drawn.mean(1, keepdim=True)).abs().flatten(1)
    is_grey = spread.median(1).values < 0.5
    assert 5 < is_grey.sum() < 40


def test_the_crop_that_was_asked_for_is_in_the_picture():
    crops = torch.stack([torch.zeros(16, 16), torch.full((16, 16), 255.0)])
    backdrops = torch.full((1, 3, 96, 96), 128, dtype=torch.uint8)
    torch.manual_seed(0)
    pictures = FacePictures(crops.byte(), backdrops)
    which = torch.tensor([0, 1] * 32)
    middles = pictures.draw(which, 16)[:, :, 6:10, 6:10].mean((1, 2, 3))
    assert middles[which == 0].median() < 40
    assert middles[which == 1].median() > 150
