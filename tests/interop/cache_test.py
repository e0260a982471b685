#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Latents and texts kept on disk: the same bytes as without, from runs before, beside and after; torn and vanished entries; what does not go together."""
import json
import os
import shutil
import subprocess
import threading
import time
import unittest
from pathlib import Path

from PIL import Image

import data_features_test as features
import train_test as base

SIZES = features.SIZES


class Caches(features.DataCase):
    def setUp(self):
        super().setUp()
        self.shards("shards", SIZES, lambda size: Image.linear_gradient("L").resize(size))
        self.cache = self.folder / "cache"
        self.disk = f", latent_cache: disk, text_cache: disk, cache_folder: {self.cache}"

    def trained(self, name):
        """Weights, moments and losses at the end."""
        run = self.folder / "runs" / name
        newest = max(run.glob("checkpoints/step-*"), key=lambda p: int(p.name.split("-")[1]))
        return (newest / "state" / "optimizer.safetensors").read_bytes()

    def run_of(self, name, data="", **options):
        self.succeed("train", self.config(name, data=data, **options))
        return self.trained(name)

    def entries(self):
        return {p: p.stat().st_ino for p in self.cache.rglob("*.encoded")}

    def warnings(self, name):
        events = [json.loads(line) for line in (self.folder / "runs" / name / "events.jsonl").read_text().splitlines()]
        return [e for e in events if e["type"] == "warning"]

    def test_disk_is_memory_is_disk(self):
        """Bitwise: kept in memory, on an empty disk, from what another run left; squares, buckets, masks, smart crops, bf16."""
        memory = ", latent_cache: memory, text_cache: memory"
        buckets = ", buckets: true, bucket_step: 8, bucket_max_ratio: 3"
        for k, (data, more) in enumerate((("", {}), (buckets, {}), (", masks: true, crop: smart", {"loss": "unmasked_weight: 0.3"}), ("", {"model": ", mixed_precision: bf16"}))):
            with self.subTest(data=data, **more):
                shutil.rmtree(self.cache, ignore_errors=True)
                kept = self.run_of(f"memory{k}", data + memory, **more)
                self.assertEqual(kept, self.run_of(f"cold{k}", data + self.disk, **more))
                first = self.entries()
                self.assertEqual(len(first), 2 * len(SIZES))
                self.assertEqual(kept, self.run_of(f"warm{k}", data + self.disk, **more))
                self.assertEqual(first, self.entries(), "nothing was encoded a second time")

    def config(self, name, model="", **options):
        path = super().config(name, **options)
        path.write_text(path.read_text().replace("/pipeline}", f"/pipeline{model}}}"))
        return path

    def test_runs_beside_each_other_share(self):
        alone = self.run_of("alone", self.disk)
        shutil.rmtree(self.cache)
        configs = [self.config(f"beside{i}", data=self.disk) for i in range(3)]
        processes = [subprocess.Popen([str(base.ENGINE), "train", str(c)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for c in configs]
        for i, process in enumerate(processes):
            self.assertEqual(process.wait(timeout=200), 0, process.stderr.read())
            process.stderr.close()
            self.assertEqual(self.trained(f"beside{i}"), alone)
        self.assertEqual(len(self.entries()), 2 * len(SIZES))
        self.assertFalse(list(self.cache.rglob("*.part")))

    def test_torn_and_vanished_entries_are_made_again(self):
        whole = self.run_of("whole", self.disk)
        for i, file in enumerate(sorted(self.entries())):
            content = file.read_bytes()
            if i % 4 == 0:
                file.write_bytes(content[: len(content) // 2])
            elif i % 4 == 1:
                file.write_bytes(content[:-3] + b"\0\0\0")
            elif i % 4 == 2:
                file.write_bytes(b"")
        self.assertEqual(self.run_of("mended", self.disk), whole)
        # While a run goes on somebody clears it again and again.
        stop = threading.Event()

        def clear():
            while not stop.is_set():
                subprocess.run([str(base.ENGINE), "cache", str(self.cache), "--clear"], capture_output=True)
                time.sleep(0.01)

        thread = threading.Thread(target=clear)
        thread.start()
        try:
            self.assertEqual(self.run_of("cleared", self.disk), whole)
        finally:
            stop.set()
            thread.join()

    def test_killed_and_continued(self):
        whole = self.run_of("whole", self.disk, images=48)
        for name, wipe in (("kept", False), ("wiped", True)):
            run = self.folder / "runs" / name
            process = subprocess.Popen([str(base.ENGINE), "train", str(self.config(name, data=self.disk, images=48))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not list(run.glob("checkpoints/*/DONE")) and process.poll() is None:
                time.sleep(0.01)
            process.kill()
            self.assertNotEqual(process.wait(), 0)
            if wipe:
                shutil.rmtree(self.cache)
            self.succeed("train", run)
            self.assertEqual(self.trained(name), whole)

    def test_other_pictures_sizes_and_models_have_entries_of_their_own(self):
        self.run_of("a", self.disk, images=4)
        latents = len(self.entries())
        self.run_of("b", self.disk + ", crop: smart", images=4)
        self.assertEqual(len(self.entries()), latents + len(SIZES))
        path = self.config("c", data=self.disk, images=4)
        path.write_text(path.read_text().replace("resolution: 16", "resolution: 24"))
        self.succeed("train", path)
        self.assertEqual(len(self.entries()), latents + 2 * len(SIZES))
        # The same pictures and captions in another dataset are the same entries.
        shutil.copytree(self.folder / "shards", self.folder / "again")
        self.run_of("d", self.disk, shards="again", images=4)
        self.assertEqual(len(self.entries()), latents + 2 * len(SIZES))
        from diffusers import AutoencoderKL
        vae = AutoencoderKL.from_pretrained(self.folder / "pipeline/vae")
        vae.encoder.conv_in.bias.data[0] += 0.5
        vae.save_pretrained(self.folder / "pipeline/vae")
        self.run_of("e", self.disk, images=4)
        self.assertEqual(len(self.entries()), latents + 3 * len(SIZES))

    def test_a_picture_that_cannot_be_read_has_a_stand_in(self):
        import tarfile
        shard = self.folder / "shards/000000.tar"
        with tarfile.open(shard) as tar:
            offset = next(m for m in tar if m.name == "p3.png").offset_data
        with open(shard, "r+b") as file:
            file.seek(offset)
            file.write(b"no picture at all")
        kept = self.run_of("memory", ", latent_cache: memory, text_cache: memory")
        self.assertEqual(kept, self.run_of("cold", self.disk))
        self.assertEqual(kept, self.run_of("warm", self.disk))

    def test_the_verb_and_the_forecast_say_how_much(self):
        forecast = json.loads(self.succeed("check", self.config("f", data=self.disk), "--forecast", "--json").stdout)
        self.assertEqual(forecast["memory"]["latent_cache"], 0)
        self.run_of("f", self.disk)
        held = json.loads(self.succeed("cache", self.cache, "--json").stdout)
        self.assertEqual(held["entries"], len(self.entries()))
        self.assertEqual(held["bytes"], sum(p.stat().st_size for p in self.entries()))
        self.assertTrue(0.5 * held["bytes"] < forecast["disk"]["cache"] < held["bytes"], (held, forecast["disk"]))
        removed = json.loads(self.succeed("cache", self.cache, "--keep", "4K", "--json").stdout)
        self.assertLessEqual(removed["bytes"], 4096)
        self.assertGreater(removed["removed"]["entries"], 0)
        self.assertIn("0 entries", self.succeed("cache", self.cache, "--clear").stdout)
        self.assertEqual(base.engine("cache", self.cache, "--keep", "much").returncode, 2)

    def test_what_does_not_go_with_caches(self):
        for data, more in ((", flip: true", {}), (", crop: random", {}), (", hue_jitter: 0.1", {}), (", shuffle_tags: true", {}), (", tag_dropout: 0.2", {}),
                           ("", {"model": ", train_text_encoder: true"})):
            with self.subTest(data, **more):
                result = base.engine("train", self.config("x", data=data + self.disk, **more))
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn("cache", result.stderr)

    def test_a_folder_that_cannot_be_written_is_named(self):
        (self.folder / "file").write_text("")
        result = base.engine("train", self.config("x", data=self.disk.replace(str(self.cache), f"{self.folder}/file")))
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(f"{self.folder}/file", result.stderr)


if __name__ == "__main__":
    unittest.main()
