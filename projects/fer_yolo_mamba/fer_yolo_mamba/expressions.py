"""The expressions: their order, colours, aliases and label ids.

Everything that needs a class name, a class index or a data set's own label
number takes it from here. Seven are the default; where other classes are
asked for, they come as a list of names, and what is known of a name is known
wherever it is among them.
"""

from collections.abc import Sequence
from functools import lru_cache

from .errors import InputError
from .inputs import quoted

#: Class names in the order of the class indices 0..6.
EXPRESSIONS = (
    'Anger',
    'Disgust',
    'Fear',
    'Happy',
    'Neutral',
    'Sad',
    'Surprise',
)

#: An eighth class, which FER+ and AffectNet have, where it is asked for.
CONTEMPT = 'Contempt'

#: One RGB colour an expression (0..255): Okabe and Ito's palette (2008), which
#: stays distinct under colour blindness, with grey in the place of black.
COLOURS = {
    'Anger': (213, 94, 0),  # vermilion
    'Disgust': (0, 158, 115),  # bluish green
    'Fear': (204, 121, 167),  # reddish purple
    'Happy': (240, 228, 66),  # yellow
    'Neutral': (86, 180, 233),  # sky blue
    'Sad': (0, 114, 178),  # blue
    'Surprise': (230, 159, 0),  # orange
    CONTEMPT: (153, 153, 153),  # grey
}

#: Other words for an expression, as the public data sets and common labelling
#: tools write them; compared without regard to case. Calm and compound
#: expressions have no alias.
ALIASES = {
    'Anger': ('Angry',),
    'Disgust': ('Disgusted',),
    'Fear': ('Fearful', 'Afraid', 'Scared'),
    'Happy': ('Happiness', 'Joy'),
    'Neutral': (),
    'Sad': ('Sadness',),
    'Surprise': ('Surprised',),
    CONTEMPT: ('Contemptuous',),
}

#: RAF-DB (basic), `EmoLabel/list_patition_label.txt`.
RAFDB_LABELS = {
    1: 'Surprise',
    2: 'Fear',
    3: 'Disgust',
    4: 'Happy',
    5: 'Sad',
    6: 'Anger',
    7: 'Neutral',
}

#: ExpW, last column of `label.lst`.
EXPW_LABELS = {
    0: 'Anger',
    1: 'Disgust',
    2: 'Fear',
    3: 'Happy',
    4: 'Sad',
    5: 'Surprise',
    6: 'Neutral',
}

#: AffectNet, column `expression`; the ids above (none, uncertain, no face)
#: are no expressions.
AFFECTNET_LABELS = {
    0: 'Neutral',
    1: 'Happy',
    2: 'Sad',
    3: 'Surprise',
    4: 'Fear',
    5: 'Disgust',
    6: 'Anger',
    7: CONTEMPT,
}

#: FER2013, column `emotion` of `fer2013.csv`.
FER2013_LABELS = {
    0: 'Anger',
    1: 'Disgust',
    2: 'Fear',
    3: 'Happy',
    4: 'Sad',
    5: 'Surprise',
    6: 'Neutral',
}

#: FER+, the columns of `fer2013new.csv` that name expressions.
FERPLUS_COLUMNS = {
    'neutral': 'Neutral',
    'happiness': 'Happy',
    'surprise': 'Surprise',
    'sadness': 'Sad',
    'anger': 'Anger',
    'disgust': 'Disgust',
    'fear': 'Fear',
    'contempt': CONTEMPT,
}

#: The authors' box lists for SFEW 2.0, whose ids follow our class order.
SFEW_BOX_LABELS = dict(enumerate(EXPRESSIONS))


def canonical_expression(
    name: str, classes: Sequence[str] = EXPRESSIONS
) -> str:
    """Translates any accepted spelling of an expression.

    >>> canonical_expression('happiness')
    'Happy'

    Args:
        name: A class name or one of its `ALIASES`, in any case; white space
            around it is ignored.
        classes: The class names that are asked for.

    Returns:
        The member of `classes` that is meant.

    Raises:
        InputError: The name stands for none of the classes.
    """
    expression = words_of(tuple(classes)).get(name.strip().casefold())
    if expression is None:
        aliases = ', '.join(
            alias for known in classes for alias in ALIASES.get(known, ())
        )
        raise InputError(
            f'found the expression {name!r}, allowed are '
            f'{", ".join(classes)}' + (f' (or {aliases})' if aliases else '')
        )
    return expression


def check_classes(classes: Sequence[str]) -> tuple[str, ...]:
    """A list of classes as a tuple.

    Raises:
        InputError: It is no list, is empty, or holds a name that is no line of
            text or is there twice.
    """
    names = tuple(classes) if isinstance(classes, (list, tuple)) else ()
    words = {
        name.casefold()
        for name in names
        # What a table, a plot and an XML file can show.
        if isinstance(name, str) and name.isprintable() and name.strip() == name
    }
    if not names or len(words - {''}) < len(names):
        raise InputError(
            f'classes: found {quoted(classes)}; give a list of '
            f'different names, such as {", ".join(EXPRESSIONS)}'
        )
    return names


@lru_cache
def words_of(classes: tuple[str, ...]) -> dict[str, str]:
    """Every word for a class, in lower case, and the class.

    The name of a class comes before an alias of another.
    """
    aliases = {
        word.casefold(): name
        for name in classes
        for word in ALIASES.get(name, ())
    }
    return {**aliases, **{name.casefold(): name for name in classes}}
