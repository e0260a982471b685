# SPDX-License-Identifier: GPL-3.0-or-later
# README's way of a checkpoint in one file: taken in, trained on, given back. Its commands are run as they stand there, on a small model.
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_ldm_clip_checkpoint
from PIL import Image
from safetensors.torch import load_file, save_file

import convert_test
from convert_test import MINI

BIN = pathlib.Path(os.environ["ATELIER_BIN"])
README = pathlib.Path(os.environ["ATELIER_SOURCE"]) / "README.md"
BLOCK = "given back as one file that A1111, ComfyUI and diffusers read:\n```\n"


class Readme(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="atelier-readme-"))
        self.addCleanup(shutil.rmtree, self.home)

    def sh(self, command):
        environment = os.environ | {"HOME": str(self.home), "PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-ec", command], cwd=self.home, env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, command + "\n" + done.stderr)
        return done.stdout

    def test_a_single_file_taken_in_trained_on_and_given_back(self):
        text = README.read_text()
        start = text.index(BLOCK) + len(BLOCK)
        commands = text[start:text.index("```", start)].splitlines()
        self.assertEqual([c.split()[1] for c in commands], ["inspect", "convert", "train", "convert"])
        # What somebody would have: a base folder, a checkpoint of other weights with averages and trainer's leftovers, pictures, a configuration.
        (self.home / "models").mkdir()
        shutil.copytree(MINI, self.home / "models/base")
        self.sh("atelier-engine convert models/base plain.safetensors --dtype fp32")
        torch.manual_seed(0)
        checkpoint = {k: v + 0.01 * torch.randn_like(v) * v.abs().mean() if v.is_floating_point() else v for k, v in load_file(self.home / "plain.safetensors").items()}
        checkpoint |= {"betas": torch.zeros(1000), "cond_stage_model.transformer.text_model.embeddings.position_ids": torch.arange(77)[None]}
        save_file(checkpoint, self.home / "model.safetensors")
        (self.home / "pictures").mkdir()
        rng = random.Random(1)
        for i in range(4):
            Image.frombytes("RGB", (32, 32), rng.randbytes(3072)).save(self.home / f"pictures/{i}.png")
            (self.home / f"pictures/{i}.txt").write_text(f"picture {i}")
        self.sh("atelier-engine dataset build pictures --out shards")
        (self.home / "my-run.yaml").write_text("experiment: {name: my-run, log_dir: ~/Atelier/runs, num_examples_to_see: 8}\nsystem: {batch_size: 2, threads: 2, device: cpu, workers: 1}\n"
                                               "dataset: {type: WebDataset, params: {path: shards, resolution: 32}}\noptimizer: {params: {learning_rate: 1.0e-3}}\nsampling: {prompts: []}\n")
        outputs = [self.sh(command) for command in commands]
        self.assertIn("Stable Diffusion 1", outputs[0])
        self.assertIn("A1111", outputs[0])
        # The file that came back, as diffusers reads it: the trained folder's weights in half precision, and not those before.
        folder, file = self.home / "Atelier/runs/my-run/current_pipeline", self.home / "trained.safetensors"
        trained, single = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None), load_file(file)
        before = load_file(self.home / "models/mine/unet/diffusion_pytorch_model.safetensors")
        self.assertTrue(any(not torch.equal(before[k], v) for k, v in trained.unet.state_dict().items()))
        for component, cls in (("unet", UNet2DConditionModel), ("vae", AutoencoderKL)):
            theirs = cls.from_single_file(file, config=str(folder / component), local_files_only=True).state_dict()
            for name, value in getattr(trained, component).state_dict().items():
                self.assertTrue(torch.equal(theirs[name].half(), value.half()), name)
        begin = "cond_stage_model.transformer."
        text_encoder = convert_test.canonical("text_encoder", convert_ldm_clip_checkpoint({k: v for k, v in single.items() if k.startswith(begin)}, remove_prefix=begin))
        for name, value in convert_test.canonical("text_encoder", trained.text_encoder.state_dict()).items():
            self.assertTrue(torch.equal(text_encoder[name].half(), value.half()), name)
        self.assertTrue(all(v.dtype == torch.float16 for k, v in single.items()))
        # What came in reached the training: the parts that are not trained are the checkpoint's own.
        vae = trained.vae.state_dict()["decoder.conv_out.weight"]
        self.assertTrue(torch.equal(vae, checkpoint["first_stage_model.decoder.conv_out.weight"]))
        report = json.loads(self.sh("atelier-engine inspect trained.safetensors --json"))
        self.assertTrue({"A1111", "ComfyUI", "diffusers"} <= {r["program"] for r in report["readers"] if r["takes"]}, report["readers"])


if __name__ == "__main__":
    unittest.main()
