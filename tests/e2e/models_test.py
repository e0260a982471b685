#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checkpoint in one file is dropped on the studio from another program's window, recognised, converted to a folder; the engine
then finds that folder complete. Needs Xvfb, xdotool and AT-SPI; started by ctest under dbus-run-session.
"""
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from studio_test import BIN, SHOTS, SOURCE, TESTS, Desktop, Studio, wait_for

ENGINE = BIN / "atelier-engine"
MINI = SOURCE / "resources/models/mini"


def inspect(path: Path) -> tuple[int, dict]:
    done = subprocess.run([ENGINE, "inspect", path, "--json"], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


class Models(unittest.TestCase):
    def test_a_dropped_checkpoint_becomes_a_folder(self):
        folder = Path(tempfile.mkdtemp(prefix="atelier-e2e-models-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        checkpoint, project = folder / "mine.safetensors", folder / "project"
        subprocess.run([ENGINE, "convert", MINI, checkpoint], check=True, capture_output=True)
        with Desktop(folder / "home", SHOTS) as desktop:
            os.environ.update({"DISPLAY": desktop.environment["DISPLAY"]})
            desktop.environment["QT_LINUX_ACCESSIBILITY_ALWAYS_ON"] = "1"
            studio = Studio(desktop, project)
            source = desktop.start(TESTS / "drag_source", checkpoint)
            window = desktop.window("atelier-drag-source")
            desktop.xdotool("windowmove", window, 0, 0)
            time.sleep(0.5)
            desktop.drag(window, studio.window, 600, 400)
            studio.find("Single-file checkpoint · Stable Diffusion 1")
            studio.find("A1111 takes it")
            source.terminate()
            desktop.shot("models-1-dropped")
            studio.press("Convert…", "push button")
            studio.find("Tokenizer from")
            desktop.shot("models-2-sheet")
            studio.press("Convert", "push button")
            studio.find(".*maximum difference after reading it again: 0")
            desktop.shot("models-3-converted")
            made = project / "models/mine"
            wait_for(lambda: (made / "model_index.json").exists(), "the converted folder")
            code, report = inspect(made)
        self.assertEqual(code, 0, report)
        self.assertTrue(report["complete"])
        self.assertTrue(report["what"].startswith("pipeline folder"))
        self.assertEqual({p.name for p in made.parent.iterdir()}, {"mine"})  # nothing half-written beside it
        self.assertEqual((made / "tokenizer/vocab.json").read_bytes(), (MINI / "tokenizer/vocab.json").read_bytes())


if __name__ == "__main__":
    unittest.main(verbosity=2)
