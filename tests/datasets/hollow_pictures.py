"""Files of a few hundred bytes whose headers claim pictures of any size."""

import io
import struct
import zlib

from PIL import Image


def _encoded(suffix, **options):
    content = io.BytesIO()
    Image.new('RGB', (8, 8)).save(content, suffix, **options)
    return bytearray(content.getvalue())


def jpeg(width, height, **options):
    content = _encoded('JPEG', **options)
    marker = b'\xff\xc2' if options else b'\xff\xc0'
    # After the marker of the frame, its length and its depth.
    at = content.index(marker) + 5
    content[at : at + 4] = struct.pack('>HH', height, width)
    return bytes(content)


def progressive_jpeg(width, height):
    return jpeg(width, height, progressive=True)


def png(width, height):
    content = _encoded('PNG')
    content[16:24] = struct.pack('>II', width, height)
    content[29:33] = struct.pack('>I', zlib.crc32(content[12:29]))
    return bytes(content)


def gif(width, height):
    content = _encoded('GIF')
    size = struct.pack('<HH', width, height)
    content[6:10] = size
    at = content.index(b',', 13) + 5
    content[at : at + 4] = size
    return bytes(content)


def bmp(width, height):
    content = _encoded('BMP')
    content[18:26] = struct.pack('<ii', width, height)
    return bytes(content)


def tiff(width, height):
    content = _encoded('TIFF')
    (start,) = struct.unpack('<I', content[4:8])
    (count,) = struct.unpack('<H', content[start : start + 2])
    for at in range(start + 2, start + 2 + 12 * count, 12):
        (tag,) = struct.unpack('<H', content[at : at + 2])
        if tag in (256, 257, 278):  # width, height, rows of a strip
            side = width if tag == 256 else height
            content[at + 2 : at + 12] = struct.pack('<HII', 4, 1, side)
    return bytes(content)


def webp(width, height):
    content = _encoded('WEBP', lossless=True)
    at = content.index(b'VP8L') + 9
    sides = (width - 1 & 0x3FFF) | (height - 1 & 0x3FFF) << 14 | 1 << 28
    content[at : at + 4] = struct.pack('<I', sides)
    return bytes(content)


def pnm(width, height):
    return b'P6 %d %d 255\n' % (width, height) + bytes(100)


def jp2(width, height):
    content = _encoded('JPEG2000')
    at = content.index(b'ihdr') + 4
    content[at : at + 8] = struct.pack('>II', height, width)
    at = content.index(b'\xff\x51') + 6
    content[at : at + 8] = struct.pack('>II', width, height)
    return bytes(content)


ALL = (jpeg, progressive_jpeg, png, gif, bmp, tiff, webp, pnm, jp2)


def png_of_texts(length, count=20):
    """A whole picture with texts that unpack to this many letters each."""
    content = bytes(_encoded('PNG'))
    text = zlib.compress(b'a' * length, 9)

    def chunk(kind, data):
        check = struct.pack('>I', zlib.crc32(kind + data))
        return struct.pack('>I', len(data)) + kind + data + check

    texts = [chunk(b'zTXt', b'k%d\0\0' % i + text) for i in range(count)]
    profile = chunk(b'iCCP', b'p\0\0' + text)
    return b''.join([content[:33], *texts, profile, content[33:]])
