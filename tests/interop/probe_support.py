# SPDX-License-Identifier: GPL-3.0-or-later
# What the model tests share: running `atelier-engine probe`, random weights, comparing tensors.
import os
import pathlib
import subprocess

import torch
from safetensors.torch import load_file, save_file

ENGINE = os.path.join(os.environ["ATELIER_BIN"], "atelier-engine")


def probe(model, component, inputs, out, *more):
    """Runs the engine; returns (exit code, stderr). `inputs`: a dict of tensors, or the path of a file."""
    if isinstance(inputs, dict):
        path = pathlib.Path(str(out) + ".in")
        save_file({k: v.contiguous() for k, v in inputs.items()}, path)
        inputs = path
    run = subprocess.run([ENGINE, "probe", str(model), "--component", component, "--inputs", str(inputs), "--out", str(out), *map(str, more)],
                         capture_output=True, text=True)
    return run.returncode, run.stderr


def probed(model, component, inputs, out, *more):
    code, err = probe(model, component, inputs, out, *more)
    assert code == 0, err
    return load_file(out)


def randomise(module, seed):
    """Every parameter random and of sensible size, the zero-initialised ones too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in module.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if p.dim() > 1:
                p.copy_(noise * (p[0].numel() ** -0.5))
            elif name.endswith("bias"):
                p.copy_(0.1 * noise)
            else:
                p.copy_(1 + 0.1 * noise)
    return module.eval()


def relative(a, b):
    assert a.shape == b.shape, (a.shape, b.shape)
    assert a.dtype == torch.float32
    return ((a - b).abs().max() / b.abs().max().clamp_min(1e-30)).item()
