# SPDX-License-Identifier: GPL-3.0-or-later
# `sample` with ControlNets, LoRA files of every dialect and textual inversions, against diffusers' own pipelines and loaders.
import json
import pathlib
import subprocess
import unittest

import numpy
import torch
from diffusers import (ControlNetModel, StableDiffusionControlNetImg2ImgPipeline, StableDiffusionControlNetInpaintPipeline, StableDiffusionControlNetPipeline,
                       StableDiffusionPipeline, StableDiffusionXLControlNetPipeline, StableDiffusionXLPipeline)
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from PIL import Image
from safetensors.torch import save_file

import tiny_pipeline
from pictures_test import ENGINE, HEIGHT, NEGATIVE, PROMPTS, WIDTH, PictureCase, sample

SIZE = {"width": WIDTH, "height": HEIGHT}
ATTENTION, CONVOLUTIONS = ["to_q", "to_k", "to_v", "to_out.0", "proj_in"], ["conv1", "conv2", "conv_shortcut"]


def lora(pipeline, folder, targets, seed, **options):
    """Random updates saved by diffusers; text encoders get some, too."""
    layers = {}
    for name in ("unet", "text_encoder", "text_encoder_2"):
        module = getattr(pipeline, name, None)
        if module is None or (name != "unet" and "use_dora" in options):
            continue
        module.add_adapter(LoraConfig(r=4, lora_alpha=3, target_modules=targets if name == "unet" else ["q_proj", "v_proj"], **options))
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for key, p in module.named_parameters():
                if "lora_" in key and "magnitude" not in key:
                    p.copy_(0.4 * torch.randn(p.shape, generator=generator) / p[0].numel() ** 0.5)
                elif "magnitude" in key:
                    p.mul_(1 + 0.1 * torch.randn(p.shape, generator=generator))
        layers["unet_lora_layers" if name == "unet" else name + "_lora_layers"] = get_peft_model_state_dict(module)
        config = module.peft_config["default"]
        layers["unet_lora_adapter_metadata" if name == "unet" else name + "_lora_adapter_metadata"] = config.to_dict()
    type(pipeline).save_lora_weights(folder, **layers)


class AdditionsTest(PictureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tiny_pipeline.save(cls.folder / "sd")
        tiny_pipeline.save_xl(cls.folder / "xl")
        cls.start = {**SIZE, "latents": cls.latents}
        cls.picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(cls.folder / "second.png")
        cls.second = Image.open(cls.folder / "second.png")
        for name, model, seed in (("control", "sd", 11), ("control-2", "sd", 12), ("control-xl", "xl", 13)):
            tiny_pipeline.save_controlnet(cls.folder / name, cls.folder / model, seed)

    def sd(self):
        return StableDiffusionPipeline.from_pretrained(self.folder / "sd", safety_checker=None)

    def test_controlnets(self):
        one = ["--controlnet", f"{self.folder}/control:0.3", "--control", self.folder / "picture.png"]
        two = [*one, "--controlnet", f"{self.folder}/control-2:0.2", "--control", self.folder / "second.png"]
        both = {"image": [self.picture, self.second], "controlnet_conditioning_scale": [0.3, 0.2]}
        single = {"image": self.picture, "controlnet_conditioning_scale": 0.3}
        for nets, arguments, options in ((1, single, one), (1, {**single, "control_guidance_start": 0.2, "control_guidance_end": 0.7}, [*one, "--control-start", 0.2, "--control-end", 0.7]),
                                         (1, {**single, "guess_mode": True}, [*one, "--guess-mode"]), (2, both, two),
                                         (2, {**both, "control_guidance_start": [0.0, 0.4], "control_guidance_end": [0.5, 1.0]},
                                          [*two, "--control-start", 0, 0.4, "--control-end", 0.5, 1])):
            for sampler in ("ddim", "dpmpp_2m") if nets == 1 else ("euler",):
                with self.subTest(options=options, sampler=sampler):
                    loaded = [ControlNetModel.from_pretrained(self.folder / name) for name in ("control", "control-2")[:nets]]
                    pipeline = StableDiffusionControlNetPipeline.from_pretrained(self.folder / "sd", controlnet=loaded[0] if nets == 1 else loaded, safety_checker=None)
                    got = self.ours("sd", sampler, *options)
                    self.assertSame(got, self.theirs(pipeline, sampler, **self.start, **arguments))
                    self.assertGreater(numpy.abs(got.astype(float) - self.ours("sd", sampler)).mean(), 1, "the ControlNet changes the picture")

    def test_controlnet_with_a_given_picture(self):
        options = ["--controlnet", f"{self.folder}/control:0.3", "--control", self.folder / "second.png", "--image", self.folder / "picture.png", "--strength", 0.6]
        arguments = {"image": [self.picture] * 2, "control_image": self.second, "controlnet_conditioning_scale": 0.3, "strength": 0.6}
        for cls, more, asked in ((StableDiffusionControlNetImg2ImgPipeline, {"control_guidance_end": 0.5}, ["--control-end", 0.5]),
                                 (StableDiffusionControlNetInpaintPipeline, {"mask_image": [self.mask] * 2, **SIZE}, ["--mask", self.folder / "mask.png"])):
            with self.subTest(cls.__name__):
                pipeline = cls.from_pretrained(self.folder / "sd", controlnet=ControlNetModel.from_pretrained(self.folder / "control"), safety_checker=None)
                self.assertSame(self.ours("sd", "ddim", *options, *asked), self.theirs(pipeline, "ddim", 3, **arguments, **more))

    def test_controlnet_of_xl(self):
        pipeline = StableDiffusionXLControlNetPipeline.from_pretrained(self.folder / "xl", controlnet=ControlNetModel.from_pretrained(self.folder / "control-xl"), add_watermarker=False)
        options = ["--controlnet", f"{self.folder}/control-xl:0.3", "--control", self.folder / "picture.png"]
        single = {"image": self.picture, "controlnet_conditioning_scale": 0.3}
        self.assertSame(self.ours("xl", "euler", *options), self.theirs(pipeline, "euler", **self.start, **single))
        self.assertSame(self.ours("xl", "ddim", *options, "--guess-mode"), self.theirs(pipeline, "ddim", **self.start, **single, guess_mode=True))

    def test_lora_files_of_all_dialects(self):
        lora(self.sd(), self.folder / "linear", ATTENTION, 1)
        lora(self.sd(), self.folder / "locon", ATTENTION + CONVOLUTIONS, 2)
        lora(self.sd(), self.folder / "dora", ATTENTION, 3, use_dora=True)
        file = "pytorch_lora_weights.safetensors"
        for kind, dialect, out in (("linear", "kohya", "linear.safetensors"), ("locon", "kohya", "locon.safetensors"), ("dora", "kohya", "dora.safetensors"), ("dora", "peft", "dora-peft")):
            subprocess.run([ENGINE, "lora", "convert", self.folder / kind / file, self.folder / out, "--to", dialect], check=True, capture_output=True)
        plain = self.ours("sd", "ddim")
        for kind, weight, options in (("linear", 0.7, [f"linear/{file}", "linear.safetensors"]), ("locon", 0.6, [f"locon/{file}", "locon.safetensors"]), ("dora", 1, [f"dora/{file}", "dora.safetensors", "dora-peft"])):
            pipeline = self.sd()
            pipeline.load_lora_weights(self.folder / kind)
            wanted = self.theirs(pipeline, "ddim", **self.start, cross_attention_kwargs={"scale": weight})
            self.assertGreater(numpy.abs(wanted.astype(float) - plain).mean(), 2, "the LoRA changes the picture")
            for path in options:
                with self.subTest(path):
                    self.assertSame(self.ours("sd", "ddim", "--lora", f"{self.folder}/{path}:{weight}"), wanted)
        pipeline = self.sd()
        pipeline.load_lora_weights(self.folder / "linear", adapter_name="a")
        pipeline.load_lora_weights(self.folder / "locon", adapter_name="b")
        pipeline.set_adapters(["a", "b"], [0.5, 0.3])
        self.assertSame(self.ours("sd", "euler", "--lora", f"{self.folder}/linear/{file}:0.5", "--lora", f"{self.folder}/locon/{file}:0.3"), self.theirs(pipeline, "euler", **self.start))

    def test_lora_of_xl(self):
        lora(StableDiffusionXLPipeline.from_pretrained(self.folder / "xl"), self.folder / "xl-lora", ATTENTION, 4)
        pipeline = StableDiffusionXLPipeline.from_pretrained(self.folder / "xl")
        pipeline.load_lora_weights(self.folder / "xl-lora")
        pipeline.fuse_lora(lora_scale=0.8)
        self.assertSame(self.ours("xl", "euler", "--lora", f"{self.folder}/xl-lora:0.8"), self.theirs(pipeline, "euler", **self.start))

    def test_textual_inversions(self):
        # Of a token in capital letters with several vectors, diffusers takes the first only: its word is looked for in small letters.
        generator = torch.Generator().manual_seed(8)
        save_file({"<figure-7>": torch.randn(3, 32, generator=generator)}, self.folder / "figure.safetensors")
        torch.save({"string_to_param": {"*": torch.randn(1, 32, generator=generator)}, "name": "Zorg"}, self.folder / "style.pt")
        prompts = ["a <figure-7> on a mat", "zebra, ZORG style"]
        pipeline = self.sd()
        pipeline.load_textual_inversion(self.folder, weight_name="figure.safetensors")
        pipeline.load_textual_inversion(self.folder, weight_name="style.pt")
        options = ["--embedding", self.folder / "figure.safetensors", "--embedding", self.folder / "style.pt"]
        wanted = self.theirs(pipeline, "ddim", **{**self.start, "prompt": prompts, "negative_prompt": ["zorg"] * 2})
        got = self.ours("sd", "ddim", *options, negative="zorg", prompts=prompts)
        self.assertSame(got, wanted)
        self.assertGreater(numpy.abs(got.astype(float) - self.ours("sd", "ddim", negative="zorg", prompts=prompts)).mean(), 2)

    def test_textual_inversion_of_xl(self):
        generator = torch.Generator().manual_seed(9)
        vectors = {"clip_l": torch.randn(2, 32, generator=generator), "clip_g": torch.randn(2, 48, generator=generator)}
        save_file(vectors, self.folder / "mood.safetensors")
        pipeline = StableDiffusionXLPipeline.from_pretrained(self.folder / "xl")
        for part, name in (("clip_l", ""), ("clip_g", "_2")):
            pipeline.load_textual_inversion(vectors[part], token="mood", text_encoder=getattr(pipeline, "text_encoder" + name), tokenizer=getattr(pipeline, "tokenizer" + name))
        prompts = ["a cat in a mood", "zebra"]
        self.assertSame(self.ours("xl", "euler", "--embedding", self.folder / "mood.safetensors", prompts=prompts), self.theirs(pipeline, "euler", **{**self.start, "prompt": prompts}))

    def test_a_textual_inversion_for_one_encoder_of_two_is_told(self):
        save_file({"<toy>": torch.randn(2, 32, generator=torch.Generator().manual_seed(9))}, self.folder / "toy.safetensors")
        for model, told in (("xl", True), ("sd", False)):
            code, err = sample("--model", self.folder / model, "--prompt", "a <toy>", "--out", self.folder / "toy", "--steps", 1, "--size", 32, "--device", "cpu",
                               "--embedding", self.folder / "toy.safetensors")
            self.assertEqual(code, 0, err)
            self.assertEqual("text_encoder_2 reads its word as letters" in err, told, err)

    def test_what_was_added_is_told(self):
        lora(self.sd(), self.folder / "told", ATTENTION, 5)
        save_file({"<x>": torch.zeros(1, 32)}, self.folder / "x.safetensors")
        out = self.folder / "metadata"
        code, err = sample("--model", self.folder / "sd", "--prompt", "cat", "--out", out, "--steps", 2, "--size", 32, "--sampler", "euler", "--guidance", 3, "--device", "cpu",
                           "--lora", f"{self.folder}/told/pytorch_lora_weights.safetensors:0.5", "--embedding", self.folder / "x.safetensors", "--controlnet", f"{self.folder}/control:0.25",
                           "--control", self.folder / "picture.png")
        self.assertEqual(code, 0, err)
        texts = Image.open(out / "0000.png").text
        told = json.loads(texts["atelier"])
        self.assertEqual(told["loras"], [{"file": "pytorch_lora_weights.safetensors", "weight": 0.5}])
        self.assertEqual(told["embeddings"], ["x.safetensors"])
        self.assertEqual(told["controlnets"], [{"model": "control", "picture": "picture.png", "scale": 0.25, "start": 0, "end": 1}])
        self.assertTrue(texts["parameters"].startswith("cat <lora:pytorch_lora_weights:0.5>\n"))

    def test_what_does_not_fit_is_named(self):
        save_file({"<wide>": torch.zeros(1, 40)}, self.folder / "wide.safetensors")
        save_file({"cat": torch.zeros(1, 32)}, self.folder / "word.safetensors")
        save_file({"unet.nowhere.lora_A.weight": torch.zeros(4, 8), "unet.nowhere.lora_B.weight": torch.zeros(8, 4)}, self.folder / "nowhere.safetensors")
        control = self.folder / "control"
        for model, options, message in (("sd", ["--embedding", self.folder / "wide.safetensors"], "[n, 32]"), ("sd", ["--lora", self.folder / "nowhere.safetensors"], "unet.nowhere"),
                                        ("sd", ["--lora", self.folder / "x.lora:0.5"], "there is no file"), ("sd", ["--control", self.folder / "picture.png"], "holds no ControlNet"),
                                        ("sd", ["--controlnet", control], "one --control PICTURE"), ("xl", ["--controlnet", control, "--control", self.folder / "picture.png"], "another family"),
                                        ("sd", ["--lora", self.folder / "wide.safetensors"], "wide.safetensors")):
            with self.subTest(options=options):
                code, err = sample("--model", self.folder / model, "--prompt", "x", "--out", self.folder / "wrong", "--steps", 4, "--device", "cpu", *options)
                self.assertEqual(code, 2, err)
                self.assertIn(message, err)


if __name__ == "__main__":
    unittest.main()
