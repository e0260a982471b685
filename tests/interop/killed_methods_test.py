#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every method, killed at random moments, suspended, continued and then continued beyond its plan, ends with the bytes of a run that was left alone; and at no moment is a run that
keeps only its newest checkpoint without one."""
import json
import os
import random
import signal
import subprocess
import threading
import time
import unittest
from pathlib import Path

import train_test as base

UNET = {"block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1,
        "norm_num_groups": 4, "attention_head_dim": 4, "sample_size": 16, "in_channels": 3, "out_channels": 3}
CODER = {"block_out_channels": [8, 16], "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2, "norm_num_groups": 4, "sample_size": 16}
SCHEDULE = {"target": "DDIMScheduler", "params": base.SCHEDULE}
PLAN, MORE = 8, 16  # images; batches of 2
# Method → (method, model beside model.pretrained or instead of it, other overrides)
METHODS = {
    "full": ({"type": "finetune"}, {"use_ema": True, "train_text_encoder": True}, []),
    "dreambooth": ({"type": "dreambooth", "instance_prompt": "a sks fox", "class_prompt": "a fox", "class_count": 3}, {"train_text_encoder": True}, ["sampling.steps=2"]),
    "lora": ({"type": "lora", "rank": 2, "tokens": {"<toy>": "a"}}, {"mixed_precision": "bf16"}, ["optimizer.name=prodigy", "optimizer.params.learning_rate=1"]),
    "textual_inversion": ({"type": "textual_inversion", "tokens": {"<toy>": "a"}, "vectors": 2}, {}, []),
    "controlnet": ({"type": "controlnet", "condition": "canny", "condition_dropout": 0.3}, {"use_ema": True}, ["optimizer.name=adamw8bit"]),
    "inpainting": ({"type": "inpainting"}, {}, ["loss.non_finite=stop"]),
    "without_text": ({"type": "without_text"}, {"unet": {"params": UNET}, "noise_scheduler_training": SCHEDULE, "pretrained": None, "use_ema": True}, []),
    "autoencoder": ({"type": "autoencoder"}, {"vae": {"target": "AutoencoderKL", "params": CODER}, "pretrained": None},
                    ["loss.discriminator_weight=0.5", "loss.discriminator_start=2", "loss.discriminator_layers=1", "loss.discriminator_width=8"]),
    "quantised": ({"type": "autoencoder"}, {"vae": {"target": "VQModel", "params": CODER | {"latent_channels": 3, "num_vq_embeddings": 12}}, "pretrained": None},
                  ["loss.codebook_decay=0.9"]),
}


class Killed(base.Case):
    def setUp(self):
        super().setUp()
        self.noise_shards(5, (18, 16), captions=True)

    def config(self, place, method, model, **experiment) -> Path:
        """`place`: the run's folder below runs/, "broken/lora"; files carry the run's name."""
        logs, name = place.split("/")
        path = self.folder / f"{logs}-{name}.yaml"
        path.write_text(json.dumps({  # JSON is YAML
            "experiment": {"name": name, "log_dir": str(self.folder / "runs" / logs), "num_examples_to_see": MORE, "save_every": 2, "seed": 2} | experiment,
            "system": {"batch_size": 2, "threads": 1, "device": "cpu", "workers": 1}, "model": {"pretrained": str(self.folder / "pipeline")} | model, "method": method,
            "dataset": {"type": "WebDataset", "params": {"path": str(self.folder / "shards"), "resolution": 16, "text_dropout": 0.1, "flip": True, "crop": "random"}},
            "optimizer": {"name": "adamw", "params": {"learning_rate": 1e-3}}, "lr_scheduler": {"scheduler": "ConstantWithWarmup", "params": {"warmup_length": 3}},
            "tracking": {"log_every": 1}}))
        return path

    def events(self, name):
        path = self.folder / "runs" / name / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")] if path.exists() else []

    def interrupt(self, how, rng, name, target, *more):
        """Started, and ended by a signal some time after a random update, or before any."""
        process = subprocess.Popen([str(base.ENGINE), "train", str(target), *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        before, wanted = len(self.events(name)), rng.randint(0, 3)
        deadline = time.time() + 60
        while process.poll() is None and time.time() < deadline:
            fresh = self.events(name)[before:]
            if fresh and sum(e["type"] == "metric" for e in fresh) >= wanted:
                break
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (-signal.SIGKILL, 4, 0), err)

    def product(self, name):
        run = self.folder / "runs" / name
        state = next(run.glob("checkpoints/step-00000008/state/optimizer.safetensors")).read_bytes()
        # A file for other programs says the day it was made on; its tensors follow the header.
        tensors = lambda data: data[8 + int.from_bytes(data[:8], "little"):]
        return {"state": state} | {str(p.relative_to(run)): tensors(p.read_bytes()) for p in sorted((run / "final").rglob("*.safetensors"))}

    def test_methods(self):
        for seed, (name, (method, model, more)) in enumerate(METHODS.items()):
            with self.subTest(name):
                rng = random.Random(seed)
                self.succeed("train", self.config(f"whole/{name}", method, model), *more)
                broken = f"broken/{name}"
                run = self.folder / "runs" / broken
                start = self.config(broken, method, model, num_examples_to_see=PLAN)
                self.interrupt(signal.SIGKILL, rng, broken, start, *more)
                if not run.exists():
                    self.succeed("train", start, *more)
                self.succeed("train", run)  # to the end of the plan
                self.interrupt(signal.SIGKILL, rng, broken, run, f"experiment.num_examples_to_see={MORE}")
                self.interrupt(signal.SIGTERM, rng, broken, run, f"experiment.num_examples_to_see={MORE}")
                self.succeed("train", run)
                whole, ours = self.product(f"whole/{name}"), self.product(broken)
                self.assertEqual(whole.keys(), ours.keys())
                self.assertGreater(len(whole), 1)
                self.assertEqual([k for k in whole if whole[k] != ours[k]], [])

    def test_requeued_and_never_without_a_checkpoint(self):
        """save_only_most_recent, a checkpoint every update, the same command again after each kill."""
        method, model, more = METHODS["quantised"]
        only = dict(save_every=1, save_only_most_recent=True, requeue=True)
        self.succeed("train", self.config("whole/single", method, model, **only), *more)
        rng = random.Random(5)
        run = self.folder / "runs/broken/single"
        config = self.config("broken/single", method, model, **only)
        ended, seen, lost = threading.Event(), [], []

        def watch():
            def there():
                return any((run / "current_pipeline").glob("vqvae*/config.json")) and any(run.glob("checkpoints/*/DONE"))
            while not ended.is_set():
                # The name may be replaced while it is being followed: gone is what is not there twice.
                if there():
                    seen.append(1)
                elif seen and not there() and not there():
                    lost.append(sorted(str(p) for p in run.glob("*/*")))
                time.sleep(0.001)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            for _ in range(4):
                self.interrupt(signal.SIGKILL, rng, "broken/single", config, *more)
                frozen = (run / "config.yaml").read_bytes() if (run / "config.yaml").exists() else None
            self.succeed("train", config, *more)
        finally:
            ended.set()
            watcher.join()
        self.assertTrue(seen)
        self.assertEqual(lost, [])
        whole, ours = self.product("whole/single"), self.product("broken/single")
        self.assertEqual([k for k in whole if whole[k] != ours[k]], [])
        self.assertEqual([p.name for p in (run / "checkpoints").iterdir()], ["step-00000008"])
        self.assertEqual([p.name for p in (run / "pipelines").iterdir()], ["step_8"])
        # What was run, and by which engine.
        self.assertEqual((run / "config.yaml").read_bytes(), frozen)
        version = subprocess.run([str(base.ENGINE), "--version"], capture_output=True, text=True).stdout.split()[-1]
        started = [e for e in self.events("broken/single") if e["type"] == "run_started"]
        self.assertGreaterEqual(len(started), 3)
        self.assertEqual({e["engine"] for e in started}, {f"atelier-engine {version}"})
        self.assertEqual(len({e["config_hash"] for e in started}), 1)
        self.assertEqual(json.loads((run / "checkpoints/step-00000008/state/state.json").read_text())["engine"], version)


if __name__ == "__main__":
    unittest.main()
