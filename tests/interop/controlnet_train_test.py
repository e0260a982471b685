#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ControlNet training: replay against diffusers + torch.optim.AdamW; the product in diffusers' own pipeline; exact resume; condition pictures."""
import io
import json
import random
import subprocess
import tarfile
import unittest
from pathlib import Path

import cv2
import numpy
import torch
from diffusers import ControlNetModel, DDPMScheduler, StableDiffusionControlNetPipeline
from PIL import Image
from safetensors.torch import load_file, save_file

import train_test as base

EMBEDDING = (16, 32)  # this autoencoder halves once


def control_of(unet) -> ControlNetModel:
    """From the UNet as diffusers makes it, with zero convolutions that are not zero, so that every weight gets a gradient."""
    torch.manual_seed(7)
    net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=EMBEDDING)
    with torch.no_grad():
        for parameter in net.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.02)
    return net


class Replay(base.Case):
    UPDATES, BATCH = 20, 2

    def batches(self):
        generator = torch.Generator().manual_seed(9)
        (self.folder / "batches").mkdir()
        made = []
        for i in range(self.UPDATES):
            batch = {"latents": torch.randn(self.BATCH, 4, 8, 8, generator=generator), "noise": torch.randn(self.BATCH, 4, 8, 8, generator=generator),
                     "timesteps": torch.randint(0, 1000, (self.BATCH,), generator=generator),
                     "encoder_hidden_states": torch.randn(self.BATCH, 7, base.WIDTH, generator=generator),
                     "controlnet_cond": torch.rand(self.BATCH, 3, 16, 16, generator=generator)}
            save_file(batch, self.folder / "batches" / f"batch-{i:05}.safetensors")
            made.append(batch)
        return made

    def config(self):
        path = self.folder / "config.yaml"
        path.write_text(f"""
experiment: {{num_examples_to_see: {self.UPDATES * self.BATCH}}}
system: {{batch_size: {self.BATCH}, threads: 2}}
model: {{pretrained: {self.folder}/pipeline, max_grad_norm: 0.05}}
method: {{type: controlnet, init: {self.folder}/start}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-4, weight_decay: 0.02}}}}
""")
        return path

    def test_losses_and_weights_equal_torch_and_the_unet_stays(self):
        pipe = base.pipeline(self.folder, "epsilon")
        unet, net = pipe.unet.requires_grad_(False), control_of(pipe.unet).train()
        net.save_pretrained(self.folder / "start")
        initial = {k: v.clone() for k, v in net.state_dict().items()}
        schedule = DDPMScheduler(**{k: v for k, v in base.SCHEDULE.items() if k not in ("set_alpha_to_one", "steps_offset")})
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.02)
        losses, norms = [], []
        for b in self.batches():
            noisy = schedule.add_noise(b["latents"], b["noise"], b["timesteps"])
            down, middle = net(noisy, b["timesteps"], b["encoder_hidden_states"], controlnet_cond=b["controlnet_cond"], return_dict=False)
            prediction = unet(noisy, b["timesteps"], b["encoder_hidden_states"], down_block_additional_residuals=down, mid_block_additional_residual=middle).sample
            loss = torch.nn.functional.mse_loss(prediction, b["noise"])
            loss.backward()
            losses.append(loss.item())
            norms.append(torch.nn.utils.clip_grad_norm_(net.parameters(), 0.05).item())
            optimizer.step()
            optimizer.zero_grad()
        out = self.folder / "out"
        self.succeed("replay", self.config(), "--batches", self.folder / "batches", "--out", out)
        ours = json.loads((out / "losses.json").read_text())
        for name, expected in (("loss", losses), ("grad_norm", norms)):
            for a, b in zip(ours[name], expected, strict=True):
                self.assertLessEqual(abs(a - b), 1e-4 * abs(b), name)
        raw, trained = load_file(out / "controlnet_raw.safetensors"), net.state_dict()
        self.assertEqual(set(raw), set(trained))
        far = sum(((trained[k] - initial[k]) ** 2).sum().item() for k in raw) ** 0.5
        off = sum(((trained[k] - raw[k]) ** 2).sum().item() for k in raw) ** 0.5
        self.assertGreater(far, 0.1)
        self.assertLessEqual(off, 1e-4 * far)
        opened = ControlNetModel.from_pretrained(out / "controlnet").state_dict()
        self.assertTrue(all(torch.equal(opened[k], raw[k]) for k in raw))

    def test_wrong_batches_and_starts_are_named(self):
        pipe = base.pipeline(self.folder, "epsilon")
        control_of(pipe.unet).save_pretrained(self.folder / "start")
        batch = self.batches()[0]
        common = ("--batches", self.folder / "batches", "--out", self.folder / "out")
        for change, message in (({"controlnet_cond": torch.rand(self.BATCH, 3, 8, 8)}, "controlnet_cond"), ({"controlnet_cond": None}, "controlnet_cond")):
            save_file({k: v for k, v in (batch | change).items() if v is not None}, self.folder / "batches" / "batch-00000.safetensors")
            result = base.engine("replay", self.config(), *common)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(message, result.stderr)
        result = base.engine("replay", self.config(), f"method.init={self.folder}/pipeline/unet", *common)
        self.assertNotEqual(result.returncode, 0)
        self.assertFalse((self.folder / "out" / "losses.json").exists())


class Train(base.Case):
    PROMPTS = ["a photo", "b"]

    def setUp(self):
        super().setUp()
        self.pipe = base.pipeline(self.folder, "epsilon")
        pictures = self.folder / "pictures"
        pictures.mkdir()
        rng = random.Random(1)
        for i in range(6):
            picture = numpy.zeros((20, 28, 3), numpy.uint8)
            x, y = rng.randrange(4, 14), rng.randrange(3, 9)
            picture[y:y + 8, x:x + 9] = [rng.randrange(80, 256) for _ in range(3)]
            Image.fromarray(picture).save(pictures / f"{i}.png")
            (pictures / f"{i}.txt").write_text(f"square {i}")
        self.succeed("dataset", "build", pictures, "--out", self.folder / "shards")
        save_file({"latents": torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))}, self.folder / "latents.safetensors")

    def config(self, name, method="", precision="fp32", dataset="", rate="1.0e-3") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: 32, save_every: 4, seed: 2}}
system: {{batch_size: 2, threads: 2, device: cpu, workers: 1}}
model: {{pretrained: {self.folder}/pipeline, mixed_precision: {precision}, use_ema: true, gradient_checkpointing: true}}
method: {{type: controlnet, condition_dropout: 0.2{method}}}
dataset: {{type: WebDataset, params: {{path: {dataset or self.folder / "shards"}, resolution: 16, text_dropout: 0.1, crop: random, flip: true}}}}
optimizer: {{name: adamw, params: {{learning_rate: {rate}}}}}
sampling: {{prompts: ["a photo", b, c], every: 8, at_start: true, steps: 2}}
""")
        return path

    def events(self, name):
        return [json.loads(line) for line in (self.folder / "runs" / name / "events.jsonl").read_text().splitlines()]

    def test_diffusers_loads_it_and_paints_the_same(self):
        self.succeed("train", self.config("a", rate="5.0e-2"))
        run = self.folder / "runs" / "a"
        self.assertEqual([e for e in self.events("a") if e["type"] == "warning"], [])
        self.assertEqual(len(list((run / "samples").glob("*/*.png"))), 9, "at the start, in the middle and at the end")
        net = ControlNetModel.from_pretrained(run / "final")
        self.assertEqual(list(net.config.conditioning_embedding_out_channels), list(EMBEDDING))
        condition = Image.fromarray(numpy.random.default_rng(4).integers(0, 2, (16, 16, 1), dtype=numpy.uint8).repeat(3, 2) * 255)
        condition.save(self.folder / "condition.png")
        latents = load_file(self.folder / "latents.safetensors")["latents"]
        painted = []
        for strength in (1.0, 0.0):
            pipe = StableDiffusionControlNetPipeline(**self.pipe.components, controlnet=net)
            pipe.set_progress_bar_config(disable=True)
            theirs = base.pixels(pipe("a photo", image=condition, num_inference_steps=5, guidance_scale=4.0, latents=latents, height=16, width=16,
                                      controlnet_conditioning_scale=strength).images[0])
            painted.append(theirs)
        out = self.folder / "out"
        self.succeed("sample", "--model", self.folder / "pipeline", "--controlnet", run / "final", "--control", self.folder / "condition.png", "--prompt", "a photo", "--out", out,
                     "--steps", 5, "--guidance", 4, "--latents", self.folder / "latents.safetensors", "--device", "cpu", "--threads", 2)
        mine = base.pixels(Image.open(out / "0000.png"))
        self.assertLessEqual((mine - painted[0]).abs().mean().item(), 0.1, "as diffusers")
        self.assertGreater((painted[1] - painted[0]).abs().mean().item(), 1, "the condition changes the picture")
        # The single file gives the folder back, but for its precision.
        self.succeed("convert", run / "final" / "a1111" / "a.safetensors", self.folder / "back", "--like", run / "final")
        back, folder = (load_file(f / "diffusion_pytorch_model.safetensors") for f in (self.folder / "back", run / "final"))
        self.assertEqual(set(back), set(folder))
        self.assertTrue(all(torch.equal(back[k].half(), folder[k].half()) for k in folder))

    def test_killed_and_continued_equals_uninterrupted(self):
        for precision in ("fp32", "bf16"):
            with self.subTest(precision):
                name = f"whole-{precision}"
                self.succeed("train", self.config(name, precision=precision))
                run = self.folder / "runs" / f"{name}-2"
                self.train_and_kill_once(self.config(f"{name}-2", precision=precision), run)
                for file in ("state/optimizer.safetensors", "pipeline/diffusion_pytorch_model.safetensors"):
                    first, second = (next(folder.glob(f"checkpoints/*16/{file}")).read_bytes() for folder in (self.folder / "runs" / name, run))
                    self.assertEqual(first, second, file)

    def paired(self, name, conditions) -> Path:
        """Shards with a second picture for the samples that `conditions` names."""
        folder = self.folder / name
        folder.mkdir()
        with tarfile.open(folder / "000000.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            for i in range(6):
                picture = (self.folder / "pictures" / f"{i}.png").read_bytes()
                edges = cv2.Canny(numpy.array(Image.open(io.BytesIO(picture))), 100, 200)
                buffer = io.BytesIO()
                Image.fromarray(edges).convert("RGB").save(buffer, "PNG")
                members = {"png": picture, "txt": f"square {i}".encode()} | ({"cond.png": buffer.getvalue()} if i in conditions else {})
                for ending, content in members.items():
                    member = tarfile.TarInfo(f"{i}.{ending}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
        return folder / "000000.tar"

    def test_second_pictures_are_read_or_missed_by_name(self):
        for i in range(6):
            edges = cv2.Canny(numpy.array(Image.open(self.folder / "pictures" / f"{i}.png")), 100, 200)
            Image.fromarray(edges).convert("RGB").save(self.folder / "pictures" / f"{i}-condlabel.png")
        everything = self.folder / "with-conditions"
        self.succeed("dataset", "build", self.folder / "pictures", "--out", everything)
        self.succeed("train", self.config("paired", method=", condition: dataset", dataset=everything))
        self.assertFalse([e for e in self.events("paired") if e["type"] == "sample_dropped"])
        self.succeed("train", self.config("edges", dataset=everything))
        first, second = ((self.folder / "runs" / name / "final" / "diffusion_pytorch_model.safetensors").read_bytes() for name in ("paired", "edges"))
        self.assertNotEqual(first, second, "edges of the whole picture and of its scaled cut are not the same")
        half = self.paired("half", (0, 1, 2))
        self.succeed("train", self.config("half", method=", condition: dataset", dataset=half))
        dropped = [e for e in self.events("half") if e["type"] == "sample_dropped"]
        self.assertEqual({e["key"] for e in dropped}, {"3", "4", "5"})
        self.assertIn("cond.png", dropped[0]["reason"])
        result = base.engine("train", self.config("none", method=", condition: dataset", dataset=self.paired("none", ())))
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("condition picture", result.stderr)

    def test_other_filters_train_and_check_names_what_cannot_be(self):
        for filtered in ("coarse", "shapes"):
            self.succeed("train", self.config(filtered, method=f", condition: {filtered}"), "experiment.num_examples_to_see=4")
            self.assertEqual([e for e in self.events(filtered) if e["type"] in ("warning", "sample_dropped")], [])
        for change, message in (("method.canny_low=300", "canny_low"), ("dataset.params.latent_cache=memory", "latent_cache"), ("model.train_text_encoder=true", "train_text_encoder")):
            result = subprocess.run([str(base.ENGINE), "check", str(self.config("c")), change], capture_output=True, text=True)
            self.assertEqual(result.returncode, 2, result.stdout)
            self.assertIn(message, result.stdout)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
