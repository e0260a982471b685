#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and ending the studio leaves nothing behind: on a screen without a session bus no bus daemon is started for it.

Needs Xvfb.
"""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from desktop import BIN, Desktop, processes_of


class Start(unittest.TestCase):
    def test_no_process_stays(self):
        folder = Path(tempfile.mkdtemp(prefix="atelier-start-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        with Desktop(folder / "home", folder) as desktop:
            for name in ("DBUS_SESSION_BUS_ADDRESS", "NO_AT_BRIDGE"):
                desktop.environment.pop(name, None)
            done = subprocess.run([BIN / "atelier", "--project", folder / "project", "--bench-start"], env=desktop.environment,
                                  capture_output=True, text=True, timeout=60)
            self.assertIn("first paint", done.stdout, done.stderr)
            self.assertEqual(processes_of(folder / "home"), {})


if __name__ == "__main__":
    unittest.main(verbosity=2)
