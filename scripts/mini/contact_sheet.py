#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples the bundled tiny pipeline for every n-th caption of its training pictures and lays the results out with their prompts.

    contact_sheet.py ENGINE MODEL_DIR PICTURES_DIR OUT.png [--every 14]

Nothing is picked by hand: the prompts are every n-th caption in code point order, one seed for all.
"""
import argparse
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CELL, TEXT, COLUMNS = 128, 38, 12
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def wrap(draw: ImageDraw.ImageDraw, text: str, font, width: int) -> str:
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if draw.textlength(longer, font=font) <= width:
            line = longer
        else:
            lines.append(line)
            line = word
    return "\n".join([*lines, line][:3])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine")
    parser.add_argument("model")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--every", type=int, default=14)
    options = parser.parse_args()
    captions = [path.read_text(encoding="utf-8").strip() for path in sorted(options.pictures.glob("*.txt"))][:: options.every]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.engine, "sample", "--model", options.model, "--out", f"{folder}/s", "--steps", "30", "--guidance", "4",
                        "--sampler", "ddim", "--seed", "1", "--prompt", *captions], check=True)
        rows = -(-len(captions) // COLUMNS)
        sheet = Image.new("RGB", (COLUMNS * (CELL + 8) + 8, rows * (CELL + TEXT) + 8), "white")
        draw = ImageDraw.Draw(sheet)
        font = ImageFont.truetype(FONT, 10) if Path(FONT).exists() else ImageFont.load_default()
        for index, caption in enumerate(captions):
            x, y = 8 + index % COLUMNS * (CELL + 8), 8 + index // COLUMNS * (CELL + TEXT)
            picture = Image.open(f"{folder}/s/{index:04d}.png")
            sheet.paste(picture.resize((CELL, CELL), Image.LANCZOS), (x, y))
            draw.text((x, y + CELL + 2), wrap(draw, caption, font, CELL), fill="black", font=font, spacing=0)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(options.out, optimize=True)
    print(f"{len(captions)} prompts in {options.out}")


if __name__ == "__main__":
    main()
