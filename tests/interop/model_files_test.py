# SPDX-License-Identifier: GPL-3.0-or-later
# docs/model-files.md is what its script writes, and every test that it names exists.
import os
import pathlib
import subprocess
import sys
import unittest


class ModelFiles(unittest.TestCase):
    def test_page_is_true(self):
        done = subprocess.run([sys.executable, pathlib.Path(os.environ["ATELIER_SOURCE"]) / "scripts/model_files", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
