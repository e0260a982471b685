# SPDX-License-Identifier: GPL-3.0-or-later
# `sample` makes the pictures that diffusers' own pipelines make from the same weights, noise, picture and mask.
import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import unittest.mock

import numpy
import torch
from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image
from safetensors.torch import load_file, save_file

import tiny_pipeline

ENGINE = os.path.join(os.environ["ATELIER_BIN"], "atelier-engine")
PROMPTS, NEGATIVE = ["a cat on a mat", "zebra 42"], "rain"
WIDTH, HEIGHT, STEPS, GUIDANCE = 48, 32, 6, 4.0


def sample(*arguments):
    run = subprocess.run([ENGINE, "sample", *map(str, arguments)], capture_output=True, text=True)
    return run.returncode, run.stderr


class PictureCase(unittest.TestCase):
    """Given noise, a picture, a mask, and the comparison of our pictures with diffusers'."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-pictures-"))
        generator = torch.Generator().manual_seed(5)
        cls.latents = torch.randn(2, 4, HEIGHT // 4, WIDTH // 4, generator=generator)
        cls.noise = torch.randn(2 * STEPS + 2, 2, 4, HEIGHT // 4, WIDTH // 4, generator=generator)
        save_file({"latents": cls.latents, "step_noise": cls.noise}, cls.folder / "noise.safetensors")
        y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
        colours = numpy.stack([x * 5, y * 7, (x * y) % 256], -1).astype("uint8")
        Image.fromarray(colours).save(cls.folder / "picture.png")
        Image.fromarray((((x - 20) ** 2 + (y - 14) ** 2 < 150) * 255).astype("uint8")).save(cls.folder / "mask.png")
        cls.picture, cls.mask = Image.open(cls.folder / "picture.png"), Image.open(cls.folder / "mask.png")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def ours(self, model, sampler, *more, negative=NEGATIVE, prompts=None, noise="noise.safetensors"):
        out = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        prompts = prompts or PROMPTS
        code, err = sample("--model", self.folder / model, "--prompt", *prompts, *(["--negative", negative] if negative else []), "--out", out, "--steps", STEPS,
                           "--guidance", GUIDANCE, "--sampler", sampler, "--latents", self.folder / noise, "--device", "cpu", *more)
        self.assertEqual(code, 0, err)
        return numpy.stack([numpy.asarray(Image.open(out / f"{i:04}.png")) for i in range(len(prompts))])

    def theirs(self, pipeline, sampler, first=0, output_type="np", **arguments):
        return tiny_pipeline.run(pipeline, sampler, self.latents, self.noise, first, output_type, **{"prompt": PROMPTS, "negative_prompt": [NEGATIVE] * 2, "num_inference_steps": STEPS,
                                                                                                     "guidance_scale": GUIDANCE, **arguments})

    def assertSame(self, got, wanted):
        """Returns the mean difference in levels."""
        self.assertGreater(wanted.std(), 20, "a picture with nothing in it proves nothing")
        difference = numpy.abs(got.astype(float) - wanted.astype(float))
        self.assertLessEqual(difference.mean(), 0.1)
        self.assertLessEqual(difference.max(), 4)
        return difference.mean()

    def compare(self, cases):
        """cases: (model, sampler, first step made, diffusers' pipeline, its arguments, our options)"""
        worst = 0.0
        for model, sampler, first, cls, arguments, options in cases:
            with self.subTest(model=model, sampler=sampler, pipeline=cls.__name__, options=options):
                pipeline = cls.from_pretrained(self.folder / model, **({} if "XL" in cls.__name__ else {"safety_checker": None}))
                negative = arguments.get("negative_prompt", [NEGATIVE])
                worst = max(worst, self.assertSame(self.ours(model, sampler, *options, negative=negative and negative[0]),
                                                   self.theirs(pipeline, sampler, first, **arguments)))
        print(f"{self._testMethodName}: {len(cases)} pictures, worst mean difference {worst:.4f} of 255")


class PicturesTest(PictureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tiny_pipeline.save(cls.folder / "text")
        tiny_pipeline.save(cls.folder / "velocity", prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True)
        tiny_pipeline.save(cls.folder / "inpaint", channels=9)

    def test_text_to_image(self):
        size = {"width": WIDTH, "height": HEIGHT, "latents": self.latents}
        self.compare([("text", sampler, 0, StableDiffusionPipeline, size, []) for sampler in tiny_pipeline.SAMPLERS]
                     + [("velocity", sampler, 0, StableDiffusionPipeline, {**size, "guidance_rescale": 0.7}, ["--guidance-rescale", 0.7]) for sampler in ("ddim", "euler", "dpmpp_2m")])

    def test_weighted_and_long_prompts(self):
        """Hidden states times weights with the mean restored, windows of 75 tokens one after the other, computed here with transformers."""
        pipeline = StableDiffusionPipeline.from_pretrained(self.folder / "text", safety_checker=None)
        words = pipeline.tokenizer

        def encoded(pieces, windows):
            ids, weights, parts = [], [], []
            for text, weight in pieces:
                more = words(text, add_special_tokens=False).input_ids
                ids, weights = ids + more, weights + [weight] * len(more)
            self.assertLessEqual(len(ids), 75 * windows)
            for start in range(0, 75 * windows, 75):
                part = ids[start:start + 75]
                row = [words.bos_token_id, *part, words.eos_token_id]
                factors = torch.tensor([1.0, *weights[start:start + 75], *[1.0] * (76 - len(part))])
                with torch.no_grad():
                    hidden = pipeline.text_encoder(torch.tensor([row + [words.pad_token_id] * (77 - len(row))]))[0]
                weighted = hidden * factors[:, None]
                parts.append(weighted * (hidden.mean() / weighted.mean()))
            return torch.cat(parts, 1)

        long = "zebra 42, " * 14
        windows = -(-len(words(long, add_special_tokens=False).input_ids) // 75)
        self.assertGreater(windows, 1)
        prompts = ["a (cat:1.4) on a [mat]", long + "(cat)"]
        embeds = torch.cat([encoded([("a ", 1), ("cat", 1.4), (" on a ", 1), ("mat", 1 / 1.1)], windows), encoded([(long, 1), ("cat", 1.1)], windows)])
        wanted = tiny_pipeline.run(pipeline, "ddim", self.latents, self.noise, 0, prompt_embeds=embeds, negative_prompt_embeds=encoded([(NEGATIVE, 1)], windows).repeat(2, 1, 1),
                                   num_inference_steps=STEPS, guidance_scale=GUIDANCE, width=WIDTH, height=HEIGHT, latents=self.latents)
        with unittest.mock.patch(f"{__name__}.PROMPTS", prompts):
            got, plain = self.ours("text", "ddim", "--prompt-weighting"), self.ours("text", "ddim")
        difference = numpy.abs(got.astype(float) - wanted.astype(float))
        self.assertLessEqual(difference.mean(), 0.1)
        self.assertGreater(numpy.abs(got.astype(float) - plain).mean(), 10 * difference.mean())

    def test_image_to_image(self):
        self.compare([("text", sampler, 3, StableDiffusionImg2ImgPipeline, {"image": [self.picture] * 2, "strength": 0.6}, ["--image", self.folder / "picture.png", "--strength", 0.6])
                      for sampler in tiny_pipeline.SAMPLERS]
                     + [("velocity", "euler", 1, StableDiffusionImg2ImgPipeline, {"image": [self.picture] * 2}, ["--image", self.folder / "picture.png"])])

    def test_inpainting_with_a_text_to_image_model(self):
        files = ["--image", self.folder / "picture.png", "--mask", self.folder / "mask.png"]
        both = {"image": [self.picture] * 2, "mask_image": [self.mask] * 2, "width": WIDTH, "height": HEIGHT}
        self.compare([("text", sampler, 3, StableDiffusionInpaintPipeline, {**both, "strength": 0.5}, [*files, "--strength", 0.5]) for sampler in tiny_pipeline.SAMPLERS]
                     + [("text", sampler, 0, StableDiffusionInpaintPipeline, {**both, "strength": 1.0}, files) for sampler in ("ddim", "euler", "unipc")])

    def test_inpainting_with_an_inpainting_model(self):
        files = ["--image", self.folder / "picture.png", "--mask", self.folder / "mask.png"]
        both = {"image": [self.picture] * 2, "mask_image": [self.mask] * 2, "width": WIDTH, "height": HEIGHT}
        self.compare([("inpaint", sampler, 0, StableDiffusionInpaintPipeline, {**both, "strength": 1.0}, files) for sampler in ("ddim", "euler_a", "dpmpp_2m", "pndm")]
                     + [("inpaint", "euler", 3, StableDiffusionInpaintPipeline, {**both, "strength": 0.5}, [*files, "--strength", 0.5])])

    def test_variants_of_the_weights(self):
        whole = self.folder / "variants"
        shutil.copytree(self.folder / "text", whole)
        plain = whole / "unet/diffusion_pytorch_model.safetensors"
        save_file({name: tensor * 1.02 for name, tensor in load_file(plain).items()}, whole / "unet/diffusion_pytorch_model.ema.safetensors")
        pipeline = StableDiffusionPipeline.from_pretrained(self.folder / "text", safety_checker=None)
        pipeline.unet = UNet2DConditionModel.from_pretrained(whole / "unet", variant="ema")
        size = {"width": WIDTH, "height": HEIGHT, "latents": self.latents}
        averaged, usual = self.ours("variants", "ddim", "--variant", "ema"), self.ours("text", "ddim")
        self.assertSame(averaged, self.theirs(pipeline, "ddim", **size))
        self.assertGreater(numpy.abs(averaged.astype(float) - usual.astype(float)).mean(), 0.5)
        self.assertSame(self.ours("variants", "ddim"), usual)
        plain.unlink()  # the only one there, as a download of one variant leaves it
        self.assertSame(self.ours("variants", "ddim"), averaged)
        inspected = subprocess.run([ENGINE, "inspect", whole], capture_output=True, text=True)
        self.assertEqual(inspected.returncode, 0, inspected.stdout + inspected.stderr)
        shutil.copy(whole / "unet/diffusion_pytorch_model.ema.safetensors", whole / "unet/diffusion_pytorch_model.non_ema.safetensors")
        for options, message in (([], "ask for the variant"), (["--variant", "fp8"], "It has: ema, non_ema")):
            code, err = sample("--model", whole, "--prompt", "x", "--out", self.folder / "wrong", "--device", "cpu", *options)
            self.assertEqual(code, 2, err)
            self.assertIn(message, err)

    def test_wrong_combinations_are_named(self):
        picture, mask = self.folder / "picture.png", self.folder / "mask.png"
        for model, options, message in (("text", ["--mask", mask], "needs the picture"), ("inpaint", [], "needs a picture and a mask"), ("text", ["--strength", 0.5], "needs a picture"),
                                        ("text", ["--image", picture, "--strength", 0.01], "no step is left"), ("text", ["--image", picture, "--size", 30], "multiples of 4"),
                                        ("text", ["--image", self.folder / "noise.safetensors"], "noise.safetensors"), ("text", ["--part", "3/2"], "--part"), ("text", ["--size", 60000], "would take about"),
                                        ("text", ["--size", 60000, "--image", picture], "would take about")):
            with self.subTest(options=options):
                code, err = sample("--model", self.folder / model, "--prompt", "x", "--out", self.folder / "wrong", "--steps", 4, "--device", "cpu", *options)
                self.assertIn(code, (2, 3), err)
                self.assertIn(message, err)


class ManyPromptsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-prompts-"))
        tiny_pipeline.save(cls.folder / "model")
        (cls.folder / "prompts.csv").write_text('uid,caption\ncat,"a cat, sitting"\ndog,ein Hündchen\ncat,another cat\n../up,over\n')

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def command(self, out, *more):
        return ["--model", self.folder / "model", "--prompts", self.folder / "prompts.csv", "--out", out, "--steps", 3, "--guidance", 2, "--size", 16, "--device", "cpu", *more]

    def pictures(self, out):
        return {p.name: numpy.asarray(Image.open(p)) for p in sorted(out.glob("*.png"))}

    def test_names_parts_and_indices(self):
        whole, parts = self.folder / "whole", self.folder / "parts"
        self.assertEqual(sample(*self.command(whole, "--per-prompt", 2))[0], 0)
        for part in ("1/3", "2/3", "3/3"):
            self.assertEqual(sample(*self.command(parts, "--per-prompt", 2, "--part", part))[0], 0)
        all_at_once, in_parts = self.pictures(whole), self.pictures(parts)
        self.assertEqual(sorted(all_at_once), ["_._up-0.png", "_._up-1.png", "cat-0.png", "cat-1.png", "cat_2-0.png", "cat_2-1.png", "dog-0.png", "dog-1.png"])
        self.assertEqual(sorted(all_at_once), sorted(in_parts))
        for name, pixels in all_at_once.items():
            numpy.testing.assert_allclose(in_parts[name].astype(int), pixels.astype(int), atol=1, err_msg=name)
        self.assertFalse((all_at_once["cat-0.png"] == all_at_once["cat-1.png"]).all(), "two pictures of one prompt are the same")
        samples = json.loads((whole / "samples.json").read_text())["samples"]
        self.assertEqual([s["index"] for s in samples], list(range(8)))
        self.assertEqual({p.name for p in parts.glob("samples*.json")}, {f"samples-{k}-of-3.json" for k in (1, 2, 3)})

    def test_metadata(self):
        out = self.folder / "metadata"
        self.assertEqual(sample(*self.command(out, "--negative", "fog", "--sampler", "dpmpp_2m_karras", "--seed", 7))[0], 0)
        texts = Image.open(out / "dog.png").text
        self.assertEqual(texts["parameters"], "ein Hündchen\nNegative prompt: fog\nSteps: 3, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 2, Seed: 7, Size: 16x16, Model: model")
        self.assertEqual(json.loads(texts["atelier"]), json.loads((out / "samples.json").read_text())["samples"][1])
        self.assertEqual(json.loads(texts["atelier"])["prompt"], "ein Hündchen")

    def test_what_is_there_is_kept(self):
        out = self.folder / "resumed"
        self.assertEqual(sample(*self.command(out))[0], 0)
        before = {p.name: p.stat().st_mtime_ns for p in out.glob("*.png")}
        whole = self.pictures(out)
        (out / "dog.png").unlink()
        Image.new("RGB", (16, 16)).save(out / "cat.png")  # somebody else's
        code, err = sample(*self.command(out, "--resume"))
        self.assertEqual(code, 0, err)
        after = {p.name: p.stat().st_mtime_ns for p in out.glob("*.png")}
        self.assertEqual({n for n in before if before[n] != after[n]}, {"dog.png", "cat.png"})
        for name, pixels in self.pictures(out).items():
            numpy.testing.assert_allclose(pixels.astype(int), whole[name].astype(int), atol=1, err_msg=name)
        self.assertEqual(len(json.loads((out / "samples.json").read_text())["samples"]), 4)
        sample(*self.command(out, "--resume", "--seed", 8))
        self.assertNotEqual(after["cat_2.png"], (out / "cat_2.png").stat().st_mtime_ns, "a picture of another seed was kept")

    def test_pictures_of_another_model_or_precision_are_made_again(self):
        out, other = self.folder / "changed", self.folder / "other" / "model"
        shutil.copytree(self.folder / "model", other)
        weights = other / "vae/diffusion_pytorch_model.safetensors"
        save_file({name: tensor * 1.5 for name, tensor in load_file(weights).items()}, weights)
        self.assertEqual(sample(*self.command(out))[0], 0)
        first = self.pictures(out)
        self.assertEqual(sample(*self.command(out, "--resume")[2:], "--model", other)[0], 0)
        second = self.pictures(out)
        for name in first:
            self.assertTrue((first[name] != second[name]).any(), name)
        times = {p: p.stat().st_mtime_ns for p in out.glob("*.png")}
        self.assertEqual(sample(*self.command(out, "--resume")[2:], "--model", other, "--bf16")[0], 0)
        self.assertTrue(all(p.stat().st_mtime_ns != t for p, t in times.items()), "float32 pictures were kept")

    def test_pictures_that_are_no_numbers_are_not_written(self):
        lora, out = self.folder / "nan.safetensors", self.folder / "nan"
        layer = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
        save_file({f"{layer}.lora_A.weight": torch.full((2, 64), math.nan), f"{layer}.lora_B.weight": torch.ones(64, 2)}, lora)
        code, err = sample(*self.command(out, "--lora", lora))
        self.assertEqual(code, 2, err)
        self.assertIn("no numbers", err)
        self.assertEqual(list(out.glob("*.png")), [])

    def test_noise_of_another_size_is_refused(self):
        save_file({"latents": torch.zeros(4, 4, 8, 8)}, self.folder / "noise.safetensors")
        code, err = sample(*self.command(self.folder / "of-other-noise", "--latents", self.folder / "noise.safetensors"))
        self.assertEqual(code, 2, err)
        self.assertIn("32×32 pixels, the size asked for is 16×16", err)
        self.assertFalse((self.folder / "of-other-noise").exists(), "what fails leaves no folder behind")

    def test_missing_parts_are_named(self):
        broken = self.folder / "broken"
        shutil.copytree(self.folder / "model", broken)
        index = json.loads((broken / "model_index.json").read_text())
        for part in ("unet", "vae", "text_encoder", "tokenizer"):
            for entry in (["diffusers", 17], [None, None]):
                (broken / "model_index.json").write_text(json.dumps({**index, part: entry}))
                code, err = sample(*self.command(self.folder / "of-missing-parts")[2:], "--model", broken)
                self.assertEqual(code, 2, f"{part} {entry}: {err}")
                self.assertIn(part.replace("_", " "), err.replace("_", " "))
        self.assertFalse((self.folder / "of-missing-parts").exists(), "what fails leaves no folder behind")

    def test_schedules_beyond_reason_are_refused(self):
        wild = self.folder / "wild"
        shutil.copytree(self.folder / "model", wild)
        file = wild / "scheduler/scheduler_config.json"
        usual = json.loads(file.read_text())
        for key, value in (("num_train_timesteps", 2_000_000_000), ("beta_end", 2.0), ("beta_start", -1.0)):
            file.write_text(json.dumps({**usual, key: value}))
            code, err = sample(*self.command(self.folder / "none")[2:], "--model", wild)
            self.assertEqual(code, 2, f"{key}: {err}")
            self.assertIn(key, err)

    def test_a_folder_of_prompts_is_refused(self):
        code, err = sample("--model", self.folder / "model", "--prompts", self.folder, "--out", self.folder / "none")
        self.assertEqual(code, 2, err)
        self.assertIn("it is a folder", err)

    def test_options_without_their_subject_are_refused(self):
        for options in (["--guess-mode"], ["--refiner-start", 0.5], ["--control-start", 0.5], ["--control-end", 0.5]):
            code, err = sample(*self.command(self.folder / "unused", *options))
            self.assertEqual(code, 2, err)
            self.assertIn(f"{options[0]}: there is no", err)

    def test_ctrl_c_leaves_what_is_done(self):
        for number, code in ((signal.SIGINT, 1), (signal.SIGTERM, 4)):
            out = self.folder / f"stopped-{number}"
            command = [ENGINE, "sample", *map(str, self.command(out, "--per-prompt", 400, "--batch", 1))]
            with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
                deadline = time.monotonic() + 60
                while len(list(out.glob("*.png"))) < 2 and time.monotonic() < deadline:
                    time.sleep(0.02)
                process.send_signal(number)
                err = process.communicate(timeout=60)[1]
            self.assertEqual(process.returncode, code, err)
            self.assertIn("--resume", err)
            there = {p.name for p in out.glob("*.png")}
            self.assertTrue(2 <= len(there) < 1600)
            self.assertEqual({s["file"] for s in json.loads((out / "samples.json").read_text())["samples"]}, there)
            self.assertFalse([p for p in out.iterdir() if p.suffix not in (".png", ".json")], "temporary files left")


if __name__ == "__main__":
    unittest.main()
