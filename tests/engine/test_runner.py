"""What a runner makes of its config, and writes of it."""

import json

from mmengine.config import Config

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import build_runner


def test_the_users_config_in_the_run_folder_stays(narrow_config, tmp_path):
    text = f'# My notes.\n_base_ = {str(narrow_config)!r}\n'
    own = tmp_path / 'exp1.py'
    own.write_text(text)
    build_runner(load_config(own, work_dir=tmp_path))
    assert own.read_text() == text
    resolved = tmp_path / 'resolved_config.py'
    assert Config.fromfile(resolved).work_dir == str(tmp_path)
    data = json.loads(resolved.with_suffix('.json').read_text())
    assert data['work_dir'] == str(tmp_path)
    # Nor does a run of the resolved config replace what it reads.
    text = resolved.read_text()
    build_runner(load_config(resolved, dict(launcher='none')))
    assert resolved.read_text() == text
    assert (tmp_path / 'resolved_config_2.py').is_file()


def test_logs_count_iterations_where_the_training_does(narrow_config, tmp_path):
    # The config's bases say by_epoch=True.
    own = tmp_path / 'exp1.py'
    own.write_text(
        f'_base_ = {str(narrow_config)!r}\n'
        "train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', "
        'max_iters=4, val_interval=2)\n'
    )
    config = load_config(own, work_dir=tmp_path)
    assert config.log_processor.by_epoch
    runner = build_runner(config)
    assert not runner.log_processor.by_epoch
