"""The seven expressions: their order, colours, aliases and label ids.

Everything that needs a class name, a class index or a data set's own label
number takes it from here.
"""

from .errors import InputError

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

#: One RGB colour a class (0..255), in the order of `EXPRESSIONS`: Okabe and
#: Ito's palette (2008), which stays distinct under colour blindness.
PALETTE = (
    (213, 94, 0),  # Anger: vermilion
    (0, 158, 115),  # Disgust: bluish green
    (204, 121, 167),  # Fear: reddish purple
    (240, 228, 66),  # Happy: yellow
    (86, 180, 233),  # Neutral: sky blue
    (0, 114, 178),  # Sad: blue
    (230, 159, 0),  # Surprise: orange
)

#: Other words for an expression, as the public data sets and common labelling
#: tools write them; compared without regard to case. Contempt, calm and
#: compound expressions are not among the seven and have no alias.
ALIASES = {
    'Anger': ('Angry',),
    'Disgust': ('Disgusted',),
    'Fear': ('Fearful', 'Afraid', 'Scared'),
    'Happy': ('Happiness', 'Joy'),
    'Neutral': (),
    'Sad': ('Sadness',),
    'Surprise': ('Surprised',),
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

#: AffectNet, column `expression`; 7 (contempt) and the ids above it (none,
#: uncertain, no face) are not among the seven.
AFFECTNET_LABELS = {
    0: 'Neutral',
    1: 'Happy',
    2: 'Sad',
    3: 'Surprise',
    4: 'Fear',
    5: 'Disgust',
    6: 'Anger',
}

#: The authors' box lists for SFEW 2.0, whose ids follow our class order.
SFEW_BOX_LABELS = dict(enumerate(EXPRESSIONS))

_CANONICAL = {
    word.casefold(): expression
    for expression in EXPRESSIONS
    for word in (expression, *ALIASES[expression])
}


def canonical_expression(name: str) -> str:
    """Translates any accepted spelling of an expression.

    >>> canonical_expression('happiness')
    'Happy'

    Args:
        name: A class name or one of its `ALIASES`, in any case; white space
            around it is ignored.

    Returns:
        The member of `EXPRESSIONS` that is meant.

    Raises:
        InputError: The name stands for none of the seven expressions.
    """
    expression = _CANONICAL.get(name.strip().casefold())
    if expression is None:
        aliases = ', '.join(
            alias for words in ALIASES.values() for alias in words
        )
        raise InputError(
            f'found the expression {name!r}, allowed are '
            f'{", ".join(EXPRESSIONS)} (or {aliases})'
        )
    return expression
