#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue as a person uses it: three runs started by mouse on one device, dragged into another order, the window killed; the
next run starts without it, and a new window shows the queue, pauses it and lets it go on.

The engine is a stand-in that trains until a file says so. Needs Xvfb, xdotool and AT-SPI; started by ctest under dbus-run-session.
"""
import os
import shutil
import tempfile
import time
import unittest
from pathlib import Path

os.environ["NO_AT_BRIDGE"] = "0"
from desktop import TESTS, Desktop, wait_for  # noqa: E402
from studio_test import SHOTS, Studio, events  # noqa: E402

CONFIG = """config_version: 1
experiment: {{name: {name}, log_dir: {runs}, num_examples_to_see: 6400}}
model: {{pretrained: /models/sd15}}
method: {{type: lora}}
system: {{batch_size: 64}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-04}}}}
dataset: {{type: WebDataset, params: {{path: '/data/emoji/v3/{{000000..000007}}.tar', resolution: 512}}}}
"""


class Queue(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="atelier-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.project = self.folder / "project"
        for name in ("birds", "foxes", "whales"):
            run = self.run_folder(name)
            run.mkdir(parents=True)
            (run / "config.yaml").write_text(CONFIG.format(name=name, runs=run.parent))
        settings = self.folder / "home/.config/Atelier/Atelier.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(f"[engine]\npath={TESTS / 'atelier-engine-fake'}\n")

    def run_folder(self, name: str) -> Path:
        return self.project / "runs" / name

    def works(self, name: str) -> bool:
        run = self.run_folder(name)
        return len(events(run, "run_started")) > len(events(run, "run_finished"))

    def end(self, name: str):
        (self.run_folder(name) / "end").touch()
        wait_for(lambda: not self.works(name), f"the end of {name}")

    def start(self, studio: Studio, name: str):
        studio.press(f"{name}, .*")
        studio.press("Start", "push button")

    def drag_onto(self, studio: Studio, row: str, target: str):
        at, to = (studio.accessible.centre(studio.find(f"{name}, place .*")) for name in (row, target))
        studio.desktop.xdotool("mousemove", *at, "mousedown", 1)
        for step in range(1, 11):
            x, y = (a + (b - a) * step // 10 for a, b in zip(at, to))
            studio.desktop.xdotool("mousemove", x + step % 2, y)
            time.sleep(0.06)
        time.sleep(0.3)
        studio.desktop.xdotool("mouseup", 1)

    def test_runs_wait_for_each_other(self):
        with Desktop(self.folder / "home", SHOTS) as desktop:
            os.environ.update({"DISPLAY": desktop.environment["DISPLAY"]})
            desktop.environment["QT_LINUX_ACCESSIBILITY_ALWAYS_ON"] = "1"
            studio = Studio(desktop, self.project)
            studio.find("Engine .* ready")
            studio.keys("ctrl+3")
            self.start(studio, "birds")
            wait_for(lambda: self.works("birds"), "the first run")
            studio.press("All runs")
            self.start(studio, "foxes")
            studio.find("foxes, place 1 in the queue, after birds.*")
            self.start(studio, "whales")
            studio.find("whales, place 2 in the queue, after foxes")
            desktop.shot("queue-1-waiting")
            self.drag_onto(studio, "whales", "foxes")
            studio.find("whales, place 1 in the queue, after birds.*")
            studio.find("foxes, place 2 in the queue, after whales")
            desktop.shot("queue-2-reordered")
            self.assertFalse(self.works("foxes") or self.works("whales"))

            studio.kill()
            self.end("birds")
            wait_for(lambda: self.works("whales"), "the next run, without a window")
            self.assertFalse(self.works("foxes"))

            studio = Studio(desktop, self.project)
            studio.keys("ctrl+3")
            studio.find("foxes, place 1 in the queue, after whales.*")
            studio.press("Pause queue", "push button")
            studio.find("The queue is paused.")
            desktop.shot("queue-3-paused")
            self.end("whales")
            time.sleep(2.5)
            self.assertFalse(self.works("foxes"))
            studio.press("Go on", "push button")
            wait_for(lambda: self.works("foxes"), "the last run")
            studio.find("foxes, Running, .*")
            self.end("foxes")
            studio.find("foxes, Finished, .*")
            desktop.shot("queue-4-done")


if __name__ == "__main__":
    unittest.main(verbosity=2)
