#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""open-diffusion's configurations run as they are, apart from ??? and paths, in its own form of the command; made small by
overrides. Then one row for each thing that goes wrong there: what it was, and how it shows that it does not here."""
import io
import json
import os
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

import numpy
from PIL import Image
from safetensors.numpy import load_file

ENGINE = str(Path(os.environ["ATELIER_BIN"]) / "atelier-engine")
SOURCE = Path(__file__).resolve().parents[2]
FILES = SOURCE / "tests" / "fixtures" / "open_diffusion"
MINI = SOURCE / "resources" / "models" / "mini"
SMALL = ["system.batch_size=2", "system.workers=1", "experiment.num_examples_to_see=4", "experiment.save_every=1", "experiment.num_eval_images=0",
         "dataset.params.resolution=32", "system.device=cpu", "system.threads=1", "wandb.mode=disabled", "model.mixed_precision=no"]
UNET = ["model.unet.params.block_out_channels=[16,16,16,16]", "model.unet.params.norm_num_groups=8", "model.unet.params.layers_per_block=1",
        "model.unet.params.cross_attention_dim=96", "model.unet.params.attention_head_dim=2"]
BASE = [f"model.{part}.pretrained={MINI}" for part in ("vae", "text_encoder", "tokenizer", "noise_scheduler_training", "noise_scheduler_inference")]
PT = [f"model.pt_path={MINI}", f"model.noise_scheduler_inference.pretrained={MINI}"]
# Column → its file and what must be filled in: ??? and paths, nothing else.
COLUMNS = {"readme_base": UNET + BASE, "readme_finetune": [f"model.pretrained={MINI}"], "imagenet": UNET + PT,
           "sd_v2_base_stage1": UNET + PT, "sd_v2_base_stage2": UNET + PT}


def png(i):
    out = io.BytesIO()
    Image.fromarray(numpy.random.default_rng(i).integers(0, 255, (40, 36, 3), dtype=numpy.uint8)).save(out, "PNG")
    return out.getvalue()


class OpenDiffusion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.shards = cls.folder / "{000000..000001}.tar"
        for shard in range(2):
            with tarfile.open(cls.folder / f"{shard:06}.tar", "w") as tar:
                for i in range(5):
                    meta = {"punsafe": 0.01 if i else 0.9, "pwatermark": 0.1 if i else "high", "original_width": 600, "original_height": 800 if i != 1 else 100}
                    for ext, data in (("png", png(10 * shard + i)), ("txt", f"words {i}".encode()), ("cls", str(i % 3).encode()),
                                      ("json", json.dumps(meta).encode())):
                        info = tarfile.TarInfo(f"{shard}{i}.{ext}")
                        info.size = len(data)
                        tar.addfile(info, io.BytesIO(data))
        (cls.folder / "classes.json").write_text('{"0": "tench", "1": "goldfish", "2": "great white shark"}')
        (cls.folder / "captions.csv").write_text('uid,caption\na,a cat\nb/c,"a dog, running"\na,the same uid\n')

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def train(self, name, column, *more, expect=0, logs="logs"):
        words = [f"config={FILES / (column + '.yaml')}", *SMALL, *COLUMNS[column], f"experiment.log_dir={self.folder / logs}", f"experiment.name={name}",
                 f"dataset.params.path={self.shards}", f"experiment.eval_caption_file={self.folder / 'captions.csv'}"]
        if column == "readme_base":
            words.append("experiment.project=p")
        if column == "imagenet":
            words.append(f"dataset.params.class_mapping={self.folder / 'classes.json'}")
        done = subprocess.run([ENGINE, "train", *words, *more], capture_output=True, text=True, timeout=200, cwd=self.folder)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def run_dir(self, name):
        return self.folder / "logs" / name

    def events(self, name, kind):
        return [e for e in map(json.loads, (self.run_dir(name) / "events.jsonl").read_text().splitlines()) if e["type"] == kind]

    def metadata(self, name, place="current_pipeline"):
        return json.loads((self.run_dir(name) / place / "metadata.json").read_text())

    # ---- every column ---------------------------------------------------------------------------------------------------
    def check_column(self, column):
        self.train(column, column)
        run = self.run_dir(column)
        self.assertEqual(self.metadata(column)["step"], 2)
        self.assertTrue((run / "final" / "model_index.json").exists())
        self.assertTrue((run / "pipelines" / "step_2" / "unet").exists())
        self.assertTrue((run / "config.yaml").exists())
        self.assertEqual(self.events(column, "run_finished")[-1]["reason"], "completed")

    def test_readme_base(self):
        self.check_column("readme_base")
        # save_only_most_recent: one checkpoint is left, and it is whole.
        self.assertEqual([p.name for p in (self.run_dir("readme_base") / "checkpoints").iterdir()], ["step-00000002"])

    def test_readme_finetune(self):
        self.check_column("readme_finetune")
        self.assertTrue((self.run_dir("readme_finetune") / "pipelines" / "step_1").exists())

    def test_imagenet(self):
        self.check_column("imagenet")

    def test_stage_1_and_2(self):
        self.check_column("sd_v2_base_stage1")
        self.check_column("sd_v2_base_stage2")
        # requeue: True continues.
        self.train("sd_v2_base_stage2", "sd_v2_base_stage2", "experiment.num_examples_to_see=8")
        self.assertEqual(self.metadata("sd_v2_base_stage2")["step"], 4)

    # ---- evaluation pictures --------------------------------------------------------------------------------------------
    def test_evaluation_captions(self):
        self.train("evaluated", "readme_finetune", "experiment.num_eval_images=1000", "sampling.steps=2", "experiment.save_every=2")
        examples = self.run_dir("evaluated") / "examples"
        with tarfile.open(examples / "step_2.tar") as tar:
            # Fewer rows than asked for, a slash and a repeated uid: a picture for each all the same.
            self.assertEqual(tar.getnames(), ["step_2/a.jpg", "step_2/b_c.jpg", "step_2/a_2.jpg"])
            pictures = [numpy.asarray(Image.open(io.BytesIO(tar.extractfile(n).read()))) for n in tar.getnames()]
        self.assertEqual(pictures[0].shape, (32, 32, 3))
        self.assertFalse(numpy.array_equal(pictures[0], pictures[2]), "noise of their own")
        with Image.open(examples / "step_2.jpg") as grid:
            self.assertEqual(grid.size, (3 * 34 + 2, 36))
        self.assertEqual(sorted(p.name for p in examples.iterdir()), ["step_2.jpg", "step_2.tar"])

    # ---- its scripts ----------------------------------------------------------------------------------------------------
    def dataset(self, *words):
        done = subprocess.run([ENGINE, "dataset", *map(str, words), "--json"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_metadata_and_reference_pictures(self):
        out = self.folder / "metadata.jsonl"
        self.assertEqual(self.dataset("metadata", self.shards, "--out", out)["written"], 10)
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        self.assertEqual([line["pwatermark"] for line in lines[:2]], ["high", 0.1])
        self.dataset("metadata", self.shards, "--out", out, "--limit", 3)
        self.assertEqual(len(out.read_text().splitlines()), 3)
        tars = [self.folder / f"reference-{i}.tar.out" for i in range(3)]
        for tar, seed in zip(tars, (0, 0, 1)):
            self.assertEqual(self.dataset("reference", self.shards, "--out", tar, "--count", 7, "--size", 24, "--seed", seed)["written"], 7)
        self.assertEqual(tars[0].read_bytes(), tars[1].read_bytes())
        self.assertNotEqual(tars[0].read_bytes(), tars[2].read_bytes())
        with tarfile.open(tars[0]) as tar:
            self.assertEqual(tar.getnames(), [f"{i:08}.jpg" for i in range(7)])
            pictures = [tar.extractfile(n).read() for n in tar.getnames()]
        self.assertEqual(Image.open(io.BytesIO(pictures[0])).size, (24, 24))
        self.assertEqual(len(set(pictures)), 7, "each picture once")

    # ---- what goes wrong there, and does not here -----------------------------------------------------------------------
    def test_defects(self):
        """Each row: the defect in our words, how it would show, and that it does not."""
        self.train("ema", "sd_v2_base_stage1", "experiment.num_examples_to_see=8")
        ema = self.run_dir("ema")
        self.train("accumulated", "sd_v2_base_stage1", "system.gradient_accumulation=2", "experiment.num_examples_to_see=8", "model.max_grad_norm=1.0")
        self.train("requeued", "sd_v2_base_stage1")
        scheduler = json.loads((self.run_dir("requeued") / "final" / "scheduler" / "scheduler_config.json").read_text())
        self.train("requeued", "sd_v2_base_stage1", "experiment.num_examples_to_see=8")
        state = lambda name, step: load_file(self.run_dir(name) / "checkpoints" / f"step-{step:08}" / "state" / "optimizer.safetensors")
        averaged = load_file(ema / "final" / "unet" / "diffusion_pytorch_model.safetensors")["conv_in.weight"]
        masters = [v for k, v in state("ema", 4).items() if k.endswith("unet.conv_in.weight") and v.shape == averaged.shape]
        metrics = self.events("ema", "metric")
        self.train("fp32", "readme_base", "model.mixed_precision=no")
        rows = [
            ("one device needs a process group", lambda: self.events("ema", "run_finished")[-1]["reason"] == "completed"),
            ("averaged weights take the place of the trained ones, which are lost",
             lambda: any(not numpy.array_equal(m, averaged) for m in masters)),
            ("a continued run is another than one that was not stopped",
             lambda: all(numpy.array_equal(v, state("requeued", 4)[k]) for k, v in state("ema", 4).items())),
            ("what a filter says is run as a program",
             lambda: "does not start with" in self.train("evil", "readme_base", "dataset.params.filters.pwatermark=__import__('os')", expect=2)),
            ("a value that is no number ends a worker", lambda: self.events("fp32", "run_finished")[-1]["reason"] == "completed"),
            ("gradients are clipped while they are being summed; steps count passes",
             lambda: self.metadata("accumulated") == {"step": 2, "step_counts": "optimizer updates", "images": 8}),
            ("an old pipeline is gone before the new one is written",
             lambda: (ema / "current_pipeline").is_symlink() and (ema / "current_pipeline" / "model_index.json").exists()),
            ("the scheduler that is configured for sampling is not the one that is saved",
             lambda: scheduler["_class_name"] == json.loads((MINI / "scheduler" / "scheduler_config.json").read_text())["_class_name"]),
            ("a key stands in the written configuration",
             lambda: "sesame" not in self.train("key", "readme_base", "wandb.api_key=sesame") + (self.run_dir("key") / "events.jsonl").read_text() +
             (self.run_dir("key") / "config.yaml").read_text()),
            ("loss and gradient may be anything", lambda: metrics and all(isinstance(m["values"]["loss"], float) for m in metrics)),
            ("only bf16 works, null crashes", lambda: self.events("fp32", "run_finished")[-1]["reason"] == "completed"),
            ("captions are never left out", lambda: "text_dropout: 0.1" in (ema / "config.yaml").read_text()),
            ("no workers is a division by zero", lambda: bool(self.train("none", "readme_base", "system.workers=0", expect=2))),
            ("a tag that names no class", lambda: "DDPMScheduler" in self.train("target", "imagenet")),
            ("a class outside the map ends a worker", lambda: self.classes_without_prompt()),
        ]
        for defect, shown in rows:
            with self.subTest(defect):
                self.assertTrue(shown(), defect)

    def classes_without_prompt(self):
        self.train("lacking", "imagenet", "dataset.params.class_mapping={0: tench}")
        return any("has no prompt" in e["reason"] for e in self.events("lacking", "sample_dropped"))

    # ---- every key ------------------------------------------------------------------------------------------------------
    def test_no_key_is_refused(self):
        """check names every key of every column as known: nothing but what is ??? or a path stands in the way."""
        for column in COLUMNS:
            with self.subTest(column):
                done = subprocess.run([ENGINE, "check", FILES / (column + ".yaml"), "--json"], capture_output=True, text=True)
                issues = json.loads(done.stdout)
                issues = issues["issues"] if isinstance(issues, dict) else issues
                self.assertLess(len(issues), 20, "one line for a quarter of a million shards, not one for each")
                codes = {i["code"] for i in issues if i["severity"] == "error"}
                self.assertLessEqual(codes, {"missing", "missing_shards", "missing_file", "missing_model", "shards", "interpolation", "required"})


if __name__ == "__main__":
    unittest.main()
