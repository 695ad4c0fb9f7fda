from fer_yolo_mamba.evaluation import text_table


def test_columns_fit_their_widest_cell():
    table = text_table(['class', 'F1'], [['Sad', '0.5'], ['Surprise', '0.25']])
    assert table.splitlines() == [
        'class       F1',
        '--------  ----',
        'Sad        0.5',
        'Surprise  0.25',
    ]


def test_no_rows():
    assert text_table(['class', 'F1'], []).splitlines() == [
        'class  F1',
        '-----  --',
    ]
