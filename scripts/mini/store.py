#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies a trained pipeline folder to resources/models/mini with its weights in fp16; keeps the recipes beside it.

    store.py PIPELINE_DIR OUT_DIR
"""
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def main() -> None:
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    total = 0
    for path in sorted(source.rglob("*")):
        target = out / path.relative_to(source)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif path.suffix == ".safetensors":
            tensors = {k: v.half() if v.dtype == torch.float32 else v for k, v in load_file(path).items()}
            save_file(tensors, target, metadata={"format": "pt"})
            total += target.stat().st_size
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    print(f"{total / 1e6:.1f} MB of weights in {out}")


if __name__ == "__main__":
    main()
