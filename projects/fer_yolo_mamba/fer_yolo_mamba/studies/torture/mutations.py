"""Damages files: as disks, editors and enemies do.

Bytes are flipped, cut, repeated and moved; numbers and words are replaced by
such as break programs; brackets are nested deeply. Archives and files with
checksums are also damaged inside, and closed again as if they were good, since
otherwise the checksum alone would be tried.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random

# No reader has a use for more, and trials are to be many.
_MOST_BYTES = 8_000_000
_NUMBER = re.compile(rb'-?\d+(?:\.\d+)?')
_WORD = re.compile(rb'[^\s,;:"\'<>{}\[\]=/]+')
_NUMBERS = (
    *(b'0', b'-1', b'1', b'nan', b'inf', b'-inf', b'1e400', b'1e308'),
    *(b'0.5', b'65536', b'2147483648', b'-9223372036854775809', b'1e-320'),
    *(b'9' * 400, b'9' * 5000, b'0x10', b'1_0', '१२'.encode(), b''),
)
_WORDS = (
    *(b'', b'null', b'true', b'[]', b'{}', b'""', b'-', b'NaN'),
    *(b'..', b'../../../../etc/passwd', b'/dev/zero', b'/', b'C:\\x'),
    *(b'\x00', b'\xff\xfe', b'\xed\xa0\x80', b'\\ud800', b'\xef\xbb\xbf'),
    *(b'\xe2\x80\xae', b'\r', b'\x1b[2J', b'%s%n', b'${HOME}', b'~'),
    *(b'a' * 300, b'a' * 100_000, 'ǅ'.encode(), '\U0001f600'.encode()),
    *(b'&x;', b'<![CDATA[', b'!!python/object/apply:os.getcwd []', b'*a'),
)
_NESTS = (
    *((b'[', b']'), (b'{"a":', b'}'), (b'<a>', b'</a>'), (b'- ', b'')),
    *((b'(', b')'), (b'{', b'}'), (b'"', b''), (b'[[', b'')),
)
_DEPTHS = (100, 2000, 100_000)
_PNG = b'\x89PNG\r\n\x1a\n'
# Length of the header of a safetensors file.
_LENGTH = struct.Struct('<Q')


def mutated(content: bytes, random: Random) -> bytes:
    """A damaged copy of a file.

    >>> mutated(b'{"epoch": 3}', Random(0))

    Args:
        content: A good file.
        random: Decides on the damage.
    """
    inside = _inside_of(content)
    if inside and random.random() < 0.7:
        return inside(content, random)[:_MOST_BYTES]
    return _damaged(content, random)[:_MOST_BYTES]


def _damaged(content: bytes, random: Random) -> bytes:
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        content = random.choice(_DAMAGES)(content, random)[:_MOST_BYTES]
    return content


def _flip_bits(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 8, 64))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _set_bytes(content: bytes, random: Random) -> bytes:
    start = _place(content, random)
    length = random.choice((1, 2, 4, 8))
    value = random.choice((b'\x00', b'\xff', b'\x7f', b'\x80')) * length
    return content[:start] + value + content[start + length :]


def _cut_end(content: bytes, random: Random) -> bytes:
    return content[: _place(content, random)]


def _cut_middle(content: bytes, random: Random) -> bytes:
    start, end = _part(content, random)
    return content[:start] + content[end:]


def _repeat(content: bytes, random: Random) -> bytes:
    start, end = _part(content, random)
    times = random.choice((2, 2, 10, 1000))
    most = max(_MOST_BYTES // max(end - start, 1), 1)
    return (
        content[:start] + content[start:end] * min(times, most) + content[end:]
    )


def _move(content: bytes, random: Random) -> bytes:
    start, end = _part(content, random)
    rest = content[:start] + content[end:]
    place = _place(rest, random)
    return rest[:place] + content[start:end] + rest[place:]


def _insert(content: bytes, random: Random) -> bytes:
    place = _place(content, random)
    return content[:place] + random.randbytes(8) + content[place:]


def _swap_number(content: bytes, random: Random) -> bytes:
    return _swap(content, _NUMBER, _NUMBERS, random)


def _swap_word(content: bytes, random: Random) -> bytes:
    return _swap(content, _WORD, _WORDS, random)


def _number_for_word(content: bytes, random: Random) -> bytes:
    return _swap(content, _WORD, _NUMBERS, random)


def _nest(content: bytes, random: Random) -> bytes:
    opening, closing = random.choice(_NESTS)
    depth = random.choice(_DEPTHS)
    start, end = random.choice(
        ((0, len(content)), _found(content, _WORD, random))
    )
    return b''.join(
        (
            *(content[:start], opening * depth, content[start:end]),
            *(closing * depth, content[end:]),
        )
    )


def _shuffle_lines(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    random.shuffle(lines)
    return b''.join(lines)


def _other_encoding(content: bytes, random: Random) -> bytes:
    text = content.decode('utf-8', 'replace')
    return text.encode(random.choice(('utf-16', 'utf-8-sig', 'utf-32-be')))


def _nothing(content: bytes, random: Random) -> bytes:
    return random.choice((b'', b'\n', b' ', b'\x00' * 100, b'{}', b'[]'))


_DAMAGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(_flip_bits, _set_bytes, _cut_end, _cut_middle, _repeat, _move, _insert),
    *(_swap_number, _swap_number, _swap_word, _swap_word, _number_for_word),
    *(_nest, _shuffle_lines, _other_encoding, _nothing),
)


def _inside_of(content: bytes) -> Callable[[bytes, Random], bytes] | None:
    """How to damage what is inside of a file of this kind, if it has any."""
    if content.startswith(_PNG):
        return _inside_png
    if zipfile.is_zipfile(io.BytesIO(content)):
        return _inside_zip
    if _LENGTH.size < len(content) and content[8:9] == b'{':
        return _inside_safetensors
    return None


def _inside_zip(content: bytes, random: Random) -> bytes:
    """Another content, or another name, of one file of an archive."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, 'w') as target,
    ):
        names = source.namelist()
        # In a checkpoint, the small file says what all others are.
        chosen = random.choice((names[0], random.choice(names)))
        for name in names:
            data = source.read(name)
            if name == chosen:
                if random.random() < 0.1:
                    name = random.choice(('../up', '/abs', 'a' * 300, name))
                data = _damaged(data, random)
            # Of one time, whenever that is: the seed alone decides.
            target.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _inside_safetensors(content: bytes, random: Random) -> bytes:
    (length,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size
    header = _damaged(content[start : start + length], random)
    return _LENGTH.pack(len(header)) + header + content[start + length :]


def _inside_png(content: bytes, random: Random) -> bytes:
    """Another content of one chunk, under a checksum that fits."""
    chunks, place = [], len(_PNG)
    while place + 12 <= len(content):
        (length,) = struct.unpack_from('>I', content, place)
        kind = content[place + 4 : place + 8]
        chunks.append((kind, content[place + 8 : place + 8 + length]))
        place += 12 + length
    chosen = random.randrange(len(chunks))
    kind, data = chunks[chosen]
    if kind == b'IHDR' and random.random() < 0.5:
        # Width and height: a bomb, if anybody believes them.
        data = struct.pack('>II', *random.choices(_SIDES, k=2)) + data[8:]
    else:
        data = _damaged(data, random)
    chunks[chosen] = kind, data
    return _PNG + b''.join(
        struct.pack('>I', len(data))
        + kind
        + data
        + struct.pack('>I', zlib.crc32(kind + data))
        for kind, data in chunks
    )


_SIDES = (0, 1, 64, 8000, 14_000, 40_000, 2**31 - 1, 2**32 - 1)


def _swap(
    content: bytes,
    pattern: re.Pattern[bytes],
    others: tuple[bytes, ...],
    random: Random,
) -> bytes:
    start, end = _found(content, pattern, random)
    return content[:start] + random.choice(others) + content[end:]


def _found(
    content: bytes, pattern: re.Pattern[bytes], random: Random
) -> tuple[int, int]:
    """Where a random match begins and ends; of none, the file's end."""
    # From a random place on, since all matches of a large file are many.
    start = random.randrange(len(content)) if len(content) > 5000 else 0
    found = list(pattern.finditer(content[start : start + 5000]))
    if not found:
        return len(content), len(content)
    match = random.choice(found)
    return start + match.start(), start + match.end()


def _place(content: bytes, random: Random) -> int:
    return random.randrange(len(content) + 1)


def _part(content: bytes, random: Random) -> tuple[int, int]:
    """Where a random part begins and ends; short ones are likelier."""
    start = _place(content, random)
    longest = random.choice((4, 64, len(content)))
    return start, min(start + random.randint(0, longest), len(content))
