#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""LoRA, DreamBooth and ControlNet as a person trains them: a folder of pictures with their control images dropped on the window,
shards, the method's card, its fields, a few values in the form, Start, and what comes out. Each run is made small by the form, not
behind its back.

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
from desktop import BIN, TESTS, Desktop, wait_for  # noqa: E402
from studio_test import SHOTS, SOURCE, Studio, events  # noqa: E402

MINI = SOURCE / "resources/models/mini"


class Methods(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="atelier-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(lambda: subprocess.run(["pkill", "-f", str(self.folder)], check=False))
        self.project = self.folder / "project"
        self.pictures = self.folder / "apples"
        conditions = self.pictures / "conditions"
        conditions.mkdir(parents=True)
        for caption in sorted((SOURCE / "resources/demo/emoji").glob("*.txt"))[:8]:
            picture = caption.with_suffix(".png")
            shutil.copy(caption, self.pictures)
            shutil.copy(picture, self.pictures)
            subprocess.run(["convert", picture, "-background", "white", "-flatten", "-colorspace", "gray", "-edge", "2", conditions / picture.name], check=True)

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
            self.drop_and_build(desktop, studio)
            self.lora(studio)
            self.dreambooth(studio)
            self.controlnet(studio)

    def drop_and_build(self, desktop: Desktop, studio: Studio):
        """The folder with `conditions` in it becomes pairs; both go into the shards, which the next card takes."""
        studio.keys("ctrl+1")
        source = desktop.start(TESTS / "drag_source", self.pictures)
        window = desktop.window("atelier-drag-source")
        desktop.xdotool("windowmove", window, 0, 0)
        time.sleep(0.5)
        desktop.drag(window, studio.window, 600, 400)
        studio.find(".*with control image.*")
        source.terminate()
        studio.find("Without control image, 0")
        studio.press(".*with control image.*")
        time.sleep(1)
        desktop.shot("methods-pairs")
        studio.keys("ctrl+b")
        studio.press("Build", "push button")
        manifest = wait_for(lambda: next(self.project.glob("datasets/*/v1/manifest.json"), None), "verified shards")
        members = json.loads(manifest.read_text())["totals"]["members"]
        self.assertEqual((members["png"], members["cond.png"]), (8, 8))
        studio.press("Train on this version", "push button")

    def small(self, studio: Studio):
        for _ in range(15):  # to the end of the gallery, where the card's buttons are
            studio.desktop.xdotool("click", 5)
        time.sleep(0.5)
        studio.press("Open in the form", "push button")
        self.set(studio, "dataset.params.resolution", "Resolution", "64")
        self.set(studio, "num_examples_to_see", "Images to train on", "8")

    def lora(self, studio: Studio):
        # The gallery is open, and the new shards stand in its cards.
        studio.press("LoRA")
        time.sleep(0.5)
        self.type_into(studio, "Base model", str(MINI))
        self.small(studio)
        run = self.run_to_its_end(studio, "lora")
        facts = self.inspect(next((run / "final").glob("*.safetensors")))
        self.assertIn("lora", json.dumps(facts).lower())

    def dreambooth(self, studio: Studio):
        self.choose(studio, "DreamBooth")
        # Base model and shards are those used last; only what is new is asked for.
        self.type_into(studio, "Subject", "a photo of sks apple")
        studio.desktop.shot("method-dreambooth-card")
        self.small(studio)
        self.set(studio, "class_count", "Class pictures", "2")
        run = self.run_to_its_end(studio, "dreambooth")
        self.assertIn("class_prompt: a photo of an apple", (run / "config.yaml").read_text())
        self.assertTrue((run / "final" / "model_index.json").exists())

    def controlnet(self, studio: Studio):
        self.choose(studio, "ControlNet")
        self.small(studio)
        self.type_into(studio, "Find setting", "method.condition")
        studio.press("(Condition pictures|Edges of the picture.*)", "combo box")
        studio.desktop.type(studio.window, "A second")
        studio.keys("Return")
        run = self.run_to_its_end(studio, "controlnet")
        self.assertIn("condition: dataset", (run / "config.yaml").read_text())
        config = json.loads(next((run / "final").rglob("config.json")).read_text())
        self.assertEqual(config["_class_name"], "ControlNetModel")

    def inspect(self, file: Path) -> dict:
        done = subprocess.run([BIN / "atelier-engine", "inspect", file, "--json"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
