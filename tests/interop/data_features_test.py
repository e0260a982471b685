#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aspect-ratio buckets and masked losses in a run: sizes, numbers, caches, exact resume."""
import io
import json
import random
import tarfile
import unittest
from pathlib import Path

from PIL import Image

import train_test as base

SIZES = [(40, 16), (32, 16), (16, 32), (20, 20), (48, 48), (18, 36), (30, 15)]


class DataCase(base.Case):
    def setUp(self):
        super().setUp()
        base.pipeline(self.folder, "epsilon")

    def shards(self, name, sizes, mask=None):
        rng = random.Random(1)
        (self.folder / name).mkdir()
        with tarfile.open(self.folder / name / "000000.tar", "w") as tar:
            for i, size in enumerate(sizes):
                members = {"png": Image.frombytes("RGB", size, rng.randbytes(size[0] * size[1] * 3)), "txt": f"picture {i}"}
                if mask is not None:
                    members["mask.png"] = mask(size)
                for extension, content in members.items():
                    data = io.BytesIO()
                    data.write(content.encode()) if isinstance(content, str) else content.save(data, "PNG")
                    info = tarfile.TarInfo(f"p{i}.{extension}")
                    info.size = len(data.getvalue())
                    tar.addfile(info, io.BytesIO(data.getvalue()))

    def config(self, name, shards="shards", images=24, data="", loss="", more="") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: {images}, save_every: 4, seed: 2}}
system: {{batch_size: 2, threads: 2, device: cpu, workers: 1}}
model: {{pretrained: {self.folder}/pipeline}}
method: {{type: lora, rank: 2}}
dataset: {{type: WebDataset, params: {{path: {self.folder}/{shards}, resolution: 16, text_dropout: 0.0{data}}}}}
loss: {{{loss}}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-3}}}}
tracking: {{log_every: 1}}
sampling: {{prompts: []}}
{more}""")
        return path

    def losses(self, name, **options):
        self.succeed("train", self.config(name, **options))
        events = [json.loads(line) for line in (self.folder / "runs" / name / "events.jsonl").read_text().splitlines()]
        return [e["values"]["loss"] for e in events if e["type"] == "metric" and "loss" in e["values"]]


class DataFeatures(DataCase):
    def test_buckets(self):
        self.shards("shards", SIZES)
        options = ", buckets: true, bucket_step: 8, bucket_max_ratio: 3"
        plain = self.losses("a", data=options)
        table = json.loads((self.folder / "runs" / "a" / "buckets.json").read_text())
        self.assertEqual({(b["width"], b["height"]): b["samples"] for b in table}, {(24, 8): 3, (8, 24): 2, (16, 16): 2})
        self.assertEqual(len(plain), 12)
        cached = self.losses("b", data=options + ", latent_cache: memory")
        for a, b in zip(plain, cached, strict=True):
            self.assertAlmostEqual(a, b, delta=1e-5 * abs(a))
        run = self.folder / "runs" / "c"
        self.train_and_kill_once(self.config("c", data=options), run)
        first, second = (next((self.folder / "runs" / n).glob("checkpoints/*12/state/optimizer.safetensors")).read_bytes() for n in "ac")
        self.assertEqual(first, second)
        # Another batch size would put other samples together.
        self.succeed("train", self.config("d", data=options, images=6))
        result = base.engine("train", self.folder / "runs" / "d", "experiment.num_examples_to_see=24", "system.batch_size=4")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("batches of 4", result.stderr)

    def test_what_does_not_go_with_buckets(self):
        self.shards("shards", SIZES)
        for data, more, message in ((", buckets: true, bucket_step: 9", "", "bucket_step"), (", buckets: true, bucket_step: 64", "", "multiple of 64"),
                                    (", buckets: true, bucket_step: 8", "method2: 1", "method2")):
            result = base.engine("train", self.config("x", data=data, more=more))
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(message, result.stderr)

    def test_masks(self):
        squares = [(16, 16)] * 4
        self.shards("plain", squares)
        for name, value in (("white", 255), ("black", 0)):
            self.shards(name, squares, lambda size: Image.new("L", size, value))
        self.shards("half", squares, lambda size: Image.linear_gradient("L").resize(size).point(lambda v: 255 if v > 127 else 0))
        expected = self.losses("plain", shards="plain", images=2)[0]
        masked = ", masks: true"
        for name, shards, data, loss, factor in (("a", "plain", masked, "", 1), ("b", "white", masked, "", 1), ("c", "black", masked, "", 0), ("d", "black", "", "", 1),
                                                 ("e", "black", masked, "unmasked_weight: 0.25", 0.25), ("f", "black", masked, "unmasked_weight: 0.25, mask_normalize: true", 1),
                                                 ("g", "black", masked + ", latent_cache: memory", "unmasked_weight: 0.25", 0.25)):
            with self.subTest(name):
                self.assertAlmostEqual(self.losses(name, shards=shards, data=data, loss=loss, images=2)[0], factor * expected, delta=1e-5)
        half = self.losses("h", shards="half", data=masked, images=2)[0]
        rest = self.losses("i", shards="half", data=masked, loss="unmasked_weight: 0.5", images=2)[0]
        self.assertTrue(0.2 * expected < half < 0.8 * expected, (half, expected))
        self.assertAlmostEqual(rest, 0.5 * half + 0.5 * expected, delta=1e-5)
        cached = self.losses("j", shards="half", data=masked + ", latent_cache: memory", images=2)[0]
        self.assertAlmostEqual(cached, half, delta=1e-5)

    def test_wrong_masks_are_named(self):
        squares = [(16, 16)] * 3
        self.shards("palette", squares, lambda size: Image.new("P", size, 1))  # index 1 of a palette whose colours are dark
        for name, data, loss, said in (("a", "", "", True), ("b", ", latent_cache: memory", "", True), ("c", "", "unmasked_weight: 0.5", False)):
            self.losses(name, shards="palette", data=", masks: true" + data, loss=loss, images=4)
            warnings = [json.loads(line) for line in (self.folder / "runs" / name / "events.jsonl").read_text().splitlines() if "black_mask" in line]
            self.assertEqual(len(warnings), said)
            if said:
                self.assertRegex(warnings[0]["text"], "mask of p[0-2] is black")

        class Junk:
            def save(self, file, kind):
                file.write(b"no picture")

        self.shards("junk", squares, lambda size: Junk())
        result = base.engine("train", self.config("d", shards="junk", data=", masks: true"))
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("its .mask.png: ", result.stderr)

    def test_few_pictures_in_many_sizes(self):
        """One picture for a batch of two; one size for all; a size for every picture; pictures of one pixel and strips: each trains, also from caches."""
        buckets = ", buckets: true, bucket_step: 8, bucket_max_ratio: 8"
        for name, sizes in (("one", [(40, 17)]), ("same", [(32, 16)] * 5), ("many", [(40, 16), (16, 40), (20, 20), (24, 16), (16, 24), (48, 16)]),
                            ("tiny", [(1, 1), (2, 1), (1, 300), (300, 1)])):
            with self.subTest(name):
                self.shards(name, sizes)
                plain = self.losses(f"{name}-plain", shards=name, data=buckets, images=8)
                cached = self.losses(f"{name}-cached", shards=name, data=buckets + f", latent_cache: disk, text_cache: disk, cache_folder: {self.folder}/cache", images=8)
                self.assertEqual(len(plain), 4)
                for a, b in zip(plain, cached, strict=True):
                    self.assertAlmostEqual(a, b, delta=1e-5 * abs(a))


if __name__ == "__main__":
    unittest.main()
