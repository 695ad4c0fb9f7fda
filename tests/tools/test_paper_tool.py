"""tools/paper.py, on an empty folder."""


def test_it_writes_the_page(outcome_of, tmp_path):
    (tmp_path / 'runs').mkdir()
    _, printed, _ = outcome_of(
        'paper', tmp_path / 'runs', '--out', tmp_path / 'out'
    )
    page = tmp_path / 'out/paper.md'
    assert printed == f'{page}\n'
    text = page.read_text()
    # Fig. 3 has all methods, as the counts are in the repository.
    numbers = text.split('## Fig. 3 in numbers')[1].split('##')[0]
    assert numbers.count('–') == 18  # of the paper's, nine methods
    rows = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in numbers.splitlines()
    ]
    assert ['FER-YOLO-Mamba', 'ours', '8.68', '6.89'] in rows
