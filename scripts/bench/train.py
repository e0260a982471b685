#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One training step of a small UNet: Atelier against diffusers + PyTorch eager on the same machine and threads.

    scripts/bench/train.py [--bin build/release/bin] [--pairs 9] [--steps 3] [--threads N] [--precision fp32|bf16] [--out FILE.json]

Pairs alternate (ours, theirs, ours, …), each in a fresh process. Printed: medians, the median ratio with its 95 % interval
(order statistics), the same of processor time (steadier on a busy machine), and private memory (RssAnon) above the tensors both need (weights, gradients, two moments).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANNELS, SIZE, BATCH, TOKENS, CONTEXT = (64, 128, 256), 32, 8, 77, 768


def peer(steps: int, warmup: int, threads: int, precision: str) -> dict:
    """The same step in diffusers + PyTorch eager; runs in its own process."""
    import torch
    from diffusers import DDPMScheduler, UNet2DConditionModel
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    unet = UNet2DConditionModel(sample_size=SIZE, block_out_channels=CHANNELS, layers_per_block=2, cross_attention_dim=CONTEXT,
                                attention_head_dim=8, down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
                                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"))
    unet.train()
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-4, weight_decay=0.01)
    schedule = DDPMScheduler()
    seconds, processor = [], []
    for step in range(warmup + steps):
        begin, cpu_begin = time.perf_counter(), time.process_time()
        latents, noise = torch.randn(2, BATCH, 4, SIZE, SIZE)
        context = torch.randn(BATCH, TOKENS, CONTEXT)
        timesteps = torch.randint(0, 1000, (BATCH,))
        noisy = schedule.add_noise(latents, noise, timesteps)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            prediction = unet(noisy, timesteps, context).sample
        torch.nn.functional.mse_loss(prediction.float(), noise).backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step >= warmup:
            seconds.append(time.perf_counter() - begin)
            processor.append(time.process_time() - cpu_begin)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    kilobytes = lambda key: int(status[key].split()[0]) * 1024
    return {"median_seconds": statistics.median(seconds), "median_cpu_seconds": statistics.median(processor),
            "parameters": sum(p.numel() for p in unet.parameters()),
            "rss_peak_bytes": kilobytes("VmHWM"), "rss_anon_bytes": kilobytes("RssAnon")}


def interval(values: list[float]) -> tuple[float, float]:
    """95 % interval of the median from order statistics (exact for n ≥ 6)."""
    ordered, n = sorted(values), len(values)
    k = max(0, int((n - 1.96 * n ** 0.5) / 2))
    return ordered[k], ordered[n - 1 - k]


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
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(json.dumps(peer(options.steps, options.warmup, options.threads, options.precision)))
        return
    common = ["--steps", str(options.steps), "--warmup", str(options.warmup), "--threads", str(options.threads), "--precision", options.precision]
    ours, theirs = [], []
    for i in range(options.pairs):
        ours.append(run([str(options.bin / "atelier-engine"), "bench", "train", "--batch", str(BATCH), "--size", str(SIZE), "--tokens",
                         str(TOKENS), "--context", str(CONTEXT), "--channels", ",".join(map(str, CHANNELS)), *common]))
        theirs.append(run([options.python, __file__, "--peer", *common]))
        print(f"pair {i + 1}: {ours[-1]['median_seconds']:.3f} s, {theirs[-1]['median_seconds']:.3f} s; "
              f"processor {ours[-1]['median_cpu_seconds']:.3f} s, {theirs[-1]['median_cpu_seconds']:.3f} s", file=sys.stderr)
    assert ours[0]["parameters"] == theirs[0]["parameters"], "both sides must train the same network"
    cpu_ratios = [t["median_cpu_seconds"] / o["median_cpu_seconds"] for o, t in zip(ours, theirs)]
    ratios = [t["median_seconds"] / o["median_seconds"] for o, t in zip(ours, theirs)]
    low, high = interval(ratios)
    shared = 16 * ours[0]["parameters"]
    median = lambda results, key: statistics.median(r[key] for r in results)
    result = {"what": "unet_train_step", "precision": options.precision, "threads": options.threads, "pairs": options.pairs,
              "atelier_seconds": median(ours, "median_seconds"), "diffusers_seconds": median(theirs, "median_seconds"),
              "speed_ratio": statistics.median(ratios), "speed_ratio_95": [low, high],
              "cpu_time_ratio": statistics.median(cpu_ratios), "cpu_time_ratio_95": list(interval(cpu_ratios)),
              "atelier_peak_bytes": median(ours, "rss_peak_bytes"), "diffusers_peak_bytes": median(theirs, "rss_peak_bytes"),
              "peak_ratio": median(ours, "rss_peak_bytes") / median(theirs, "rss_peak_bytes"),
              "private_above_shared_ratio": (median(ours, "rss_anon_bytes") - shared) / (median(theirs, "rss_anon_bytes") - shared)}
    text = json.dumps(result, indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
