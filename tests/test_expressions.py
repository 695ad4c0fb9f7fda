"""The expressions: order, aliases, colours and label ids."""

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import (
    AFFECTNET_LABELS,
    ALIASES,
    COLOURS,
    CONTEMPT,
    EXPRESSIONS,
    EXPW_LABELS,
    FER2013_LABELS,
    FERPLUS_COLUMNS,
    RAFDB_LABELS,
    SFEW_BOX_LABELS,
    canonical_expression,
)


def test_the_order_of_the_classes_is_the_papers():
    assert (
        *('Anger', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad'),
        'Surprise',
    ) == EXPRESSIONS


@pytest.mark.parametrize(
    ('written', 'expression'),
    [
        *[(name, name) for name in EXPRESSIONS],
        *[(name.upper(), name) for name in EXPRESSIONS],
        ('Angry', 'Anger'),
        ('disgusted', 'Disgust'),
        ('Fearful', 'Fear'),
        ('afraid', 'Fear'),
        ('Scared', 'Fear'),
        ('Happiness', 'Happy'),
        ('joy', 'Happy'),
        ('SADNESS', 'Sad'),
        ('Surprised', 'Surprise'),
        ('  happy\n', 'Happy'),
    ],
)
def test_aliases(written, expression):
    assert canonical_expression(written) == expression


@pytest.mark.parametrize('written', ['Contempt', '', 'Happ', '3', 'face'])
def test_an_unknown_name_is_an_error_that_lists_what_is_allowed(written):
    with pytest.raises(InputError) as error:
        canonical_expression(written)
    for word in (repr(written), *EXPRESSIONS, 'Angry', 'Happiness'):
        assert word in str(error.value)


def test_contempt_is_known_where_it_is_asked_for():
    eight = (*EXPRESSIONS, CONTEMPT)
    assert canonical_expression('contemptuous', eight) == CONTEMPT
    assert canonical_expression('joy', eight) == 'Happy'
    with pytest.raises(InputError, match='allowed are Anger'):
        canonical_expression('contemptuous')


def test_the_classes_asked_for_are_all_that_is_known():
    assert canonical_expression('CALM', ('Calm', 'Sad')) == 'Calm'
    assert canonical_expression('joy', ('Joy', 'Happy')) == 'Joy'
    with pytest.raises(InputError, match=r"'Happy', .* Calm, Sad \(or Sadness"):
        canonical_expression('Happy', ('Calm', 'Sad'))


def test_no_alias_stands_for_two_expressions():
    words = [
        word.casefold()
        for name, aliases in ALIASES.items()
        for word in (name, *aliases)
    ]
    assert tuple(ALIASES) == (*EXPRESSIONS, CONTEMPT)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ('labels', 'first', 'names'),
    [
        (RAFDB_LABELS, 1, 'Surprise Fear Disgust Happy Sad Anger Neutral'),
        (EXPW_LABELS, 0, 'Anger Disgust Fear Happy Sad Surprise Neutral'),
        (
            *(AFFECTNET_LABELS, 0),
            'Neutral Happy Sad Surprise Fear Disgust Anger Contempt',
        ),
        (FER2013_LABELS, 0, 'Anger Disgust Fear Happy Sad Surprise Neutral'),
        (
            *(dict(enumerate(FERPLUS_COLUMNS.values())), 0),
            'Neutral Happy Surprise Sad Anger Disgust Fear Contempt',
        ),
        (SFEW_BOX_LABELS, 0, 'Anger Disgust Fear Happy Neutral Sad Surprise'),
    ],
    ids=['RAF-DB', 'ExpW', 'AffectNet', 'FER2013', 'FER+', 'SFEW boxes'],
)
def test_label_ids(labels, first, names):
    assert labels == dict(enumerate(names.split(), start=first))


def test_every_class_has_a_colour_of_its_own():
    assert tuple(COLOURS) == (*EXPRESSIONS, CONTEMPT)
    assert len(set(COLOURS.values())) == len(COLOURS)
    for colour in COLOURS.values():
        assert len(colour) == 3
        assert all(0 <= channel <= 255 for channel in colour)
