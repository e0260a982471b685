#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""DreamBooth: class pictures are the base model's, made once and reused; the loss is instance + weight · class; exact resume."""
import json
import unittest
from pathlib import Path

from PIL import Image
from safetensors.torch import load_file

import train_test as base


class DreamBooth(base.Case):
    def setUp(self):
        super().setUp()
        self.noise_shards(4)

    def config(self, name: str, method: str = "type: dreambooth") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: 24, save_every: 4, seed: 2}}
system: {{batch_size: 2, threads: 2, device: cpu, workers: 1}}
model: {{pretrained: {self.folder}/pipeline, train_text_encoder: true}}
method: {{{method}, instance_prompt: a sks fox, class_prompt: a fox, class_count: 5, prior_weight: 0.5}}
dataset: {{type: WebDataset, params: {{path: {self.folder}/shards, resolution: 16, text_dropout: 0.0}}}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-3, text_encoder_learning_rate: 5.0e-4}}}}
sampling: {{prompts: [a sks fox], at_start: true, steps: 3, guidance: 4, seed: 11}}
tracking: {{log_every: 1}}
""")
        return path

    def events(self, name):
        return [json.loads(line) for line in (self.folder / "runs" / name / "events.jsonl").read_text().splitlines()]

    def test_class_pictures_loss_and_reuse(self):
        self.succeed("train", self.config("a"))
        made = sorted((self.folder / "runs" / ".class-images").glob("*/*.png"))
        self.assertEqual([p.name for p in made], [f"{i:06}.png" for i in range(5)])
        self.succeed("sample", "--model", self.folder / "pipeline", *["--prompt", *["a fox"] * 5], "--out", self.folder / "out", "--steps", 3,
                     "--guidance", 4, "--sampler", "ddim", "--seed", 11, "--size", 16, "--device", "cpu", "--threads", 2)
        for i, picture in enumerate(made):
            self.assertEqual(Image.open(picture).tobytes(), Image.open(self.folder / "out" / f"{i:04}.png").tobytes())
        phases = [e["name"] for e in self.events("a") if e["type"] == "phase"]
        self.assertIn("class_images", phases)
        samples = [e["step"] for e in self.events("a") if e["type"] == "sample"]
        self.assertEqual(samples, [0, 4, 8, 12])
        self.succeed("sample", "--model", self.folder / "pipeline", "--prompt", "a sks fox", "--out", self.folder / "first", "--steps", 3,
                     "--guidance", 4, "--sampler", "ddim", "--seed", 11, "--size", 16, "--device", "cpu", "--threads", 2)
        self.assertEqual(Image.open(self.folder / "runs/a/samples/step-00000000/0000.png").tobytes(),
                         Image.open(self.folder / "first" / "0000.png").tobytes())
        metrics = [e["values"] for e in self.events("a") if e["type"] == "metric"]
        self.assertEqual(len(metrics), 12)
        for values in metrics:
            parts = {k.rsplit("/", 1)[-1].removeprefix("loss_"): v for k, v in values.items()}
            self.assertAlmostEqual(values["loss"], parts["instance"] + 0.5 * parts["class"], delta=1e-5 * abs(values["loss"]))
        before = [p.stat().st_mtime_ns for p in made]
        made[3].unlink()
        self.succeed("train", self.config("b", "type: lora, rank: 2"))  # the same base, prompt and size: only the missing one is made
        after = [p.stat().st_mtime_ns for p in made]
        self.assertEqual([a == b for a, b in zip(before, after)], [True, True, True, False, True])
        self.assertEqual(Image.open(made[3]).tobytes(), Image.open(self.folder / "out" / "0003.png").tobytes())
        self.assertTrue(load_file(self.folder / "runs" / "b" / "final" / "pytorch_lora_weights.safetensors"))

    def test_killed_and_continued_equals_uninterrupted(self):
        self.succeed("train", self.config("a"))
        run = self.folder / "runs" / "b"
        self.train_and_kill_once(self.config("b"), run)
        first, second = (next((self.folder / "runs" / name).glob("checkpoints/*12/state/optimizer.safetensors")).read_bytes()
                         for name in ("a", "b"))
        self.assertEqual(first, second)

    def test_pictures_of_ones_own(self):
        own = self.folder / "foxes"
        own.mkdir()
        for i in range(3):
            Image.new("RGB", (40, 20), (80 * i, 0, 0)).save(own / f"fox{i}.jpg")
        config = self.config("c")
        config.write_text(config.read_text().replace("class_count: 5", f"class_images: {own}"))
        self.succeed("train", config)
        self.assertEqual(len(list(own.iterdir())), 3)
        (own / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        result = base.engine("train", self.config("c2").rename(self.folder / "d.yaml"), f"method.class_images={own}", "method.class_count=null",
                             "experiment.name=d")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("broken.png", result.stderr)


if __name__ == "__main__":
    unittest.main()
