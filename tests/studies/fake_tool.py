"""Stands in for train.py and test.py: `fake_tool.py train|test CONFIG ...`.

Takes the same arguments, leaves the same files, and does in milliseconds what
the config's `fake` says. `done.txt` beside the config lists what was done.
"""

import argparse
import json
import os
import runpy
import signal
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
verbs = parser.add_subparsers(dest='verb')
train, test = verbs.add_parser('train'), verbs.add_parser('test')
for verb in (train, test):
    verb.add_argument('config', type=Path)
    verb.add_argument('--work-dir', type=Path)
    verb.add_argument('--cfg-options', nargs='+')
train.add_argument('--resume', action='store_true')
test.add_argument('checkpoint', type=Path)
test.add_argument('--dump', type=Path)
args = parser.parse_args()

config = runpy.run_path(str(args.config))
fake = config.get('fake', {})
seed = args.cfg_options[-1].removeprefix('randomness.seed=')
args.work_dir.mkdir(parents=True, exist_ok=True)


def note(what):
    with (args.config.parent / 'done.txt').open('a') as file:
        device = os.environ['CUDA_VISIBLE_DEVICES']
        file.write(f'{args.config.stem} {seed} {what} [{device}]\n')


if fake.get('killed'):
    os.kill(os.getpid(), signal.SIGKILL)
if args.verb == 'train':
    assert args.resume
    done = len(list(args.work_dir.glob('epoch_*.pth')))
    for epoch in range(done + 1, config['train_cfg']['max_epochs'] + 1):
        print(f'Epoch(train)  [{epoch}][1/1]  loss: 1.0', flush=True)
        time.sleep(fake.get('seconds', 0))
        if fake.get('fails_with_seed') == seed:
            sys.exit('MemoryError: too large\n')
        (args.work_dir / f'epoch_{epoch}.pth').touch()
        note(f'epoch {epoch}')
else:
    assert args.checkpoint.exists()
    value = (int(seed) + 1) / 10
    counts = dict(num_detections=0, num_true_positives=0)
    nothing = dict.fromkeys(('ap', 'precision', 'recall', 'f1'))
    happy = dict(ap=value, precision=value, recall=value, f1=value / 2)
    report = dict(
        iou_thr=0.5,
        score_thr=0.5,
        face_ap=value,
        classes=dict(
            Happy=dict(**happy, num_ground_truths=9, **counts),
            Sad=dict(**nothing, num_ground_truths=0, **counts),
        ),
    )
    reports = fake.get('reports', dict(fer=report))
    args.dump.write_text(json.dumps({'reports': reports}))
    note('test')
