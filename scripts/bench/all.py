#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the benchmarks one after another, each in its own process, and prints their rows as one Markdown table. Started by `run`."""
import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from pairs import table, usable_cores

HERE = Path(__file__).resolve().parent
HALF_SD = ["--batch", "1", "--channels", "160,320,640,640"]
# Options of each benchmark: always, given the folder of the programs; with --quick.
BENCHMARKS = {
    "shards": (lambda bin: ["--engine", bin / "atelier-engine"], ["--total", "20000000"]),
    "resize": (lambda bin: ["--engine", bin / "atelier-engine"], ["--images", "8"]),
    "train": (lambda bin: ["--bin", bin], ["--steps", "1", "--warmup", "1"]),
    "train-bf16": (lambda bin: ["--bin", bin, "--precision", "bf16"], ["--steps", "1", "--warmup", "1"]),
    "train-one": (lambda bin: ["--bin", bin, *HALF_SD], ["--steps", "1", "--warmup", "1"]),
    "train-one-bf16": (lambda bin: ["--bin", bin, *HALF_SD, "--precision", "bf16"], ["--steps", "1", "--warmup", "1"]),
    **{f"train-{method}{'' if precision == 'fp32' else '-bf16'}": (lambda bin, method=method, precision=precision: ["--bin", bin, "--method", method, "--precision", precision, "--batch", "2"],
                                                                  ["--steps", "1", "--warmup", "1"])
       for method in ("lora", "controlnet") for precision in ("fp32", "bf16")},
    "models": (lambda bin: ["--bin", bin], ["--precision", "fp32", "--works", "unet", "text_encoder", "start"]),
    "loading": (lambda bin: ["--bin", bin, "--keep"], ["--quick"]),
    "studio": (lambda bin: ["--studio", bin / "atelier", "--tests", bin.parent / "tests"], ["--events", "20000"]),
}


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench/run", description=__doc__)
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="some of them, with commas between")
    parser.add_argument("--pairs", type=int, help="alternating pairs of each (default 9; with --quick 3)")
    parser.add_argument("--quick", action="store_true", help="small inputs: shows that everything works, not how fast it is")
    parser.add_argument("--bin", type=Path, default=HERE.parents[1] / "build/ci/bin", help="folder of a Release build's programs")
    parser.add_argument("--json", help="also write rows, versions and details to this file")
    options = parser.parse_args()
    names = options.only.split(",")
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]}: {', '.join(BENCHMARKS)}")
    pairs = str(options.pairs or (3 if options.quick else 9))
    rows, versions, results, failed = [], {}, {}, []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            print(f"== {name}", file=sys.stderr, flush=True)
            result = Path(folder) / f"{name}.json"
            always, quick = BENCHMARKS[name]
            command = [sys.executable, HERE / f"{name.split('-')[0]}.py", *always(options.bin.resolve()), *(quick if options.quick else []), "--pairs", pairs, "--json", result]
            done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL)
            if done.returncode != 0 or not result.exists():
                failed.append(name)
                continue
            results[name] = json.loads(result.read_text())
            rows += results[name]["rows"]
            versions |= results[name]["versions"]
    print(f"{processor()}, {usable_cores()} cores usable, Linux {platform.release()}; Python {platform.python_version()}, "
          + ", ".join(f"{name} {version}" for name, version in versions.items())
          + f". Medians of {pairs} alternating pairs with their 95 % interval; a ratio above 1 is in favour of Atelier.\n")
    print(table(rows))
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    if failed:
        sys.exit(f"error: no figures of {', '.join(failed)}; see what it said above")


if __name__ == "__main__":
    main()
