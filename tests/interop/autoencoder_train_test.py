#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Autoencoder training: LPIPS against the lpips package, discriminator and adaptive weight against torch, the loss against diffusers' VQModel; the products in diffusers;
exact resume with a discriminator and an averaged codebook."""
import json
import os
import subprocess
import unittest
import warnings
from pathlib import Path

import numpy
import torch
from diffusers import AutoencoderKL, VQModel
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

import train_test as base

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lpips
    import torchvision

TOOL = Path(os.environ["ATELIER_BIN"]) / "autoencoder_tool"


def perceptual():
    """The real network with weights that are random; all of the linear ones positive, as the trained are."""
    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = lpips.LPIPS(net="vgg", pretrained=False, pnet_rand=True, verbose=False).eval()
    with torch.no_grad():
        for layer in network.lins:
            layer.model[1].weight.abs_()
    return network


def discriminator(width=8, layers=2) -> nn.Sequential:
    """Isola et al.'s NLayerDiscriminator as VQ-GAN has it."""
    made, size = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)], width
    for i in range(1, layers + 1):
        wider = width * min(2 ** i, 8)
        made += [nn.Conv2d(size, wider, 4, 2 if i < layers else 1, 1, bias=False), nn.BatchNorm2d(wider), nn.LeakyReLU(0.2)]
        size = wider
    net = nn.Module()
    net.main = nn.Sequential(*made, nn.Conv2d(size, 1, 4, 1, 1))
    torch.manual_seed(2)
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.normal_(1 if p.dim() == 1 and name.endswith("weight") else 0, 0.2)
    return net


class Judges(base.Case):
    def tool(self, verb, inputs, *options):
        save_file({k: v.contiguous() for k, v in inputs.items()}, self.folder / "in.safetensors")
        result = subprocess.run([str(TOOL), verb, str(self.folder / "in.safetensors"), str(self.folder / "out.safetensors"), *map(str, options)], capture_output=True, text=True)
        if result.returncode:
            return result.stderr
        return load_file(self.folder / "out.safetensors")

    def close(self, got, wanted, limit=1e-5):
        self.assertLessEqual((got - wanted).abs().max().item(), limit * max(wanted.abs().max().item(), 1e-6))

    def test_lpips_is_the_packages(self):
        network = perceptual()
        save_file({k: v.clone() for k, v in network.state_dict().items()}, self.folder / "whole.safetensors")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            vgg = torchvision.models.vgg16(weights=None)
        names = dict(zip([k for k in vgg.state_dict() if k.startswith("features.")], [v for k, v in network.state_dict().items() if k.startswith("net.")], strict=True))
        torch.save(vgg.state_dict() | names, self.folder / "vgg16.pth")
        torch.save({k: v for k, v in network.state_dict().items() if k.startswith("lin") and not k.startswith("lins")}, self.folder / "vgg.pth")
        generator = torch.Generator().manual_seed(3)
        for channels, size in ((3, (32, 48)), (1, (17, 16))):
            first, second = (torch.rand(2, channels, *size, generator=generator) * 2 - 1 for _ in range(2))
            wanted = network(first, second.requires_grad_(True))
            wanted.sum().backward()
            for files in (("whole.safetensors",), ("vgg.pth", "vgg16.pth")):
                got = self.tool("lpips", {"first": first, "second": second.detach()}, *(self.folder / f for f in files))
                self.close(got["distance"], wanted.flatten().detach())
                self.close(got["grad"], second.grad, 1e-4)
        error = self.tool("lpips", {"first": first, "second": second.detach()}, self.folder / "vgg.pth")
        self.assertIn("features.0", error)
        self.assertIn("loss.lpips_backbone", error)

    def test_adversarial_terms_and_their_gradients(self):
        net = discriminator()
        generator = torch.Generator().manual_seed(4)
        given = {"pixels": torch.rand(3, 3, 24, 24, generator=generator) * 2 - 1, "features": torch.randn(3, 5, 24, 24, generator=generator),
                 "last": torch.randn(3, 5, 1, 1, generator=generator) * 0.3, "target": torch.rand(3, 3, 24, 24, generator=generator)}
        for kind in ("hinge", "mse"):
            net.zero_grad()
            last = given["last"].clone().requires_grad_(True)
            made = nn.functional.conv2d(given["features"], last)
            likeness = (made - given["target"]).square().mean()
            fooled, real, fake = net.main(made), net.main(given["pixels"]), net.main(made.detach())
            term = -fooled.mean() if kind == "hinge" else (fooled - 1).square().mean()
            tell = (torch.relu(1 - real).mean() + torch.relu(1 + fake).mean() if kind == "hinge" else (real - 1).square().mean() + fake.square().mean()) / 2
            pulls = [torch.autograd.grad(x, last, retain_graph=True)[0].norm() for x in (likeness, term)]
            weight = 0.5 * torch.clamp(pulls[0] / (pulls[1] + 1e-4), 0, 1e4).detach()
            (likeness + weight * term).backward()
            net.zero_grad()  # what the autoencoder's term left there
            tell.backward()
            got = self.tool("adversarial", given | {k: v.detach().clone() for k, v in net.named_parameters()}, kind)
            for name, value in (("generator", weight * term), ("discriminator", tell), ("weight", weight), ("patches", torch.tensor(float(fooled.shape[2])))):
                self.close(got[name], value.detach())
            self.close(got["grad.last"], last.grad, 1e-4)
            for name, parameter in net.named_parameters():
                self.close(got["grad." + name], parameter.grad, 1e-4)

    def test_codebook_follows_its_vectors(self):
        generator = torch.Generator().manual_seed(5)
        codebook, counts, decay = torch.randn(6, 4, generator=generator, dtype=torch.double), torch.ones(6, dtype=torch.double), 0.9
        given, sums = {"codebook": codebook.float()}, codebook.clone()
        for i in range(3):
            latents, indices = torch.randn(2, 4, 3, 3, generator=generator), torch.randint(0, 5, (2, 3, 3), generator=generator)
            if i == 1:
                latents[0, 0, 0, 0] = torch.inf  # a broken batch changes nothing
            given |= {f"latents.{i}": latents, f"indices.{i}": indices}
            if i == 1:
                continue
            flat, chosen = latents.permute(0, 2, 3, 1).reshape(-1, 4).double(), nn.functional.one_hot(indices.flatten(), 6).double()
            counts = decay * counts + (1 - decay) * chosen.sum(0)
            sums = decay * sums + (1 - decay) * chosen.T @ flat
            smooth = (counts + 1e-5) / (counts.sum() + 6e-5) * counts.sum()
            codebook = sums / smooth[:, None]
        got = self.tool("codebook", given, decay)
        self.close(got["codebook"], codebook.float())
        self.close(got["counts"], counts.float())


class Train(base.Case):
    VQ = {"block_out_channels": [16, 32], "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2, "latent_channels": 3, "num_vq_embeddings": 12,
          "norm_num_groups": 8, "sample_size": 16}

    def setUp(self):
        super().setUp()
        pictures = self.folder / "pictures"
        pictures.mkdir()
        rng = numpy.random.default_rng(1)
        for i in range(4):
            Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=numpy.uint8)).resize((16, 16), Image.BILINEAR).save(pictures / f"{i}.png")
        self.succeed("dataset", "build", pictures, "--out", self.folder / "shards")

    def config(self, name, vae, loss="{}", precision="fp32", images=24, rate="1.0e-3") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: {images}, save_every: 2, seed: 2}}
system: {{batch_size: 2, gradient_accumulation: 2, threads: 2, device: cpu, workers: 1}}
model: {{vae: {json.dumps(vae)}, mixed_precision: {precision}, max_grad_norm: 1.0, use_ema: true}}
method: {{type: autoencoder}}
dataset: {{type: WebDataset, params: {{path: {self.folder}/shards, resolution: 16}}}}
optimizer: {{name: adamw, params: {{learning_rate: {rate}, beta1: 0.5}}}}
lr_scheduler: {{scheduler: ConstantWithWarmup, params: {{warmup_length: 1}}}}
loss: {loss}
tracking: {{log_every: 1}}
""")
        return path

    def metrics(self, name):
        events = [json.loads(line) for line in (self.folder / "runs" / name / "events.jsonl").read_text().splitlines()]
        self.assertEqual([e for e in events if e["type"] == "warning"], [])
        return [e["values"] for e in events if e["type"] == "metric"]

    def pixels(self):
        return torch.stack([torch.tensor(numpy.array(Image.open(self.folder / "pictures" / f"{i}.png"))).permute(2, 0, 1) / 127.5 - 1 for i in range(4)])

    def test_the_loss_is_what_diffusers_and_lpips_say(self):
        torch.manual_seed(6)
        model, network = VQModel(**self.VQ), perceptual()
        with torch.no_grad():
            model.quantize.embedding.weight.normal_()
        model.save_pretrained(self.folder / "start")
        save_file({k: v.clone() for k, v in network.state_dict().items()}, self.folder / "lpips.safetensors")
        loss = f"{{l1_weight: 0.5, mse_weight: 2, lpips_weight: 0.7, lpips_file: {self.folder}/lpips.safetensors, codebook_weight: 1, commitment_weight: 0.2}}"
        # One update of two micro-batches: all four pictures.
        self.succeed("train", self.config("loss", {"pretrained": str(self.folder / "start")}, loss, images=4))
        with torch.no_grad():
            pixels = self.pixels()
            z = model.encode(pixels).latents
            q, _, (_, _, indices) = model.quantize(z)
            made = model.decode(z).sample
            difference = made - pixels
            apart = (model.quantize.embedding(indices.view(4, 8, 8)).permute(0, 3, 1, 2) - z).square().mean()
            total = 0.5 * difference.abs().mean() + 2 * difference.square().mean() + 0.7 * network(pixels, made).mean() + 1.2 * apart
        got = self.metrics("loss")[0]
        self.assertLessEqual(abs(got["loss"] - total.item()), 1e-4 * total.item())
        self.assertEqual(set(got) & {"loss_l1", "loss_mse", "loss_lpips", "loss_commitment", "codebook_used"}, {"loss_l1", "loss_mse", "loss_lpips", "loss_commitment", "codebook_used"})

    def test_diffusers_opens_both(self):
        kl = {"block_out_channels": [16, 32], "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2, "latent_channels": 4, "norm_num_groups": 8}
        gan = "{discriminator_weight: 0.5, discriminator_start: 3, discriminator_layers: 1, discriminator_width: 8}"
        for cls, component, params in ((AutoencoderKL, "vae", kl), (VQModel, "vqvae", self.VQ), (VQModel, "vqvae", self.VQ | {"in_channels": 1, "out_channels": 1})):
            with self.subTest(f"{cls.__name__} {params.get('in_channels')}"):
                name = f"{component}-{params.get('in_channels', 3)}"
                self.succeed("train", self.config(name, {"target": cls.__name__, "params": params}, gan))
                final = self.folder / "runs" / name / "final" / component
                model = cls.from_pretrained(final)
                pixels = self.pixels()
                if params.get("in_channels") == 1:
                    pixels = pixels.mean(1, keepdim=True)
                with torch.no_grad():
                    encoded = model.encode(pixels)
                    latents = model.quantize(encoded.latents)[0].double() if cls is VQModel else encoded.latent_dist.mean.double()
                    spread = torch.zeros(()) if cls is VQModel else encoded.latent_dist.logvar.exp().double()
                written = json.loads((final / "latent_statistics.json").read_text())
                self.assertEqual(written["pictures"], 4)
                variance = (latents.square() + spread).mean() - latents.mean() ** 2
                self.assertLessEqual(abs(model.config.scaling_factor ** -2 / variance.item() - 1), 1e-4)
                self.assertEqual(written["scaling_factor"], model.config.scaling_factor)
                for i in range(latents.shape[1]):
                    self.assertLessEqual(abs(written["mean"][i] - latents[:, i].mean().item()), 1e-4 * max(1, abs(written["mean"][i])))
                values = self.metrics(name)
                self.assertEqual(["loss_discriminator" in v for v in values], [False] * 3 + [True] * 3, "it begins at the step that is given")
                # Another run goes on from it.
                self.succeed("train", self.config(name + "-on", {"pretrained": str(final.parent)}, images=8))

    def test_killed_and_continued_equals_uninterrupted(self):
        everything = "{discriminator_weight: 0.5, discriminator_start: 1, discriminator_layers: 1, discriminator_width: 8, codebook_decay: 0.9}"
        for precision in ("fp32", "bf16"):
            with self.subTest(precision):
                name, vae = f"whole-{precision}", {"target": "VQModel", "params": self.VQ}
                self.succeed("train", self.config(name, vae, everything, precision, images=48))
                run = self.folder / "runs" / f"{name}-2"
                self.train_and_kill_once(self.config(f"{name}-2", vae, everything, precision, images=48), run)
                for file in ("state/optimizer.safetensors", "pipeline/vqvae/diffusion_pytorch_model.safetensors", "pipeline/vqvae/config.json"):
                    first, second = (next(folder.glob(f"checkpoints/*12/{file}")).read_bytes() for folder in (self.folder / "runs" / name, run))
                    self.assertEqual(first, second, file)
                state = load_file(next(run.glob("checkpoints/*12/state/optimizer.safetensors")))
                self.assertTrue(any(k.startswith("exp_avg.discriminator.") for k in state))
                self.assertEqual({k for k in state if k.startswith("buffer.")}, {"buffer.codebook", "buffer.counts", "buffer.sums"})
                saved = load_file(run / "final" / "vqvae" / "diffusion_pytorch_model.safetensors")
                self.assertTrue(torch.equal(saved["quantize.embedding.weight"], state["buffer.codebook"]))

    def test_the_forecast_counts_a_discriminator_that_begins_later(self):
        vae, sizes = {"target": "VQModel", "params": self.VQ}, []
        for start in (0, 5):
            gan = f"{{discriminator_weight: 0.5, discriminator_start: {start}, discriminator_layers: 1, discriminator_width: 64}}"
            result = self.succeed("check", self.config("forecast", vae, gan), "--forecast", "--json")
            sizes.append(json.loads(result.stdout.splitlines()[-1])["memory"]["optimizer"])
        self.assertEqual(sizes[0], sizes[1], "gradients of the discriminator are counted")

    def test_what_cannot_be_is_named(self):
        vae = {"target": "VQModel", "params": self.VQ}
        for change, message in (("loss.lpips_weight=1", "lpips_file"), (f"loss.lpips_weight=1 loss.lpips_file={self.folder}/none.pth", "none.pth"),
                                ("loss.discriminator_weight=1 optimizer.name=prodigy", "optimizer.name"), ("model.vae.target=AutoencoderTiny", "AutoencoderTiny")):
            result = subprocess.run([str(base.ENGINE), "check", str(self.config("c", vae)), *change.split()], capture_output=True, text=True)
            self.assertEqual(result.returncode, 2, result.stdout)
            self.assertIn(message, result.stdout)
        result = base.engine("train", self.config("d", vae, "{discriminator_weight: 0.5}"))
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("loss.discriminator_layers", result.stderr)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
