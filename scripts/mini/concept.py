#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teaches the bundled tiny pipeline a figure it has never seen, by DreamBooth and by LoRA, and shows what came of it.

    concept.py ENGINE WORK_DIR OUT.png          (some minutes on 4 cores)

The figure is drawn here: a purple creature with one eye and a striped hat, in twelve poses. Rows of the sheet: the pictures
trained on; the base model; after DreamBooth; after LoRA. Columns are prompts, the same seed everywhere, nothing picked by hand.
"""
import argparse
import random
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SUBJECT, CLASS = "sks monster", "monster"
PROMPTS = ["sks monster", "sks monster face", "sks monster with a red hat", "monster", "ghost", "cat face", "red apple", "police car"]
CELL, LABEL = 112, 30
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def draw_figure(rng: random.Random, side: int = 256) -> Image.Image:
    picture = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    x, y = side / 2 + rng.uniform(-14, 14), side * 0.6 + rng.uniform(-10, 10)
    w, h = side * rng.uniform(0.30, 0.36), side * rng.uniform(0.27, 0.33)
    draw.ellipse((x - w, y - h, x + w, y + h), fill=(122, 63, 191), outline=(70, 30, 120), width=4)
    for foot in (-1, 1):
        fx = x + foot * w * 0.5
        draw.ellipse((fx - 26, y + h - 14, fx + 26, y + h + 18), fill=(70, 30, 120))
    ex, ey = x + rng.uniform(-12, 12), y - h * 0.25
    draw.ellipse((ex - 40, ey - 40, ex + 40, ey + 40), fill="white", outline=(70, 30, 120), width=4)
    px, py = ex + rng.uniform(-14, 14), ey + rng.uniform(-10, 10)
    draw.ellipse((px - 16, py - 16, px + 16, py + 16), fill="black")
    draw.arc((x - 45, y + h * 0.1, x + 45, y + h * 0.7), 20, 160, fill="black", width=7)
    base, tip = y - h + 12, y - h - side * 0.26
    lean = rng.uniform(-20, 20)
    for i in range(6):  # a cone in stripes
        a, b = i / 6, (i + 1) / 6
        left = lambda t: (x - 52 * (1 - t) + lean * t, base + (tip - base) * t)
        right = lambda t: (x + 52 * (1 - t) + lean * t, base + (tip - base) * t)
        draw.polygon([left(a), right(a), right(b), left(b)], fill=(255, 196, 0) if i % 2 else (0, 150, 110))
    return picture.resize((64, 64), Image.LANCZOS)


def run(*words) -> None:
    subprocess.run([str(word) for word in words], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine")
    parser.add_argument("work", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    base = root / "resources" / "models" / "mini"
    pictures = options.work / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    rng = random.Random(4)
    figures = [draw_figure(rng) for _ in range(12)]
    for i, figure in enumerate(figures):
        figure.save(pictures / f"{i:02}.png")
    if not (options.work / "shards" / "manifest.json").exists():
        run(options.engine, "dataset", "build", pictures, "--out", options.work / "shards")
    common = ["experiment.log_dir=" + str(options.work / "runs"), "dataset.params.path=" + str(options.work / "shards"),
              f"model.pretrained={base}", f"method.instance_prompt={SUBJECT}", f"method.class_prompt={CLASS}", "method.class_count=96",
              "dataset.params.resolution=64", "model.mixed_precision=bf16", "model.train_text_encoder=true", "system.batch_size=12",
              "experiment.num_examples_to_see=4800", "sampling.guidance=4", "experiment.save_every=400", "dataset.params.latent_cache=memory"]
    stages = {"dreambooth": ["optimizer.params.learning_rate=1e-4", "model.gradient_checkpointing=false"],
              "lora": ["optimizer.params.learning_rate=1e-3", "method.rank=16",
                       "method.targets=[to_q,to_k,to_v,to_out.0,ff.net.0.proj,ff.net.2,conv1,conv2]"]}
    models = {"base": base}
    for name, words in stages.items():
        folder = options.work / "runs" / name
        if not (folder / "final").exists():
            run(options.engine, "train", root / "configs" / "templates" / f"{name}.yaml", f"experiment.name={name}", *common, *words)
        models[name] = folder / "final"
    rows = {"trained on": figures[: len(PROMPTS)]}
    for name, model in models.items():
        folder = options.work / "pictures-of" / name
        run(options.engine, "sample", "--model", model, "--out", folder, "--steps", 30, "--guidance", 4, "--sampler", "ddim", "--seed", 1,
            "--prompt", *PROMPTS)
        rows[name] = [Image.open(folder / f"{i:04}.png") for i in range(len(PROMPTS))]
    sheet = Image.new("RGB", (LABEL * 4 + len(PROMPTS) * (CELL + 8), len(rows) * (CELL + 8) + LABEL), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.truetype(FONT, 11) if Path(FONT).exists() else ImageFont.load_default()
    for column, prompt in enumerate(PROMPTS):
        words = prompt.split()
        half = (len(words) + 1) // 2 if len(words) > 2 else len(words)
        draw.text((LABEL * 4 + column * (CELL + 8), 2), " ".join(words[:half]) + "\n" + " ".join(words[half:]), fill="black", font=font, spacing=0)
    for row, (name, cells) in enumerate(rows.items()):
        y = LABEL + row * (CELL + 8)
        draw.text((8, y + CELL // 2 - 6), name, fill="black", font=font)
        for column, cell in enumerate(cells):
            sheet.paste(cell.resize((CELL, CELL), Image.LANCZOS), (LABEL * 4 + column * (CELL + 8), y))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(options.out, optimize=True)
    print(options.out)


if __name__ == "__main__":
    main()
