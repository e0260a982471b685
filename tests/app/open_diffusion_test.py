#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""open-diffusion's configurations run as they are, apart from ??? and paths, in its own form of the command; made small by
overrides. Then one row for each thing that goes wrong there: what it was, and how it shows that it does not here."""
import io
import json
import os
import re
import subprocess
import tarfile
import tempfile
import time
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

    def train(self, name, column, *more, expect=0, logs="logs", environment=None):
        words = [f"config={FILES / (column + '.yaml')}", *SMALL, *COLUMNS[column], f"experiment.log_dir={self.folder / logs}", f"experiment.name={name}",
                 f"dataset.params.path={self.shards}", f"experiment.eval_caption_file={self.folder / 'captions.csv'}"]
        if column == "readme_base":
            words.append("experiment.project=p")
        if column == "imagenet":
            words.append(f"dataset.params.class_mapping={self.folder / 'classes.json'}")
        done = subprocess.run([ENGINE, "train", *words, *more], capture_output=True, text=True, timeout=200, cwd=self.folder,
                              env=os.environ | (environment or {}))
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
        with Image.open(examples / "step_2.jpg") as grid:  # 8 across, 2 black pixels around each
            self.assertEqual(grid.size, (3 * 34 + 2, 36))
        self.assertEqual(sorted(p.name for p in examples.iterdir()), ["step_2.jpg", "step_2.tar"])
        # The sampler that is configured makes them (there: always one of a hub).
        self.train("evaluated-2", "readme_finetune", "experiment.num_eval_images=1", "sampling.steps=2", "experiment.save_every=2", "sampling.sampler=euler_a")
        with tarfile.open(self.run_dir("evaluated-2") / "examples" / "step_2.tar") as tar:
            again = numpy.asarray(Image.open(io.BytesIO(tar.extractfile("step_2/a.jpg").read())))
        self.assertFalse(numpy.array_equal(again, pictures[0]))

    # ---- files that lie elsewhere ---------------------------------------------------------------------------------------
    def test_class_map_and_captions_from_s3(self):
        from fake_s3 import FakeS3
        s3 = FakeS3()
        self.addCleanup(s3.close)
        s3.create("bucket")
        s3.store("bucket", "maps/classes.json", (self.folder / "classes.json").read_bytes())
        s3.store("bucket", "maps/captions.csv", (self.folder / "captions.csv").read_bytes())
        home = self.folder / "home"
        words = ("dataset.params.class_mapping=s3://bucket/maps/classes.json", "experiment.eval_caption_file=s3://bucket/maps/captions.csv", "experiment.num_eval_images=2", "sampling.steps=1",
                 "experiment.save_every=2")
        s3.trouble = lambda method, path, count: "cut" if method == "GET" and count == 1 else None
        self.train("elsewhere", "imagenet", *words, environment=s3.environment(home) | {"XDG_CACHE_HOME": str(home)})
        with tarfile.open(self.run_dir("elsewhere") / "examples" / "step_2.tar") as tar:
            self.assertEqual(len(tar.getnames()), 2)
        self.assertIn("class_mapping: s3://bucket/maps/classes.json", (self.run_dir("elsewhere") / "config.yaml").read_text())
        self.assertEqual(s3.problems, [])

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

    def test_extracts_from_s3(self):
        """Only as many shards are fetched as are needed, and none is kept."""
        from fake_s3 import FakeS3
        s3 = FakeS3()
        self.addCleanup(s3.close)
        s3.create("bucket")
        for i in range(24):
            s3.store("bucket", f"{i:06}.tar", (self.folder / f"{i % 2:06}.tar").read_bytes())
        home = self.folder / "extracts"
        home.mkdir()
        environment = os.environ | s3.environment(home) | {"XDG_CACHE_HOME": str(home)}
        pattern = "s3://bucket/{000000..000023}.tar"

        def extract(*words):
            done = subprocess.run([ENGINE, "dataset", *map(str, words), "--json"], capture_output=True, text=True, env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["written"]

        self.assertEqual(extract("metadata", pattern, "--out", home / "some.jsonl", "--limit", 30), 30)
        self.assertLessEqual(s3.counts["GET"], 16, "the window in use and the one that was on its way")
        self.assertEqual(extract("metadata", pattern, "--out", home / "all.jsonl"), 120)
        tars = [home / "a.tar", home / "b.tar"]
        for tar in tars:
            self.assertEqual(extract("reference", pattern, "--out", tar, "--count", 20, "--size", 24, "--seed", 3), 20)
        self.assertEqual(tars[0].read_bytes(), tars[1].read_bytes())
        self.assertEqual(extract("reference", pattern, "--out", home / "c.tar", "--size", 24), 120)
        self.assertEqual(list((home / "atelier" / "shards" / "stream").iterdir()), [])
        self.assertEqual(s3.problems, [])

    # ---- what goes wrong there, and does not here -----------------------------------------------------------------------
    def test_defects(self):
        """Each row: the defect's number in docs/open-diffusion.md, it in our words, and how it shows that it is not here. The table there names the tests of the others."""
        # For sampling another schedule than the one that is trained with.
        other = self.folder / "other-sampling" / "scheduler"
        other.mkdir(parents=True)
        theirs = json.loads((MINI / "scheduler" / "scheduler_config.json").read_text()) | {"_class_name": "PNDMScheduler", "beta_end": 0.02, "skip_prk_steps": True}
        (other / "scheduler_config.json").write_text(json.dumps(theirs))
        inference = f"model.noise_scheduler_inference.pretrained={other.parent}"
        self.train("ema", "sd_v2_base_stage1", "experiment.num_examples_to_see=8", inference)
        ema = self.run_dir("ema")
        self.train("accumulated", "sd_v2_base_stage1", "system.gradient_accumulation=2", "experiment.num_examples_to_see=8", "model.max_grad_norm=1.0")
        self.train("requeued", "sd_v2_base_stage1", inference)
        scheduler = json.loads((self.run_dir("requeued") / "final" / "scheduler" / "scheduler_config.json").read_text())
        self.train("requeued", "sd_v2_base_stage1", "experiment.num_examples_to_see=8", inference)
        state = lambda name, step: load_file(self.run_dir(name) / "checkpoints" / f"step-{step:08}" / "state" / "optimizer.safetensors")
        averaged = load_file(ema / "final" / "unet" / "diffusion_pytorch_model.safetensors")["conv_in.weight"]
        masters = [v for k, v in state("ema", 4).items() if k.endswith("unet.conv_in.weight") and v.shape == averaged.shape]
        metrics = self.events("ema", "metric")
        self.train("fp32", "readme_base", "model.mixed_precision=no")
        completed = lambda name: self.events(name, "run_finished")[-1]["reason"] == "completed"
        # Nothing of a hub can be reached, and nothing is needed.
        alone = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1", "HF_HOME": str(self.folder / "hf")}
        rows = [
            ("OD-1", "one device needs a process group", lambda: completed("ema")),
            ("OD-2", "averaged weights take the place of the trained ones, which are lost", lambda: any(not numpy.array_equal(m, averaged) for m in masters)),
            ("OD-2", "a continued run is another than one that was not stopped", lambda: all(numpy.array_equal(v, state("requeued", 4)[k]) for k, v in state("ema", 4).items())),
            ("OD-3", "a continued run trains with the schedule of the sampler, which is not the one that is saved",
             lambda: (scheduler["_class_name"], scheduler["beta_end"]) == ("PNDMScheduler", 0.02)),
            ("OD-4", "the class of a part is not looked at", lambda: "Nonsense" in self.train("class", "readme_base", "model.unet.target=Nonsense", expect=2)),
            ("OD-4", "a tag that names no class", lambda: "DDPMScheduler" in self.train("target", "imagenet")),
            ("OD-6", "what a filter says is run as a program",
             lambda: "does not start with" in self.train("evil", "readme_base", "dataset.params.filters.pwatermark=__import__('os')", expect=2)),
            ("OD-6", "a value that is no number ends a worker", lambda: completed("fp32")),
            ("OD-6", "a class outside the map ends a worker", lambda: self.classes_without_prompt()),
            ("OD-8", "an old pipeline is gone before the new one is written",
             lambda: (ema / "current_pipeline").is_symlink() and (ema / "current_pipeline" / "model_index.json").exists()),
            ("OD-10", "steps count passes", lambda: self.metadata("accumulated") == {"step": 2, "step_counts": "optimizer updates", "images": 8}),
            ("OD-12", "a network is needed to save and to evaluate",
             lambda: self.train("alone", "readme_finetune", "experiment.num_eval_images=1", "sampling.steps=1", "experiment.save_every=2", environment=alone) is not None and completed("alone")),
            ("OD-13", "only bf16 works, null crashes", lambda: completed("fp32")),
            ("OD-13", "there is no float16", lambda: self.train("fp16", "readme_finetune", "model.mixed_precision=fp16") is not None and "loss_scale" in self.events("fp16", "metric")[-1]["values"]),
            ("OD-14", "a key stands in the written configuration",
             lambda: "sesame" not in self.train("key", "readme_base", "wandb.api_key=sesame") + (self.run_dir("key") / "events.jsonl").read_text() +
             (self.run_dir("key") / "config.yaml").read_text()),
            ("OD-16", "captions are never left out", lambda: "text_dropout: 0.1" in (ema / "config.yaml").read_text()),
            ("OD-17", "loss and gradient may be anything", lambda: metrics and all(isinstance(m["values"]["loss"], float) for m in metrics)),
            ("OD-20", "no workers is a division by zero", lambda: bool(self.train("none", "readme_base", "system.workers=0", expect=2))),
            ("OD-20", "a name with a dot loses what follows it", lambda: self.dotted()),
        ]
        for number, defect, shown in rows:
            with self.subTest(number, defect=defect):
                self.assertTrue(shown(), defect)

    def dotted(self):
        shards = self.folder / "set.v1.5"
        shards.mkdir()
        with tarfile.open(shards / "a.b.tar", "w") as tar:
            for i in range(3):
                for ext, data in (("png", png(i)), ("txt", b"words")):
                    info = tarfile.TarInfo(f"folder.v2/{i}.{ext}")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
        self.train("run.v1.5", "readme_finetune", f"dataset.params.path={shards}/a.b.tar")
        self.sampled("out.v1", model=self.run_dir("run.v1.5") / "final")
        return (self.folder / "out.v1" / "a.png").exists()

    def test_every_defect_has_a_test(self):
        """docs/open-diffusion.md: a row for each number, and tests of these names."""
        text = (SOURCE / "docs" / "open-diffusion.md").read_text()
        rows = dict(re.findall(r"^\| ((?:OD|EX)-\d+) \|.*\| (.*) \|$", text, re.M))
        self.assertEqual(set(rows), {f"OD-{n}" for n in range(1, 23)} | {f"EX-{n}" for n in range(1, 11)})
        for number, tests in rows.items():
            named = re.findall(r"`(\w+)\.(\w+)`", tests)
            with self.subTest(number):
                self.assertTrue(named or "several devices" in tests, tests)
                for file, test in named:
                    found = list((SOURCE / "tests").rglob(f"{file}.py")) + list((SOURCE / "tests").rglob(f"{file}.cpp"))
                    self.assertEqual(len(found), 1, file)
                    self.assertRegex(found[0].read_text(), rf"\b{test}\(")

    def classes_without_prompt(self):
        self.train("lacking", "imagenet", "dataset.params.class_mapping={0: tench}")
        return any("has no prompt" in e["reason"] for e in self.events("lacking", "sample_dropped"))

    # ---- every key ------------------------------------------------------------------------------------------------------
    # Each key of open-diffusion with a value that is not the default → what `check` says of it (None: nothing); then units and effects of those that count.
    KEYS = {
        "config": ("x.yaml", None), "wandb.api_key": ("k", None), "wandb.entity": ("someone", None), "wandb.mode": ("disabled", None), "wandb.run_id": ("abcdefgh", None),
        "system.gradient_accumulation": (2, None), "system.batch_size": (2, None), "system.workers": (3, None), "system.dist_backend": ("${distributed.dist_backend}", None),
        "system.dist_url": ("${distributed.dist_url}", None), "distributed.dist_backend": ("gloo", None), "distributed.dist_url": ("tcp://host:1", None),
        "experiment.log_dir": ("logs", None), "experiment.name": ("n", None), "experiment.project": ("p", None), "experiment.folder": ("/elsewhere", "ignored_folder"),
        "experiment.num_examples_to_see": (4000, None), "experiment.save_every": (50, None), "experiment.save_only_most_recent": (True, None), "experiment.requeue": (True, None),
        "experiment.eval_caption_file": ("captions.csv", None), "experiment.num_eval_images": (7, None),
        "optimizer.name": ("adamw", None), "optimizer.params.learning_rate": (2e-5, None), "optimizer.params.beta1": (0.8, None), "optimizer.params.beta2": (0.98, None),
        "optimizer.params.weight_decay": (0.02, None), "optimizer.params.epsilon": (1e-7, None),
        "model.pt_path": (str(MINI), None), "model.vae.target": ("AutoencoderKL", None), "model.vae.pretrained": ("${model.pt_path}", None),
        "model.text_encoder.target": ("CLIPTextModel", None), "model.text_encoder.pretrained": ("${model.pt_path}", None), "model.tokenizer.target": ("CLIPTokenizer", None),
        "model.tokenizer.pretrained": ("${model.pt_path}", None), "model.unet.target": ("UNet2DConditionModel", None), "model.unet.pretrained": ("${model.pt_path}", None),
        "model.noise_scheduler_training.target": ("DDPMNoiseScheduler", "target"), "model.noise_scheduler_training.pretrained": ("${model.pt_path}", None),
        "model.noise_scheduler_inference.target": ("PNDMScheduler", None), "model.noise_scheduler_inference.pretrained": ("${model.pt_path}", None),
        "model.use_ema": (True, None), "model.ema.path": (str(MINI / "unet"), None), "model.mixed_precision": ("bf16", None), "model.gradient_checkpointing": (True, None),
        "model.xformers": (True, None), "model.max_grad_norm": (0.9, None),
        "dataset.type": ("WebDataset", None), "dataset.params.path": ("{000000..000001}.tar", None), "dataset.params.num_examples_to_see": (41, "ignored_copy"),
        "dataset.params.batch_size": (256, "ignored_copy"), "dataset.params.workers": (1, "ignored_copy"), "dataset.params.resolution": (64, None),
        "dataset.params.filters": ({"punsafe": "<=0.1"}, None), "dataset.params.text_dropout": (0.2, None), "dataset.params.class_mapping": ({"0": "tench"}, None),
        "dataset.params.something": (3, "unknown_key"), "lr_scheduler.scheduler": ("CosineWithWarmup", None), "lr_scheduler.params.learning_rate": (1e-5, "two_learning_rates"),
        "lr_scheduler.params.warmup_length": (30, None),
    }

    def write_keys(self, **other):
        tree = {}
        for key, (value, _) in self.KEYS.items():
            at, *parts = tree, *key.split(".")
            for part in parts[:-1]:
                at = at.setdefault(part, {})
            at[parts[-1]] = other.get(key, value)
        path = self.folder / "keys.yaml"
        path.write_text(json.dumps(tree))  # JSON is YAML
        return path

    def issues(self, *words):
        done = subprocess.run([ENGINE, "check", *map(str, words), "--json"], capture_output=True, text=True, cwd=self.folder)
        issues = json.loads(done.stdout)
        return issues["issues"] if isinstance(issues, dict) else issues

    def test_key_by_key(self):
        path = self.write_keys()
        said = {i["path"]: i["code"] for i in self.issues(path) if i["severity"] != "note" and not i["code"].startswith("unusual")}
        self.assertEqual(said, {key: code for key, (_, code) in self.KEYS.items() if code})
        # What a run keeps of them is what was given; the secret and the copies that decide nothing are not kept as if they did.
        small = ["experiment.num_examples_to_see=8", "experiment.save_every=1", "experiment.num_eval_images=0", "dataset.params.resolution=32", "system.device=cpu", "system.threads=1",
                 "model.ema.path=null", "tracking.log_every=1"]
        done = subprocess.run([ENGINE, "train", f"config={path}", *small], capture_output=True, text=True, cwd=self.folder, timeout=200)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(Path("/elsewhere").exists())
        import yaml
        kept = yaml.safe_load((self.folder / "logs" / "n" / "config.yaml").read_text())
        changed = {word.split("=")[0] for word in small}
        for key, (value, code) in self.KEYS.items():
            if key in changed or code in ("unknown_key",) or key in ("config", "wandb.api_key") or isinstance(value, dict):
                continue
            at = kept
            for part in key.split("."):
                at = at[part]
            wanted = {"${model.pt_path}": str(MINI), "${distributed.dist_backend}": "gloo", "${distributed.dist_url}": "tcp://host:1", "captions.csv": str(self.folder / "captions.csv"),
                      "logs": str(self.folder / "logs"), "{000000..000001}.tar": str(self.shards)}.get(value, value)
            with self.subTest(key):
                self.assertEqual(at, wanted)
        self.assertNotIn("api_key", kept["wandb"])
        metrics = self.events("n", "metric")
        self.assertEqual([m["step"] for m in metrics], [1, 2], "8 images, 2 passes of 2 to an update")
        self.assertAlmostEqual(metrics[1]["values"]["lr"], 1e-5 * 2 / 30, 12, "the schedule's rate, warm-up in updates from 1/30")
        # A whole pipeline comes before its parts, and says so; a name that its guide has and its code has not.
        said = {i["path"]: i["code"] for i in self.issues(path, f"model.pretrained={MINI}")}
        for part in ("vae", "text_encoder", "tokenizer", "unet", "noise_scheduler_training", "noise_scheduler_inference"):
            self.assertEqual(said["model." + part], "ignored_part")
        self.assertTrue(any("class_mapping" in i["hint"] for i in self.issues(path, "dataset.params.idx_to_prompt=x.json")))

    def test_no_key_is_refused(self):
        """check names every key of every column as known: nothing but what is ??? or a path stands in the way."""
        for column in COLUMNS:
            with self.subTest(column):
                issues = self.issues(FILES / (column + ".yaml"))
                self.assertLess(len(issues), 20, "one line for a quarter of a million shards, not one for each")
                codes = {i["code"] for i in issues if i["severity"] == "error"}
                self.assertLessEqual(codes, {"missing", "missing_shards", "missing_file", "missing_model", "shards", "interpolation", "required"})

    # ---- its arithmetic, where it is wanted -----------------------------------------------------------------------------
    def test_compat(self):
        """Numbers are compared with PyTorch in tests/interop/train_test.py; here what a run counts and calls things."""
        words = ("experiment.compat=open_diffusion", "system.gradient_accumulation=2", "system.workers=3", "experiment.num_examples_to_see=13", "experiment.save_every=4", "model.max_grad_norm=1.0",
                 "tracking.log_every=1")
        said = self.train("compat", "sd_v2_base_stage1", *words, "optimizer.name=lion")
        self.assertIn("AdamW whatever stands here", said)
        run = self.run_dir("compat")
        # 3 workers of ⌈13 / (2·3)⌉ batches: 9 passes, 4 updates, the last pass left over; saved with passes 4 and 8.
        self.assertEqual([m["step"] for m in self.events("compat", "metric")], [1, 2, 3, 4])
        self.assertEqual(sorted(p.name for p in (run / "pipelines").iterdir()), ["step_3", "step_7"])
        self.assertEqual(self.metadata("compat"), {"step": 8, "step_counts": "passes", "images": 16})
        config = (run / "config.yaml").read_text()
        for line in ("with_replacement: true", "text_dropout: 0", "prediction_type: epsilon", "name: adamw"):
            self.assertIn(line, config)
        # Continued as any other run.
        self.train("compat-2", "sd_v2_base_stage1", *words, "experiment.num_examples_to_see=7")
        self.train("compat-2", "sd_v2_base_stage1", *words)
        self.assertEqual(self.metadata("compat-2"), self.metadata("compat"))

    def test_averages_from_a_file(self):
        """The second stage begins with what the first one left: its average, which goes on as if it had not been interrupted."""
        self.train("stage-1", "sd_v2_base_stage1")
        first = self.run_dir("stage-1") / "current_pipeline"
        average = load_file(first / "unet" / "diffusion_pytorch_model.safetensors")["conv_in.weight"]
        state = self.run_dir("stage-1") / "checkpoints" / "step-00000002" / "state" / "optimizer.safetensors"
        stage2 = (f"model.pretrained={first}", "lr_scheduler.params.learning_rate=0.01", "lr_scheduler.params.warmup_length=0")
        for name, path in (("of-a-folder", first), ("of-a-checkpoint", state)):
            self.train(name, "sd_v2_base_stage2", *stage2, f"model.ema.path={path}", "experiment.num_examples_to_see=2")
            ours = load_file(self.run_dir(name) / "final" / "unet" / "diffusion_pytorch_model.safetensors")["conv_in.weight"]
            kept = load_file(self.run_dir(name) / "checkpoints" / "step-00000001" / "state" / "optimizer.safetensors")
            trained = kept["master.unet.conv_in.weight"]
            before = {"of-a-folder": 1_000_000, "of-a-checkpoint": 2}[name]
            decay = min(0.995, (1 + before + 1) / (10 + before + 1))
            numpy.testing.assert_allclose(ours, decay * average + (1 - decay) * trained, atol=1e-6)
            self.assertEqual(kept["ema_updates_before"], before)
        # Exact resume counts on.
        self.train("of-a-checkpoint", "sd_v2_base_stage2", *stage2, f"model.ema.path={state}", "experiment.num_examples_to_see=4")
        self.train("in-one-go", "sd_v2_base_stage2", *stage2, f"model.ema.path={state}", "experiment.num_examples_to_see=4")
        states = [load_file(self.run_dir(n) / "checkpoints" / "step-00000002" / "state" / "optimizer.safetensors") for n in ("of-a-checkpoint", "in-one-go")]
        self.assertEqual(states[0].keys(), states[1].keys())
        self.assertTrue(all(numpy.array_equal(v, states[1][k]) for k, v in states[0].items()))

    # ---- generate_examples ----------------------------------------------------------------------------------------------
    def sample(self, out, *more, steps=2, model=MINI, **options):
        words = ["sample", "--model", model, "--prompts", self.folder / "captions.csv", "--out", self.folder / out, "--steps", steps, "--size", 32, "--device", "cpu", "--threads", 1, *more]
        return subprocess.Popen([ENGINE, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def sampled(self, out, *more, **options):
        process = self.sample(out, *more, **options)
        text, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)
        return text

    def test_generate_examples(self):
        """A picture per uid, the same one in whichever part, batch or kind of output it is made; resumed after a kill."""
        self.sampled("plain", "--format", "jpg", "--batch", 2)
        plain = {p.name: p.read_bytes() for p in (self.folder / "plain").glob("*.jpg")}
        self.assertEqual(sorted(plain), ["a.jpg", "a_2.jpg", "b_c.jpg"])
        self.assertEqual(len({Image.open(io.BytesIO(b)).tobytes() for b in plain.values()}), 3, "noise of its own for each picture")
        for rank in range(2):
            environment = os.environ | {"RANK": str(rank), "WORLD_SIZE": "2"}
            said = self.sampled("tars", "--format", "jpg", "--tar", "--part", "auto", "--batch", 1, env=environment)
            self.assertIn(f"shard_{rank}.tar", said)
        packed = {}
        for rank, names in ((0, ["a", "b_c"]), (1, ["a_2"])):
            with tarfile.open(self.folder / "tars" / f"shard_{rank}.tar") as tar:
                self.assertEqual(tar.getnames(), [f"shard_{rank}/samples.json"] + [f"shard_{rank}/{n}.jpg" for n in names])
                packed |= {Path(n).name: tar.extractfile(n).read() for n in tar.getnames()[1:]}
        self.assertEqual(packed, plain)
        self.assertEqual(sorted(p.name for p in (self.folder / "tars").iterdir()), ["shard_0.tar", "shard_1.tar"])
        # What is there stays; another command's tar is made anew.
        before = (self.folder / "tars" / "shard_0.tar").stat().st_mtime_ns
        self.sampled("tars", "--format", "jpg", "--tar", "--part", "1/2", "--resume")
        self.assertEqual((self.folder / "tars" / "shard_0.tar").stat().st_mtime_ns, before)
        self.sampled("tars", "--format", "jpg", "--tar", "--part", "1/2", "--resume", "--seed", 5)
        self.assertNotEqual((self.folder / "tars" / "shard_0.tar").stat().st_mtime_ns, before)

    def test_generate_examples_goes_on_after_a_kill(self):
        words = ("--format", "jpg", "--tar", "--batch", 1)
        self.sampled("whole", *words, steps=40)
        process = self.sample("killed", *words, steps=40)
        work = self.folder / "killed" / ".shard_0"
        deadline = time.time() + 60
        while not list(work.glob("*.jpg")) and time.time() < deadline:
            time.sleep(0.002)
        process.kill()
        process.communicate()
        made = {p: p.stat().st_mtime_ns for p in work.glob("[!.]*.jpg")}
        self.assertTrue(made)
        self.assertFalse((self.folder / "killed" / "shard_0.tar").exists())
        self.sampled("killed", *words, "--resume", steps=40)
        self.assertEqual((self.folder / "killed" / "shard_0.tar").read_bytes(), (self.folder / "whole" / "shard_0.tar").read_bytes())
        self.assertFalse(work.exists())


if __name__ == "__main__":
    unittest.main()
