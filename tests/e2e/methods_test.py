#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""LoRA, DreamBooth and ControlNet as a person trains them: shards, the method's card, its fields, a few values in the form,
Start, and what comes out. Each run is made small by the form, not behind its back.

Needs Xvfb, xdotool and AT-SPI; started by ctest under dbus-run-session. Pictures of the screen go to ATELIER_SHOTS.
"""
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

os.environ["NO_AT_BRIDGE"] = "0"
from desktop import BIN, Desktop, wait_for  # noqa: E402
from studio_test import SHOTS, SOURCE, Studio, events  # noqa: E402

MINI = SOURCE / "resources/models/mini"


class Methods(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="atelier-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(lambda: subprocess.run(["pkill", "-f", str(self.folder)], check=False))
        self.project = self.folder / "project"
        pictures = self.folder / "apples"
        pictures.mkdir()
        for caption in sorted((SOURCE / "resources/demo/emoji").glob("*.txt"))[:8]:
            shutil.copy(caption, pictures)
            shutil.copy(caption.with_suffix(".png"), pictures)
        self.shards = self.project / "datasets/apples/v1"
        self.shards.parent.mkdir(parents=True)
        subprocess.run([BIN / "atelier-engine", "dataset", "build", pictures, "--out", self.shards], check=True, capture_output=True)

    # ---- what hands do --------------------------------------------------------------------------------------------------
    def type_into(self, studio: Studio, name: str, text: str):
        studio.press(name, "text")
        studio.desktop.keys(studio.window, "ctrl+a")
        studio.desktop.type(studio.window, text)
        time.sleep(0.3)

    def set(self, studio: Studio, key: str, name: str, text: str):
        """A setting found by its key and typed into the form."""
        self.type_into(studio, "Find setting", key)
        self.type_into(studio, name, text)

    def choose(self, studio: Studio, card: str):
        studio.keys("ctrl+2", "ctrl+n")
        studio.press(card)
        time.sleep(0.5)

    def run_to_its_end(self, studio: Studio, name: str) -> Path:
        studio.press("Start( with .*)?", "push button")
        run = self.project / "runs" / name
        time.sleep(1)
        studio.desktop.shot(f"method-{name}-started")
        wait_for(lambda: events(run, "run_started"), f"the start of {name}", 60)
        wait_for(lambda: events(run, "run_finished") or events(run, "error"), f"the end of {name}", 300)
        self.assertEqual(events(run, "error"), [])
        self.assertEqual(events(run, "run_finished")[-1]["reason"], "completed")
        time.sleep(1)
        studio.desktop.shot(f"method-{name}")
        return run

    # ---- the three of them ----------------------------------------------------------------------------------------------
    def test_three_methods(self):
        with Desktop(self.folder / "home", SHOTS) as desktop:
            os.environ.update({"DISPLAY": desktop.environment["DISPLAY"]})
            desktop.environment["QT_LINUX_ACCESSIBILITY_ALWAYS_ON"] = "1"
            studio = Studio(desktop, self.project)
            self.lora(studio)
            self.dreambooth(studio)
            self.controlnet(studio)

    def small(self, studio: Studio):
        for _ in range(15):  # to the end of the gallery, where the card's buttons are
            studio.desktop.xdotool("click", 5)
        time.sleep(0.5)
        studio.press("Open in the form", "push button")
        self.set(studio, "dataset.params.resolution", "Resolution", "64")
        self.set(studio, "num_examples_to_see", "Images to train on", "8")

    def lora(self, studio: Studio):
        self.choose(studio, "LoRA")
        self.type_into(studio, "Base model", str(MINI))
        self.type_into(studio, "Shards", str(self.shards / "000000.tar"))
        self.small(studio)
        run = self.run_to_its_end(studio, "lora")
        facts = self.inspect(next((run / "final").glob("*.safetensors")))
        self.assertIn("lora", json.dumps(facts).lower())

    def dreambooth(self, studio: Studio):
        self.choose(studio, "DreamBooth")
        # Base model and shards are those used last; only what is new is asked for.
        self.type_into(studio, "Subject", "a photo of sks apple")
        self.type_into(studio, "Class", "a photo of an apple")
        self.small(studio)
        self.set(studio, "class_count", "Class pictures", "2")
        run = self.run_to_its_end(studio, "dreambooth")
        self.assertTrue((run / "final" / "model_index.json").exists())

    def controlnet(self, studio: Studio):
        self.choose(studio, "ControlNet")
        self.small(studio)
        run = self.run_to_its_end(studio, "controlnet")
        config = json.loads(next((run / "final").rglob("config.json")).read_text())
        self.assertEqual(config["_class_name"], "ControlNetModel")

    def inspect(self, file: Path) -> dict:
        done = subprocess.run([BIN / "atelier-engine", "inspect", file, "--json"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
