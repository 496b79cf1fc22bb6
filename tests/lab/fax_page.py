"""A page that is faxed, and what is seen on one that arrived."""

from __future__ import annotations

import struct

import pypdfium2

WIDTH, HEIGHT = 1728, 1100
"""Of a page in standard resolution: 204 by 98 dots an inch (ITU-T T.4)."""
BLOCKS = ((30, 90, 100, 300), (120, 180, 500, 900))
"""Black rectangles: first and last byte of a line, first and last line."""


def page() -> bytes:
    """Return the page as a TIFF of one strip, not compressed (TIFF 6.0, section 3)."""
    lines = [bytearray(WIDTH // 8) for _ in range(HEIGHT)]
    for left, right, top, bottom in BLOCKS:
        for line in lines[top:bottom]:
            line[left:right] = b"\xff" * (right - left)
    data = b"".join(lines)
    dots = struct.pack("<IIII", 204, 1, 98, 1)
    start = 8 + len(dots)
    tags = (
        *((254, 4, 1, 2), (256, 4, 1, WIDTH), (257, 4, 1, HEIGHT), (258, 3, 1, 1), (259, 3, 1, 1)),
        *((262, 3, 1, 0), (266, 3, 1, 1), (273, 4, 1, start), (277, 3, 1, 1), (278, 4, 1, HEIGHT)),
        *((279, 4, 1, len(data)), (282, 5, 1, 8), (283, 5, 1, 16), (296, 3, 1, 2)),
    )
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<I", start + len(data))
    return head + dots + data + directory + bytes(4)


def same(pdf: bytes) -> bool:
    """Whether a PDF has one page, black where this one is, and white elsewhere."""
    document = pypdfium2.PdfDocument(pdf)
    if len(document) != 1:
        return False
    seen = document[0].render(scale=2, grayscale=True)
    shades = [_shade(seen, x, y) for x, y, _ in spots()]
    return shades == [black for _, _, black in spots()]


def spots() -> list[tuple[float, float, bool]]:
    """Return places on the page, as shares of its width and height, and whether they are black."""
    inside = [((b[0] + b[1]) * 4 / WIDTH, (b[2] + b[3]) / 2 / HEIGHT, True) for b in BLOCKS]
    return [*inside, (0.05, 0.05, False), (0.2, 0.7, False), (0.75, 0.2, False), (0.9, 0.95, False)]


def _shade(seen: pypdfium2.PdfBitmap, x: float, y: float) -> bool:
    row, column = int(y * seen.height), int(x * seen.width)
    return bool(bytes(seen.buffer)[row * seen.stride + column] < 128)
