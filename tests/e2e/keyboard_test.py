#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four jobs without a mouse: open a folder and build shards, configure and start, watch, sample and stop, export.

Key events only; the accessibility tree is listened to, never acted upon. Needs Xvfb, xdotool and AT-SPI; started by ctest under
dbus-run-session.
"""
import os
import shutil
import tempfile
import time
import unittest
from pathlib import Path

from studio_test import SHOTS, SOURCE, Desktop, Studio, events, wait_for


class Focus:
    """What a screen reader would say while Tab is pressed: role and name of each control that gets the keyboard."""

    def __init__(self, studio: Studio):
        from gi.repository import Atspi, GLib

        self.studio, self.loop, self.heard = studio, GLib.MainContext.default(), []
        self.listener = Atspi.EventListener.new(self.on_event)
        self.listener.register("object:state-changed:focused")
        self.atspi, self.gone = Atspi, GLib.Error

    def on_event(self, event):
        if not event.detail1:
            return
        try:
            box = event.source.get_extents(self.atspi.CoordType.SCREEN)
            self.heard.append((event.source.get_role_name(), event.source.get_name(), (box.x, box.y, box.width, box.height)))
        except self.gone:
            pass  # it went away meanwhile

    def tab(self) -> tuple | None:
        """The control that Tab leads to."""
        before = len(self.heard)
        self.studio.desktop.xdotool("key", "Tab")
        end = time.monotonic() + 1
        while time.monotonic() < end and len(self.heard) == before:
            self.loop.iteration(False)
            time.sleep(0.01)
        return self.heard[-1] if len(self.heard) > before else None

    def tab_to(self, name: str, most: int = 40) -> list[tuple]:
        passed = []
        for _ in range(most):
            control = self.tab()
            passed.append(control)
            if control and control[1] == name:
                return passed
        self.studio.desktop.shot("keyboard-lost")
        raise AssertionError(f"Tab does not lead to {name!r}, but past {passed}")

    def round(self, most: int = 80) -> list[tuple]:
        """Every control that Tab passes until it is back where it began: nothing keeps the keyboard."""
        passed = [self.tab()]
        for _ in range(most):
            control = self.tab()
            if control == passed[0]:
                return passed
            passed.append(control)
        raise AssertionError(f"Tab does not come round, but passes {passed}")


class Keyboard(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="atelier-keyboard-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.pictures = self.folder / "pictures"
        self.pictures.mkdir()
        for caption in sorted((SOURCE / "resources/demo/emoji").glob("*.txt"))[:16]:
            shutil.copy(caption, self.pictures)
            shutil.copy(caption.with_suffix(".png"), self.pictures)
        self.project = self.folder / "project"

    def test_four_jobs_without_a_mouse(self):
        with Desktop(self.folder / "home", SHOTS) as desktop:
            os.environ.update({"DISPLAY": desktop.environment["DISPLAY"]})
            desktop.environment["QT_LINUX_ACCESSIBILITY_ALWAYS_ON"] = "1"
            studio = Studio(desktop, self.project)
            focus = Focus(studio)
            self.build(desktop, studio, focus)
            run = self.start(desktop, studio, focus)
            self.watch_and_stop(studio, focus, run)
            self.export(desktop, studio, focus)
        passed = [control for control in focus.heard if not control[1]]
        self.assertEqual(passed, [], "every control that gets the keyboard has a name")

    def build(self, desktop: Desktop, studio: Studio, focus: Focus):
        studio.keys("ctrl+shift+o")
        dialog = desktop.window("Open folder")
        desktop.type(dialog, str(self.pictures))
        desktop.keys(dialog, "Return")
        studio.find(".*16 images.*")
        studio.keys("ctrl+1")
        rows = focus.tab_to("Build shards")  # the header from left to right
        across = [x for _, _, (x, y, _, height) in rows if y + height // 2 < 60 + 56]
        self.assertEqual(across, sorted(across), rows)
        desktop.shot("keyboard-1-focus")
        studio.keys("space")
        studio.find("Build", "push button")
        studio.keys("Return")
        wait_for(lambda: next(self.project.glob("datasets/*/v1/manifest.json"), None), "verified shards")
        studio.find("Train on this version", "push button")

    def start(self, desktop: Desktop, studio: Studio, focus: Focus) -> Path:
        focus.tab_to("Train on this version")
        studio.keys("space")
        studio.find("Try it on this computer")
        focus.tab_to("Name")
        studio.keys("ctrl+a")
        desktop.type(studio.window, "by-keys")
        desktop.shot("keyboard-2-template")
        focus.tab_to("Start")
        studio.keys("Return")
        run = self.project / "runs/by-keys"
        wait_for(lambda: events(run, "error") or any(e["step"] > 0 for e in events(run, "progress")), "the first step", 240)
        self.assertFalse(events(run, "error"))
        studio.find("Stop", "push button")
        desktop.shot("keyboard-3-monitor")
        return run

    def watch_and_stop(self, studio: Studio, focus: Focus, run: Path):
        passed = [control[1] for control in focus.round() if control]
        for name in ("All runs", "Stop", "Loss", "loss", "By step", "Events"):
            self.assertIn(name, passed)
        for key, request in (("k", "checkpoint"), ("s", "sample")):
            studio.keys(key)
            wait_for(lambda wanted=request: any(ack["request"] == wanted and ack["state"] == "done" for ack in events(run, "ack")), f"{request} now")
        studio.keys("ctrl+period")
        finished = wait_for(lambda: events(run, "run_finished"), "the run's end", 120)
        self.assertEqual(finished[-1]["reason"], "stopped")
        studio.find("Stopped|.*[Ss]topped.*")

    def export(self, desktop: Desktop, studio: Studio, focus: Focus):
        studio.find("Export…", "push button")
        studio.keys("ctrl+e")
        studio.find("Target folder")
        studio.keys("ctrl+a")
        desktop.type(studio.window, str(self.folder / "exported"))
        desktop.shot("keyboard-4-export")
        studio.keys("Return")
        wait_for(lambda: (self.folder / "exported/README.txt").exists(), "the exported folder")
        studio.keys("Escape")
        focus.tab_to("Resume")  # the keyboard is back in the page


if __name__ == "__main__":
    unittest.main(verbosity=2)
