#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""LoRA: replay against PEFT + torch.optim.AdamW; trained files in diffusers' own loader, both dialects; exact resume."""
import json
import random
import unittest
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import train_test as base

TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "conv1", "proj_in"]


class ReplayLora(base.Case):
    UPDATES, BATCH, RANK, ALPHA = 20, 2, 4, 8

    def config(self, extra: str) -> Path:
        path = self.folder / "config.yaml"
        path.write_text(f"""
experiment: {{num_examples_to_see: {self.UPDATES * self.BATCH}}}
system: {{batch_size: {self.BATCH}, threads: 2}}
model: {{pretrained: {self.folder}/pipeline, max_grad_norm: 0.5, gradient_checkpointing: {"checkpointing" in extra}}}
method: {{type: lora, rank: {self.RANK}, alpha: {self.ALPHA}, targets: {json.dumps(TARGETS)}, init: {self.folder}/init.safetensors,
         use_rslora: {"rslora" in extra}}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-3, weight_decay: 0.02}}}}
lr_scheduler: {{scheduler: ConstantWithWarmup, params: {{warmup_length: 1}}}}
""")
        return path

    def test_losses_and_weights_equal_peft(self):
        for extra in ("", "rslora", "checkpointing"):
            with self.subTest(extra):
                self.tearDown()
                self.setUp()
                unet = base.pipeline(self.folder, "epsilon").unet.train()
                unet.requires_grad_(False)
                torch.manual_seed(1)
                unet.add_adapter(LoraConfig(r=self.RANK, lora_alpha=self.ALPHA, target_modules=TARGETS, use_rslora="rslora" in extra))
                trained = [p for p in unet.parameters() if p.requires_grad]
                with torch.no_grad():
                    for p in trained:
                        p.add_(0.02 * torch.randn_like(p))  # B is not zero
                state = lambda: {"unet." + k: v.detach().clone().contiguous() for k, v in get_peft_model_state_dict(unet).items()}
                initial = state()
                save_file(initial, self.folder / "init.safetensors")
                generator = torch.Generator().manual_seed(9)
                (self.folder / "batches").mkdir()
                schedule = DDPMScheduler(**{k: v for k, v in base.SCHEDULE.items() if k not in ("set_alpha_to_one", "steps_offset")})
                optimizer = torch.optim.AdamW(trained, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.02)
                losses, norms = [], []
                for i in range(self.UPDATES):
                    latents, noise = (torch.randn(self.BATCH, 4, 8, 8, generator=generator) for _ in range(2))
                    timesteps = torch.randint(0, 1000, (self.BATCH,), generator=generator)
                    context = torch.randn(self.BATCH, 7, base.WIDTH, generator=generator)
                    save_file({"latents": latents, "noise": noise, "timesteps": timesteps, "encoder_hidden_states": context},
                              self.folder / "batches" / f"batch-{i:05}.safetensors")
                    loss = torch.nn.functional.mse_loss(unet(schedule.add_noise(latents, noise, timesteps), timesteps, context).sample, noise)
                    loss.backward()
                    losses.append(loss.item())
                    norms.append(torch.nn.utils.clip_grad_norm_(trained, 0.5).item())
                    optimizer.step()
                    optimizer.zero_grad()
                out = self.folder / "out"
                self.succeed("replay", self.config(extra), "--batches", self.folder / "batches", "--out", out)
                ours = json.loads((out / "losses.json").read_text())
                for name, expected in (("loss", losses), ("grad_norm", norms)):
                    self.assertEqual(len(ours[name]), len(expected))
                    for a, b in zip(ours[name], expected):
                        self.assertLessEqual(abs(a - b), 1e-4 * abs(b), name)
                final, mine = state(), load_file(out / "pytorch_lora_weights.safetensors")
                self.assertEqual(set(mine), set(final))
                difference = sum(((mine[k] - final[k]) ** 2).sum().item() for k in final) ** 0.5
                moved = sum(((final[k] - initial[k]) ** 2).sum().item() for k in final) ** 0.5
                self.assertLessEqual(difference, 1e-3 * moved)
                for k in final:
                    self.assertLessEqual((mine[k] - final[k]).abs().max().item(), 1e-3 * final[k].abs().max().item(), k)
                untouched = load_file(out / "pipeline" / "unet" / "diffusion_pytorch_model.safetensors")
                before = load_file(self.folder / "pipeline" / "unet" / "diffusion_pytorch_model.safetensors")
                self.assertEqual(set(untouched), set(before))
                self.assertTrue(all(torch.equal(untouched[k], before[k]) for k in before))

    def test_wrong_init_and_targets_are_named(self):
        base.pipeline(self.folder, "epsilon")
        (self.folder / "batches").mkdir()
        save_file({"latents": torch.zeros(2, 4, 8, 8), "noise": torch.zeros(2, 4, 8, 8), "timesteps": torch.zeros(2, dtype=torch.long),
                   "encoder_hidden_states": torch.zeros(2, 7, base.WIDTH)}, self.folder / "batches" / "batch-00000.safetensors")
        save_file({"unet.nothing.lora_A.weight": torch.zeros(4, 4)}, self.folder / "init.safetensors")
        common = ("--batches", self.folder / "batches", "--out", self.folder / "out")
        result = base.engine("replay", self.config(""), *common)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("lora_A.weight", result.stderr)
        result = base.engine("replay", self.config(""), "method.targets=[to_q,atn]", *common)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn('"atn"', result.stderr)
        self.assertIn("to_out.0", result.stderr)  # what there is


class TrainLora(base.Case):
    PROMPTS = ["picture 1", "picture 2"]

    def setUp(self):
        super().setUp()
        self.pipe = base.pipeline(self.folder, "epsilon")
        pictures = self.folder / "pictures"
        pictures.mkdir()
        rng = random.Random(1)
        for i in range(6):
            Image.frombytes("RGB", (16, 16), rng.randbytes(768)).save(pictures / f"{i}.png")
            (pictures / f"{i}.txt").write_text(f"picture {i}")
        self.succeed("dataset", "build", pictures, "--out", self.folder / "shards")

    def config(self, name: str, precision="fp32") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: 48, save_every: 4, seed: 2}}
system: {{batch_size: 2, threads: 2, device: cpu, workers: 1}}
model: {{pretrained: {self.folder}/pipeline, train_text_encoder: true, mixed_precision: {precision}, use_ema: true}}
method: {{type: lora, rank: 4, alpha: 2, targets: [to_q, to_k, to_v, to_out.0, conv1]}}
dataset: {{type: WebDataset, params: {{path: {self.folder}/shards, resolution: 16, text_dropout: 0.1}}}}
optimizer: {{name: adamw, params: {{learning_rate: 2.0e-2}}}}
sampling: {{prompts: []}}
""")
        return path

    def train(self, name, **options) -> Path:
        self.succeed("train", self.config(name, **options))
        return self.folder / "runs" / name

    def theirs(self, **options):
        self.pipe.set_progress_bar_config(disable=True)
        latents = load_file(self.folder / "latents.safetensors")["latents"]
        return [base.pixels(p) for p in self.pipe(self.PROMPTS, num_inference_steps=5, guidance_scale=4.0, latents=latents, height=16,
                                                  width=16, **options).images]

    def ours(self, model: Path, out: str):
        self.succeed("sample", "--model", model, "--prompt", *self.PROMPTS, "--out", self.folder / out, "--steps", 5, "--guidance", 4,
                     "--latents", self.folder / "latents.safetensors", "--device", "cpu", "--threads", 2)
        return [base.pixels(Image.open(self.folder / out / f"{i:04}.png")) for i in range(2)]

    def test_diffusers_loads_both_dialects_and_paints_the_same(self):
        run = self.train("a")
        final = run / "final"
        save_file({"latents": torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))}, self.folder / "latents.safetensors")
        plain = self.theirs()
        mine = self.ours(final, "out")
        for weights, limit in ((dict(), 0.1), (dict(weight_name="a.safetensors", subfolder="a1111"), 1)):
            self.pipe.load_lora_weights(final, **weights)
            painted = self.theirs()
            self.pipe.unload_lora_weights()
            for i in range(2):
                self.assertLessEqual((mine[i] - painted[i]).abs().mean().item(), limit, str(weights))
                self.assertGreater((plain[i] - painted[i]).abs().mean().item(), 2, "the LoRA changes the picture")
        state = load_file(final / "pytorch_lora_weights.safetensors")
        self.assertTrue(any(k.startswith("text_encoder.") for k in state))
        with safe_open(final / "a1111" / "a.safetensors", "pt") as file:
            keys, metadata = set(file.keys()), file.metadata()
        self.assertIn("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.alpha", keys)
        self.assertIn("lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight", keys)
        self.assertEqual(len(keys), len(state) // 2 * 3)
        self.assertEqual((metadata["ss_network_dim"], metadata["ss_network_alpha"], metadata["ss_base_model_version"]), ("4", "2", "sd_v1"))
        self.assertEqual(len(metadata["sshs_model_hash"]), 64)
        report = self.succeed("inspect", final / "a1111" / "a.safetensors").stdout
        self.assertIn("LoRA", report)
        self.assertIn("rank 4", report)

    def test_killed_and_continued_equals_uninterrupted(self):
        expected = self.train("a")
        run = self.folder / "runs" / "b"
        self.train_and_kill_once(self.config("b"), run)
        for name in ("state/optimizer.safetensors", "pipeline/pytorch_lora_weights.safetensors"):
            first, second = (next(folder.glob(f"checkpoints/*24/{name}")).read_bytes() for folder in (expected, run))
            self.assertEqual(first, second, name)

    def test_bf16_learns_and_keeps_the_base(self):
        before = (self.folder / "pipeline" / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
        run = self.train("c", precision="bf16")
        state = load_file(run / "final" / "pytorch_lora_weights.safetensors")
        self.assertTrue(all(t.dtype == torch.float32 and t.isfinite().all() for t in state.values()))
        self.assertTrue(all(t.abs().max() > 0 for k, t in state.items() if k.endswith("lora_B.weight")))
        self.assertEqual(before, (self.folder / "pipeline" / "unet" / "diffusion_pytorch_model.safetensors").read_bytes())


if __name__ == "__main__":
    unittest.main()
