#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The studio on a virtual screen with a folder of 100 000 pictures: frames while it is read and afterwards, and memory.
Frames are processor time of the window's own thread per 16-ms frame.

Needs a Release build, Xvfb and Pillow. No peer: the bounds beside the figures are ours.
"""
import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def make_pictures(folder: Path, count: int):
    """`count` names over 64 different JPEGs (hard links), each with a caption of its own."""
    from PIL import Image

    originals = []
    for i in range(64):
        path = folder / f".original-{i}.jpg"
        picture = Image.linear_gradient("L").resize((448 + i % 8 * 32, 512 - i % 5 * 32)).convert("RGB")
        Image.blend(picture, Image.new("RGB", picture.size, (i * 4, 255 - i * 3, i * 37 % 256)), 0.6).save(path, quality=90)
        originals.append(path)
    for i in range(count):
        if i % 1000 == 0:
            inside = folder / f"{i // 1000:03}"
            inside.mkdir()
        os.link(originals[i % 64], inside / f"picture-{i:06}.jpg")
        (inside / f"picture-{i:06}.txt").write_text(f"a {'red blue green'.split()[i % 3]} fox number {i}, watercolour, snow, evening light")


class Screen:
    def __enter__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"], pass_fds=[write],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as stream:
            self.display = f":{stream.readline().strip()}"
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studio", type=Path, default=ROOT / "build/release/bin/atelier")
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--dir", type=Path, help="where the pictures are made (default: in memory)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    scratch = args.dir or ("/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    with tempfile.TemporaryDirectory(prefix="atelier-bench-", dir=scratch) as folder, Screen() as screen:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        environment = {**os.environ, "DISPLAY": screen.display, "QT_QPA_PLATFORM": "xcb", "HOME": str(home), "XDG_RUNTIME_DIR": str(home),
                       "XDG_CONFIG_HOME": str(home / ".config"), "QT_SCALE_FACTOR": "1"}

        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        make_pictures(pictures, args.pictures)
        done = subprocess.run([args.studio, "--bench-pictures", pictures], env=environment, capture_output=True, text=True, check=True)
        p = {"cores": len(os.sched_getaffinity(0)), **json.loads(done.stdout)}
    print(f"{p['pictures']} pictures: first shown after {p['first_shown_ms']:.0f} ms (bound 200), listed after {p['listed_ms']:.0f} ms, read after {p['read_ms']:.0f} ms")
    for name in ("loading", "wheel", "drag", "arrow_keys", "page_keys", "select_all", "filter", "sort"):
        f = p[name]
        print(f"  {name:11} median {f['median_ms']:5.1f} ms  p99 {f['p99_ms']:5.1f} (bound 8)  slowest {f['slowest_ms']:5.1f} (bound 16)  of {f['frames']} frames")
    for name in ("before", "after_loading", "after_scrolling"):
        print(f"  memory {name:16} {p[name]['rss_mb']:.0f} MB resident, {p[name]['private_mb']:.0f} MB of it private")
    if args.json:
        args.json.write_text(json.dumps(p, indent=1))


if __name__ == "__main__":
    main()
