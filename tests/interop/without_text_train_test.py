#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models without text: told nothing, a class, or what lies where; in pixels, in latents of both autoencoders. Their pictures against diffusers' LDMPipeline, DDPM-style loops and
schedulers; what is told changes the picture; exact resume."""
import io
import json
import subprocess
import tarfile
import unittest
from pathlib import Path

import numpy
import torch
from diffusers import AutoencoderKL, DDIMScheduler, DiffusionPipeline, LDMPipeline, UNet2DModel, VQModel
from PIL import Image
from safetensors.torch import load_file, save_file

import train_test as base

UNET = {"block_out_channels": [16, 32], "down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1,
        "norm_num_groups": 8, "attention_head_dim": 8}
CODER = {"block_out_channels": [16, 32], "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2, "norm_num_groups": 8, "sample_size": 16}


class Case(base.Case):
    def shards(self, name="shards", classes=("dark", "light")) -> Path:
        """Plain dark and light pictures, with their class, and a mask of two labels: left half and lower right quarter."""
        path = self.folder / f"{name}.tar"
        mask = numpy.zeros((16, 16), numpy.uint8)
        mask[:, :8], mask[8:, 8:] = 1, 2
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for i in range(8):
                members = {"cls": classes[i % 2].encode()}
                for ending, pixels in (("png", numpy.full((16, 16, 3), (20 if i % 2 == 0 else 235) + i, numpy.uint8)), ("mask.png", mask)):
                    buffer = io.BytesIO()
                    Image.fromarray(pixels).save(buffer, "PNG")
                    members[ending] = buffer.getvalue()
                for ending, content in members.items():
                    member = tarfile.TarInfo(f"{i}.{ending}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
        return path

    def coder(self, cls):
        torch.manual_seed(5)
        model = cls(latent_channels=3, scaling_factor=0.7, **({"num_vq_embeddings": 12} if cls is VQModel else {}), **CODER)
        if cls is VQModel:
            with torch.no_grad():
                model.quantize.embedding.weight.normal_()
        model.save_pretrained(self.folder / cls.__name__)
        return {"pretrained": str(self.folder / cls.__name__)}

    def config(self, name, method="", vae=None, dataset="", images=32, size=16, rate="2.0e-3", unet=UNET, prompts="[]", precision="fp32", batch=4) -> Path:
        path = self.folder / f"{name}.yaml"
        model = {"unet": {"params": unet}} | ({"vae": vae} if vae else {})
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: {images}, save_every: 4, seed: 2}}
system: {{batch_size: {batch}, threads: 2, device: cpu, workers: 1}}
model: {json.dumps(model | {"use_ema": True, "mixed_precision": precision, "noise_scheduler_training": {"target": "DDIMScheduler", "params": base.SCHEDULE}})}
method: {{type: without_text{method}}}
dataset: {{type: WebDataset, params: {{path: {dataset or self.shards()}, resolution: {size}, text_dropout: 0.1, validation_share: 0.1}}}}
optimizer: {{name: adamw, params: {{learning_rate: {rate}, weight_decay: 0.0}}}}
sampling: {{prompts: {prompts}, every: 100000, steps: 3, guidance: 1.5, sampler: ddim}}
""")
        return path

    def events(self, name):
        return [json.loads(line) for line in (self.folder / "runs" / name / "events.jsonl").read_text().splitlines()]

    def sample(self, model, *options):
        out = self.folder / f"out-{len(list(self.folder.glob('out-*')))}"
        self.succeed("sample", "--model", model, "--out", out, "--sampler", "ddim", "--device", "cpu", "--threads", 2, *options)
        return [base.pixels(Image.open(file)) for file in sorted(out.glob("*.png"))]


class Train(Case):
    def chain(self, unet, schedule, latents, steps, guidance, told, untold):
        """diffusers' DDIM with guidance; `told` and `untold`: label and mask."""
        schedule.set_timesteps(steps)
        x = latents
        with torch.no_grad():
            for t in schedule.timesteps:
                outputs = [unet(torch.cat([x, mask], 1) if mask is not None else x, t, class_labels=None if label is None else torch.tensor([label])).sample
                           for label, mask in (untold, told)]
                x = schedule.step(outputs[0] + guidance * (outputs[1] - outputs[0]), t, x).prev_sample
        return x

    def test_diffusers_paints_the_same_from_nothing(self):
        latents = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))
        save_file({"latents": latents}, self.folder / "latents.safetensors")
        for cls in (VQModel, AutoencoderKL):
            with self.subTest(cls.__name__):
                name = cls.__name__.lower()
                self.succeed("train", self.config(name, vae=self.coder(cls)))
                run = self.folder / "runs" / name
                self.assertEqual([e for e in self.events(name) if e["type"] == "warning"], [])
                pipe = LDMPipeline.from_pretrained(run / "final")
                self.assertIsInstance(pipe.vqvae, cls)
                schedule = DDIMScheduler.from_pretrained(run / "final" / "scheduler")
                x = self.chain(pipe.unet, schedule, latents, 5, 1, (None, None), (None, None))
                with torch.no_grad():
                    theirs = ((pipe.vqvae.decode(x / pipe.vqvae.config.scaling_factor).sample / 2 + 0.5).clamp(0, 1) * 255).round().permute(0, 2, 3, 1).flatten()
                mine = self.sample(run / "final", "--prompt", "", "--steps", 5, "--latents", self.folder / "latents.safetensors")
                self.assertLessEqual((mine[0] - theirs).abs().mean().item(), 0.2)
                pipe.set_progress_bar_config(disable=True)
                self.assertEqual(pipe(num_inference_steps=2).images[0].size, (16, 16))

    def test_classes_and_masks_are_told(self):
        latents = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))
        save_file({"latents": latents}, self.folder / "latents.safetensors")
        mask = numpy.random.default_rng(4).integers(0, 3, (16, 16), dtype=numpy.uint8)
        Image.fromarray(mask).save(self.folder / "mask.png")
        self.succeed("train", self.config("told", ", classes: [dark, light], mask_labels: 2, condition_dropout: 0.2", self.coder(VQModel), prompts='[light, ""]', rate="2.0e-2"))
        final = self.folder / "runs" / "told" / "final"
        self.assertEqual(json.loads((final / "model_index.json").read_text())["id2label"], {"0": "dark", "1": "light"})
        unet, coder, schedule = UNet2DModel.from_pretrained(final / "unet"), VQModel.from_pretrained(final / "vqvae"), DDIMScheduler.from_pretrained(final / "scheduler")
        self.assertEqual((unet.config.num_class_embeds, unet.config.in_channels, unet.config.out_channels, unet.config.sample_size), (3, 5, 3, 8))
        small = torch.nn.functional.interpolate(torch.tensor(mask)[None, None].float(), size=(8, 8), mode="nearest")[0, 0]
        channels = torch.stack([small == 1, small == 2]).float()[None]
        pictures = []
        for label in (0, 1):
            x = self.chain(unet, schedule, latents, 4, 3.0, (label, channels), (2, torch.zeros_like(channels)))
            with torch.no_grad():
                theirs = ((coder.decode(x / coder.config.scaling_factor).sample / 2 + 0.5).clamp(0, 1) * 255).round().permute(0, 2, 3, 1).flatten()
            common = ("--steps", 4, "--guidance", 3, "--latents", self.folder / "latents.safetensors", "--mask", self.folder / "mask.png")
            for prompt in (("dark", "light")[label], str(label)):
                mine = self.sample(final, "--prompt", prompt, *common)
                self.assertLessEqual((mine[0] - theirs).abs().mean().item(), 0.2)
            pictures.append(mine[0])
        for options, message in ((("--prompt", "red"), "no class"), (("--prompt", "dark", "--negative", "x"), "--negative"), (("--prompt", "dark", "--size", "18"), "multiples")):
            result = base.engine("sample", "--model", final, "--out", self.folder / "bad", *options)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(message, result.stderr)

    def test_what_is_told_is_what_is_painted(self):
        """In pixels, without an autoencoder: pictures of either class get its brightness."""
        unet = UNET | {"out_channels": 3}
        self.succeed("train", self.config("pixels", ", classes: [dark, light]", size=8, images=960, batch=8, rate="4.0e-3", unet=unet), "loss.prediction_type=sample",
                     "experiment.save_every=1000")
        final = self.folder / "runs" / "pixels" / "final"
        self.assertEqual(json.loads((final / "model_index.json").read_text())["_class_name"], "DDPMPipeline")
        DiffusionPipeline.from_pretrained(final)
        self.assertEqual(len(list((self.folder / "runs" / "pixels" / "samples").glob("*/*.png"))), 2, "one of each class, without prompts")
        dark, light = (torch.stack(self.sample(final, "--prompt", name, "--per-prompt", 4, "--steps", 10, "--guidance", 1)) for name in ("dark", "light"))
        self.assertLess(dark.mean().item(), 90)
        self.assertGreater(light.mean().item(), 165)

    def test_killed_and_continued_equals_uninterrupted(self):
        coder = self.coder(AutoencoderKL)
        for precision in ("fp32", "bf16"):
            with self.subTest(precision):
                method, name = ", classes: [dark, light], mask_labels: 2, condition_dropout: 0.2", f"whole-{precision}"
                self.succeed("train", self.config(name, method, coder, images=96, precision=precision))
                run = self.folder / "runs" / f"{name}-2"
                self.train_and_kill_once(self.config(f"{name}-2", method, coder, images=96, precision=precision), run)
                for file in ("state/optimizer.safetensors", "pipeline/unet/diffusion_pytorch_model.safetensors"):
                    first, second = (next(folder.glob(f"checkpoints/*24/{file}")).read_bytes() for folder in (self.folder / "runs" / name, run))
                    self.assertEqual(first, second, file)

    def test_other_classes_are_left_out_and_mistakes_named(self):
        self.succeed("train", self.config("one", ", classes: [dark]", self.coder(VQModel), images=16), "dataset.params.validation_share=0")
        dropped = [e for e in self.events("one") if e["type"] == "sample_dropped"]
        self.assertTrue(dropped and all(int(e["key"]) % 2 == 1 and "light" in e["reason"] for e in dropped))
        for method, change, message in ((", classes: [a, a]", "", "twice"), (", classes: [a]", "sampling.prompts=[b]", "none of the classes"), ("", "model.unet.target=UNet2DConditionModel", "UNet2DModel"),
                                        ("", "dataset.params.latent_cache=memory", "latent_cache")):
            result = subprocess.run([str(base.ENGINE), "check", str(self.config("c", method)), *([change] if change else [])], capture_output=True, text=True)
            self.assertEqual(result.returncode, 2, result.stdout)
            self.assertIn(message, result.stdout)
        result = base.engine("train", self.config("size", size=15))
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("dataset.params.resolution", result.stderr)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
