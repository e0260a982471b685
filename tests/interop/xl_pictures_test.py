# SPDX-License-Identifier: GPL-3.0-or-later
# `sample` with SDXL: two text encoders, size conditioning, refiner, weighted prompts, against diffusers' own pipelines.
import unittest

import numpy
import torch
from diffusers import StableDiffusionXLImg2ImgPipeline, StableDiffusionXLInpaintPipeline, StableDiffusionXLPipeline

import tiny_pipeline
from pictures_test import HEIGHT, NEGATIVE, STEPS, WIDTH, PictureCase, sample

SIZE = {"width": WIDTH, "height": HEIGHT}


class XlPicturesTest(PictureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tiny_pipeline.save_xl(cls.folder / "xl")
        tiny_pipeline.save_xl(cls.folder / "inpaint", channels=9)
        tiny_pipeline.save_xl(cls.folder / "refiner", refiner=True)
        cls.start = {**SIZE, "latents": cls.latents}
        cls.image = ["--image", cls.folder / "picture.png"]
        cls.masked = [*cls.image, "--mask", cls.folder / "mask.png"]
        cls.both = {"image": [cls.picture] * 2, "mask_image": [cls.mask] * 2, **SIZE}

    def test_text_to_image(self):
        sizes = {"original_size": (40, 100), "crops_coords_top_left": (4, 30)}
        self.compare([("xl", sampler, 0, StableDiffusionXLPipeline, self.start, []) for sampler in ("ddim", "euler", "euler_a", "dpmpp_2m_karras", "heun")]
                     + [("xl", "euler", 0, StableDiffusionXLPipeline, {**self.start, **more}, options) for more, options in (
                         ({"negative_prompt": None}, []), (sizes, ["--original-size", "100x40", "--crop", "30,4"]), ({"guidance_rescale": 0.6}, ["--guidance-rescale", 0.6]))])

    def test_an_empty_negative_prompt_that_is_given_is_encoded(self):
        pipeline = StableDiffusionXLPipeline.from_pretrained(self.folder / "xl")
        left_out = self.ours("xl", "ddim", negative=None)
        given = self.ours("xl", "ddim", "--negative", "", negative=None)
        self.assertGreater(numpy.abs(left_out.astype(float) - given.astype(float)).mean(), 0.5)
        for made, negative in ((left_out, None), (given, ["", ""])):
            self.assertSame(made, self.theirs(pipeline, "ddim", **{**self.start, "negative_prompt": negative}))

    def test_image_to_image_and_inpainting(self):
        self.compare([("xl", sampler, 3, StableDiffusionXLImg2ImgPipeline, {"image": [self.picture] * 2, "strength": 0.6}, [*self.image, "--strength", 0.6])
                      for sampler in ("ddim", "euler_a", "dpmpp_2m")]
                     + [("xl", "euler", 3, StableDiffusionXLInpaintPipeline, {**self.both, "strength": 0.5}, [*self.masked, "--strength", 0.5]),
                        ("xl", "ddim", 0, StableDiffusionXLInpaintPipeline, {**self.both, "strength": 1.0}, self.masked),
                        ("inpaint", "euler", 0, StableDiffusionXLInpaintPipeline, {**self.both, "strength": 1.0}, self.masked),
                        ("inpaint", "dpmpp_2m", 3, StableDiffusionXLInpaintPipeline, {**self.both, "strength": 0.5}, [*self.masked, "--strength", 0.5])])

    def test_refiner_alone_has_scores_instead_of_a_size(self):
        scores = {"aesthetic_score": 7.5, "negative_aesthetic_score": 1.5}
        cls = StableDiffusionXLImg2ImgPipeline
        self.compare([("refiner", "euler", 3, cls, {"image": [self.picture] * 2, "strength": 0.5}, [*self.image, "--strength", 0.5]),
                      ("refiner", "ddim", 3, cls, {"image": [self.picture] * 2, "strength": 0.5, "negative_prompt": None}, [*self.image, "--strength", 0.5]),
                      ("refiner", "ddim", 3, cls, {"image": [self.picture] * 2, "strength": 0.5, **scores},
                       [*self.image, "--strength", 0.5, "--aesthetic-score", 7.5, "--negative-aesthetic-score", 1.5])])

    def test_two_models_in_one_chain(self):
        for sampler, share in (("ddim", 0.5), ("euler", 0.8), ("euler_a", 0.5), ("dpmpp_2m", 0.5), ("unipc", 0.8)):
            with self.subTest(sampler=sampler, share=share):
                base = StableDiffusionXLPipeline.from_pretrained(self.folder / "xl")
                refiner = StableDiffusionXLImg2ImgPipeline.from_pretrained(self.folder / "refiner")
                latents = self.theirs(base, sampler, output_type="latent", denoising_end=share, **self.start)
                made = int((base.scheduler.timesteps >= round(1000 - share * 1000)).sum())
                self.assertTrue(0 < made < STEPS)
                wanted = self.theirs(refiner, sampler, made, image=latents, denoising_start=share)
                self.assertSame(self.ours("xl", sampler, "--refiner", self.folder / "refiner", "--refiner-start", share), wanted)

    def test_half_precision_keeps_the_autoencoder_in_float32(self):
        whole, half = self.ours("xl", "euler"), self.ours("xl", "euler", "--fp16")
        difference = numpy.abs(whole.astype(float) - half.astype(float))
        self.assertGreater(difference.max(), 0)
        self.assertLessEqual(difference.mean(), 2)

    def test_weighted_and_long_prompts(self):
        """Each encoder's part of the context weighted on its own with its mean restored; pooled text of the first window."""
        pipeline = StableDiffusionXLPipeline.from_pretrained(self.folder / "xl")
        words = pipeline.tokenizer

        def encoded(pieces, windows):
            ids, weights, parts, pooled = [], [], [], None
            for text, weight in pieces:
                more = words(text, add_special_tokens=False).input_ids
                ids, weights = ids + more, weights + [weight] * len(more)
            for start in range(0, 75 * windows, 75):
                part = ids[start:start + 75]
                row = [words.bos_token_id, *part, words.eos_token_id]
                factors = torch.tensor([1.0, *weights[start:start + 75], *[1.0] * (76 - len(part))])
                halves = []
                for tokenizer, encoder in ((pipeline.tokenizer, pipeline.text_encoder), (pipeline.tokenizer_2, pipeline.text_encoder_2)):
                    with torch.no_grad():
                        output = encoder(torch.tensor([row + [tokenizer.pad_token_id] * (77 - len(row))]), output_hidden_states=True)
                    hidden = output.hidden_states[-2]
                    weighted = hidden * factors[:, None]
                    halves.append(weighted * (hidden.mean() / weighted.mean()))
                pooled = output.text_embeds if pooled is None else pooled
                parts.append(torch.cat(halves, 2))
            return torch.cat(parts, 1), pooled

        long = "zebra 42, " * 14
        windows = -(-len(words(long, add_special_tokens=False).input_ids) // 75)
        self.assertGreater(windows, 1)
        prompts = ["a (cat:1.4) on a [mat]", long + "(cat)"]
        rows = [encoded([("a ", 1), ("cat", 1.4), (" on a ", 1), ("mat", 1 / 1.1)], windows), encoded([(long, 1), ("cat", 1.1)], windows)]
        negative = encoded([(NEGATIVE, 1)], windows)
        wanted = self.theirs(pipeline, "ddim", prompt=None, negative_prompt=None, prompt_embeds=torch.cat([r[0] for r in rows]), pooled_prompt_embeds=torch.cat([r[1] for r in rows]),
                             negative_prompt_embeds=negative[0].repeat(2, 1, 1), negative_pooled_prompt_embeds=negative[1].repeat(2, 1), **self.start)
        self.assertSame(self.ours("xl", "ddim", "--prompt-weighting", prompts=prompts), wanted)

    def test_wrong_combinations_are_named(self):
        tiny_pipeline.save(self.folder / "sd")
        for model, options, message in (("sd", ["--original-size", 64], "not told any sizes"), ("xl", ["--crop", "5"], "left,top"), ("xl", ["--original-size", "0x5"], "--original-size"),
                                        ("xl", ["--refiner", self.folder / "inpaint"], "refiner"), ("xl", ["--aesthetic-score", 7], "--aesthetic-score"),
                                        ("sd", ["--negative-aesthetic-score", 1], "told no score"), ("xl", ["--refiner", self.folder / "refiner", "--refiner-start", 1], "none to make")):
            with self.subTest(options=options):
                code, err = sample("--model", self.folder / model, "--prompt", "x", "--out", self.folder / "wrong", "--steps", 4, "--device", "cpu", *options)
                self.assertEqual(code, 2, err)
                self.assertIn(message, err)


if __name__ == "__main__":
    unittest.main()
