#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The models of a Stable Diffusion pipeline and 20-step sampling: Atelier against diffusers with the same weights, threads and LibTorch.

    scripts/bench/models.py [--bin build/release/bin] [--python PYTHON] [--pairs 9] [--threads N] [--precision fp32 bf16] [--works unet …] [--json FILE]

Both programs hold the same pipeline (random weights, half of SD 1.5's channels) and take turns, one run each: ours, theirs, ours, …
Printed: medians, the median ratio theirs/ours with its 95 % interval, the same of processor time (steadier on a busy machine), and
the time from the start of a process to the end of its first denoising step.
"""
import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pairs import alternate, compared, finish, table, usable_cores

ROOT = Path(__file__).resolve().parents[2]
WORKS = [("unet", 1, 256), ("unet", 4, 256), ("unet", 1, 512), ("unet_backward", 1, 256), ("unet_backward", 4, 256), ("vae_encode", 1, 256), ("vae_encode", 1, 512), ("vae_decode", 1, 256),
         ("vae_decode", 1, 512), ("text_encoder", 1, 1), ("text_encoder", 8, 1), ("sample", 1, 128), ("sample", 1, 256)]


def make(folder: Path) -> None:
    """SD 1.5 with half the channels of denoiser and decoder, and its whole text encoder, at random."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
    torch.manual_seed(0)
    words = ROOT / "resources" / "models" / "mini" / "tokenizer"
    tokenizer = CLIPTokenizer.from_pretrained(words)
    unet = UNet2DConditionModel(sample_size=32, block_out_channels=(160, 320, 640, 640), cross_attention_dim=768, attention_head_dim=8)
    vae = AutoencoderKL(block_out_channels=(64, 128, 256, 256), down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2,
                        latent_channels=4, sample_size=256)
    text = CLIPTextModel(CLIPTextConfig(vocab_size=len(tokenizer), hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
                                        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id))
    scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    StableDiffusionPipeline(vae=vae, text_encoder=text, tokenizer=tokenizer, unet=unet, scheduler=scheduler, safety_checker=None, feature_extractor=None,
                            requires_safety_checker=False).save_pretrained(folder)


def peer(folder: str, precision: str, threads: int) -> None:
    """The same lines as `atelier-engine bench model`, answered by diffusers."""
    import diffusers
    import torch
    from diffusers import StableDiffusionPipeline
    diffusers.utils.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=dtype, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    print(json.dumps({"ready": True, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        what, batch, size = line.split()
        batch, size = int(batch), int(size)
        with torch.no_grad():
            latent = torch.randn(batch, 4, size // 8, size // 8, dtype=dtype)
            context = torch.randn(batch, 77, 768, dtype=dtype)
            ids = torch.randint(0, pipeline.text_encoder.config.vocab_size, (batch, 77))
            pixels = torch.randn(batch, 3, size, size, dtype=dtype)
            t = torch.full((batch,), 500)

            def backward():
                with torch.enable_grad():
                    loss = torch.nn.functional.mse_loss(pipeline.unet(latent, t, context).sample.float(), latent.float())
                    loss.backward()
                    pipeline.unet.zero_grad()
                return loss.detach()

            run = {"unet": lambda: pipeline.unet(latent, t, context).sample, "unet_backward": backward,
                   "vae_encode": lambda: pipeline.vae.encode(pixels).latent_dist.parameters, "vae_decode": lambda: pipeline.vae.decode(latent).sample,
                   "text_encoder": lambda: pipeline.text_encoder(ids).last_hidden_state,
                   "sample": lambda: torch.from_numpy(pipeline(["a cat"] * batch, num_inference_steps=20, guidance_scale=7.5, height=size, width=size, output_type="np").images)}[what]
            begin, cpu_begin = time.perf_counter(), time.process_time()
            first = float(run().flatten()[0])
            print(json.dumps({"seconds": time.perf_counter() - begin, "cpu_seconds": time.process_time() - cpu_begin, "first": first}), flush=True)


def peer_start(folder: str, threads: int) -> None:
    import torch
    from diffusers import StableDiffusionPipeline
    torch.set_num_threads(threads)
    pipeline = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None)

    def said(pipeline, step, timestep, values):
        print(json.dumps({"done": step + 1}), flush=True)
        return values

    pipeline("a cat", num_inference_steps=2, height=64, width=64, callback_on_step_end=said)


ENVIRONMENT = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}


class Program:
    def __init__(self, command: list[str]):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT)
        self.threads = json.loads(self.process.stdout.readline())["threads"]

    def run(self, work: tuple) -> dict:
        self.process.stdin.write(" ".join(map(str, work)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def first_step(command: list[str]) -> float:
    """Seconds from the start of the process to the line it prints after its first step."""
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT) as process:
        for line in process.stdout:
            if line.startswith("{") and json.loads(line).get("done") == 1:
                break
        seconds = time.perf_counter() - begin
        process.stdout.read()
    return seconds


def rows_of(work: tuple, precision: str, runs: list, threads: int) -> list[dict]:
    what, batch, size = work
    name = f"{what.replace('_', ' ')}, batch {batch}" + (f", {size} px" if size > 1 else "") + f", {precision}"
    of = lambda key: [(a[key] * 1e3, b[key] * 1e3) for a, b in runs]
    return [compared(name, "ms", of("seconds"), 1.2 if batch == 1 else 1.0, threads, smaller_is_better=True),
            compared(f"{name}, processor time", "ms", of("cpu_seconds"), 1.0, threads, smaller_is_better=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--python", default=sys.executable, help="a Python with diffusers and torch")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--precision", nargs="+", choices=("fp32", "bf16"), default=["fp32", "bf16"])
    parser.add_argument("--works", nargs="+", help="only these: unet, unet_backward, vae_encode, vae_decode, text_encoder, sample, start")
    parser.add_argument("--json", help="also write the figures to this file")
    parser.add_argument("--role", choices=("make", "peer", "start"), help=argparse.SUPPRESS)
    parser.add_argument("--model", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "make":
        return make(Path(options.model))
    if options.role == "peer":
        return peer(options.model, options.precision[0], options.threads)
    if options.role == "start":
        return peer_start(options.model, options.threads)
    engine, rows = str(options.bin / "atelier-engine"), []
    wanted = lambda what: not options.works or what in options.works
    works = [work for work in WORKS if wanted(work[0])]
    with tempfile.TemporaryDirectory() as scratch:
        model = f"{scratch}/model"
        script = [options.python, __file__, "--model", model, "--threads", str(options.threads)]
        subprocess.run([*script, "--role", "make"], check=True, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
        for precision in options.precision if works else []:
            ours = Program([engine, "bench", "model", model, "--precision", precision, "--threads", str(options.threads)])
            theirs = Program([*script, "--role", "peer", "--precision", precision])
            assert ours.threads == theirs.threads, "both sides must use the same threads"
            for work in works:
                rows += rows_of(work, precision, alternate(lambda: ours.run(work), lambda: theirs.run(work), options.pairs), options.threads)
                print(table(rows[-2:]).splitlines()[-2], file=sys.stderr, flush=True)
            ours.end()
            theirs.end()
        if wanted("start"):
            ours = [engine, "sample", "--model", model, "--prompt", "a cat", "--steps", "2", "--size", "64", "--sampler", "ddim", "--device", "cpu", "--threads", str(options.threads), "--json",
                    "--out", f"{scratch}/out"]
            pairs = alternate(lambda: first_step(ours), lambda: first_step([*script, "--role", "start"]), options.pairs)
            rows.append(compared("start to first denoising step", "s", pairs, 2.0, options.threads, smaller_is_better=True))
    finish(rows, {name: importlib.metadata.version(name) for name in ("torch", "diffusers")}, options.json)


if __name__ == "__main__":
    main()
