"""Clips and subjects, which no two splits should share."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import PurePosixPath

from ...errors import InputError
from ..film_frame import parse_film_frame
from ..voc_xml import VOCAnnotation
from .findings import CheckedImage, FaultKind, Finding, GroupsOf


def pattern_groups(pattern: str) -> GroupsOf:
    r"""Takes the group out of the image id.

    >>> pattern_groups(r'(subject\d+)_.*')('subject07_smile', annotation)
    ('subject07',)

    Args:
        pattern: A regular expression for a whole id. Its first group, or the
            whole where it has none, names clip or subject; ids that it does
            not fit belong to none.

    Raises:
        InputError: It is no regular expression.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise InputError(
            f'group pattern {pattern!r} is no regular expression ({error}); '
            r"write one such as '(.+)_\d+'"
        ) from None

    def groups(image_id: str, annotation: VOCAnnotation) -> tuple[str, ...]:
        match = expression.fullmatch(image_id)
        name = match and match[min(expression.groups, 1)]
        return (name,) if name else ()

    return groups


def film_clips(image_id: str, annotation: VOCAnnotation) -> tuple[str, ...]:
    """Takes the clip out of the name of an SFEW image (`film_frame`)."""
    frame = parse_film_frame(PurePosixPath(image_id).name)
    return (f'{frame.film} at {frame.start:.3f} s',) if frame else ()


def attribute_groups(attribute: str) -> GroupsOf:
    """Takes the groups from an attribute of the faces, such as `subject`."""

    def groups(image_id: str, annotation: VOCAnnotation) -> set[str]:
        faces = annotation.objects
        return {face.attributes.get(attribute, '') for face in faces} - {''}

    return groups


@dataclass(frozen=True)
class SharedGroups:
    """What two splits share.

    Attributes:
        splits: Their names.
        groups: The clips or subjects that are in both.
        images: Numbers of the images, in either split, that belong to these.
    """

    splits: tuple[str, str]
    groups: frozenset[str]
    images: tuple[int, int]


def shared_groups(
    splits: Sequence[str], images: Sequence[CheckedImage]
) -> tuple[SharedGroups, ...]:
    """One item for each two splits whose images share a group."""
    of_split = {
        name: [image.groups for image in images if image.split == name]
        for name in splits
    }
    found = []
    for pair in combinations(splits, 2):
        first, second = (frozenset().union(*of_split[name]) for name in pair)
        if common := first & second:
            counts = tuple(
                sum(not common.isdisjoint(groups) for groups in of_split[name])
                for name in pair
            )
            found.append(SharedGroups(pair, common, counts))
    return tuple(found)


def group_faults(images: Iterable[CheckedImage]) -> Iterator[Finding]:
    """Finds the images of a group that an earlier one's split also has.

    Args:
        images: Split by split, those that test before those that train.

    Yields:
        A fault for each such image.
    """
    first: dict[str, CheckedImage] = {}
    for image in images:
        for group in sorted(image.groups):
            other = first.setdefault(group, image)
            if other.split != image.split:
                message = (
                    f'{group!r} is also in {other.split}, as {other.image_id!r}'
                )
                yield Finding(
                    FaultKind.SHARED_GROUP, image.split, image.image_id, message
                )
                break
