"""Tables from folders of runs: complete, partly missing, empty."""

import json
import re

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.paper import write_paper
from fer_yolo_mamba.studies.paper.figures import read_complexity
from fer_yolo_mamba.studies.paper.sources import published_data

TABLES = ('table_1', 'table_2', 'table_3', 'table_4')
CONFIGS = sorted({c for table in TABLES for c in published_data()[table]})


@pytest.fixture
def complexity(tmp_path):
    """Counts of one method."""
    path = tmp_path / 'complexity.json'
    record = dict(
        config='configs/baselines/ssd_rafdb.py',
        thop_parameters=24_500_000,
        thop_flops=61_000_000_000,
    )
    path.write_text(json.dumps([record]))
    return path


@pytest.fixture
def page(runs_dir, tmp_path, complexity):
    """Writes everything; returns each section's rows, and the whole text."""

    def write():
        text = write_paper(runs_dir, tmp_path / 'out', complexity).read_text()
        sections = {}
        for section in text.split('\n## ')[1:]:
            title, *lines = section.splitlines()
            sections[title.rpartition('. ')[0] or title] = [
                [cell.strip() for cell in line.strip('|').split('|')]
                for line in lines
                if line.startswith('|')
            ][2:]
        return sections, text

    return write


def ours(rows):
    return [row for row in rows if 'ours' in row]


def figures(row, first=3):
    return [cell for cell in row[first:] if cell]


def test_empty_folder_gives_the_papers_own_numbers(page, tmp_path):
    sections, text = page()
    for name in ('Table I', 'Table II', 'Table III', 'Table IV'):
        rows = ours(sections[name])
        assert len(rows) == len(sections[name]) / 2
        assert all(set(figures(row)) == {'–'} for row in rows)
    assert [row[:3] for row in sections['Table I'][-2:]] == [
        ['FER-YOLO-Mamba', '2024', 'paper'],
        ['FER-YOLO-Mamba', '2024', 'ours'],
    ]
    assert figures(sections['Table II'][-2]) == [
        '**74.07**',
        '64.49',
        '<u>58.87</u>',
        '<u>90.94</u>',
        '<u>48.01</u>',
        '**71.83**',
        '**58.52**',
        '**66.67**',
    ]
    assert 'no finished run of fer_yolo_mamba_sfew' in text
    assert text.endswith('None is finished.\n')
    written = {path.name for path in (tmp_path / 'out').iterdir()}
    stems = (*TABLES, 'fig_3')
    assert written == {
        'paper.md',
        'fig_3.png',
        *(f'{stem}{suffix}' for stem in stems for suffix in ('.tex', '.csv')),
    }


def test_complete_folder_leaves_no_dash_of_ours(page, write_run):
    for index, config in enumerate(CONFIGS):
        for seed in (0, 1):
            write_run(config, seed, value=index / 100 + seed / 50)
    sections, _ = page()
    for name in ('Table I', 'Table II', 'Table III', 'Table IV'):
        for row in ours(sections[name]):
            assert '–' not in figures(row)
            assert all('±' in cell for cell in figures(row))
    assert len(sections['Runs']) == 2 * len(CONFIGS)


def test_partly_missing(page, write_run):
    write_run('ssd_rafdb', 0, 0.50)
    write_run('ssd_rafdb', 10, 0.70)
    write_run('ssd_rafdb', 2, 0.60)
    write_run('yolov3_rafdb', 0, 0.25)
    write_run('yolov4_rafdb', 0, 0.10)
    write_run('fer_yolo_mamba_demo', 0, 0.99)  # no row of the paper's
    write_run('yolox_s_rafdb', 0, 0.99, finished=None, metrics=None)
    sections, _ = page()
    rows = {row[0]: figures(row) for row in ours(sections['Table I'])}
    assert rows['SSD'] == ['**60.00 ± 10.00**'] * 8
    assert rows['YOLOv3'] == ['<u>25.00</u>'] * 8
    assert rows['YOLOv4'] == ['10.00'] * 8
    assert rows['YOLOvX'] == rows['FER-YOLO-Mamba'] == ['–'] * 8
    assert [row[1] for row in sections['Runs'] if row[0] == 'ssd_rafdb'] == [
        '0',
        '2',
        '10',
    ]


def test_one_run_alone_is_not_the_best(page, write_run):
    write_run('ssd_sfew', value=0.5)
    sections, _ = page()
    assert figures(ours(sections['Table II'])[0]) == ['50.00'] * 8


def test_equal_runs_share_the_mark(page, write_run):
    for config in ('frm_rafdb', 'oss_rafdb'):
        write_run(config, value=0.5)
    write_run('frm_sfew', value=0.9)  # another data set competes apart
    sections, _ = page()
    rows = ours(sections['Table III'])
    expected = ['**0.50**', *['**50.00**'] * 3]
    assert figures(rows[0]) == figures(rows[2]) == expected
    assert figures(rows[5]) == ['0.90', *['90.00'] * 3]


def test_rivals_of_table_4(page, write_run):
    write_run('yolox_s_rafdb', value=0.25)
    # Its folder holds no config: it cannot be drawn, but is in the tables.
    write_run('fer_yolo_mamba_rafdb', value=0.75)
    sections, text = page()
    anger, *_, average = ours(sections['Table IV'])[:8]
    assert anger[3:] == [
        *('0.25', '25.00', '25.00', ''),
        *('**0.75**', '**75.00**', '**75.00**', ''),
    ]
    assert average[1] == 'Average'
    assert (average[6], average[10]) == ('25.00', '**75.00**')
    missing = r'Missing: there is no resolved config \S+resolved_config\.json, '
    assert re.search(missing, text)


def test_class_without_ground_truth_is_missing(page, write_run):
    write_run('ssd_sfew', values={'Happy': 0.5, 'Fear': None})
    sections, _ = page()
    row = figures(ours(sections['Table II'])[0])
    assert row == ['–', '–', '–', '50.00', '–', '–', '–', '50.00']


def test_a_changed_run_shows_its_options(page, write_run):
    write_run('ssd_sfew', options=('train_cfg.max_epochs=3',), epochs=3)
    sections, _ = page()
    assert sections['Runs'][0][4:6] == ['3', 'train_cfg.max_epochs=3']


def test_each_run_has_the_intervals_of_its_report(page, write_run):
    write_run('ssd_sfew', 0)
    report = write_run('ssd_sfew', 1) / 'test/report/figures.json'
    report.parent.mkdir(parents=True)
    figures = {
        'mean_ap': dict(value=0.5, low=0.41, high=0.6),
        'avg_f1': dict(value=None, low=None, high=None),
    }
    report.write_text(json.dumps({'intervals': {'figures': figures}}))
    sections, _ = page()
    assert [row[2:4] for row in sections['Runs']] == [
        ['–', '–'],
        ['50.00 [41.00, 60.00]', '–'],
    ]
    report.write_text('{"intervals": 1}')
    with pytest.raises(InputError, match=r'figures\.json is not a report'):
        page()


def test_complexity_beside_the_papers_two_points(page, complexity):
    sections, _ = page()
    rows = sections['Fig. 3 in numbers']
    assert rows[:2] == [
        ['SSD', 'paper', '–', '–'],
        ['SSD', 'ours', '24.50', '61.00'],
    ]
    assert rows[-2:] == [
        ['FER-YOLO-Mamba', 'paper', '8.68', '6.89'],
        ['FER-YOLO-Mamba', 'ours', '–', '–'],
    ]
    assert read_complexity(complexity) == {'ssd': (24.5e6, 61e9)}


@pytest.mark.parametrize('content', ['', '{"a": 1}', '[{"config": "a.py"}]'])
def test_complexity_of_another_kind(tmp_path, content):
    path = tmp_path / 'other.json'
    path.write_text(content)
    with pytest.raises(InputError, match=r'get_flops\.py'):
        read_complexity(path)


def test_faults_of_the_folders(runs_dir, tmp_path, complexity):
    with pytest.raises(InputError, match=r'compare\.py run'):
        write_paper(tmp_path / 'none', tmp_path / 'out', complexity)
    with pytest.raises(InputError, match='--out'):
        write_paper(runs_dir, complexity, complexity)
    damaged = runs_dir / 'ssd_sfew/seed_0/run.json'
    damaged.parent.mkdir(parents=True)
    damaged.write_text('{')
    with pytest.raises(InputError, match=r'run\.json is not a record'):
        write_paper(runs_dir, tmp_path / 'out', complexity)
    assert not (tmp_path / 'out').exists()
