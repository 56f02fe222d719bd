#!/usr/bin/env python3
"""Writes the advance widths of a TrueType font's characters, for the test that no text of a figure leaves its place.

usage: font_widths.py FONT.ttf "NAME AND VERSION OF THE FONT" > crates/recur-report/tests/fonts/NAME.txt

The committed table is that of DejaVu Sans 2.37 (https://dejavu-fonts.github.io, Debian's fonts-dejavu-core): of the fonts
that browsers most often use for `sans-serif` it is the widest; Arial and Helvetica are a tenth narrower.

A line is a code point in hexadecimal and a width in thousandths of the font's size, rounded up.
"""

import struct
import sys

# Latin, Greek, Cyrillic, punctuation, arrows, mathematics: what figures of reports are made of.
RANGES = [(0x20, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x2000, 0x206F), (0x2190, 0x22FF)]


def tables(font):
    count = struct.unpack(">H", font[4:6])[0]
    for index in range(count):
        tag, _, start, length = struct.unpack(">4sLLL", font[12 + 16 * index : 28 + 16 * index])
        yield tag.decode(), font[start : start + length]


def glyphs(cmap):
    """Code point -> glyph, from a subtable of format 4: that of the basic plane."""
    count = struct.unpack(">H", cmap[2:4])[0]
    for index in range(count):
        platform, encoding, start = struct.unpack(">HHL", cmap[4 + 8 * index : 12 + 8 * index])
        table = cmap[start:]
        if (platform, encoding) != (3, 1) or struct.unpack(">H", table[:2])[0] != 4:
            continue
        n = struct.unpack(">H", table[6:8])[0] // 2
        words = lambda offset, kind: struct.unpack(f">{n}{kind}", table[offset : offset + 2 * n])
        ends, starts = words(14, "H"), words(16 + 2 * n, "H")
        deltas, offsets = words(16 + 4 * n, "h"), words(16 + 6 * n, "H")
        found = {}
        for k in range(n):
            for code in range(starts[k], min(ends[k], 0xFFFE) + 1):
                if offsets[k] == 0:
                    glyph = (code + deltas[k]) % 65536
                else:
                    place = 16 + 6 * n + 2 * k + offsets[k] + 2 * (code - starts[k])
                    glyph = struct.unpack(">H", table[place : place + 2])[0]
                    glyph = (glyph + deltas[k]) % 65536 if glyph else 0
                if glyph:
                    found[code] = glyph
        return found
    sys.exit("the font has no cmap of format 4 for Unicode")


def main(path, name):
    font = dict(tables(open(path, "rb").read()))
    per_em = struct.unpack(">H", font["head"][18:20])[0]
    n_widths = struct.unpack(">H", font["hhea"][34:36])[0]
    glyph_of = glyphs(font["cmap"])
    print(f"# Advance widths of {name}, in thousandths of its size. Written by tools/font_widths.py.")
    for first, last in RANGES:
        for code in range(first, last + 1):
            if code in glyph_of:
                glyph = min(glyph_of[code], n_widths - 1)
                width = struct.unpack(">H", font["hmtx"][4 * glyph : 4 * glyph + 2])[0]
                print(f"{code:04X} {-(-width * 1000 // per_em)}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
