#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The YAML of explainingai's StableDiffusion-PyTorch: its MNIST and CelebA recipes in kind on small data made here, keys that are dead or differ, and its known defects."""
import json
import signal
import subprocess
import time
import unittest
from pathlib import Path

import numpy
import torch
from diffusers import LDMPipeline, UNet2DConditionModel, VQModel
from PIL import Image
from safetensors.torch import load_file, save_file

import train_test as base
from autoencoder_train_test import perceptual

MNIST = """
dataset_params: {im_path: 'data/mnist/train/images', im_channels: 1, im_size: 28, name: 'mnist'}
diffusion_params: {num_timesteps: 1000, beta_start: 0.0015, beta_end: 0.0195}
ldm_params:
  down_channels: [16, 32, 32, 32]
  mid_channels: [32, 32]
  down_sample: [False, False, False]
  attn_down: [True, True, True]
  time_emb_dim: 32
  norm_channels: 8
  num_heads: 4
  conv_out_channels: 16
  num_down_layers: 1
  num_mid_layers: 1
  num_up_layers: 1
CONDITION
autoencoder_params:
  z_channels: 3
  codebook_size: 20
  down_channels: [8, 16, 16]
  mid_channels: [16, 16]
  down_sample: [True, True]
  attn_down: [False, False]
  norm_channels: 8
  num_heads: 4
  num_down_layers: 1
  num_mid_layers: 1
  num_up_layers: 1
train_params:
  seed: 1111
  task_name: 'mnist'
  ldm_batch_size: 4
  autoencoder_batch_size: 2
  disc_start: 4
  disc_weight: 0.5
  codebook_weight: 1
  commitment_beta: 0.2
  perceptual_weight: 1
  kl_weight: 0.000005
  ldm_epochs: 100
  autoencoder_epochs: 10
  num_samples: 25
  num_grid_rows: 5
  ldm_lr: 0.00001
  autoencoder_lr: 0.0001
  autoencoder_acc_steps: 2
  autoencoder_img_save_steps: 8
  save_latents: False
  cf_guidance_scale: 1.0
  vae_latent_dir_name: 'vae_latents'
  vqvae_latent_dir_name: 'vqvae_latents'
  ldm_ckpt_name: 'ddpm_ckpt.pth'
  vqvae_autoencoder_ckpt_name: 'vqvae_autoencoder_ckpt.pth'
  vae_autoencoder_ckpt_name: 'vae_autoencoder_ckpt.pth'
  vqvae_discriminator_ckpt_name: 'vqvae_discriminator_ckpt.pth'
  vae_discriminator_ckpt_name: 'vae_discriminator_ckpt.pth'
"""
CLASSES = "  condition_config:\n    condition_types: ['class']\n    class_condition_config: {num_classes: 10, cond_drop_prob: 0.1}"
TEXT = ("  condition_config:\n    condition_types: ['text']\n    text_condition_config:\n"
        "      {text_embed_model: 'clip', train_text_embed_model: False, text_embed_dim: 32, cond_drop_prob: 0.1}")
MASKS = ("  condition_config:\n    condition_types: ['image']\n    image_condition_config:\n"
         "      {image_condition_input_channels: 18, image_condition_output_channels: 3, image_condition_h: 512, image_condition_w: 512, cond_drop_prob: 0.1}")


class Case(base.Case):
    def setUp(self):
        super().setUp()
        digits = self.folder / "data/mnist/train/images"
        rng = numpy.random.default_rng(1)
        for digit in range(3):
            (digits / str(digit)).mkdir(parents=True)
            for i in range(3):
                picture = numpy.zeros((28, 28), numpy.uint8)
                picture[4 + 6 * digit:10 + 6 * digit, 3 + i:22 + i] = rng.integers(120, 256)
                Image.fromarray(picture).save(digits / str(digit) / f"{i}.png")
        celeb = self.folder / "data/CelebAMask-HQ"
        for name in ("CelebA-HQ-img", "celeba-caption", "CelebAMask-HQ-mask"):
            (celeb / name).mkdir(parents=True)
        for i in range(4):
            Image.fromarray(rng.integers(0, 256, (40, 32, 3), dtype=numpy.uint8)).save(celeb / "CelebA-HQ-img" / f"{i:05}.jpg")
            (celeb / "celeba-caption" / f"{i:05}.txt").write_text(f"face {i}\nsomeone {i}\n")
            Image.fromarray(rng.integers(0, 19, (64, 64), dtype=numpy.uint8)).save(celeb / "CelebAMask-HQ-mask" / f"{i}.png")

    def file(self, name="mnist", condition="", celeb=False) -> Path:
        text = MNIST.replace("CONDITION", condition)
        if celeb:
            text = (text.replace("data/mnist/train/images", "data/CelebAMask-HQ").replace("im_channels: 1, im_size: 28, name: 'mnist'", "im_channels: 3, im_size: 32, name: 'celebhq'")
                    .replace("down_sample: [False, False, False]", "down_sample: [True, False, False]").replace("task_name: 'mnist'", "task_name: 'celebhq'"))
        path = self.folder / f"{name}.yaml"
        path.write_text(text)
        return path

    def run_engine(self, *arguments):
        return subprocess.run([str(base.ENGINE), *map(str, arguments)], capture_output=True, text=True, cwd=self.folder)

    def train(self, file, *overrides, images=16):
        result = self.run_engine("train", file, f"experiment.num_examples_to_see={images}", "experiment.save_every=2", "system.device=cpu", "system.threads=2", "tracking.log_every=1",
                                 "sampling.steps=2", *overrides)
        self.assertEqual(result.returncode, 0, result.stderr)

    def autoencoder(self, file, *overrides, images=16):
        self.train(file, "method.type=autoencoder", "loss.lpips_weight=0", *overrides, images=images)

    def events(self, name, kind):
        return [e for e in map(json.loads, (self.folder / name / "events.jsonl").read_text().splitlines()) if e["type"] == kind]


class Recipes(Case):
    def test_mnist_from_nothing_with_lpips(self):
        save_file({k: v.clone() for k, v in perceptual().state_dict().items()}, self.folder / "lpips.safetensors")
        self.train(self.file(), "method.type=autoencoder", "loss.lpips_file=lpips.safetensors", "loss.lpips_backbone=null")
        values = [e["values"] for e in self.events("mnist-autoencoder", "metric")]
        self.assertEqual(len(values), 4)
        self.assertEqual(["loss_discriminator" in v for v in values], [False, False, True, True], "batch 4 is update 2")
        self.assertTrue(all("loss_lpips" in v for v in values))
        self.train(self.file())
        pipe = LDMPipeline.from_pretrained(self.folder / "mnist" / "final")
        self.assertEqual((pipe.unet.config.sample_size, pipe.unet.config.in_channels, list(pipe.unet.config.block_out_channels)), (7, 3, [32]))
        self.assertEqual(pipe.vqvae.config.in_channels, 1)
        result = self.run_engine("sample", "--model", "mnist/final", "--prompt", "", "--per-prompt", "2", "--steps", "2", "--out", "pictures", "--device", "cpu")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(Image.open(next((self.folder / "pictures").glob("*.png"))).size, (28, 28))

    def test_mnist_by_class(self):
        self.autoencoder(self.file("classes", CLASSES))
        self.train(self.file("classes", CLASSES), images=24)
        index = json.loads((self.folder / "mnist" / "final" / "model_index.json").read_text())
        self.assertEqual(index["id2label"], {str(i): str(i) for i in range(10)})
        self.assertFalse(self.events("mnist", "sample_dropped"))

    def test_celeb_by_mask_and_from_nothing(self):
        self.autoencoder(self.file("celeb", MASKS, celeb=True))
        self.train(self.file("celeb", MASKS, celeb=True))
        config = json.loads((self.folder / "celebhq" / "final" / "unet" / "config.json").read_text())
        self.assertEqual((config["in_channels"], config["out_channels"], config["block_out_channels"]), (3 + 18, 3, [16, 32]))
        self.assertFalse(self.events("celebhq", "sample_dropped"), "each has its mask: 00002 and 2 are one name")
        self.assertIsInstance(LDMPipeline.from_pretrained(self.folder / "celebhq" / "final").vqvae, VQModel)

    def test_celeb_by_text(self):
        file = self.file("text", TEXT, celeb=True)
        self.autoencoder(file)
        values = self.events("celebhq-autoencoder", "metric")[0]["values"]
        self.assertIn("kl", values, "a plain autoencoder learns, too")
        base.pipeline(self.folder, "epsilon")
        self.train(file, "model.text_encoder.pretrained=./pipeline", "model.tokenizer.pretrained=./pipeline", 'sampling.prompts=["a face"]', "sampling.guidance=2")
        unet = UNet2DConditionModel.from_pretrained(self.folder / "celebhq" / "final" / "unet")
        self.assertEqual((unet.config.cross_attention_dim, unet.config.in_channels), (32, 3))
        self.assertFalse(self.events("celebhq", "sample_dropped"))

    def test_keys_that_are_dead_or_differ_are_said(self):
        (self.folder / "mnist-autoencoder" / "final").mkdir(parents=True)
        result = self.run_engine("check", self.file("classes", CLASSES), "--json")
        found = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        text = result.stdout
        for key in ("vae_latent_dir_name", "ldm_ckpt_name", "kl_weight", "mid_channels", "conv_out_channels", "num_samples"):
            self.assertIn(key, text, found[:1])
        self.assertNotIn("no such key", text)
        for condition, message in ((TEXT.replace("'clip'", "'bert'"), "bert"), (TEXT.replace("['text']", "['text', 'image']"), "together with a mask")):
            result = self.run_engine("check", self.file("not", condition, celeb=True))
            self.assertEqual(result.returncode, 2)
            self.assertIn(message, result.stdout)
        # Its own keys on the command line, too.
        result = self.run_engine("train", self.file(), "method.type=autoencoder", "train_params.perceptual_weight=0", "train_params.task_name=other", "experiment.num_examples_to_see=4")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.folder / "other-autoencoder" / "final").exists())


class Defects(Case):
    """One test for each row of what is known to be wrong there."""

    def test_1_resume_average_schedule_precision_validation(self):
        file = self.file()
        extras = ("model.use_ema=true", "lr_scheduler.scheduler=CosineWithWarmup", "model.mixed_precision=bf16", "dataset.params.validation_share=0.3")
        self.autoencoder(file, *extras, images=48)
        whole = next((self.folder / "mnist-autoencoder").glob("checkpoints/*12/state/optimizer.safetensors")).read_bytes()
        self.assertTrue(any("val_loss" in e["values"] for e in self.events("mnist-autoencoder", "metric")))
        process = subprocess.Popen([str(base.ENGINE), "train", str(file), "method.type=autoencoder", "loss.lpips_weight=0", "train_params.task_name=cut", "experiment.num_examples_to_see=48",
                                    "experiment.save_every=2", "system.device=cpu", "system.threads=2", "tracking.log_every=1", "sampling.steps=2", *extras],
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run, deadline = self.folder / "cut-autoencoder", time.time() + 120
        while not list(run.glob("checkpoints/*/DONE")) and process.poll() is None and time.time() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        self.assertEqual(process.wait(), -signal.SIGKILL)
        self.succeed("train", run)
        self.assertEqual(whole, next(run.glob("checkpoints/*12/state/optimizer.safetensors")).read_bytes())

    def test_2_the_kl_autoencoder_is_trained_with_its_weight(self):
        self.autoencoder(self.file("text", TEXT), "loss.kl_weight=0.5", "train_params.autoencoder_acc_steps=1", "loss.discriminator_weight=0", "loss.mse_weight=0", images=4)
        values = self.events("mnist-autoencoder", "metric")[0]["values"]
        self.assertLessEqual(abs(values["loss"] - 0.5 * values["kl"]), 1e-4 * abs(values["loss"]))

    def test_3_latents_have_unit_variance(self):
        self.autoencoder(self.file())
        final = self.folder / "mnist-autoencoder" / "final" / "vqvae"
        model = VQModel.from_pretrained(final)
        pictures = sorted((self.folder / "data/mnist/train/images").glob("*/*.png"))
        with torch.no_grad():
            latents = model.quantize(model.encode(torch.stack([torch.tensor(numpy.array(Image.open(p)))[None] / 127.5 - 1 for p in pictures])).latents)[0]
        self.assertLessEqual(abs((latents * model.config.scaling_factor).std().item() - 1), 0.01)

    def test_4_updates_are_counted_no_others_are_made(self):
        self.autoencoder(self.file(), images=9 * 4)  # four epochs of nine pictures, batches of 2 × 2
        self.assertEqual([e["step"] for e in self.events("mnist-autoencoder", "metric")], list(range(1, 10)))
        state = load_file(next((self.folder / "mnist-autoencoder").glob("checkpoints/*9/state/optimizer.safetensors")))
        self.assertEqual(state["updates"].item(), 9)

    def test_5_every_picture_is_drawn(self):
        broken = sorted((self.folder / "data/mnist/train/images").glob("*/*.png"))[-1]
        broken.write_bytes(b"not a picture")
        self.autoencoder(self.file(), images=12)
        dropped = {e["key"] for e in self.events("mnist-autoencoder", "sample_dropped")}
        self.assertEqual(dropped, {"2/2"}, "the last one was asked for, too")

    def test_6_the_seed_is_that_of_the_denoiser_too(self):
        self.autoencoder(self.file())
        weights = []
        for name, seed in (("first", 1111), ("second", 1111), ("third", 5)):
            self.train(self.file(), f"experiment.name={name}", f"train_params.seed={seed}")
            weights.append((self.folder / name / "final" / "unet" / "diffusion_pytorch_model.safetensors").read_bytes())
        self.assertEqual(weights[0], weights[1])
        self.assertNotEqual(weights[0], weights[2])

    def test_7_classes_are_names_not_folder_numbers(self):
        pictures = self.folder / "data/mnist/train/images"
        for digit, name in enumerate(("cat", "dog", "bird")):
            (pictures / str(digit)).rename(pictures / name)
        self.autoencoder(self.file())
        self.train(self.file("classes", CLASSES), "method.classes=[dog, cat]")
        index = json.loads((self.folder / "mnist" / "final" / "model_index.json").read_text())
        self.assertEqual(index["id2label"], {"0": "dog", "1": "cat"})
        self.assertTrue(all("bird" in e["reason"] for e in self.events("mnist", "sample_dropped")))

    def test_8_and_9_sampling_needs_no_configuration_and_nothing_is_pickled(self):
        self.autoencoder(self.file())
        self.train(self.file("classes", CLASSES))
        result = self.run_engine("sample", "--model", "mnist/final", "--prompt", "7", "--steps", "2", "--out", "seven", "--device", "cpu")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([p for p in self.folder.rglob("*") if p.suffix in (".pkl", ".pth", ".pt", ".ckpt", ".bin")], [])

    def test_10_accumulation_does_not_scale_the_loss_twice(self):
        final = []
        for name, batch, parts in (("one", 4, 1), ("two", 2, 2)):
            self.autoencoder(self.file(), f"experiment.name={name}", f"system.batch_size={batch}", f"system.gradient_accumulation={parts}", "loss.discriminator_weight=0", "optimizer.name=sgd",
                             "optimizer.params.learning_rate=0.01", images=8)
            final.append(load_file(self.folder / name / "final" / "vqvae" / "diffusion_pytorch_model.safetensors"))
        for name in final[0]:
            self.assertLessEqual((final[0][name] - final[1][name]).abs().max().item(), 1e-5 * max(1, final[0][name].abs().max().item()), name)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
