#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job as a person does it: drop files from another program's window, build shards, start a run from a template,
watch curve and samples arrive, kill the studio, reopen the run, stop it, export it, run the exported folder headless.

Needs Xvfb, xdotool and AT-SPI; started by ctest under dbus-run-session. Pictures of the screen go to ATELIER_SHOTS.
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

os.environ["NO_AT_BRIDGE"] = "0"
from desktop import BIN, TESTS, Desktop, wait_for  # noqa: E402

SOURCE = Path(os.environ["ATELIER_SOURCE"])
SHOTS = Path(os.environ.get("ATELIER_SHOTS", BIN.parent / "e2e-screenshots"))


def events(run: Path, kind: str) -> list[dict]:
    path = run / "events.jsonl"
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
    return [line for line in lines if line["type"] == kind]


class Studio:
    """One studio process and its window."""

    def __init__(self, desktop: Desktop, project: Path, *paths):
        import accessible

        self.accessible, self.desktop = accessible, desktop
        self.process = desktop.start(BIN / "atelier", "--project", project, "--theme", "light", *paths)
        self.window = desktop.window("Atelier")
        desktop.xdotool("windowmove", self.window, 300, 60)
        self.root = wait_for(lambda: accessible.application("atelier"), "the studio in the accessibility tree", 30)

    def find(self, name: str, role: str | None = None, seconds: float = 30):
        try:
            return wait_for(lambda: self.accessible.find(self.root, name, role), f"a control named {name!r} ({role})", seconds)
        except AssertionError:
            self.desktop.shot("missing-control")
            raise AssertionError(f"no control named {name!r} ({role}); shown are: " + "; ".join(self.accessible.names(self.root))) from None

    def press(self, name: str, role: str | None = None, seconds: float = 30):
        """A click of the left button in the middle of the control."""
        x, y = self.accessible.centre(self.find(name, role, seconds))
        self.desktop.xdotool("mousemove", x, y)
        time.sleep(0.1)
        self.desktop.xdotool("click", 1)
        time.sleep(0.3)

    def keys(self, *combinations):
        self.desktop.keys(self.window, *combinations)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


class WholeJob(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="atelier-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.pictures = self.folder / "my pictures"
        self.pictures.mkdir()
        for caption in sorted((SOURCE / "resources/demo/emoji").glob("*.txt"))[:32]:
            shutil.copy(caption, self.pictures)
            shutil.copy(caption.with_suffix(".png"), self.pictures)
        self.project = self.folder / "project"

    def test_from_pictures_to_a_headless_run(self):
        with Desktop(self.folder / "home", SHOTS) as desktop:
            os.environ.update({"DISPLAY": desktop.environment["DISPLAY"]})
            desktop.environment["QT_LINUX_ACCESSIBILITY_ALWAYS_ON"] = "1"
            studio = Studio(desktop, self.project)
            shards = self.drop_and_build(desktop, studio)
            run = self.start_from_template(desktop, studio)
            self.watch(desktop, run)
            studio = self.kill_and_reopen(desktop, studio, run)
            self.stop(desktop, studio, run)
            exported = self.export(desktop, studio, run)
        self.run_headless(exported)
        verified = subprocess.run([BIN / "atelier-engine", "dataset", "verify", shards], capture_output=True, text=True)
        self.assertEqual(verified.returncode, 0, verified.stderr)

    def drop_and_build(self, desktop: Desktop, studio: Studio) -> Path:
        studio.keys("ctrl+1")
        source = desktop.start(TESTS / "drag_source", self.pictures)
        window = desktop.window("atelier-drag-source")
        desktop.xdotool("windowmove", window, 0, 0)
        time.sleep(0.5)
        desktop.drag(window, studio.window, 600, 400)
        wait_for(lambda: list(self.project.glob("datasets/*/dataset.yaml")), "the dropped folder as a dataset")
        source.terminate()
        studio.find(".*32 images.*")
        desktop.shot("1-dropped")
        studio.keys("ctrl+b")
        studio.press("Build", "push button")
        manifest = wait_for(lambda: next(self.project.glob("datasets/*/v1/manifest.json"), None), "verified shards")
        desktop.shot("2-built")
        return manifest.parent

    def start_from_template(self, desktop: Desktop, studio: Studio) -> Path:
        studio.press("Train on this version", "push button")
        studio.press("Try it on this computer")
        time.sleep(1)
        desktop.shot("3-template")
        studio.press("Start", "push button")
        return wait_for(lambda: next((p.parent for p in self.project.glob("runs/*/events.jsonl")), None), "a run folder with events")

    def watch(self, desktop: Desktop, run: Path):
        wait_for(lambda: events(run, "sample") or events(run, "error"), "sample pictures", 300)
        self.assertFalse(events(run, "error"))
        wait_for(lambda: len(events(run, "metric")) >= 3, "points of the loss curve")
        time.sleep(1.5)
        desktop.shot("4-monitor")

    def kill_and_reopen(self, desktop: Desktop, studio: Studio, run: Path) -> Studio:
        studio.kill()
        step = events(run, "progress")[-1]["step"]
        wait_for(lambda: events(run, "progress")[-1]["step"] > step, "progress while no window is open", 120)
        self.assertFalse(events(run, "run_finished"))
        studio = Studio(desktop, self.project, run)
        studio.find("Stop", "push button")
        time.sleep(1.5)
        desktop.shot("5-reopened")
        return studio

    def stop(self, desktop: Desktop, studio: Studio, run: Path):
        studio.press("Stop", "push button")
        finished = wait_for(lambda: events(run, "run_finished"), "the run's end", 120)
        self.assertEqual(finished[-1]["reason"], "stopped")
        self.assertTrue(any(ack["state"] == "done" for ack in events(run, "ack")))
        self.assertTrue((run / "current_pipeline" / "model_index.json").exists())
        studio.find("Stopped|.*[Ss]topped.*")
        desktop.shot("6-stopped")

    def export(self, desktop: Desktop, studio: Studio, run: Path) -> Path:
        studio.press("Export…", "push button")
        studio.find("Target folder")
        time.sleep(0.5)
        desktop.shot("7-export")
        studio.press("Export", "push button")
        job = wait_for(lambda: next((p for p in self.folder.rglob("job.sbatch")), None), "the exported folder")
        wait_for(lambda: (job.parent / "README.txt").exists(), "its README")
        return job.parent

    def run_headless(self, exported: Path):
        names = {p.name for p in exported.iterdir()}
        self.assertLessEqual({"README.txt", "config.yaml", "job.json", "job.sbatch"}, names)
        self.assertNotIn("events.jsonl", names)
        done = subprocess.run([BIN / "atelier-engine", "train", ".", "experiment.num_examples_to_see=32", "sampling.every=1000"], cwd=exported,
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(events(exported, "run_finished")[-1]["reason"], "completed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
