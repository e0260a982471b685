#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shard writing and reading against the Python webdataset library, side by side in one run.

Alternates the two sides (A B B A …), prints the median of the pairwise ratios with its 95 % interval.
Needs the developer Python (webdataset) and a Release build; see scripts/bench/README.md.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import webdataset

from pairs import alternate, compared, finish, usable_cores


def engine(command):
    """Samples per second of one repetition of our program."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])["samples_per_s"]


def make_samples(count, image_bytes):
    return [{"__key__": f"sample-{i:07}",
             "jpg": os.urandom(image_bytes),
             "txt": f"a picture of thing number {i} on a table".encode(),
             "json": json.dumps({"width": 512, "height": 512, "original_width": 1024 + i, "original_height": 1536}).encode()}
            for i in range(count)]


def peer_write(samples, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = time.perf_counter()
    with webdataset.ShardWriter(str(folder / "%06d.tar"), maxcount=10_000, maxsize=256e6, verbose=0, encoder=False) as writer:
        for sample in samples:
            writer.write(sample)
    return len(samples) / (time.perf_counter() - start)


def peer_read(pattern):
    start = time.perf_counter()
    samples = total = 0
    for sample in webdataset.WebDataset(pattern, shardshuffle=False, empty_check=False):
        samples += 1
        total += len(sample["jpg"]) + len(sample["txt"]) + len(sample["json"])
    return samples / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="build/release/bin/atelier-engine", help="our program")
    parser.add_argument("--bare", action="store_true", help="ENGINE is a program that takes write|read directly")
    parser.add_argument("--dir", default="/dev/shm/atelier-bench", help="folder for the shards that are written (default: memory)")
    parser.add_argument("--read-dir", default="build/bench-shards", help="folder for the shards that are read (default: files, from the page cache)")
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--image-bytes", type=int, nargs="*", default=[4_000, 60_000, 300_000])
    parser.add_argument("--total", type=int, default=200_000_000, help="bytes of pictures per repetition, about")
    parser.add_argument("--max-samples", type=int, default=8000, help="samples per repetition at most")
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args()

    call = [options.engine] if options.bare else [options.engine, "bench", "data"]
    folder, read_folder = Path(options.dir), Path(options.read_dir)
    rows = []
    try:
        for size in options.image_bytes:
            count = max(200, min(options.max_samples, options.total // size))
            samples = make_samples(count, size)
            write = [*call, "write", "--out", str(folder / "a"), "--samples", str(count), "--image-bytes", str(size)]
            rates = alternate(lambda: engine(write), lambda: peer_write(samples, folder / "b"), options.pairs)
            rows.append(compared(f"shards written, {size // 1000} kB pictures", "samples/s", rates, 2, usable_cores()))
            del samples
            shutil.rmtree(read_folder, ignore_errors=True)
            shutil.copytree(folder / "a", read_folder)
            shards = sorted(str(p) for p in read_folder.glob("*.tar"))
            rates = alternate(lambda: engine([*call, "read", "::".join(shards)]), lambda: peer_read(shards), options.pairs)
            rows.append(compared(f"shards read, {size // 1000} kB pictures", "samples/s", rates, 5, usable_cores()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(read_folder, ignore_errors=True)
    finish(rows, {"webdataset": webdataset.__version__}, options.json, written_to=str(folder), read_from=str(read_folder))


if __name__ == "__main__":
    main()
