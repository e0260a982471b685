#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading and saving a pipeline folder of Stable Diffusion 1.5's size, with random weights: seconds, peak memory, write rate.

The folder is made once (`--dir`) and read warm, from the page cache. Peak memory is the whole process, libraries included, against the
bytes of its tensors in the precision that was asked for; saving is held against a plain write of as many bytes with fsync, in turns.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import diffusers
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from pairs import alone, alternate, compared, finish, usable_cores

MINI = Path(__file__).resolve().parents[2] / "resources/models/mini"
SIZE = {False: dict(width=(320, 640, 1280, 1280), context=768, layers=12, inner=3072, vae=(128, 256, 512, 512), words=49408),
        True: dict(width=(64, 64, 128, 128), context=128, layers=2, inner=256, vae=(64, 64), words=4000)}


def make(folder, quick):
    """A pipeline folder with the shapes of SD 1.5 (or a small one): half of it never zero, nothing special otherwise."""
    size = SIZE[quick]
    torch.manual_seed(0)
    levels = len(size["vae"])
    parts = {"unet": UNet2DConditionModel(block_out_channels=size["width"], cross_attention_dim=size["context"], attention_head_dim=8, sample_size=64),
             "vae": AutoencoderKL(block_out_channels=size["vae"], layers_per_block=2, down_block_types=("DownEncoderBlock2D",) * levels,
                                  up_block_types=("UpDecoderBlock2D",) * levels, sample_size=512),
             "text_encoder": CLIPTextModel(CLIPTextConfig(hidden_size=size["context"], num_hidden_layers=size["layers"], intermediate_size=size["inner"],
                                                          num_attention_heads=size["context"] // 64, vocab_size=size["words"], projection_dim=size["context"]))}
    index = {"_class_name": "StableDiffusionPipeline", "scheduler": ["diffusers", "DDIMScheduler"], "tokenizer": ["transformers", "CLIPTokenizer"]}
    for name, model in parts.items():
        model.save_pretrained(folder / name, max_shard_size="100GB")
        index[name] = ["transformers" if name == "text_encoder" else "diffusers", type(model).__name__]
    shutil.copytree(MINI / "tokenizer", folder / "tokenizer")
    DDIMScheduler().save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(index))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"), help="folder of the programs")
    parser.add_argument("--dir", type=Path, default=Path("build/bench-loading"), help="folder for the models; on the disk that is measured")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="a small model: shows that everything works")
    parser.add_argument("--keep", action="store_true", help="leave the model for the next time")
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args()
    model = options.dir / ("small" if options.quick else "sd15")
    if not (model / "model_index.json").exists():
        shutil.rmtree(model, ignore_errors=True)
        make(model, options.quick)

    def engine(*more):
        done = subprocess.run([options.bin / "atelier-engine", "bench", "loading", model, *more], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def save():
        out = options.dir / "saved"
        shutil.rmtree(out, ignore_errors=True)
        os.sync()
        result = engine("--save", out)
        written = sum(f.stat().st_size for f in out.rglob("*.safetensors"))
        shutil.rmtree(out)
        return written / result["save_seconds"] / 1e6

    def write():
        block, out = os.urandom(1 << 24), options.dir / "plain"
        out.unlink(missing_ok=True)
        os.sync()
        total = sum(f.stat().st_size for f in model.rglob("*.safetensors"))
        start = time.perf_counter()
        with open(out, "wb", buffering=0) as file:
            for _ in range(total // len(block)):
                file.write(block)
            os.fsync(file.fileno())
        seconds = time.perf_counter() - start
        out.unlink()
        return total // len(block) * len(block) / seconds / 1e6

    rows, details = [], []
    for precision in ("fp32", "bf16"):
        engine("--precision", precision)  # warms the page cache
        results = [engine("--precision", precision) for _ in range(options.pairs)]
        details += results
        rows.append(alone(f"pipeline folder ready, fp32 files wanted in {precision}", "s", [r["load_seconds"] for r in results], 2))
        rows.append(alone(f"peak memory over the tensors, {precision}", "×", [r["peak_bytes"] / r["tensor_bytes"] for r in results], 1.15))
    if not options.quick:
        rows.append(compared("pipeline folder saved", "MB/s", alternate(save, write, max(3, options.pairs // 3)), 0.7, usable_cores()))
    if not options.keep:
        shutil.rmtree(options.dir)
    finish(rows, {"diffusers": diffusers.__version__}, options.json, runs=details)


if __name__ == "__main__":
    main()
