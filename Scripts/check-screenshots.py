#!/usr/bin/env python3
"""Checks that screenshots of pages (PNG) are not blank: they must have at least 30 colours, and at least
1 % of the pixels must differ from the most common colour.

    python3 Scripts/check-screenshots.py FILE.png …

The most common colour must be dark in a picture whose name contains -dark, and light in all others.
"""
import collections
import multiprocessing
import struct
import sys
import zlib


def rows(path):
    """The picture's rows of pixels: 8 bits per sample, RGB or RGBA, as browsers write them."""
    data = open(path, "rb").read()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        sys.exit(f"error: {path} is no PNG")
    place, packed = 8, b""
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        content = data[place + 8:place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", content)
            if depth != 8 or colour not in (2, 6) or interlaced:
                sys.exit(f"error: {path} has {depth} bits of colour type {colour}; expected 8 of 2 or 6")
            size = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += content
        place += 12 + length
    raw, before = zlib.decompress(packed), bytearray(width * size)
    for row in range(height):
        start = row * (width * size + 1)
        line = unfiltered(raw[start], bytearray(raw[start + 1:start + 1 + width * size]), before, size)
        yield [bytes(line[i:i + 3]) for i in range(0, len(line), size)]
        before = line


def unfiltered(kind, line, before, size):
    """Undoes PNG's filter, which stores the differences between neighbouring bytes."""
    if kind == 0:
        return line
    if kind == 2:
        return bytearray((a + b) & 255 for a, b in zip(line, before))
    for i in range(len(line)):
        left = line[i - size] if i >= size else 0
        above, corner = before[i], before[i - size] if i >= size else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + above) // 2
        else:
            guess = min((abs(above - corner), 0, left), (abs(left - corner), 1, above),
                        (abs(left + above - 2 * corner), 2, corner))[2]
        line[i] = (line[i] + guess) & 255
    return line


def check(path):
    """Returns the figures of a picture as text, and an error message or None."""
    colours = collections.Counter(pixel for row in rows(path) for pixel in row)
    common, count = colours.most_common(1)[0]
    share = 1 - count / sum(colours.values())
    figures = f"{path}: {len(colours)} colours, {100 * share:.1f} % unlike the page, page {common.hex()}"
    is_dark = sum(common) < 3 * 128
    if len(colours) < 30 or share < 0.01:
        return figures, f"error: {path} is as good as blank"
    if is_dark != ("-dark" in path):
        return figures, f"error: the page of {path} is {'dark' if is_dark else 'light'}"
    return figures, None


def main():
    with multiprocessing.Pool() as pool:
        for figures, complaint in pool.imap(check, sys.argv[1:]):
            print(figures)
            if complaint:
                sys.exit(complaint)


if __name__ == "__main__":
    main()
