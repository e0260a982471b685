#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""3-megapixel JPEGs → 512-pixel shards on one core: `atelier-engine dataset build` (whole program: scan, hash, decode, resize,
encode, shards, verification, manifest) against img2dataset's path (cv2.imdecode, INTER_AREA, centre crop, JPEG 95, tar).

    scripts/bench/resize.py --engine build/release/bin/atelier-engine [--images 60] [--pairs 9]

Alternating pairs in one run, both pinned to the same core and measured in CPU seconds (user + system), so that other work on
the machine does not count; prints images per CPU second, the median ratio with its 95 % interval, and how near both results are
to a full decode with Lanczos (PSNR)."""
import argparse
import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from pairs import alternate, compared, finish

SIDE = 512


def photograph(rng, width, height):
    """1/f noise with correlated channels: spectrum and file size (about 0.8 MB at quality 90) of real photographs."""
    f = np.sqrt(np.fft.fftfreq(height)[:, None] ** 2 + np.fft.rfftfreq(width)[None, :] ** 2)
    f[0, 0] = 1

    def layer(power):
        x = np.fft.irfft2(np.exp(2j * np.pi * rng.random(f.shape)) / f**power, s=(height, width))
        return x / x.std()

    grey = layer(1.35)
    image = np.stack([grey + 0.3 * layer(1.6) for _ in range(3)], -1)
    return np.clip(127 + 45 * image, 0, 255).astype(np.uint8)


def make_images(folder, count):
    rng = np.random.default_rng(0)
    for i in range(count):
        size = (2048, 1536) if i % 2 else (1536, 2048)
        Image.fromarray(photograph(rng, *size)).save(folder / f"{i:04}.jpg", quality=90)
        (folder / f"{i:04}.txt").write_text(f"picture {i}\n")


def reference(source, target):
    """img2dataset's Resizer (resize_mode center_crop) and a tar, one process, one thread."""
    cv2.setNumThreads(1)
    with tarfile.open(target, "w") as tar:
        for path in sorted(source.glob("*.jpg")):
            image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
            height, width = image.shape[:2]
            scale = SIDE / min(height, width)
            size = (max(SIDE, round(width * scale)), max(SIDE, round(height * scale)))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            x, y = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
            jpeg = cv2.imencode(".jpg", image[y : y + SIDE, x : x + SIDE], [int(cv2.IMWRITE_JPEG_QUALITY), 95])[1].tobytes()
            for name, data in ((path.stem + ".jpg", jpeg), (path.stem + ".txt", path.with_suffix(".txt").read_bytes())):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def atelier(engine, source, target):
    shutil.rmtree(target, ignore_errors=True)
    command = [engine, "dataset", "build", str(source), "--out", str(target), "--resize", str(SIDE), "--resize-mode", "square",
               "--format", "jpg", "--quality", "95", "--threads", "1", "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def cpu():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def seconds(work):
    start = cpu()
    work()
    return cpu() - start


def psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b.astype(float)) ** 2))


def quality(source, ours, theirs):
    """PSNR of both against Pillow's full decode and Lanczos, over the first pictures."""
    result = []
    for tar_path in (ours, theirs):
        values = []
        with tarfile.open(tar_path) as tar:
            for member in [m for m in tar.getmembers() if m.name.endswith(".jpg")][:8]:
                stem = member.name[:4]
                got = np.asarray(Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB"))
                whole = Image.open(source / f"{stem}.jpg")
                scale = SIDE / min(whole.size)
                size = [max(SIDE, round(s * scale)) for s in whole.size]
                wanted = whole.resize(size, Image.LANCZOS)
                x, y = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
                values.append(psnr(got, np.asarray(wanted.crop((x, y, x + SIDE, y + SIDE)))))
        result.append(statistics.mean(values))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="build/release/bin/atelier-engine")
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args()
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    with tempfile.TemporaryDirectory(prefix="atelier-resize-") as folder:
        folder = Path(folder)
        source = folder / "source"
        source.mkdir()
        make_images(source, options.images)
        mean = sum(p.stat().st_size for p in source.glob("*.jpg")) / options.images
        print(f"{options.images} pictures of 3.1 MP, {mean / 1e3:.0f} kB on average, core {core}, {options.pairs} pairs")
        rate = lambda work: lambda: options.images / seconds(work)
        rates = alternate(rate(lambda: atelier(options.engine, source, folder / "v1")),
                          rate(lambda: reference(source, folder / "reference.tar")), options.pairs)
        mine, reference_quality = quality(source, folder / "v1" / "000000.tar", folder / "reference.tar")
    print(f"PSNR against a full decode with Lanczos: atelier {mine:.1f} dB, img2dataset {reference_quality:.1f} dB")
    finish([compared("3-megapixel JPEGs → 512-pixel shards", "images/s of CPU", rates, 1.5, 1)],
           {"img2dataset's path with OpenCV": cv2.__version__}, options.json, psnr={"atelier": mine, "img2dataset": reference_quality})


if __name__ == "__main__":
    main()
