# SPDX-License-Identifier: GPL-3.0-or-later
# ControlNets between their folder, cldm's single file and the one-file form with the folder's names, against diffusers' own readers:
# tiny random models with equal tensors, every name and shape of the published sizes without weights.
import json
import os
import pathlib
import shutil
import struct
import math
import subprocess
import tempfile
import unittest

import torch
from diffusers import AutoencoderKL, ControlNetModel, DDIMScheduler, StableDiffusionPipeline
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint, infer_diffusers_model_type
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

import tiny_pipeline
from probe_support import randomise
from tokenizer_test import trained_vocabulary, write_classic

BIN = pathlib.Path(os.environ["ATELIER_BIN"])
DOWN4, DOWN3 = ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",), ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D")


def spec(sizes, context, heads, **more):
    return dict(block_out_channels=sizes, cross_attention_dim=context, attention_head_dim=heads, down_block_types=DOWN3 if len(sizes) == 3 else DOWN4, **more)


XL = dict(use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256)
FULL = {"sd1": spec((320, 640, 1280, 1280), 768, 8), "sd2": spec((320, 640, 1280, 1280), 1024, (5, 10, 20, 20), use_linear_projection=True),
        "sdxl": spec((320, 640, 1280), 2048, (5, 10, 20), transformer_layers_per_block=(1, 2, 10), projection_class_embeddings_input_dim=2816, **XL)}
TINY = {"sd1": spec((64, 64, 128, 128), 64, 8, conditioning_embedding_out_channels=(8, 16, 24, 32)),
        "sd2": spec((64, 64, 128, 128), 128, (1, 1, 2, 2), use_linear_projection=True),
        "sdxl": spec((64, 64, 128), 192, (1, 1, 2), transformer_layers_per_block=(1, 2, 3), projection_class_embeddings_input_dim=64 + 6 * 256, **XL)}
FAMILY = {"sd1": "Stable Diffusion 1", "sd2": "Stable Diffusion 2", "sdxl": "Stable Diffusion XL"}


def tool(*arguments):
    return subprocess.run(list(map(str, arguments)), capture_output=True, text=True)


class ControlNets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-controlnet-"))
        cls.made = {name: ControlNetModel(**config) for name, config in TINY.items()}
        for name, model in cls.made.items():
            for parameter in model.parameters():
                torch.nn.init.normal_(parameter, std=0.1)
            model.save_pretrained(cls.folder / name)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def ok(self, *arguments):
        done = tool(BIN / "atelier-engine", "convert", *arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(report["maximum_difference"], 0)
        return report

    def assertSame(self, got, wanted):
        self.assertEqual(set(got), set(wanted))
        for name, tensor in wanted.items():
            self.assertTrue(torch.equal(got[name], tensor), name)

    def picture(self, model, *options):
        out = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        done = tool(BIN / "atelier-engine", "sample", "--model", model, "--prompt", "a cat", "--out", out, "--steps", 2, "--guidance", 2, "--size", 64, "--seed", 3, "--device", "cpu", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return torch.tensor(list(Image.open(out / "0000.png").tobytes()), dtype=torch.float)

    def test_pictures_with_one_file_are_those_with_the_folder(self):
        """Every form of one file, and two at once; that the folder's are diffusers' is shown by additions_test."""
        model, levels = self.folder / "pipeline", dict(block_out_channels=(64, 64, 128, 128))
        write_classic(self.folder / "words", trained_vocabulary())
        words = CLIPTokenizer.from_pretrained(self.folder / "words")
        vae = randomise(AutoencoderKL(block_out_channels=(16,) * 4, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=1, norm_num_groups=8), 2)
        unet = tiny_pipeline.unet(**levels, layers_per_block=2, norm_num_groups=32, down_block_types=DOWN4, up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
                                  cross_attention_dim=64, attention_head_dim=8)
        StableDiffusionPipeline(vae=vae, text_encoder=tiny_pipeline.text_encoder(len(words), 64), tokenizer=words, unet=unet, scheduler=DDIMScheduler(**tiny_pipeline.SD), safety_checker=None,
                                feature_extractor=None, requires_safety_checker=False).save_pretrained(model)
        for i in (1, 2):
            randomise(ControlNetModel(**TINY["sd1"]), i).save_pretrained(self.folder / f"net-{i}")
            Image.frombytes("RGB", (64, 64), bytes((x * i) % 256 for x in range(64 * 64 * 3))).save(self.folder / f"edges-{i}.png")
        self.ok(self.folder / "net-1", self.folder / "cldm.safetensors")
        torch.save({"state_dict": load_file(self.folder / "cldm.safetensors")}, self.folder / "cldm.pth")
        save_file({name.removeprefix("control_model."): tensor for name, tensor in load_file(self.folder / "cldm.safetensors").items()}, self.folder / "bare.safetensors")
        save_file(load_file(self.folder / "net-1/diffusion_pytorch_model.safetensors"), self.folder / "named.safetensors")
        self.ok(self.folder / "net-2", self.folder / "second.safetensors")
        first = ["--control", self.folder / "edges-1.png"]
        wanted = self.picture(model, "--controlnet", f"{self.folder}/net-1:0.1", *first)
        self.assertGreater((wanted - self.picture(model)).abs().mean().item(), 1, "the ControlNet changes the picture")
        for name in ("cldm.safetensors", "cldm.pth", "bare.safetensors", "named.safetensors"):
            self.assertTrue(torch.equal(self.picture(model, "--controlnet", f"{self.folder}/{name}:0.1", *first), wanted), name)
        both = [*first, "--control", self.folder / "edges-2.png"]
        made = [self.picture(model, "--controlnet", f"{self.folder}/{a}:0.1", "--controlnet", f"{self.folder}/{b}:0.1", *both) for a, b in (("net-1", "net-2"), ("bare.safetensors", "second.safetensors"))]
        self.assertTrue(torch.equal(*made))
        self.assertGreater((made[0] - wanted).abs().mean().item(), 0.1)
        save_file({"x": torch.zeros(3)}, self.folder / "other.safetensors")
        done = tool(BIN / "atelier-engine", "sample", "--model", model, "--prompt", "a", "--out", self.folder / "none", "--size", 64, "--controlnet", self.folder / "other.safetensors", *first)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("other.safetensors", done.stderr)

    def test_folder_to_cldm_file_and_back(self):
        for name, model in self.made.items():
            with self.subTest(name):
                single, out = self.folder / f"{name}.safetensors", self.folder / f"{name}-again"
                self.assertEqual(self.ok(self.folder / name, single)["family"], FAMILY[name])
                tensors = load_file(single)
                self.assertTrue(all(key.startswith("control_model.") for key in tensors))
                converted = convert_controlnet_checkpoint(dict(tensors), model.config)
                wanted = {k: v for k, v in model.state_dict().items() if name != "sdxl" or not k.startswith("add_embedding.")}
                self.assertSame(converted, wanted)  # diffusers' reader does not know XL's label_emb
                if name != "sdxl":
                    again = ControlNetModel.from_single_file(single, config=str(self.folder / name), local_files_only=True)
                    self.assertSame(again.state_dict(), model.state_dict())
                self.ok(single, out)
                self.assertSame(ControlNetModel.from_pretrained(out).state_dict(), model.state_dict())
                made = json.loads((out / "config.json").read_text())
                for key, value in TINY[name].items():
                    value = [8] * 4 if (name, key) == ("sd1", "attention_head_dim") else value
                    got = [made[key]] * 4 if (name, key) == ("sd1", "attention_head_dim") and isinstance(made[key], int) else made[key]
                    self.assertEqual(got, list(value) if isinstance(value, tuple) else value, key)
                report = json.loads(tool(BIN / "atelier-engine", "inspect", single, "--json").stdout)
                self.assertEqual(report["parts"][0]["kind"], "controlnet")

    def test_one_file_with_the_folders_names(self):
        for name, model in self.made.items():
            with self.subTest(name):
                single, out = self.folder / f"{name}-plain.safetensors", self.folder / f"{name}-plain"
                self.ok(self.folder / name, single, "--to", "safetensors")
                self.assertSame(load_file(single), model.state_dict())
                again = ControlNetModel.from_single_file(single, config=str(self.folder / name), local_files_only=True)
                self.assertSame(again.state_dict(), model.state_dict())
                self.ok(single, out)
                self.assertSame(ControlNetModel.from_pretrained(out).state_dict(), model.state_dict())

    def test_files_without_prefix_and_inside_a_checkpoint(self):
        single = self.folder / "base.safetensors"
        self.ok(self.folder / "sd2", single)
        bare, whole = self.folder / "bare.safetensors", self.folder / "whole.safetensors"
        save_file({k.removeprefix("control_model."): v for k, v in load_file(single).items()}, bare)
        save_file(dict(load_file(single), **{"model.diffusion_model.out.2.weight": torch.zeros(4, 64, 3, 3)}), whole)
        for path, remark in ((bare, ""), (whole, "only the ControlNet was converted")):
            out = self.folder / f"{path.stem}-out"
            self.assertIn(remark, " ".join(self.ok(path, out)["remarks"]))
            self.assertSame(ControlNetModel.from_pretrained(out).state_dict(), self.made["sd2"].state_dict())

    def test_names_of_the_full_models(self):
        for name, config in FULL.items():
            with self.subTest(name):
                with torch.device("meta"):
                    model = ControlNetModel(**config)
                folder = self.folder / f"full-{name}"
                folder.mkdir()
                (folder / "config.json").write_text(model.to_json_string())
                got = tool(BIN / "dialect_tool", "names", folder)
                self.assertEqual(got.returncode, 0, got.stderr)
                table = json.loads(got.stdout)["controlnet"]
                wanted = {k: list(v.shape) for k, v in model.state_dict().items()}
                self.assertEqual({f: s for _, _, f, s in table}, wanted)
                checkpoint = {single: torch.empty(shape, device="meta") for single, shape, _, _ in table}
                read = convert_controlnet_checkpoint(dict(checkpoint), model.config)
                self.assertEqual({k: list(v.shape) for k, v in read.items()}, {k: s for k, s in wanted.items() if not k.startswith("add_embedding.")})
                if name != "sdxl":
                    self.assertEqual(infer_diffusers_model_type(checkpoint), "controlnet")
                header, offset = {}, 0
                for single, shape, _, _ in table:
                    header[single] = {"dtype": "F16", "shape": shape, "data_offsets": [offset, offset + 2 * math.prod(shape)]}
                    offset += 2 * math.prod(shape)
                raw = json.dumps(header).encode()
                path = self.folder / "hole.safetensors"
                with open(path, "wb") as file:
                    file.write(struct.pack("<Q", len(raw)) + raw)
                    file.truncate(8 + len(raw) + offset)
                self.assertEqual(tool(BIN / "dialect_tool", "derive", path, self.folder / f"derived-{name}").returncode, 0)
                again = tool(BIN / "dialect_tool", "names", self.folder / f"derived-{name}")
                self.assertEqual(json.loads(again.stdout)["controlnet"], table)

    def test_refusals(self):
        single = self.folder / "refused.safetensors"
        self.ok(self.folder / "sd1", single)
        for change, mark in ((lambda t: t.pop("control_model.zero_convs.3.0.bias"), '"control_model.zero_convs.3.0.bias" is missing'),
                             (lambda t: t.update({"control_model.more": torch.zeros(1)}), "control_model.more")):
            tensors = load_file(single)
            change(tensors)
            save_file(tensors, self.folder / "bad.safetensors")
            done = tool(BIN / "atelier-engine", "convert", self.folder / "bad.safetensors", self.folder / "never")
            self.assertEqual(done.returncode, 2)
            self.assertIn(mark, done.stderr)
            self.assertFalse((self.folder / "never").exists())


if __name__ == "__main__":
    unittest.main()
