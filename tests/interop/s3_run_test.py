#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs whose log folder is in S3: uploaded while they go on, continued by machines that have nothing of them, to the same bytes."""
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

import data_features_test as features
import train_test as base
from fake_s3 import FakeS3


class RunsInS3(features.DataCase):
    @classmethod
    def setUpClass(cls):
        cls.s3 = FakeS3()
        cls.s3.create("bucket")

    @classmethod
    def tearDownClass(cls):
        cls.s3.close()

    def setUp(self):
        super().setUp()
        self.shards("shards", [(16, 16)] * 5)
        self.prefix = self.id().rsplit(".", 1)[-1]
        self.s3.trouble = lambda method, path, count: None

    def config(self, name, more="", **options):
        path = super().config(name, **options)
        text = path.read_text().replace(f"log_dir: {self.folder}/runs", f"log_dir: s3://bucket/{self.prefix}").replace("log_every: 1", "log_every: 1, upload_every: 1")
        path.write_text(text + more)
        return path

    def machine(self, name):
        """The environment of a machine of its own: another home, another cache."""
        home = self.folder / "machines" / name
        home.mkdir(parents=True, exist_ok=True)
        keep = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and k != "XDG_CACHE_HOME"}
        return keep | self.s3.environment(home)

    def train(self, machine, *words, expect=0):
        done = subprocess.run([str(base.ENGINE), "train", *map(str, words)], capture_output=True, text=True, timeout=120, env=self.machine(machine))
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def folder_of(self, machine, name="run"):
        return next(iter((self.folder / "machines" / machine / ".cache/atelier/runs").glob(f"*/{name}")))

    def there(self):
        return sorted(k.removeprefix(f"{self.prefix}/run/") for k in self.s3.keys("bucket") if k.startswith(f"{self.prefix}/run/"))

    def whole(self, images):
        """The same run without interruption, on a disk."""
        path = super().config("whole", images=images)
        self.succeed("train", path)
        return (self.folder / f"runs/whole/checkpoints/step-{images // 2:08}/state/optimizer.safetensors").read_bytes()

    def test_another_machine_goes_on(self):
        whole = self.whole(24)
        config = self.config("run", images=24)
        log = self.folder / "first.log"
        with open(log, "w") as out:
            process = subprocess.Popen([str(base.ENGINE), "train", str(config)], stdout=out, stderr=out, env=self.machine("one"))
            deadline = time.time() + 60
            while "checkpoints/step-00000004/DONE" not in self.there() and process.poll() is None and time.time() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)  # the machine is gone
            process.wait()
        self.assertIn("checkpoints/step-00000004/DONE", self.there(), log.read_text())
        # However far it came meanwhile, this is where it was killed.
        for step in ("step-00000008", "step-00000012"):
            shutil.rmtree(self.folder_of("one") / "checkpoints" / step, ignore_errors=True)
            for key in [k for k in self.there() if step in k]:
                self.s3.remove("bucket", f"{self.prefix}/run/{key}")
        # Without `requeue` the name is taken.
        self.assertIn("a run of this name exists", self.train("two", config, expect=2))
        said = self.train("two", config, "experiment.requeue=true")
        self.assertIn("brought here at step 4", said)
        run = self.folder_of("two")
        self.assertEqual((run / "checkpoints/step-00000012/state/optimizer.safetensors").read_bytes(), whole)
        self.assertEqual(self.s3.load("bucket", f"{self.prefix}/run/checkpoints/step-00000012/state/optimizer.safetensors"), whole)
        events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
        starts = [e for e in events if e["type"] == "run_started"]
        self.assertGreaterEqual(len(starts), 2)
        self.assertTrue(starts[-1]["resumed_from"])
        self.assertEqual(self.s3.load("bucket", f"{self.prefix}/run/events.jsonl"), (run / "events.jsonl").read_bytes())
        # What the first machine had stays there, checkpoints from before the second came are not taken away.
        self.assertIn("checkpoints/step-00000004/DONE", self.there())
        # Back on the first machine: what it has is older, and stays beside what comes.
        self.train("one", config, "experiment.requeue=true", "experiment.num_examples_to_see=32")
        self.assertTrue((self.folder_of("one", "run.older") / "config.yaml").exists())
        self.assertIn("checkpoints/step-00000016/DONE", self.there())
        self.assertEqual(self.s3.problems, [])

    def test_checkpoints_that_are_not_kept_go_there_too(self):
        keep = "\ncheckpoint: {keep_last: 1}\n"
        self.train("one", self.config("run", images=16, more=keep))
        steps = lambda: sorted({k.split("/")[1] for k in self.there() if k.startswith("checkpoints/")})
        self.assertEqual(steps(), ["step-00000008"])
        self.train("two", self.config("run", images=32, more=keep), "experiment.requeue=true")
        self.assertEqual(steps(), ["step-00000016"])

    def test_half_a_checkpoint_is_none(self):
        config = self.config("run", images=16)
        self.train("one", config)
        whole = self.s3.load("bucket", f"{self.prefix}/run/checkpoints/step-00000008/state/optimizer.safetensors")
        self.s3.remove("bucket", f"{self.prefix}/run/checkpoints/step-00000008/DONE")
        self.s3.remove("bucket", f"{self.prefix}/run/checkpoints/step-00000008/state/state.json")
        self.assertIn("step 4", self.train("two", config, "experiment.requeue=true"))
        self.assertEqual(self.s3.load("bucket", f"{self.prefix}/run/checkpoints/step-00000008/state/optimizer.safetensors"), whole)

    def test_a_bucket_that_cannot_be_read_ends_nothing_half(self):
        config = self.config("run", images=8)
        self.train("one", config)
        self.s3.trouble = lambda method, path, count: ("code", 403, "AccessDenied") if method == "GET" and "optimizer" in path else None
        said = self.train("two", config, "experiment.requeue=true", expect=1)
        self.assertIn("AccessDenied", said)
        self.assertFalse(list((self.folder / "machines/two/.cache/atelier/runs").glob("*/run")))
        self.s3.trouble = lambda method, path, count: None
        self.train("two", config, "experiment.requeue=true", "experiment.num_examples_to_see=16")
        self.assertIn("checkpoints/step-00000008/DONE", self.there())


if __name__ == "__main__":
    unittest.main()
