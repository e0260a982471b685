# SPDX-License-Identifier: GPL-3.0-or-later
# Runs at W&B: our client against a server that behaves like it, and offline files uploaded there by the real `wandb sync`.
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import yaml

from fake_wandb import KEY, FakeWandb
from tracked_run import TrackedRun, png, wait_for

SETTINGS = """tracking: {{upload_every: 1, finish_within: {finish}}}
wandb: {{mode: {mode}, entity: team, run_id: {id}, tags: [fox, lora], group: foxes, notes: "of the red kind", base_url: '{url}'}}"""


class WandbTest(unittest.TestCase):
    def setUp(self):
        self.server = FakeWandb()
        self.home = tempfile.mkdtemp(prefix="atelier-wandb-")
        self.environment = {"HOME": self.home, "WANDB_API_KEY": KEY}

    def tearDown(self):
        self.server.close()
        self.assertEqual(self.server.problems, [])

    def make(self, mode="online", finish=20, id="abcd1234"):
        return TrackedRun(SETTINGS.format(mode=mode, id=id, url=self.server.url, finish=finish))

    def told(self, run):
        """Neither folder nor output may hold the key."""
        for path in run.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(KEY.encode(), path.read_bytes(), path)

    def steps(self):
        return [(line["_step"], round(line["step_loss"], 4)) for line in self.server.run().lines()]

    def expected(self, first, last, shift=0.0):
        return [(step, round(1 / step + shift, 4)) for step in range(first, last + 1)]

    def check_run(self, run):
        """What a whole run of six steps with pictures has left at the server."""
        there = self.server.run()
        self.assertEqual((there.entity, there.project, there.name), ("team", "foxes", "abcd1234"))
        self.assertEqual(self.steps(), self.expected(1, 6))
        lines = there.lines()
        self.assertEqual({"step_loss", "lr", "grad_norm", "iter", "images/sec", "images/sec/gpu", "images_seen", "_step", "_runtime", "_timestamp"},
                         set(lines[0]))
        self.assertEqual(lines[0]["images/sec"], 16)
        self.assertIn(lines[2]["grad_norm"], ("Infinity", float("inf")))
        images = lines[5]["images"]
        self.assertEqual((images["_type"], images["width"], images["height"], images["count"], images["format"]), ("images/separated", 16, 8, 2, "png"))
        self.assertEqual(images["captions"], ["a fox", "a fox, sitting"])
        self.assertEqual([there.stored[name] for name in images["filenames"]], [png(16, 8, 0), png(16, 8, 1)])
        self.assertTrue(set(images["filenames"]) <= set(there.uploaded))
        self.assertEqual(there.config["system.batch_size"]["value"], 8)
        self.assertEqual(there.config["sampling.prompts.1"]["value"], "a fox, sitting")
        self.assertIn("t", there.config["_wandb"]["value"])
        self.assertNotIn("wandb.api_key", there.config)
        self.assertEqual(there.fields["displayName"], "fox-lora")
        self.assertEqual(there.fields["tags"], ["fox", "lora"])
        self.assertEqual((there.fields["groupName"], there.fields["notes"]), ("foxes", "of the red kind"))
        summary = json.loads(there.files["wandb-summary.json"][0])
        self.assertEqual(round(summary["step_loss"], 4), round(1 / 6, 4))
        self.assertEqual([end["exitcode"] for end in there.ends], [0])
        system = there.lines("wandb-events.jsonl")
        self.assertTrue(any(line.get("system.gpu.0.gpu") == 50 for line in system), system)
        self.assertIn("warning: the disk is nearly full", "".join(there.files["output.log"]))

    def whole_run(self, run):
        run.start()
        run.metrics(1, 6)
        run.event("device", util=0.5, temperature=60)
        run.event("warning", code="disk", text="the disk is nearly full")
        run.sample(6)
        run.finish(step=6)

    # ---- online
    def test_online(self):
        run = self.make()
        run.attend(self.environment)
        self.whole_run(run)
        self.assertEqual(run.leave(), [])
        self.check_run(run)
        self.assertEqual(yaml.safe_load(self.server.run().stored["config.yaml"])["system.batch_size"]["value"], 8)
        self.assertIn("startedAt", json.loads(self.server.run().stored["wandb-metadata.json"]))
        self.told(run)

    def test_while_the_run_goes_on(self):
        run = self.make()
        run.attend(self.environment)
        run.start()
        run.metrics(1, 4)
        wait_for(lambda: self.server.runs and len(self.server.run().lines()) == 3)  # the fourth step may get more values
        self.assertEqual(self.server.run().ends, [])
        run.finish("suspended", step=4)
        run.leave()
        self.assertEqual(self.steps(), self.expected(1, 4))
        self.assertEqual(self.server.run().ends, [{"exitcode": 1, "preempting": True}])

    def test_killed_and_resumed(self):
        run = self.make()
        run.attend(self.environment)
        run.start()
        run.metrics(1, 5)
        wait_for(lambda: self.server.runs and len(self.server.run().lines()) == 4)
        run.kill()
        self.assertEqual(self.server.run().ends, [])
        run.metrics(6, 6)  # while nobody listened
        run.start(resumed=4)
        run.attend(self.environment)
        run.metrics(5, 8)
        run.finish(step=8)
        self.assertEqual(run.leave(), [])
        self.assertEqual(self.steps(), self.expected(1, 8))
        self.assertEqual(self.server.run().ends, [{"exitcode": 0}])
        self.assertEqual(len([line for line in self.server.run().files["output.log"] if "continued on h from step 4" in line]), 1)
        run.track(environment=self.environment)  # nothing is missing, nothing is doubled
        self.assertEqual(self.steps(), self.expected(1, 8))

    def test_run_id_is_kept(self):
        run = self.make(id="null")
        run.start()
        run.metrics(1, 2)
        run.track(environment=self.environment)
        run.metrics(3, 4)
        run.finish(step=4)
        run.track(environment=self.environment)
        self.assertEqual(self.steps(), self.expected(1, 4))
        self.assertRegex(self.server.run().name, "^[0-9a-z]{8}$")

    def test_trouble_that_passes(self):
        run = self.make()
        answers = {("graphql", 1): 503, ("file_stream", 1): 429, ("file_stream", 2): "cut", ("storage", 1): 500}
        self.server.trouble = lambda kind, count: answers.get((kind, count))
        run.attend(self.environment)
        self.whole_run(run)
        warnings = run.leave()
        self.check_run(run)
        self.assertEqual({w["code"] for w in warnings}, {"tracking_waits"})
        self.assertIn("The run goes on", warnings[0]["text"])

    def test_wrong_key(self):
        run = self.make()
        run.attend(self.environment | {"WANDB_API_KEY": "f" * 40})
        run.start()
        warning = json.loads(wait_for(lambda: run.process.stdout.readline()))
        self.assertIn("the key is not accepted (HTTP 401)", warning["text"])
        self.assertIn("WANDB_API_KEY", warning["hint"])
        self.assertEqual(run.leave(), [])
        self.assertEqual(self.server.counts, {"graphql": 1})
        self.assertNotIn("f" * 40, json.dumps(warning))

    def test_where_the_key_comes_from(self):
        bare = {"HOME": self.home, "WANDB_API_KEY": ""}
        run = self.make()
        self.whole_run(run)
        done = run.track(environment=bare, expect=1)
        self.assertIn("there is no key for W&B", done.stderr)
        self.assertIn("wandb sync", done.stderr)
        pathlib.Path(self.home, ".netrc").write_text(f"machine other login user password {'e' * 40}\nmachine 127.0.0.1\n login user\n password {KEY}\n")
        run.track(environment=bare)
        self.check_run(run)
        self.server.runs.clear()
        pathlib.Path(self.home, ".netrc").unlink()
        run.attend(bare, key=KEY)  # from an open-diffusion file
        run.leave()
        self.check_run(run)
        self.told(run)

    def test_server_that_is_not_there(self):
        run = self.make(finish=1)
        self.server.close()
        begin = time.monotonic()
        run.attend(self.environment)
        run.start()
        run.metrics(1, 3)
        run.finish(step=3)
        warnings = run.leave()
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual([w["code"] for w in warnings], ["tracking_waits", "tracking_ended"])
        self.assertIn("atelier-engine track", warnings[-1]["hint"])
        self.server = FakeWandb()

    def test_server_that_never_answers(self):
        run = self.make(finish=1)
        self.server.trouble = lambda kind, count: ("sleep", 30)
        begin = time.monotonic()
        run.attend(self.environment)
        run.start()
        time.sleep(0.5)
        run.finish(step=0)
        warnings = run.leave()
        self.assertLess(time.monotonic() - begin, 10)
        self.assertIn("no more time", warnings[-1]["text"])

    def test_stop_on_the_page(self):
        run = self.make()
        self.server.stop_runs = True
        run.attend(self.environment)
        run.start()
        run.metrics(1, 2)
        request = wait_for(lambda: list((run.folder / "control").glob("*.json")))
        self.assertEqual(json.loads(request[0].read_text())["request"], "stop")
        run.finish("stopped", step=2)
        self.assertEqual([w["code"] for w in run.leave()], ["tracking_stop"])
        self.assertEqual(len(list((run.folder / "control").glob("*.json"))), 1)

    # ---- offline
    def sync(self, run):
        folder = max((run.folder / "wandb").glob("offline-run-*"))
        done = subprocess.run([sys.executable, "-m", "wandb", "sync", "--yes", "--include-synced", str(folder)], capture_output=True, text=True, timeout=120,
                              cwd=self.home, env=os.environ | self.environment | {"WANDB_BASE_URL": self.server.url, "WANDB_ERROR_REPORTING": "false"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_offline_run_is_synced_by_wandb(self):
        run = self.make("offline")
        self.whole_run(run)
        run.attend({"HOME": self.home})
        self.assertEqual(run.leave(), [])
        self.assertEqual(self.server.log, [])  # nothing went out
        self.sync(run)
        self.check_run(run)
        # Continued after that: the rest is synced to the same run, and there is one of everything.
        run.start(resumed=4)
        run.metrics(5, 8)
        run.finish(step=8)
        run.track()
        self.assertEqual(len(list((run.folder / "wandb").glob("offline-run-*"))), 2)
        self.sync(run)
        self.assertEqual(self.steps(), self.expected(1, 8))
        self.assertEqual([end["exitcode"] for end in self.server.run().ends], [0, 0])

    def test_offline_run_killed_and_resumed(self):
        run = self.make("offline")
        run.attend()
        run.start()
        run.metrics(1, 400)
        folder = wait_for(lambda: list((run.folder / "wandb").glob("offline-run-*")))[0]
        wait_for(lambda: (folder / "run-abcd1234.wandb").exists())
        run.kill()
        run.start(resumed=390)
        run.attend()
        run.metrics(391, 410)
        run.finish(step=410)
        self.assertEqual(run.leave(), [])
        self.assertEqual(sorted(p.name for p in folder.iterdir() if "wandb" in p.name), ["run-abcd1234.wandb"])
        self.assertGreater((folder / "run-abcd1234.wandb").stat().st_size, 2 * 32768)  # records cross blocks
        self.assertEqual(os.readlink(folder.parent / "latest-run"), folder.name)
        self.sync(run)
        self.assertEqual(self.steps(), self.expected(1, 410))
        self.assertEqual(self.server.run().ends[-1]["exitcode"], 0)


if __name__ == "__main__":
    unittest.main()
