#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the studio's window costs: start to first paint, and a run of a million events opened in it.

Figures of the whole program as people start it, on a virtual screen of its own (Xvfb) or offscreen where there is none.
Turns of the event loop and redraws are measured in CPU time of the window's thread, beside the wall clock, because a
busy machine stretches the latter; resident memory is the whole process with its libraries, as `ps` shows it.
"""
import argparse
import contextlib
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from pairs import alone, finish, usable_cores

CONFIG = """config_version: 1
experiment: {{name: long, log_dir: {logs}, num_examples_to_see: {images}, save_every: 500, seed: 42}}
method: {{type: scratch}}
model:
  vae: {{pretrained: /models/mini/vae}}
  text_encoder: {{pretrained: /models/mini/text_encoder}}
  tokenizer: {{pretrained: /models/mini/tokenizer}}
  noise_scheduler_training: {{pretrained: /models/mini/scheduler}}
  noise_scheduler_inference: {{pretrained: /models/mini/scheduler}}
  unet: {{target: UNet2DConditionModel, params: {{block_out_channels: [64, 128], in_channels: 4, cross_attention_dim: 96}}}}
system: {{batch_size: 64}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-04}}}}
lr_scheduler: {{scheduler: CosineWithWarmup, params: {{learning_rate: 1.0e-04, warmup_length: 100}}}}
dataset: {{type: WebDataset, params: {{path: "/data/emoji/{{000000..000007}}.tar", resolution: 128}}}}
"""


def make_run(logs: Path, events: int) -> Path:
    """A finished run: one metric event of three values a step, progress and memory now and then, a few checkpoints."""
    folder = logs / "long"
    for part in ("control", "logs", "samples", "checkpoints"):
        (folder / part).mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG.format(logs=logs, images=events * 64))
    noise = random.Random(7)
    time = 1.79e9
    with open(folder / "events.jsonl", "w") as log:
        def put(kind: str, fields: str) -> None:
            log.write(f'{{"v":1,"t":{time:.3f},"type":"{kind}",{fields}}}\n')
        put("run_started", '"engine":"atelier-engine 0.1.0","config_hash":"0123456789abcdef","host":"desk","pid":77,'
            '"device":"cuda:0 NVIDIA GeForce RTX 4090","world_size":1,"resumed_from":null')
        put("phase", '"name":"train"')
        for step in range(1, events + 1):
            time += 0.4
            loss = (0.09 + 0.16 * 2.718 ** (-4 * step / events)) * (1 + 0.12 * noise.gauss(0, 1))
            put("metric", f'"step":{step},"images":{step * 64},"values":{{"loss":{loss:.6f},'
                f'"lr":{1e-4 * (1 - step / events):.6g},"grad_norm":{1 + 0.3 * abs(noise.gauss(0, 1)):.5f}}}')
            if step % 25 == 0:
                put("progress", f'"step":{step},"total_steps":{events},"images":{step * 64},"total_images":{events * 64},'
                    f'"images_per_s":160.0,"eta_s":{(events - step) * 0.4:.1f}')
            if step % (events // 20) == 0:
                put("memory", '"by":{"weights":600000000,"optimizer":1200000000,"activations":6000000000},"peak":9300000000')
                put("checkpoint", f'"step":{step},"dir":"checkpoints/step-{step:08d}","bytes":248000000,"seconds":0.4')
        put("run_finished", f'"reason":"completed","step":{events},"images":{events * 64}')
    return folder


def grid_of_100_000(screen: list, tests: Path, environment: dict) -> float:
    """Milliseconds from having the list of files to the first picture of the grid, in the page's own test."""
    done = subprocess.run([*screen, str(tests / "tst_datasets_page"), "hundredThousandScrollFluently"], env=environment, check=True,
                          capture_output=True, text=True, timeout=300)
    return float(re.search(r"usable after ([\d.]+) ms", done.stdout + done.stderr)[1])


@contextlib.contextmanager
def display(environment: dict):
    """The environment with a screen that nobody has used yet: an X server of its own, or Qt's offscreen platform."""
    if not shutil.which("Xvfb"):
        yield {**environment, "QT_QPA_PLATFORM": "offscreen"}
        return
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
                              pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as ready:
            yield {**environment, "DISPLAY": f":{ready.readline().strip()}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait(10)


def first_paint(studio: Path, project: Path, environment: dict) -> float:
    """Milliseconds from before the process exists to its window painted, both by the monotonic clock."""
    with display(environment) as shown:
        start = time.monotonic_ns()
        done = subprocess.run([studio, "--project", project, "--bench-start"], env=shown, check=True, capture_output=True, text=True, timeout=60)
        return (int(re.search(r"at (\d+) ns of the monotonic clock", done.stdout)[1]) - start) / 1e6


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studio", type=Path, default=root / "build/release/bin/atelier")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--pairs", "--repeat", dest="repeat", type=int, default=5, help="times that each is measured; there is no peer")
    parser.add_argument("--tests", type=Path, help="folder of tst_datasets_page, which fills the grid with 100 000 pictures")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1440x900x24"] if shutil.which("xvfb-run") else []
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        logs = home / "project/runs"
        folder = make_run(logs, arguments.events)
        environment = {**os.environ, "HOME": scratch, "XDG_CONFIG_HOME": scratch, "XDG_RUNTIME_DIR": scratch}
        if not screen:
            environment["QT_QPA_PLATFORM"] = "offscreen"

        def run(*words: str) -> str:
            return subprocess.run([*screen, str(arguments.studio), "--project", str(home / "project"), *words],
                                  env=environment, check=True, capture_output=True, text=True, timeout=300).stdout
        paints = [first_paint(arguments.studio, home / "project", environment) for _ in range(max(arguments.repeat, 3))]
        opened = [json.loads(run("--bench-run", str(folder)).splitlines()[-1]) for _ in range(arguments.repeat)]
        grid = [grid_of_100_000(screen, arguments.tests, environment) for _ in range(arguments.repeat)] if arguments.tests else []
    figures = {"screen": "Xvfb" if screen else "offscreen", "cores": usable_cores(), "events": arguments.events,
               "first_paint_ms": statistics.median(paints), "first_paint_ms_all": paints,
               **{key: statistics.median(o[key] for o in opened) for key in opened[0]},
               "turn_cpu_ms_longest_all": [o["turn_cpu_ms_longest"] for o in opened],
               "turn_wall_ms_longest_all": [o["turn_wall_ms_longest"] for o in opened]}
    print(json.dumps(figures, indent=1))
    of = lambda key: [o[key] for o in opened]
    rows = [alone("studio: start to first paint, warm", "ms", paints, 100),
            *([alone("studio: 100 000 pictures usable", "ms", grid, 200)] if grid else []),
            alone(f"studio: curve of {arguments.events:,} points redrawn", "ms", of("redraw_cpu_ms"), 4),
            alone("studio: resident memory with that curve", "MB", of("rss_mb"), 120)]
    finish(rows, {"screen": figures["screen"]}, arguments.json, figures=figures)


if __name__ == "__main__":
    main()
