#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inpainting training: replay against diffusers + torch.optim.AdamW from a UNet of four channels; the product in diffusers' inpainting pipelines, SD and SDXL;
masks drawn and masks of the data; exact resume."""
import io
import json
import random
import subprocess
import tarfile
import unittest
from pathlib import Path

import numpy
import torch
from diffusers import DDPMScheduler, StableDiffusionInpaintPipeline, StableDiffusionXLInpaintPipeline, UNet2DConditionModel
from PIL import Image
from safetensors.torch import load_file, save_file

import train_test as base
import xl_train_test as xl


def widened(unet) -> UNet2DConditionModel:
    """As diffusers' users do it: nine input channels, the new ones at zero."""
    wide = UNet2DConditionModel.from_config(dict(unet.config) | {"in_channels": 9})
    state = unet.state_dict()
    state["conv_in.weight"] = torch.cat([state["conv_in.weight"], torch.zeros_like(wide.conv_in.weight[:, 4:])], 1)
    wide.load_state_dict(state)
    return wide


class Replay(base.Case):
    UPDATES, BATCH = 20, 2

    def batches(self):
        generator = torch.Generator().manual_seed(9)
        (self.folder / "batches").mkdir()
        made = []
        for i in range(self.UPDATES):
            batch = {name: torch.randn(self.BATCH, 4, 8, 8, generator=generator) for name in ("latents", "noise", "masked_image_latents")}
            batch |= {"timesteps": torch.randint(0, 1000, (self.BATCH,), generator=generator), "mask": torch.randint(0, 2, (self.BATCH, 1, 8, 8), generator=generator).float(),
                      "encoder_hidden_states": torch.randn(self.BATCH, 7, base.WIDTH, generator=generator)}
            save_file(batch, self.folder / "batches" / f"batch-{i:05}.safetensors")
            made.append(batch)
        return made

    def config(self):
        path = self.folder / "config.yaml"
        path.write_text(f"""
experiment: {{num_examples_to_see: {self.UPDATES * self.BATCH}}}
system: {{batch_size: {self.BATCH}, threads: 2}}
model: {{pretrained: {self.folder}/pipeline, max_grad_norm: 0.5}}
method: {{type: inpainting}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-4, weight_decay: 0.02}}}}
""")
        return path

    def test_losses_and_weights_equal_torch(self):
        for kind in ("epsilon", "v_prediction"):
            with self.subTest(kind):
                self.tearDown()
                self.setUp()
                unet = widened(base.pipeline(self.folder, kind).unet).train()
                initial = {k: v.clone() for k, v in unet.state_dict().items()}
                schedule = DDPMScheduler(**{k: v for k, v in base.SCHEDULE.items() if k not in ("set_alpha_to_one", "steps_offset")})
                optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.02)
                losses = []
                for b in self.batches():
                    noisy = torch.cat([schedule.add_noise(b["latents"], b["noise"], b["timesteps"]), b["mask"], b["masked_image_latents"]], 1)
                    prediction = unet(noisy, b["timesteps"], b["encoder_hidden_states"]).sample
                    target = b["noise"] if kind == "epsilon" else schedule.get_velocity(b["latents"], b["noise"], b["timesteps"])
                    loss = torch.nn.functional.mse_loss(prediction, target)
                    loss.backward()
                    losses.append(loss.item())
                    torch.nn.utils.clip_grad_norm_(unet.parameters(), 0.5)
                    optimizer.step()
                    optimizer.zero_grad()
                out = self.folder / "out"
                self.succeed("replay", self.config(), "--batches", self.folder / "batches", "--out", out)
                for a, b in zip(json.loads((out / "losses.json").read_text())["loss"], losses, strict=True):
                    self.assertLessEqual(abs(a - b), 1e-4 * abs(b))
                raw, trained = load_file(out / "unet_raw.safetensors"), unet.state_dict()
                self.assertEqual({k: v.shape for k, v in raw.items()}, {k: v.shape for k, v in trained.items()})
                far = sum(((trained[k] - initial[k]) ** 2).sum().item() for k in raw) ** 0.5
                off = sum(((trained[k] - raw[k]) ** 2).sum().item() for k in raw) ** 0.5
                self.assertLessEqual(off, 1e-4 * far)
                self.assertGreater(raw["conv_in.weight"][:, 4:].abs().max().item(), 1e-4, "the new channels learn")
                self.assertEqual(StableDiffusionInpaintPipeline.from_pretrained(out / "pipeline").unet.config.in_channels, 9)

    def test_wrong_batches_are_named(self):
        base.pipeline(self.folder, "epsilon")
        batch = self.batches()[0]
        for change in ({"mask": torch.zeros(self.BATCH, 1, 4, 4)}, {"masked_image_latents": None}, {"masked_image_latents": torch.zeros(self.BATCH, 3, 8, 8)}):
            save_file({k: v for k, v in (batch | change).items() if v is not None}, self.folder / "batches" / "batch-00000.safetensors")
            result = base.engine("replay", self.config(), "--batches", self.folder / "batches", "--out", self.folder / "out")
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(next(iter(change)), result.stderr)


class Train(base.Case):
    def shards(self, name="shards", masks=()) -> Path:
        """Six pictures; a mask for those that are named."""
        path = self.folder / f"{name}.tar"
        rng = random.Random(1)
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for i in range(6):
                picture, mask = (numpy.zeros((20, 28, 3), numpy.uint8) for _ in range(2))
                x, y = rng.randrange(4, 14), rng.randrange(3, 9)
                picture[y:y + 8, x:x + 9] = [rng.randrange(80, 256) for _ in range(3)]
                mask[y:y + 8, x:x + 9] = 255
                members = {"png": picture} | ({"mask.png": mask} if i in masks else {})
                for ending, content in (members | {"txt": f"square {i}".encode()}).items():
                    if not isinstance(content, bytes):
                        buffer = io.BytesIO()
                        Image.fromarray(content).save(buffer, "PNG")
                        content = buffer.getvalue()
                    member = tarfile.TarInfo(f"{i}.{ending}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
        return path

    def config(self, name, dataset, method="", precision="fp32", model="pipeline", rate="1.0e-2") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: 32, save_every: 4, seed: 2}}
system: {{batch_size: 2, threads: 2, device: cpu, workers: 1}}
model: {{pretrained: {self.folder}/{model}, mixed_precision: {precision}, use_ema: true, gradient_checkpointing: true}}
method: {{type: inpainting{method}}}
dataset: {{type: WebDataset, params: {{path: {dataset}, resolution: 16, text_dropout: 0.1, crop: random, flip: true, validation_share: 0.2}}}}
optimizer: {{name: adamw, params: {{learning_rate: {rate}}}}}
sampling: {{prompts: ["a photo", b], every: 8, at_start: true, steps: 2}}
""")
        return path

    def events(self, name):
        return [json.loads(line) for line in (self.folder / "runs" / name / "events.jsonl").read_text().splitlines()]

    def test_diffusers_inpaints_the_same_with_it(self):
        picture, mask = numpy.random.default_rng(4).integers(0, 256, (16, 16, 3), dtype=numpy.uint8), numpy.zeros((16, 16), numpy.uint8)
        mask[4:12, 6:16] = 255
        Image.fromarray(picture).save(self.folder / "picture.png")
        Image.fromarray(mask).save(self.folder / "mask.png")
        latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
        save_file({"latents": latents}, self.folder / "latents.safetensors")
        for family, cls in (("sd", StableDiffusionInpaintPipeline), ("xl", StableDiffusionXLInpaintPipeline)):
            with self.subTest(family):
                place = self.folder / f"{family}-base"
                place.mkdir()
                xl.pipeline(place) if family == "xl" else base.pipeline(place, "v_prediction")
                self.succeed("train", self.config(family, self.shards(), model=f"{family}-base/pipeline"))
                run = self.folder / "runs" / family
                self.assertEqual([e for e in self.events(family) if e["type"] == "warning"], [])
                self.assertEqual(len(list((run / "samples").glob("*/*.png"))), 6, "at the start, in the middle and at the end")
                self.assertEqual(json.loads((run / "final" / "model_index.json").read_text())["_class_name"], cls.__name__)
                pipe = cls.from_pretrained(run / "final", **({"safety_checker": None} if family == "sd" else {"add_watermarker": False}))
                pipe.set_progress_bar_config(disable=True)
                # Without the autoencoder's draw, which is another generator's: the posterior's mean, in effect.
                with torch.no_grad():
                    pipe.vae.quant_conv.weight[4:], pipe.vae.quant_conv.bias[4:] = 0, -30
                pipe.save_pretrained(self.folder / f"{family}-mean")
                theirs = base.pixels(pipe("a photo", image=Image.fromarray(picture), mask_image=Image.fromarray(mask), num_inference_steps=5, guidance_scale=4.0, latents=latents,
                                          height=16, width=16, strength=1.0).images[0])
                out = self.folder / f"{family}-out"
                self.succeed("sample", "--model", self.folder / f"{family}-mean", "--image", self.folder / "picture.png", "--mask", self.folder / "mask.png", "--prompt", "a photo", "--out",
                             out, "--steps", 5, "--guidance", 4, "--latents", self.folder / "latents.safetensors", "--device", "cpu", "--threads", 2)
                self.assertLessEqual((base.pixels(Image.open(out / "0000.png")) - theirs).abs().mean().item(), 0.2, "as diffusers")
                # What was trained goes on being trained as what it is; another method names what it is.
                self.succeed("train", self.config(f"{family}-on", self.shards(), model=f"runs/{family}/final"))
                result = base.engine("train", self.config(f"{family}-fine", self.shards(), model=f"runs/{family}/final"), "method.type=finetune")
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn("inpainting", result.stderr)

    def test_killed_and_continued_equals_uninterrupted(self):
        base.pipeline(self.folder, "epsilon")
        shards = self.shards()
        for precision in ("fp32", "bf16"):
            with self.subTest(precision):
                name = f"whole-{precision}"
                self.succeed("train", self.config(name, shards, precision=precision))
                run = self.folder / "runs" / f"{name}-2"
                self.train_and_kill_once(self.config(f"{name}-2", shards, precision=precision), run)
                for file in ("state/optimizer.safetensors", "pipeline/unet/diffusion_pytorch_model.safetensors"):
                    first, second = (next(folder.glob(f"checkpoints/*16/{file}")).read_bytes() for folder in (self.folder / "runs" / name, run))
                    self.assertEqual(first, second, file)

    def test_masks_of_the_data_are_read_or_missed_by_name(self):
        base.pipeline(self.folder, "epsilon")
        self.succeed("train", self.config("half", self.shards("half", (0, 1, 2)), ", mask: dataset"), "dataset.params.validation_share=0")
        dropped = [e for e in self.events("half") if e["type"] == "sample_dropped"]
        self.assertEqual({e["key"] for e in dropped}, {"3", "4", "5"})
        self.assertIn("mask.png", dropped[0]["reason"])
        result = base.engine("train", self.config("none", self.shards("none"), ", mask: dataset"), "dataset.params.validation_share=0")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("it has no mask", result.stderr)

    def test_check_names_what_cannot_be(self):
        base.pipeline(self.folder, "epsilon")
        for change, message in (("dataset.params.latent_cache=memory", "latent_cache"), ("method.mask_whole=2", "mask_whole")):
            result = subprocess.run([str(base.ENGINE), "check", str(self.config("c", self.shards())), change], capture_output=True, text=True)
            self.assertEqual(result.returncode, 2, result.stdout)
            self.assertIn(message, result.stdout)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
