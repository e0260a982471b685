# SPDX-License-Identifier: GPL-3.0-or-later
# `sample` with UNets that see more than latents: depth models, and upscalers with their blurred picture and its class; and large pictures decoded in
# pieces. Against diffusers' own pipelines.
import json
import pathlib
import unittest
import unittest.mock

import numpy
import torch
from diffusers import StableDiffusionDepth2ImgPipeline, StableDiffusionPipeline, StableDiffusionUpscalePipeline
from PIL import Image
from safetensors.torch import save_file

import tiny_pipeline
from pictures_test import HEIGHT, STEPS, WIDTH, PictureCase, sample

LOW_WIDTH, LOW_HEIGHT = 12, 8  # what an upscaler starts from: the latents' size


class WiderPicturesTest(PictureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tiny_pipeline.save(cls.folder / "text")
        tiny_pipeline.save_depth(cls.folder / "depth")
        tiny_pipeline.save_upscaler(cls.folder / "upscaler")
        tiny_pipeline.save_upscaler(cls.folder / "careful", most=30)
        y, x = numpy.mgrid[0:24, 0:40]
        depths = ((x - 12) ** 2 + 3 * (y - 10) ** 2 + 100 * numpy.sin(x / 3)).astype("float32")
        cls.depth = torch.tensor(depths)[None]
        save_file({"depth": cls.depth[0].contiguous()}, cls.folder / "depth.safetensors")
        # A sensor's 16 bits, of which it uses few: eight would leave seven levels of depth.
        sensor = (1000 + 1000 * (depths - depths.min()) / (depths.max() - depths.min())).round().astype("uint16")
        Image.fromarray(sensor).save(cls.folder / "depth16.png")
        cls.sensor = torch.tensor(sensor.astype("float32"))[None]
        Image.fromarray((sensor // 8).astype("uint8")).save(cls.folder / "depth8.png")
        cls.eight = torch.tensor((sensor // 8).astype("uint8").astype("float32"))[None]
        cls.picture.resize((LOW_WIDTH, LOW_HEIGHT)).save(cls.folder / "low.png")
        cls.low = Image.open(cls.folder / "low.png")
        cls.blur = torch.randn(2, 3, LOW_HEIGHT, LOW_WIDTH, generator=torch.Generator().manual_seed(9))
        save_file({"latents": cls.latents, "step_noise": cls.noise, "low_res_noise": cls.blur}, cls.folder / "blur.safetensors")

    def test_depth(self):
        options = ["--image", self.folder / "picture.png", "--strength", 0.6]
        cases = [("depth", sampler, 3, StableDiffusionDepth2ImgPipeline, {"image": [self.picture] * 2, "depth_map": self.depth, "strength": 0.6},
                  [*options, "--depth", self.folder / "depth.safetensors"]) for sampler in ("ddim", "euler_a", "dpmpp_2m", "pndm", "heun")]
        for name, depth in (("depth16.png", self.sensor), ("depth8.png", self.eight)):
            cases.append(("depth", "ddim", 3, StableDiffusionDepth2ImgPipeline, {"image": [self.picture] * 2, "depth_map": depth, "strength": 0.6}, [*options, "--depth", self.folder / name]))
        with unittest.mock.patch.object(StableDiffusionDepth2ImgPipeline, "from_pretrained", lambda folder, **_: whole_depth(folder)):
            self.compare(cases)

    def test_depth_decides_the_picture_and_needs_none_to_start_from(self):
        plain, other = (self.ours("depth", "ddim", "--depth", self.folder / name) for name in ("depth.safetensors", "other.safetensors")
                        if name != "other.safetensors" or save_file({"depth": (-self.depth[0]).contiguous()}, self.folder / name) is None)
        self.assertEqual(plain.shape[1:3], (HEIGHT, WIDTH))
        self.assertGreater(numpy.abs(plain.astype(float) - other.astype(float)).mean(), 5)

    def test_upscaling(self):
        def theirs(sampler, level):
            pipeline = StableDiffusionUpscalePipeline.from_pretrained(self.folder / "upscaler")
            arguments = {"prompt": ["a cat on a mat", "zebra 42"], "negative_prompt": ["rain"] * 2, "num_inference_steps": STEPS, "guidance_scale": 4.0}
            # What diffusers draws first is the picture's blur; its latents are given.
            return tiny_pipeline.run(pipeline, sampler, self.blur, self.noise, 0, image=[self.low] * 2, latents=self.latents, noise_level=level, **arguments)

        for sampler, level, options in (("ddim", 20, []), ("euler", 100, ["--noise-level", 100]), ("euler_a", 20, []), ("dpmpp_2m", 0, ["--noise-level", 0]), ("ddpm", 350, ["--noise-level", 350])):
            with self.subTest(sampler=sampler, level=level):
                got = self.ours("upscaler", sampler, "--image", self.folder / "low.png", *options, noise="blur.safetensors")
                self.assertEqual(got.shape[1:3], (HEIGHT, WIDTH))
                self.assertSame(got, theirs(sampler, level))

    def test_upscalers_own_noise_follows_the_seed(self):
        def made(name, *options):
            out = self.folder / name
            code, err = sample("--model", self.folder / "upscaler", "--prompt", "a", "b", "--image", self.folder / "low.png", "--out", out, "--steps", 3, "--device", "cpu", *options)
            self.assertEqual(code, 0, err)
            return numpy.stack([numpy.asarray(Image.open(out / f"{i:04}.png")) for i in range(2)]).astype(int), json.loads((out / "samples.json").read_text())["samples"][0]

        first, description = made("seeded")
        self.assertEqual((description["noise_level"], description["image"], "strength" in description), (20, "low.png", False))
        self.assertLessEqual(numpy.abs(first - made("alone", "--batch", 1)[0]).max(), 1)
        self.assertGreater(numpy.abs(first - made("other", "--seed", 3)[0]).max(), 1)
        self.assertEqual(made("larger", "--size", "64x48")[0].shape[1:3], (48, 64))

    def test_decoding_in_pieces(self):
        """diffusers' blending of the same pieces; one piece is 32 × 32 pixels here."""
        pipeline = StableDiffusionPipeline.from_pretrained(self.folder / "text", safety_checker=None)
        pipeline.vae.enable_tiling()
        size = {"width": WIDTH, "height": HEIGHT, "latents": self.latents}
        tiled = self.ours("text", "ddim", "--tiles")
        self.assertSame(tiled, self.theirs(pipeline, "ddim", **size))
        self.assertGreater(numpy.abs(tiled.astype(float) - self.ours("text", "ddim").astype(float)).max(), 1)

    def test_wrong_combinations_are_named(self):
        picture, low, depth = (self.folder / name for name in ("picture.png", "low.png", "depth16.png"))
        Image.new("L", (8, 8), 7).save(self.folder / "flat.png")
        save_file({"depth": torch.full((4, 4), float("nan"))}, self.folder / "nan.safetensors")
        save_file({"depths": torch.ones(4, 4)}, self.folder / "misnamed.safetensors")
        cut = self.folder / "cut.png"
        cut.write_bytes(depth.read_bytes()[:200])
        for model, options, message in (
                ("depth", ["--image", picture], "needs a depth map"), ("depth", ["--depth", self.folder / "flat.png"], "same everywhere"),
                ("depth", ["--depth", self.folder / "nan.safetensors"], "no numbers"), ("depth", ["--depth", self.folder / "misnamed.safetensors"], 'one tensor "depth"'),
                ("depth", ["--depth", cut], "before its picture is complete"), ("depth", ["--depth", self.folder / "absent.png"], "there is no file"),
                ("text", ["--depth", depth], "takes no depth map"), ("text", ["--noise-level", 5], "no upscaler"), ("upscaler", [], "needs the picture"),
                ("text", ["--controlnet", self.folder / "text", "--control", picture], "without a ControlNet"),
                ("upscaler", ["--image", low, "--strength", 0.5], "every step"), ("upscaler", ["--image", low, "--mask", low], "takes no mask"),
                ("upscaler", ["--image", low, "--noise-level", 400], "above 350"), ("careful", ["--image", low, "--noise-level", 31], "above 30"),
                ("upscaler", ["--image", low, "--size", 30], "multiples of 4"), ("upscaler", ["--image", low, "--depth", depth], "takes no depth map"),
                ("upscaler", ["--image", picture, "--size", "64x64", "--latents", self.folder / "blur.safetensors"], "noise of 48×32"),
                ("text", ["--latents", self.folder / "blur.safetensors"], "is for upscalers")):
            with self.subTest(model=model, options=options):
                out = self.folder / "wrong"
                prompts = ["x", "y"] if "--latents" in options else ["x"]
                code, err = sample("--model", self.folder / model, "--prompt", *prompts, "--out", out, "--steps", 4, "--device", "cpu", *options)
                self.assertIn(code, (2, 3), err)
                self.assertIn(message, err)
                self.assertFalse(list(out.glob("*.png")))
        index = self.folder / "careful/model_index.json"
        without = json.loads(index.read_text())
        without["low_res_scheduler"] = [None, None]
        index.write_text(json.dumps(without))
        code, err = sample("--model", self.folder / "careful", "--prompt", "x", "--image", low, "--out", self.folder / "wrong", "--device", "cpu")
        self.assertEqual(code, 2, err)
        self.assertIn("no low_res_scheduler", err)


def whole_depth(folder):
    """from_pretrained asks for an estimator even where a map is given."""
    parts = StableDiffusionPipeline.from_pretrained(pathlib.Path(folder), safety_checker=None).components
    return StableDiffusionDepth2ImgPipeline(**{name: parts[name] for name in ("vae", "text_encoder", "tokenizer", "unet", "scheduler")}, depth_estimator=None, feature_extractor=None)


if __name__ == "__main__":
    unittest.main()
