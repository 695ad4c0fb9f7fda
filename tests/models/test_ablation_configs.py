"""configs/ablations: what each changes, and that nothing else does."""

import pytest
from mmengine.config import Config
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config

FULL = 9_617_156
PARAMETERS = {
    'frm_rafdb': 7_672_068,
    'ss2d_rafdb': 8_974_692,
    'oss_rafdb': 9_445_732,
    'frm_ss2d_rafdb': 9_146_116,
    'true_diagonals_rafdb': FULL,
    'shared_projections_rafdb': 8_792_836,
    'd_state_1_rafdb': 9_064_196,
    'd_state_8_rafdb': 9_322_244,
    'gated_conv_rafdb': 9_593_092,
}


def parameters(config):
    detector = MODELS.build(config.model)
    return sum(parameter.numel() for parameter in detector.parameters())


@pytest.fixture(scope='module')
def ablations(repository):
    return repository / 'configs/ablations'


@pytest.fixture(scope='module')
def full(repository):
    return load_config(repository / 'configs/fer_yolo_mamba_rafdb.py')


def test_every_file_is_listed_here_and_in_the_readme(ablations):
    assert {
        path.stem for path in ablations.glob('*_rafdb.py')
    } == PARAMETERS.keys()
    readme = ablations.with_name('README.md').read_text(encoding='utf-8')
    rows = [line for line in readme.splitlines() if line.startswith('| `')]
    for name, count in PARAMETERS.items():
        (row,) = (row for row in rows if row.startswith(f'| `{name}.py` |'))
        assert f'{count:,}' in row


@pytest.mark.parametrize('name', PARAMETERS)
def test_parameters_also_of_what_was_written_and_read_again(
    name, ablations, tmp_path
):
    config = load_config(ablations / f'{name}.py')
    assert parameters(config) == PARAMETERS[name]
    copy = tmp_path / f'{name}.py'
    config.dump(copy)
    again = Config.fromfile(copy)
    assert again.model == config.model
    assert parameters(again) == PARAMETERS[name]


@pytest.mark.parametrize('name', PARAMETERS)
def test_the_blocks_of_the_neck_alone_differ(name, ablations, full):
    config = load_config(ablations / f'{name}.py')
    assert config.model.neck.pop('vss_cfg')
    assert {
        key
        for key in {*config, *full} - {'directions', 'work_dir'}
        if config.get(key) != full.get(key)
    } == set()


def test_the_control_has_as_many_parameters():
    assert abs(PARAMETERS['gated_conv_rafdb'] / FULL - 1) < 0.01


def test_branches_and_directions_add_up(full):
    """What the rows of Table III leave out is what the others have."""
    ss2d, oss, both = (PARAMETERS[name] for name in list(PARAMETERS)[1:4])
    assert parameters(full) == FULL
    assert FULL - oss == both - ss2d  # FRM
    assert FULL - both == oss - ss2d  # the diagonal directions


TABLE_3 = 'frm', 'ss2d', 'oss', 'frm_ss2d'


def test_table_3_is_there_for_sfew_too(repository, ablations):
    assert sorted(path.stem for path in ablations.glob('*_sfew.py')) == sorted(
        f'{row}_sfew' for row in TABLE_3
    )
    full = load_config(repository / 'configs/fer_yolo_mamba_sfew.py')
    for row in TABLE_3:
        rafdb = load_config(ablations / f'{row}_rafdb.py')
        config = load_config(ablations / f'{row}_sfew.py')
        assert config.model == rafdb.model
        for key in ('train_dataloader', 'val_dataloader', 'train_cfg'):
            assert config[key] == full[key]
