#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the real engine: exact resume after kill -9, control requests, signals, full disks, wrong input."""
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib
from pathlib import Path

ENGINE = str(Path(os.environ["ATELIER_BIN"]) / "atelier-engine")
MINI = Path(__file__).resolve().parents[2] / "resources" / "models" / "mini"
CONFIG = """
experiment: {{name: {name}, log_dir: {folder}/runs, num_examples_to_see: {images}, save_every: {save_every}, seed: 3}}
method: {{type: autoencoder}}
model:
  vae:
    params: {{down_block_types: [DownEncoderBlock2D, DownEncoderBlock2D], up_block_types: [UpDecoderBlock2D, UpDecoderBlock2D],
              block_out_channels: [8, 16], layers_per_block: 1, latent_channels: 4, norm_num_groups: 4, sample_size: 16}}
  mixed_precision: {precision}
  max_grad_norm: 1.0
  use_ema: true
system: {{batch_size: 4, gradient_accumulation: 2, workers: 2, threads: 1, device: cpu}}
optimizer: {{name: adamw, params: {{learning_rate: 2.0e-3}}}}
lr_scheduler: {{scheduler: CosineWithWarmup, params: {{warmup_length: 3}}}}
dataset: {{type: WebDataset, params: {{path: {folder}/shards, resolution: 16, flip: true, text_dropout: 0.0}}}}
checkpoint: {{keep_last: 2}}
tracking: {{log_every: 1}}
"""


def png(width: int, height: int, seed: int) -> bytes:
    rng = random.Random(seed)
    rows = b"".join(b"\0" + rng.randbytes(width * 3) for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Runs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        pictures = cls.folder / "pictures"
        pictures.mkdir()
        for i in range(24):
            (pictures / f"{i:03}.png").write_bytes(png(20, 16, i))
            (pictures / f"{i:03}.txt").write_text(f"picture {i}")
        made = subprocess.run([ENGINE, "dataset", "build", pictures, "--out", cls.folder / "shards"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    # ---- helpers --------------------------------------------------------------------------------------------------------
    def config(self, name, images=96, save_every=3, precision="fp32"):
        path = self.folder / f"{name}.yaml"
        path.write_text(CONFIG.format(name=name, folder=self.folder, images=images, save_every=save_every, precision=precision))
        return path

    def run_dir(self, name):
        return self.folder / "runs" / name

    def start(self, *arguments, **options):
        return subprocess.Popen([ENGINE, "train", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def train(self, *arguments, expect=0, **options):
        process = self.start(*arguments, **options)
        _, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, expect, err)
        return err

    def events(self, name):
        path = self.run_dir(name) / "events.jsonl"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]

    def wait(self, name, condition, process):
        deadline = time.time() + 60
        while time.time() < deadline:
            if any(condition(e) for e in self.events(name)):
                return
            if process.poll() is not None:
                self.fail(process.communicate()[1])
            time.sleep(0.02)
        self.fail("what was waited for did not happen: " + str(self.events(name)[-5:]))

    def state(self, name, step):
        return (self.run_dir(name) / "checkpoints" / f"step-{step:08}" / "state" / "optimizer.safetensors").read_bytes()

    def request(self, name, request, **fields):
        control = self.run_dir(name) / "control"
        temporary = control / f".{request}.tmp"
        temporary.write_text(json.dumps({"request": request} | fields))
        temporary.rename(control / f"{request}.json")

    # ---- tests ----------------------------------------------------------------------------------------------------------
    def test_killed_at_random_moments_equals_uninterrupted(self):
        rng = random.Random(11)
        for precision in ("fp32", "bf16"):
            whole, broken = f"whole-{precision}", f"broken-{precision}"
            self.train(self.config(whole, precision=precision))
            target = self.config(broken, precision=precision)
            for _ in range(3):  # killed while loading, training or saving, some time after a random step was reported
                process = self.start(target)
                step = rng.randint(1, 9)
                self.wait(broken, lambda e: e["type"] == "metric" and e["step"] >= step, process)
                time.sleep(rng.uniform(0, 0.1))
                process.kill()
                process.communicate()
                target = self.run_dir(broken)
            self.train(target)
            self.assertEqual(self.state(whole, 12), self.state(broken, 12))
            for part in ("vae/diffusion_pytorch_model.safetensors", "vae/config.json", "metadata.json"):
                self.assertEqual((self.run_dir(whole) / "final" / part).read_bytes(), (self.run_dir(broken) / "final" / part).read_bytes())
            losses = lambda name: {e["step"]: e["values"]["loss"] for e in self.events(name) if e["type"] == "metric"}
            self.assertEqual(losses(whole), losses(broken))

    def kill_after(self, name, step, *arguments):
        process = self.start(*arguments)
        self.wait(name, lambda e: e["type"] == "metric" and e["step"] >= step, process)
        process.kill()
        process.communicate()

    def test_what_a_start_was_given_holds_on(self):
        """Beyond the plan with another rate: killed and started again without a word, it ends where it was told to, with the same bytes."""
        more = ("experiment.num_examples_to_see=96", "optimizer.params.learning_rate=4.0e-3", "system.workers=1")
        for name in ("told", "untold"):
            self.train(self.config(name, images=48))
        self.train(self.run_dir("told"), *more)
        self.kill_after("untold", 8, self.run_dir("untold"), *more)
        self.train(self.run_dir("untold"))
        self.assertEqual(self.state("told", 12), self.state("untold", 12))
        started = [e for e in self.events("untold") if e["type"] == "run_started"]
        self.assertEqual([e.get("overrides") for e in started], [None, list(more), None])
        self.assertEqual(started[1]["config_hash"], started[2]["config_hash"])
        # A file that says it otherwise: what differs is what was given.
        changed = self.config("untold", images=112)
        self.train(changed, "experiment.requeue=true")
        given = [e for e in self.events("untold") if e["type"] == "run_started"][-1]["overrides"]
        self.assertEqual(sorted(given), ["experiment.num_examples_to_see=112", "experiment.requeue=true", "optimizer.params.learning_rate=0.002", "system.workers=2"])
        self.assertEqual(self.events("untold")[-1]["step"], 14)
        self.train(changed, "experiment.requeue=true")
        self.assertNotIn("overrides", [e for e in self.events("untold") if e["type"] == "run_started"][-1])

    def test_tracking_beside_a_killed_run(self):
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        places = ("tracking.tensorboard=true", "wandb.mode=offline", "wandb.api_key=" + "k" * 40)
        process = self.start(self.config("tracked"), *places)
        self.wait("tracked", lambda e: e["type"] == "metric" and e["step"] >= 4, process)
        process.kill()
        process.communicate()
        self.train(self.run_dir("tracked"))
        reader = EventAccumulator(str(self.run_dir("tracked") / "tensorboard"))
        reader.Reload()
        losses = {e["step"]: e["values"]["loss"] for e in self.events("tracked") if e["type"] == "metric"}
        self.assertEqual([e.step for e in reader.Scalars("loss")], list(range(1, 13)))
        for point in reader.Scalars("loss"):
            self.assertAlmostEqual(point.value, losses[point.step], 5)
        self.assertEqual(len(list(self.run_dir("tracked").glob("wandb/offline-run-*/run-*.wandb"))), 1)
        self.assertEqual([e for e in self.events("tracked") if e["type"] == "warning"], [])
        for path in self.run_dir("tracked").rglob("*"):
            self.assertFalse(path.is_file() and b"k" * 40 in path.read_bytes(), path)
        # One that cannot work is a warning of the run and nothing else.
        target = self.config("untracked")
        self.train(target, "wandb.mode=online", env=os.environ | {"WANDB_API_KEY": "", "HOME": str(self.folder)})
        self.assertTrue(self.events("untracked")[-1]["reason"] == "completed")
        log = (self.run_dir("untracked") / "logs" / "tracking.log").read_text()
        self.assertIn("there is no key for W&B", log)

    def test_shards_from_elsewhere(self):
        from fake_s3 import FakeS3
        self.train(self.config("near"))
        s3 = FakeS3()
        s3.create("bucket")
        shards = sorted((self.folder / "shards").glob("*.tar"))
        for shard in shards:
            s3.store("bucket", "v1/" + shard.name, shard.read_bytes())
        home = self.folder / "home"
        pattern = "s3://bucket/v1/{" + ",".join(shard.name for shard in shards) + ",}" if len(shards) > 1 else f"s3://bucket/v1/{shards[0].name}"
        environment = os.environ | s3.environment(home) | {"XDG_CACHE_HOME": str(home)}
        said = self.train(self.config("far"), "dataset.params.path=" + pattern, env=environment)
        self.assertIn("not on this computer yet", said)
        self.assertEqual(self.state("near", 12), self.state("far", 12))
        self.assertEqual(s3.problems, [])
        s3.close()  # the copies are enough from now on
        self.train(self.config("again"), "dataset.params.path=" + pattern, env=environment)
        pipe = "::".join(f"pipe:cat {shard}" for shard in shards)
        said = self.train(self.config("piped"), "dataset.params.path=" + pipe, env=environment)
        self.assertIn(f"running: cat {shards[0]}", said)
        self.assertEqual(self.state("near", 12), self.state("piped", 12))
        tool = self.folder / "tools" / "gsutil"
        tool.parent.mkdir()
        tool.write_text(f'#!/bin/bash\n[[ $1 == cat ]] && cat "{self.folder}/shards/${{2#gs://bucket/}}"\n')
        tool.chmod(0o755)
        self.train(self.config("google"), "dataset.params.path=" + "::".join(f"gs://bucket/{shard.name}" for shard in shards),
                   env=environment | {"PATH": f"{tool.parent}:{os.environ['PATH']}"})
        self.assertEqual(self.state("near", 12), self.state("google", 12))
        said = self.train(self.config("broken-pipe"), "dataset.params.path=pipe:exit 5", env=environment, expect=3)
        self.assertIn("code 5", said)
        self.assertFalse(self.run_dir("broken-pipe").exists())

    def many_shards(self, s3, prefix):
        """The same pictures in six shards of four; their pattern in S3."""
        folder = self.folder / "six"
        if not folder.exists():
            made = subprocess.run([ENGINE, "dataset", "build", self.folder / "pictures", "--out", folder, "--shard-samples", "4"], capture_output=True, text=True)
            self.assertEqual(made.returncode, 0, made.stderr)
        shards = sorted(folder.glob("*.tar"))
        self.assertEqual(len(shards), 6)
        for shard in shards:
            s3.store("bucket", f"{prefix}/{shard.name}", shard.read_bytes())
        return f"s3://bucket/{prefix}/{{000000..000005}}.tar"

    def test_shards_that_come_and_go(self):
        """Two shards at hand: fetched while training goes on, through broken and refused transfers; killed twice it ends with the same bytes, and keeps nothing."""
        from fake_s3 import FakeS3
        s3 = FakeS3()
        s3.create("bucket")
        home = self.folder / "stream-home"
        environment = os.environ | s3.environment(home) | {"XDG_CACHE_HOME": str(home), "AWS_MAX_ATTEMPTS": "4"}
        words = ("dataset.params.path=" + self.many_shards(s3, "v1"), "dataset.params.stream_shards=2")
        streams = home / "atelier" / "shards" / "stream"
        self.train(self.config("steady", images=144), *words, env=environment)
        self.assertEqual(list(streams.iterdir()), [])
        self.assertGreater(s3.counts["GET"], 18 * 2 - 1, "three passes of six shards, each fetched anew")
        self.assertFalse((home / "atelier" / "shards" / "remote").exists())
        s3.trouble = lambda method, path, count: {3: "cut", 7: 503, 9: "cut"}.get(count % 12) if method == "GET" else None
        rng = random.Random(3)
        target = self.config("shaken", images=144)
        for _ in range(2):
            process = self.start(target, *words, env=environment)
            step = len([e for e in self.events("shaken") if e["type"] == "metric"]) + rng.randint(2, 5)
            self.wait("shaken", lambda e: e["type"] == "metric" and e["step"] >= step, process)
            self.assertLessEqual(max((len(list(run.iterdir())) for run in streams.iterdir()), default=0), 3)
            process.kill()
            process.communicate()
            target, words = self.run_dir("shaken"), ()
        self.train(target, env=environment)
        self.assertEqual(self.state("steady", 18), self.state("shaken", 18))
        self.assertEqual([e for e in self.events("shaken") if e["type"] == "warning"], [])
        self.assertEqual(list(streams.iterdir()), [])
        self.assertEqual(s3.problems, [])
        s3.close()

    def test_streams_that_dry_up(self):
        from fake_s3 import FakeS3
        s3 = FakeS3()
        s3.create("bucket")
        home = self.folder / "dry-home"
        environment = os.environ | s3.environment(home) | {"XDG_CACHE_HOME": str(home), "AWS_MAX_ATTEMPTS": "2"}
        pattern = self.many_shards(s3, "v2").replace("000005", "000006")  # one that is not there
        stream = ("dataset.params.stream_shards=3", "dataset.params.path=" + pattern)
        self.train(self.config("gap"), *stream, env=environment)
        warnings = [e for e in self.events("gap") if e["type"] == "warning"]
        self.assertTrue(warnings)
        self.assertEqual({e["code"] for e in warnings}, {"shard_unusable"})
        self.assertTrue(all("000006.tar" in e["text"] for e in warnings), warnings)
        # None of a window: the run ends, says why, and goes on later.
        s3.trouble = lambda method, path, count: 403 if method == "GET" and count > 20 else None
        s3.counts.clear()
        err = self.train(self.config("dry", images=800), *stream, env=environment, expect=3)
        self.assertIn("none of", err)
        self.assertIn("goes on from the last checkpoint", err)
        s3.trouble = lambda method, path, count: None
        self.train(self.run_dir("dry"), "experiment.num_examples_to_see=160", env=environment)
        # Asked to end while it waits for shards: it does, with what it has.
        s3.counts.clear()
        s3.trouble = lambda method, path, count: time.sleep(60) if method == "GET" and count > 8 else None
        process = self.start(self.config("waiting", images=800), *stream, env=environment)
        self.wait("waiting", lambda e: e["type"] == "metric" and e["step"] >= 2, process)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 4)
        last = self.events("waiting")[-1]
        self.assertEqual(last["images"], last["step"] * 8)
        s3.trouble = lambda method, path, count: None
        self.train(self.run_dir("waiting"), "experiment.num_examples_to_see=160", env=environment)
        self.train(self.config("even", images=160), *stream, env=environment)
        s3.close()
        for words, part in ((("dataset.params.validation_share=0.5",), "validation_path"), (("dataset.params.latent_cache=memory",), "latent_cache")):
            self.assertIn(part, self.train(self.config("wrong"), *stream, *words, expect=2))

    def test_what_a_run_leaves(self):
        self.train(self.config("plain"))
        folder = self.run_dir("plain")
        self.assertEqual(sorted(p.name for p in (folder / "checkpoints").iterdir()), ["step-00000009", "step-00000012"])
        self.assertEqual(os.readlink(folder / "current_pipeline"), "checkpoints/step-00000012/pipeline")
        self.assertEqual(sorted(p.name for p in (folder / "pipelines").iterdir()), ["step_12", "step_9"])
        self.assertEqual(json.loads((folder / "final" / "metadata.json").read_text())["step"], 12)
        self.assertTrue((folder / "samples" / "step-00000012" / "0000.png").exists())
        events = self.events("plain")
        kinds = [e["type"] for e in events]
        self.assertEqual((kinds[0], kinds[-1]), ("run_started", "run_finished"))
        self.assertEqual(events[-1]["reason"], "completed")
        metrics = [e for e in events if e["type"] == "metric"]
        self.assertEqual([e["step"] for e in metrics], list(range(1, 13)))
        self.assertEqual(metrics[-1]["images"], 96)
        self.assertTrue({"loss", "lr", "grad_norm", "kl"} <= set(metrics[0]["values"]))
        self.assertAlmostEqual(metrics[0]["values"]["lr"], 2e-3 / 3)
        # The finished run is not trained on, and its name is not taken silently.
        self.assertIn("a run of this name exists", self.train(self.config("plain"), expect=2))
        self.train(folder)
        self.assertEqual(self.events("plain")[-1]["step"], 12)
        # Continued with another end; the change is on record.
        self.train(folder, "experiment.num_examples_to_see=112")
        started = [e for e in self.events("plain") if e["type"] == "run_started"][-1]
        self.assertEqual(started["overrides"], ["experiment.num_examples_to_see=112"])
        self.assertEqual(self.events("plain")[-1]["step"], 14)

    def test_control_requests(self):
        process = self.start(self.config("control", images=1_000_000, save_every=100_000))
        self.wait("control", lambda e: e["type"] == "metric" and e["step"] >= 2, process)
        for request in ("checkpoint", "sample", "pause"):
            self.request("control", request)
            self.wait("control", lambda e: e["type"] == "ack" and e["request"] == request and e["state"] == "done", process)
        self.wait("control", lambda e: e["type"] == "phase" and e["name"] == "paused", process)
        count = len([e for e in self.events("control") if e["type"] == "metric"])
        time.sleep(0.5)
        self.assertEqual(len([e for e in self.events("control") if e["type"] == "metric"]), count)
        self.request("control", "resume")
        self.wait("control", lambda e: e["type"] == "ack" and e["request"] == "resume" and e["state"] == "done", process)
        self.request("control", "prompts", prompts=["another"])
        self.wait("control", lambda e: e["type"] == "ack" and e["request"] == "prompts" and e["state"] == "done", process)
        self.request("control", "stop")
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        events = self.events("control")
        self.assertEqual(events[-1]["reason"], "stopped")
        last = events[-1]["step"]
        self.assertTrue((self.run_dir("control") / "checkpoints" / f"step-{last:08}" / "DONE").exists())
        self.assertTrue(any(e["type"] == "ack" and e["request"] == "stop" and e["state"] == "done" for e in events))
        self.assertTrue(any(e["type"] == "sample" for e in events))

    def forecast(self, config, *overrides, expect=0):
        run = subprocess.run([ENGINE, "check", str(config), "--forecast", "--json", *overrides], capture_output=True, text=True)
        self.assertEqual(run.returncode, expect, run.stderr)
        return json.loads(run.stdout) if expect == 0 else run.stderr

    def test_throughput_is_that_of_the_last_updates(self):
        """Not of all time since the start: a pause is over when it is over."""
        process = self.start(self.config("rate", images=800, save_every=1000))
        began = time.time()
        self.wait("rate", lambda e: e["type"] == "metric" and e["step"] >= 10, process)
        self.request("rate", "pause")
        self.wait("rate", lambda e: e["type"] == "phase" and e["name"] == "paused", process)
        time.sleep(3)
        self.request("rate", "resume")
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0)
        last = [e for e in self.events("rate") if e["type"] == "progress"][-1]
        self.assertGreater(last["images_per_s"], 1.3 * 800 / (time.time() - began))

    def test_forecast(self):
        config = self.config("forecast", images=9600)
        said = self.forecast(config)
        self.assertFalse(self.run_dir("forecast").exists(), "a forecast leaves nothing")
        self.assertEqual([n["name"] for n in said["networks"]], ["vae"])
        self.assertEqual(said["networks"][0]["parameters"], said["networks"][0]["trained"])
        self.assertEqual(said["samples"], 24)
        memory, trained = said["memory"], said["networks"][0]["trained"]
        self.assertTrue(memory["fits"] and memory["measured"])
        self.assertEqual(memory["weights"], 4 * trained)
        counters = memory["optimizer"] - 4 * 4 * trained  # beside a gradient, two moments, an average
        self.assertTrue(0 <= counters < 2000, counters)
        self.assertEqual(memory["peak"], sum(memory[part] for part in ("program", "weights", "optimizer", "activations")))
        self.assertEqual(said["time"]["updates"], 1200)
        self.assertEqual(said["disk"]["checkpoints_kept"], 2)
        # What it says of a checkpoint holds for a real one.
        self.train(self.config("forecast", images=8))
        real = [e for e in self.events("forecast") if e["type"] == "checkpoint"][-1]
        self.assertAlmostEqual(said["disk"]["checkpoint"] / real["bytes"], 1, delta=0.25)

    def test_forecast_of_too_much(self):
        config = self.config("too_much", images=40_000_000)
        said = self.forecast(config, "system.batch_size=4000000")
        self.assertFalse(said["memory"]["fits"] or said["memory"]["measured"])
        self.assertGreater(said["memory"]["peak"], said["memory"]["available"])
        settings = next(fix["set"] for fix in said["fixes"] if "system.batch_size" in fix["set"])
        batch, parts = int(settings["system.batch_size"]), int(settings["system.gradient_accumulation"])
        self.assertEqual(batch * parts, 2 * 4_000_000, "the images of an update stay the same")
        self.assertIn("optimizer.name", self.forecast(config, "optimizer.name=x", expect=2))

    def test_validation_loss(self):
        """The same samples and noise every time: without learning the number never moves, with it it falls."""
        def losses(name, *words):
            self.train(self.config(name, images=64, save_every=4), *words)
            return [(e["step"], e["values"]["val_loss"]) for e in self.events(name) if e["type"] == "metric" and "val_loss" in e["values"]]

        share = "dataset.params.validation_share=0.3"
        still = losses("still", share, "optimizer.params.learning_rate=0", "dataset.params.validation_every=3")
        self.assertEqual([step for step, _ in still], [0, 3, 6, 8])
        self.assertEqual(len({value for _, value in still}), 1)
        learned = losses("learned", share, "model.use_ema=false")
        self.assertEqual([step for step, _ in learned], [0, 4, 8])
        self.assertEqual(learned[0][1], still[0][1])
        self.assertLess(learned[-1][1], learned[0][1])
        own = losses("own", f"dataset.params.validation_path={self.folder}/shards", "dataset.params.validation_count=5")
        self.assertEqual(len(own), 3)
        error = self.train(self.config("none", images=64, save_every=4), "dataset.params.validation_share=0.000001", expect=3)
        self.assertIn("validation_share", error)

    def test_finish_at(self):
        process = self.start(self.config("finish", images=1_000_000, save_every=100_000))
        self.wait("finish", lambda e: e["type"] == "metric", process)
        self.request("finish", "finish_at", step=6)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.events("finish")[-1]["reason"], "completed")

    def test_finish_at_holds_after_a_resume(self):
        process = self.start(self.config("later", images=1_000_000, save_every=100_000))
        self.wait("later", lambda e: e["type"] == "metric", process)
        self.request("later", "pause")
        self.wait("later", lambda e: e["type"] == "phase" and e["name"] == "paused", process)
        end = [e for e in self.events("later") if e["type"] == "metric"][-1]["step"] + 2
        self.request("later", "finish_at", step=end)
        self.wait("later", lambda e: e["type"] == "ack" and e["request"] == "finish_at" and e["state"] == "done", process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(self.events("later")[-1]["reason"], "suspended")
        self.train(self.run_dir("later"))
        last = self.events("later")[-1]
        self.assertEqual((last["reason"], last["step"]), ("completed", end))
        self.assertEqual([e for e in self.events("later") if e["type"] == "progress"][-1]["total_images"], 8 * end)
        self.train(self.run_dir("later"), f"experiment.num_examples_to_see={8 * (end + 1)}")  # said anew: that holds
        self.assertEqual(self.events("later")[-1]["step"], end + 1)

    def test_signals(self):
        for name, number, code, reason in (("term", signal.SIGTERM, 4, "suspended"), ("usr1", signal.SIGUSR1, 4, "suspended"),
                                           ("int", signal.SIGINT, 0, "stopped")):
            process = self.start(self.config(name, images=1_000_000, save_every=100_000))
            self.wait(name, lambda e: e["type"] == "metric", process)
            process.send_signal(number)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, name)
            finished = self.events(name)[-1]
            self.assertEqual((finished["type"], finished["reason"]), ("run_finished", reason))
            self.assertTrue((self.run_dir(name) / "checkpoints" / f"step-{finished['step']:08}" / "DONE").exists())

    def test_two_engines_in_one_run(self):
        process = self.start(self.config("twice", images=1_000_000, save_every=100_000))
        self.wait("twice", lambda e: e["type"] == "metric", process)
        self.assertIn(str(process.pid), self.train(self.run_dir("twice"), expect=2))
        process.kill()
        process.communicate()
        self.train(self.run_dir("twice"), "experiment.num_examples_to_see=8")  # the lock of the dead process is no hindrance

    def test_full_disk_keeps_the_last_good_checkpoint(self):
        self.train(self.config("full", images=48))  # 6 steps
        folder = self.run_dir("full")
        good = self.state("full", 6)
        limit = len(good) // 2
        err = self.train(folder, "experiment.num_examples_to_see=96", expect=1,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertIn("optimizer.safetensors", err)
        self.assertEqual(self.state("full", 6), good)
        self.assertEqual(os.readlink(folder / "current_pipeline"), "checkpoints/step-00000006/pipeline")
        self.assertNotIn("step-00000012", [p.name for p in (folder / "checkpoints").iterdir()])
        warned = [e for e in self.events("full") if e["type"] == "warning" and e["code"] == "checkpoint_not_written"]
        self.assertTrue(warned[0]["text"].startswith("Phase checkpoint, step 9:"), warned)
        self.assertIn("checkpoint.keep_last=1, which removes 1 older", warned[0]["hint"])
        self.assertEqual([e for e in self.events("full") if e["type"] == "run_finished"][-1]["reason"], "failed")
        self.train(folder, "experiment.num_examples_to_see=96")  # and with room again it goes on
        self.assertEqual(self.events("full")[-1]["step"], 12)

    def test_broken_checkpoint_falls_back(self):
        self.train(self.config("torn"))
        file = self.run_dir("torn") / "checkpoints" / "step-00000012" / "state" / "optimizer.safetensors"
        file.write_bytes(file.read_bytes()[:1000])
        self.train(self.run_dir("torn"))
        self.assertEqual([e for e in self.events("torn") if e["type"] == "warning"][-1]["code"], "checkpoint_unreadable")
        started = [e for e in self.events("torn") if e["type"] == "run_started"][-1]
        self.assertEqual((started["resumed_from"], started["resumed_step"]), ("checkpoints/step-00000009", 9))
        self.assertEqual(self.events("torn")[-1]["step"], 12)

    def test_counters_of_another_type_fall_back(self):
        self.train(self.config("counters"))
        state = self.run_dir("counters") / "checkpoints" / "step-00000012" / "state" / "state.json"
        state.write_text(json.dumps(json.loads(state.read_text()) | {"step": "twelve"}))
        error = self.train(self.run_dir("counters"))
        self.assertIn("state.json", error)
        self.assertIn("An older checkpoint is used", json.dumps(self.events("counters")))

    def test_losses_that_are_not_finite(self):
        self.train(self.config("skip", images=16), "loss.kl_weight=1.0e+38")
        warnings = [e for e in self.events("skip") if e["type"] == "warning"]
        self.assertEqual([w["code"] for w in warnings], ["non_finite_loss"] * 2)
        self.assertRegex(warnings[0]["text"], r"^Phase train, step 1: .* Pictures of 16 × 16\. Samples: \d{3}-")
        self.assertIn("lr_scheduler.params.learning_rate=0.001, half", warnings[0]["hint"])  # clipped already
        err = self.train(self.config("halt", images=16), "loss.kl_weight=1.0e+38", "loss.non_finite=stop", expect=3)
        self.assertIn("Phase train, step 1:", err)
        error = [e for e in self.events("halt") if e["type"] == "error"][-1]
        self.assertIn("loss.non_finite=skip goes on", error["hint"])
        self.assertEqual(self.events("halt")[-1]["reason"], "failed")

    def test_out_of_memory_names_what_helps(self):
        """Where, with which pictures, and a change that does help: the run goes on with it."""
        process = self.start(self.config("small"))
        peak = 0
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status")
            try:
                peak = max([peak] + [int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmPeak")])
            except OSError:
                break
            time.sleep(0.01)
        process.communicate()
        limit = (peak << 10) + (192 << 20)
        words = ("dataset.params.resolution=256", "system.batch_size=16", "system.gradient_accumulation=1", "system.workers=1")
        self.train(self.config("large", images=32), *words, expect=1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        error = [e for e in self.events("large") if e["type"] == "error"][-1]
        self.assertIn("out of memory", error["what"])
        self.assertRegex(error["where"], r"^phase train, step 1, 256 × 256 pixels, samples \d{3}-\w+(, \d{3}-\w+){7} and 8 more$")
        self.assertIn("system.batch_size=8 system.gradient_accumulation=2", error["hint"])
        self.assertEqual(self.events("large")[-1]["reason"], "failed")

    def test_wrong_input(self):
        broken = self.folder / "broken.yaml"
        broken.write_text(self.config("bad").read_text().replace(f"{self.folder}/shards", f"{self.folder}/nowhere"))
        self.assertIn("nowhere", self.train(broken, expect=3))
        self.assertFalse(self.run_dir("bad").exists())  # the name is still free
        self.run_dir("bad").mkdir(parents=True)
        (self.run_dir("bad") / "config.yaml").write_text(broken.read_text())  # as the studio and export leave it
        self.assertIn("nowhere", self.train(self.run_dir("bad"), expect=3))
        self.assertEqual(self.events("bad")[-1]["reason"], "failed")
        self.train(self.config("bad", images=8))  # nothing was trained: repaired, it starts under the same name
        self.assertEqual(self.events("bad")[-1]["reason"], "completed")
        self.assertNotIn("nowhere", (self.run_dir("bad") / "config.yaml").read_text())
        for missing in (self.folder / "nothing.yaml", self.folder / "nothing"):
            self.assertIn("there is no such file or folder", self.train(missing, expect=2))
        self.assertIn("between 1 and 1024", self.train(self.config("crowd"), "system.workers=100000", expect=2))
        no_model = self.config("no-model")
        no_model.write_text(no_model.read_text().replace("    params: {down", "    unknown: {down"))
        self.assertIn("model.pretrained", self.train(no_model, expect=2))
        self.assertIn("latent_cache", self.train(self.config("cache"), "dataset.params.latent_cache=memory", expect=2))
        self.assertIn("resolution", self.train(self.config("odd"), "dataset.params.resolution=15", expect=2))
        self.assertIn("config.yaml", self.train(self.folder / "pictures", expect=2))

    def build(self, count, name, captions="picture {}"):
        pictures = self.folder / f"{name}-pictures"
        pictures.mkdir()
        for i in range(count):
            (pictures / f"{i:03}.png").write_bytes(png(20, 16, i))
            (pictures / f"{i:03}.txt").write_text(captions.format(i))
        made = subprocess.run([ENGINE, "dataset", "build", pictures, "--out", self.folder / name], capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)

    def test_changed_dataset_is_noticed(self):
        self.build(24, "set-a")
        self.build(24, "set-same-order", captions="PICTURE {}")
        self.build(20, "set-smaller")
        config = self.config("changed", images=48)
        config.write_text(config.read_text().replace(f"{self.folder}/shards", f"{self.folder}/set"))
        (self.folder / "set").symlink_to("set-a")

        def use(name):
            (self.folder / "set").unlink()
            (self.folder / "set").symlink_to(name)

        def warnings():
            return [e for e in self.events("changed") if e["type"] == "warning" and e["code"] == "dataset_changed"]

        self.train(config)
        folder = self.run_dir("changed")
        self.train(folder, "experiment.num_examples_to_see=56")
        self.assertEqual(warnings(), [])
        # Other bytes in the same order: said, and no hindrance.
        use("set-same-order")
        self.assertIn("other bytes", self.train(folder, "experiment.num_examples_to_see=64"))
        self.assertEqual(len(warnings()), 1)
        # Another order: refused before a step, the checkpoint stays as it is.
        use("set-smaller")
        before = self.state("changed", 8)
        err = self.train(folder, "experiment.num_examples_to_see=72", expect=3)
        for part in ("step 8", "24 samples, now 20", "set", "dataset.params.path="):
            self.assertIn(part, err)
        self.assertEqual(self.state("changed", 8), before)
        # Named on purpose: said, and it goes on.
        self.train(folder, "experiment.num_examples_to_see=72", f"dataset.params.path={self.folder}/set")
        self.assertEqual(len(warnings()), 2)
        self.assertEqual(self.events("changed")[-1]["step"], 9)

    def test_streams_that_are_closed(self):
        # A closed stream's number goes to the next file that is opened: no text of ours may land in it.
        config = self.config("closed", images=24)
        subprocess.run(["sh", "-c", f"'{ENGINE}' train '{config}' <&- >&- 2>&-"], check=True, timeout=120)
        lines = (self.run_dir("closed") / "events.jsonl").read_text().splitlines()
        self.assertTrue(all(line.startswith("{") for line in lines))
        self.assertEqual((self.run_dir("closed") / "LOCK").read_bytes(), b"")
        # A reader that has seen enough does not end the run.
        process = self.start(self.config("unread", images=24), "--json")
        process.stdout.close()
        process.stderr.close()
        self.assertEqual(process.wait(timeout=120), 0)

    def test_broken_models(self):
        self.train(self.config("source", images=8))
        source = self.run_dir("source") / "current_pipeline" / "vae"
        for damage in ("nan", "integers", "file"):
            model = self.folder / f"vae-{damage}"
            model.mkdir()
            (model / "config.json").write_bytes((source / "config.json").read_bytes())
            data = (source / "diffusion_pytorch_model.safetensors").read_bytes()
            size = struct.unpack("<Q", data[:8])[0]
            header = json.loads(data[8:8 + size])
            name = next(n for n in header if n != "__metadata__")
            begin = 8 + size + header[name]["data_offsets"][0]
            if damage == "nan":
                data = data[:begin] + struct.pack("<f", float("nan")) + data[begin + 4:]
            if damage == "integers":
                header[name]["dtype"] = "I32"
                text = json.dumps(header).encode()
                data = struct.pack("<Q", len(text)) + text + data[8 + size:]
            (model / "diffusion_pytorch_model.safetensors").write_bytes(data)
            config = self.config(f"from-{damage}", images=8)
            text = config.read_text()
            start, end = text.index("    params: {down"), text.index("  mixed_precision")
            path = model / "config.json" if damage == "file" else model
            config.write_text(text[:start] + f"    pretrained: {path}\n" + text[end:])
            err = self.train(config, expect=0 if damage == "nan" else 2)  # NaN is warned about, and then every loss shows it
            self.assertIn({"nan": "1 tensor holds NaN or infinity, the first is " + name, "integers": f"{name} (I32)", "file": "is a file"}[damage], err)
            warned = [e["text"] for e in self.events(f"from-{damage}") if e.get("code") == "weights_not_finite"]
            self.assertEqual([name in text and "vae-nan" in text for text in warned], [True] if damage == "nan" else [])
        # An entry of model_index.json that names no class, another class, or nothing.
        model = self.folder / "broken-mini"
        shutil.copytree(MINI, model)
        whole = json.loads((MINI / "model_index.json").read_text())
        config = self.config("broken-index", images=8)
        config.write_text(f"experiment: {{name: broken-index, log_dir: {self.folder}/runs, num_examples_to_see: 8}}\nmodel: {{pretrained: {model}}}\n"
                          f"system: {{batch_size: 4, threads: 1, device: cpu}}\ndataset: {{params: {{path: {self.folder}/shards, resolution: 16}}}}\n")
        for entry, expected in (("UNet2DConditionModel", 'its entry "unet" is "UNet2DConditionModel"'), (["diffusers"], '["library", "Class"]'), ([None, None], 'no component "unet"'),
                                (["diffusers", "FluxTransformer2DModel"], "FluxTransformer2DModel, which this engine does not compute"), (None, 'its entry "unet" is null')):
            (model / "model_index.json").write_text(json.dumps(whole | {"unet": entry}))
            err = self.train(config, expect=2)
            self.assertIn(expected, err)
            self.assertIn("broken-mini", err)
        (model / "model_index.json").write_text("{")
        self.assertIn("model_index.json", self.train(config, expect=2))

    def test_sample_with_nonsense(self):
        blocked = subprocess.run([ENGINE, "sample", "--model", MINI, "--out", self.folder / "shards" / "manifest.json", "--prompt", "x"],
                                 capture_output=True, text=True, timeout=120)
        self.assertEqual(blocked.returncode, 1)
        self.assertIn("manifest.json", blocked.stderr)
        self.assertNotIn("sample  ", blocked.stderr)  # said before the work

        def sample(*arguments):
            done = subprocess.run([ENGINE, "sample", "--model", MINI, "--out", self.folder / "made", "--steps", "1", *arguments],
                                  capture_output=True, text=True, errors="replace", timeout=120)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stdout, "")
            return done.stderr

        self.assertIn("too large", sample("--prompt", "x", "--size", "1000000"))
        self.assertIn("--guidance", sample("--prompt", "x", "--guidance", "nan"))
        self.assertIn("--threads", sample("--prompt", "x", "--threads", "-3"))
        self.assertIn("--seed", sample("--prompt", "x", "--seed", "-1"))
        self.assertIn("UTF-8", sample("--prompt", b"\xff\xfe"))
        self.assertIn("there is no such file", sample("--prompts", "nowhere.csv"))
        self.assertIn("UTF-8", sample("--prompts", MINI / "vae" / "diffusion_pytorch_model.safetensors"))
        self.assertIn('Did you mean "--steps"', sample("--prompt", "x", "--step", "3"))
        error = json.loads(sample("--prompt", "x", "--bogus", "--json"))["error"]
        self.assertEqual(error["code"], "usage")

    def test_open_diffusion_form(self):
        path = self.config("od", images=8)
        self.train(f"config={path}", "experiment.name=od-form")
        self.assertEqual(self.events("od-form")[-1]["step"], 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
