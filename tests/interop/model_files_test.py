# SPDX-License-Identifier: GPL-3.0-or-later
# docs/model-files.md is what its script writes, every test that it names exists, and every form that the engine writes has its line.
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["ATELIER_SOURCE"])


def check(root):
    done = subprocess.run([sys.executable, root / "scripts/model_files", "--check"], capture_output=True, text=True)
    return done.returncode, done.stderr


class ModelFiles(unittest.TestCase):
    def test_page_is_true(self):
        self.assertEqual(check(SOURCE), (0, ""))

    def test_what_is_not_true_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("scripts/model_files", "docs/model-files.md", "app/engine/convert_verb.cpp", "app/engine/lora_verb.cpp"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(SOURCE / name, root / name)
            (root / "tests").symlink_to(SOURCE / "tests")
            self.assertEqual(check(root), (0, ""))
            for name, before, after, expected in (("scripts/model_files", "test_dtypes", "test_gone", "has no test_gone"), ("scripts/model_files", "convert_test.py", "gone_test.py", "gone_test.py"),
                                                  ("docs/model-files.md", "PEFT", "Peft", "is not what"), ("app/engine/convert_verb.cpp", '"embedding-a1111"}', '"embedding-a1111", "onnx"}', "--to onnx: no line"),
                                                  ("app/engine/lora_verb.cpp", '"diffusers", "peft"}', '"diffusers"}', "--to peft: the engine does not"),
                                                  ("app/engine/lora_verb.cpp", 'add_subcommand("merge"', 'add_subcommand("mix"', "lora mix: no line")):
                text = (root / name).read_text()
                self.assertIn(before, text)
                (root / name).write_text(text.replace(before, after))
                code, said = check(root)
                self.assertEqual(code, 1)
                self.assertIn(expected, said)
                (root / name).write_text(text)


if __name__ == "__main__":
    unittest.main()
