#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One training step of a small UNet, of a LoRA on it or of its ControlNet: Atelier against diffusers (+ PEFT) and PyTorch eager, with
the precisions of diffusers' example scripts, on the same machine and threads.

    scripts/bench/train.py [--bin build/release/bin] [--method full|lora|controlnet] [--pairs 9] [--steps 3] [--threads N] [--precision fp32|bf16] [--json FILE]

Pairs alternate, each step in a fresh process. Wall clock, processor time (steadier on a busy machine), and private memory (RssAnon)
above the tensors that both need (weights, gradients, two moments; what is frozen).
"""
import argparse
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from pairs import alternate, compared, finish, usable_cores

ROOT = Path(__file__).resolve().parents[2]
SIZE, TOKENS, CONTEXT, RANK = 32, 77, 768, 16
NAMES = {"full": "UNet step", "lora": f"LoRA step, rank {RANK}", "controlnet": "ControlNet step"}


def peer(method: str, steps: int, warmup: int, threads: int, precision: str, batch: int, channels: list[int]) -> dict:
    """The same step in diffusers + PyTorch eager; runs in its own process."""
    import torch
    from diffusers import ControlNetModel, DDPMScheduler, UNet2DConditionModel
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    unet = UNet2DConditionModel(sample_size=SIZE, block_out_channels=channels, layers_per_block=2, cross_attention_dim=CONTEXT, attention_head_dim=8,
                                down_block_types=("CrossAttnDownBlock2D",) * (len(channels) - 1) + ("DownBlock2D",),
                                up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * (len(channels) - 1))
    unet.train()
    frozen = torch.bfloat16 if precision == "bf16" else torch.float32
    trained, control = unet, None
    if method != "full":
        if method == "controlnet":
            trained = control = ControlNetModel.from_unet(unet).train()
        unet.requires_grad_(False).to(frozen)
    if method == "lora":
        from peft import LoraConfig
        unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
        for parameter in unet.parameters():
            parameter.data = parameter.data.float() if parameter.requires_grad else parameter.data
    parameters = [parameter for parameter in trained.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.01)
    schedule = DDPMScheduler()
    seconds, processor = [], []
    for step in range(warmup + steps):
        begin, cpu_begin = time.perf_counter(), time.process_time()
        latents, noise = torch.randn(2, batch, 4, SIZE, SIZE)
        context = torch.randn(batch, TOKENS, CONTEXT)
        timesteps = torch.randint(0, 1000, (batch,))
        noisy = schedule.add_noise(latents, noise, timesteps)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            residuals = {}
            if control is not None:
                condition = torch.rand(batch, 3, 8 * SIZE, 8 * SIZE)
                down, middle = control(noisy, timesteps, context, condition, return_dict=False)
                residuals = {"down_block_additional_residuals": [one.to(frozen) for one in down], "mid_block_additional_residual": middle.to(frozen)}
            if method != "full":
                noisy, context = noisy.to(frozen), context.to(frozen)
            prediction = unet(noisy, timesteps, context, **residuals).sample
        torch.nn.functional.mse_loss(prediction.float(), noise).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step >= warmup:
            seconds.append(time.perf_counter() - begin)
            processor.append(time.process_time() - cpu_begin)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    kilobytes = lambda key: int(status[key].split()[0]) * 1024
    return {"median_seconds": statistics.median(seconds), "median_cpu_seconds": statistics.median(processor),
            "parameters": sum(p.numel() for p in parameters), "frozen_bytes": sum(p.nbytes for p in unet.parameters() if not p.requires_grad),
            "rss_peak_bytes": kilobytes("VmHWM"), "rss_anon_bytes": kilobytes("RssAnon")}


def run(command: list[str]) -> dict:
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--python", default=sys.executable, help="a Python with diffusers and torch")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--method", choices=NAMES, default="full", help="what is trained")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--channels", default="64,128,256", help="of the levels; 160,320,640,640 is half of SD 1.5")
    parser.add_argument("--json", help="also write the figures to this file")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(json.dumps(peer(options.method, options.steps, options.warmup, options.threads, options.precision, options.batch, [int(c) for c in options.channels.split(",")])))
        return
    common = ["--method", options.method, "--steps", str(options.steps), "--warmup", str(options.warmup), "--threads", str(options.threads), "--precision", options.precision, "--batch", str(options.batch), "--channels", options.channels]
    engine = [str(options.bin / "atelier-engine"), "bench", "train", "--size", str(SIZE), "--tokens", str(TOKENS), "--context", str(CONTEXT), "--rank", str(RANK), *common]
    pairs = alternate(lambda: run(engine), lambda: run([options.python, __file__, "--peer", *common]), options.pairs)
    parameters = pairs[0][0]["parameters"]
    assert parameters == pairs[0][1]["parameters"], "both sides must train the same network"
    shared = 16 * parameters + pairs[0][1]["frozen_bytes"]  # what is trained with gradients and two moments in fp32, and what is frozen
    of = lambda key, scale, offset=0: [((a[key] - offset) * scale, (b[key] - offset) * scale) for a, b in pairs]
    step = f"{NAMES[options.method]}, batch {options.batch}, {parameters / 1e6:.0f} M parameters, {options.precision}"
    goal = (1.2 if options.precision == "bf16" else 1.1) if options.method != "full" else 1.2 if options.batch == 1 else 1.0
    rows = [compared(f"{step}, wall clock", "ms", of("median_seconds", 1e3), goal, options.threads, smaller_is_better=True),
            compared(f"{step}, processor time", "ms", of("median_cpu_seconds", 1e3), goal, options.threads, smaller_is_better=True),
            compared(f"{step}, private memory", "MB", of("rss_anon_bytes", 1e-6, shared), 1.25, options.threads, smaller_is_better=True)]
    if options.batch == 1:
        rows.pop()  # nearly everything in memory is what both need
    finish(rows, {name: importlib.metadata.version(name) for name in ("torch", "diffusers")}, options.json,
           peak_ratio=statistics.median(a["rss_peak_bytes"] / b["rss_peak_bytes"] for a, b in pairs))


if __name__ == "__main__":
    main()
