# SPDX-License-Identifier: GPL-3.0-or-later
# Pipeline folders written by the engine open and run in the real StableDiffusionPipeline, and hold what they should.
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import numpy
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file

from probe_support import probed, relative
from tokenizer_test import trained_vocabulary, write_classic

TOOL = os.path.join(os.environ["ATELIER_BIN"], "pipeline_tool")
WEIGHTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}


def tool(*arguments):
    run = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
    return run.returncode, run.stderr


class PipelineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-pipeline-"))
        write_classic(cls.folder / "tokenizer", trained_vocabulary())
        code, err = tool("make", cls.folder / "tokenizer", cls.folder / "made", "fp32")
        assert code == 0, err

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def picture(self, folder, dtype=torch.float32):
        pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=dtype)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline("a cat", num_inference_steps=3, height=16, width=16, generator=torch.Generator().manual_seed(1), output_type="np").images[0]

    def test_opens_and_runs(self):
        image = self.picture(self.folder / "made")
        self.assertEqual(image.shape, (16, 16, 3))
        self.assertTrue(numpy.isfinite(image).all())

    def test_models_compute_the_same(self):
        pipeline = StableDiffusionPipeline.from_pretrained(self.folder / "made")
        ids = torch.tensor(pipeline.tokenizer(["a cat", ""], padding="max_length", truncation=True, max_length=77).input_ids)
        inputs = {"sample": torch.randn(2, 4, 8, 8), "timestep": torch.tensor([10, 900]), "encoder_hidden_states": torch.randn(2, 77, 32)}
        out = self.folder / "out.st"
        with torch.no_grad():
            self.assertLess(relative(probed(self.folder / "made", "unet", inputs, out)["sample"], pipeline.unet(*inputs.values()).sample), 1e-5)
            self.assertLess(relative(probed(self.folder / "made", "text_encoder", {"input_ids": ids}, out)["last_hidden_state"], pipeline.text_encoder(ids).last_hidden_state), 1e-5)
            latents = torch.randn(1, 4, 8, 8)
            self.assertLess(relative(probed(self.folder / "made", "vae.decode", {"latents": latents}, out)["pixels"], pipeline.vae.decode(latents).sample), 1e-5)

    def test_copies_in_every_dtype(self):
        for name, dtype in (("fp32", torch.float32), ("fp16", torch.float16), ("bf16", torch.bfloat16)):
            code, err = tool("copy", self.folder / "made", self.folder / name, name)
            self.assertEqual(code, 0, err)
            for component, stem in WEIGHTS.items():
                made, copied = (load_file(self.folder / f / component / f"{stem}.safetensors") for f in ("made", name))
                self.assertEqual(set(made), set(copied))
                for key in made:
                    self.assertTrue(torch.equal(made[key].to(dtype), copied[key]), key)
            numpy.testing.assert_allclose(self.picture(self.folder / name), self.picture(self.folder / "made"), atol=0 if name == "fp32" else 0.1)

    def test_a_folder_saved_by_diffusers_comes_back(self):
        reference = StableDiffusionPipeline.from_pretrained(self.folder / "made")
        reference.save_pretrained(self.folder / "theirs")
        code, err = tool("copy", self.folder / "theirs", self.folder / "ours", "fp32")
        self.assertEqual(code, 0, err)
        numpy.testing.assert_array_equal(self.picture(self.folder / "ours"), self.picture(self.folder / "made"))
        for component in ("unet", "vae"):
            theirs, ours = (json.loads((self.folder / f / component / "config.json").read_text()) for f in ("theirs", "ours"))
            for key, value in theirs.items():
                if not key.startswith("_"):
                    self.assertEqual(ours[key], value, key)

    def test_nothing_is_overwritten_and_nothing_half_written_stays(self):
        code, err = tool("copy", self.folder / "made", self.folder / "made", "fp32")
        self.assertEqual(code, 1)
        self.assertIn("exists", err)
        code, err = tool("copy", self.folder / "made", self.folder / "absent" / "deep" / "x", "fp32")
        self.assertFalse(any(p.name.startswith(".") for p in self.folder.rglob("*")), "temporary folders left")


if __name__ == "__main__":
    unittest.main()
