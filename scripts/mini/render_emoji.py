#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the Noto Color Emoji font (Debian: fonts-noto-color-emoji) to pictures with their Unicode names as captions.

    render_emoji.py --out DIR [--size 64] [--only names.txt]

Writes DIR/<code point>.png (RGB on white) and DIR/<code point>.txt (the lower-case Unicode name). The font is under the
SIL Open Font License 1.1; the names are from the Unicode Character Database.
"""
import argparse
import unicodedata
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
BITMAP = 109  # the only size of the font's bitmaps: 136 × 128 pixels


def emoji_code_points(font: ImageFont.FreeTypeFont) -> list[int]:
    """Single code points that the font draws in colour and that have a name."""
    ranges = [(0x231A, 0x2B55), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F19A), (0x1F300, 0x1F6FF), (0x1F7E0, 0x1F7EB), (0x1F90C, 0x1FAF8)]
    missing = font.getmask("\U000F0000", mode="RGBA").getbbox()
    found = []
    for first, last in ranges:
        for code in range(first, last + 1):
            if 0x1F3FB <= code <= 0x1F3FF or not unicodedata.name(chr(code), ""):
                continue  # skin tone modifiers stand for nothing by themselves
            box = font.getmask(chr(code), mode="RGBA").getbbox()
            if box and box != missing:
                found.append(code)
    return found


def render(font: ImageFont.FreeTypeFont, code: int, size: int) -> Image.Image:
    canvas = Image.new("RGBA", (136, 136), (255, 255, 255, 255))
    ImageDraw.Draw(canvas).text((0, 4), chr(code), font=font, embedded_color=True)
    return canvas.convert("RGB").resize((size, size), Image.LANCZOS)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--size", type=int, default=64)
    arguments.add_argument("--only", type=Path, help="one caption per line: render these alone")
    options = arguments.parse_args()
    only = set(options.only.read_text().split("\n")) if options.only else None
    font = ImageFont.truetype(FONT, BITMAP)
    options.out.mkdir(parents=True, exist_ok=True)
    count = 0
    for code in emoji_code_points(font):
        caption = unicodedata.name(chr(code)).lower()
        if only is not None and caption not in only:
            continue
        picture = render(font, code, options.size)
        if picture.getextrema() == ((255, 255),) * 3:
            continue
        picture.save(options.out / f"{code:05x}.png", optimize=True)
        (options.out / f"{code:05x}.txt").write_text(caption + "\n", encoding="utf-8")
        count += 1
    print(f"{count} pictures in {options.out}")


if __name__ == "__main__":
    main()
