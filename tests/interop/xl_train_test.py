#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Training SDXL: replay against diffusers and PEFT, the picture's sizes, both text encoders, what is saved in diffusers, exact resume."""
import io
import json
import random
import tarfile
import unittest
from pathlib import Path

import torch
from diffusers import DDPMScheduler, EulerDiscreteScheduler, AutoencoderKL, StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline, UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

import tiny_pipeline
import train_test as base

TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]
POOLED, SIZES = 24, 6


def pipeline(folder: Path) -> StableDiffusionXLPipeline:
    torch.manual_seed(5)
    tokens = base.tokenizer(folder / "byte_tokenizer")
    unet = UNet2DConditionModel(sample_size=8, block_out_channels=(32, 64), layers_per_block=2, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                                up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), transformer_layers_per_block=(1, 2), use_linear_projection=True, cross_attention_dim=32 + 40,
                                attention_head_dim=4, norm_num_groups=8, addition_embed_type="text_time", addition_time_embed_dim=8,
                                projection_class_embeddings_input_dim=POOLED + 8 * SIZES)
    vae = AutoencoderKL(down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, block_out_channels=(16, 32), latent_channels=4, norm_num_groups=8,
                        sample_size=16, scaling_factor=0.7)
    ends = {"vocab_size": 514, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "bos_token_id": 512, "eos_token_id": 513, "pad_token_id": 513}
    made = StableDiffusionXLPipeline(vae=vae, unet=unet, text_encoder=CLIPTextModel(CLIPTextConfig(hidden_size=32, **ends)), tokenizer=tokens, tokenizer_2=tokens,
                                     text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(hidden_size=40, projection_dim=POOLED, hidden_act="gelu", **ends)),
                                     scheduler=EulerDiscreteScheduler(**{k: v for k, v in base.SCHEDULE.items() if k not in ("clip_sample", "set_alpha_to_one")}), add_watermarker=False)
    made.save_pretrained(folder / "pipeline")
    return made


class ReplayXl(base.Case):
    UPDATES, BATCH = 16, 2

    def test_losses_and_weights_equal_diffusers(self):
        for method in ("{type: finetune}", f"{{type: lora, rank: 4, alpha: 8, targets: {json.dumps(TARGETS)}, init: INIT}}"):
            with self.subTest(method):
                self.tearDown()
                self.setUp()
                lora = "lora" in method
                unet = pipeline(self.folder).unet.train()
                if lora:
                    unet.requires_grad_(False)
                    unet.add_adapter(LoraConfig(r=4, lora_alpha=8, target_modules=TARGETS))
                    with torch.no_grad():
                        for p in unet.parameters():
                            if p.requires_grad:
                                p.add_(0.02 * torch.randn_like(p))

                def state():
                    if not lora:
                        return {k: v.detach().clone() for k, v in unet.state_dict().items()}
                    return {"unet." + k: v.detach().clone().contiguous() for k, v in get_peft_model_state_dict(unet).items()}

                initial = state()
                save_file(initial, self.folder / "init.safetensors")
                trained = [p for p in unet.parameters() if p.requires_grad]
                optimizer = torch.optim.AdamW(trained, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.02)
                schedule = DDPMScheduler(**{k: v for k, v in base.SCHEDULE.items() if k not in ("set_alpha_to_one", "steps_offset")})
                generator = torch.Generator().manual_seed(9)
                (self.folder / "batches").mkdir()
                losses, norms = [], []
                for i in range(self.UPDATES):
                    latents, noise = (torch.randn(self.BATCH, 4, 8, 8, generator=generator) for _ in range(2))
                    told = {"text_embeds": torch.randn(self.BATCH, POOLED, generator=generator), "time_ids": torch.randint(0, 1024, (self.BATCH, SIZES), generator=generator).float()}
                    timesteps = torch.randint(0, 1000, (self.BATCH,), generator=generator)
                    context = torch.randn(self.BATCH, 7, 72, generator=generator)
                    save_file({"latents": latents, "noise": noise, "timesteps": timesteps, "encoder_hidden_states": context, **told}, self.folder / "batches" / f"batch-{i:05}.safetensors")
                    prediction = unet(schedule.add_noise(latents, noise, timesteps), timesteps, context, added_cond_kwargs=told).sample
                    loss = torch.nn.functional.mse_loss(prediction, noise)
                    loss.backward()
                    losses.append(loss.item())
                    norms.append(torch.nn.utils.clip_grad_norm_(trained, 0.5).item())
                    optimizer.step()
                    optimizer.zero_grad()
                config = self.folder / "config.yaml"
                config.write_text(f"""
experiment: {{num_examples_to_see: {self.UPDATES * self.BATCH}}}
system: {{batch_size: {self.BATCH}, threads: 2}}
model: {{pretrained: {self.folder}/pipeline, max_grad_norm: 0.5}}
method: {method.replace("INIT", f"{self.folder}/init.safetensors")}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-3, weight_decay: 0.02}}}}
lr_scheduler: {{scheduler: ConstantWithWarmup, params: {{warmup_length: 1}}}}
""")
                out = self.folder / "out"
                self.succeed("replay", config, "--batches", self.folder / "batches", "--out", out)
                ours = json.loads((out / "losses.json").read_text())
                for name, expected in (("loss", losses), ("grad_norm", norms)):
                    for a, b in zip(ours[name], expected, strict=True):
                        self.assertLessEqual(abs(a - b), 1e-4 * abs(b), name)
                final, mine = state(), load_file(out / ("pytorch_lora_weights.safetensors" if lora else "unet_raw.safetensors"))
                self.assertEqual(set(mine), set(final))
                difference = sum(((mine[k] - final[k]) ** 2).sum().item() for k in final) ** 0.5
                moved = sum(((final[k] - initial[k]) ** 2).sum().item() for k in final) ** 0.5
                self.assertLessEqual(difference, 1e-3 * moved)

    def test_missing_sizes_are_named(self):
        pipeline(self.folder)
        (self.folder / "batches").mkdir()
        save_file({"latents": torch.zeros(2, 4, 8, 8), "noise": torch.zeros(2, 4, 8, 8), "timesteps": torch.zeros(2, dtype=torch.long), "encoder_hidden_states": torch.zeros(2, 7, 72)},
                  self.folder / "batches" / "batch-00000.safetensors")
        config = self.folder / "config.yaml"
        config.write_text(f"experiment: {{num_examples_to_see: 2}}\nmodel: {{pretrained: {self.folder}/pipeline}}\n")
        result = base.engine("replay", config, "--batches", self.folder / "batches", "--out", self.folder / "out")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("text_embeds", result.stderr)


class TrainXl(base.Case):
    PROMPTS = ["picture 1", "picture 2"]

    def setUp(self):
        super().setUp()
        self.pipe = pipeline(self.folder)
        self.shard("shards", 24, 30)

    def shard(self, name, width, height):
        """Six pictures of 24 × 16 that say they were of another size before."""
        rng = random.Random(1)
        (self.folder / name).mkdir()
        with tarfile.open(self.folder / name / "000000.tar", "w") as tar:
            for i in range(6):
                picture = io.BytesIO()
                Image.frombytes("RGB", (24, 16), rng.randbytes(24 * 16 * 3)).save(picture, "PNG")
                told = json.dumps({"original_width": width, "original_height": height})
                for extension, content in (("png", picture.getvalue()), ("txt", f"picture {i}".encode()), ("json", told.encode())):
                    info = tarfile.TarInfo(f"p{i}.{extension}")
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))

    def config(self, name: str, method="{type: finetune}", images=24, shards="shards", lr="1.0e-2", more="", model="pipeline", text=True, precision="fp32") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: {images}, save_every: 4, seed: 2}}
system: {{batch_size: 2, threads: 2, device: cpu, workers: 1}}
model: {{pretrained: {self.folder}/{model}, train_text_encoder: {str(text).lower()}, mixed_precision: {precision}}}
method: {method}
dataset: {{type: WebDataset, params: {{path: {self.folder}/{shards}, resolution: 16, text_dropout: 0.1{more}}}}}
optimizer: {{name: adamw, params: {{learning_rate: {lr}}}}}
sampling: {{prompts: [], every: 1000}}
""")
        return path

    def train(self, name, **options) -> Path:
        self.succeed("train", self.config(name, **options))
        return self.folder / "runs" / name

    def losses(self, run: Path) -> list:
        events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
        return [e["values"]["loss"] for e in events if e["type"] == "metric" and "loss" in e["values"]]

    def theirs(self, pipe):
        pipe.set_progress_bar_config(disable=True)
        latents = load_file(self.folder / "latents.safetensors")["latents"]
        return [base.pixels(p) for p in pipe(self.PROMPTS, num_inference_steps=5, guidance_scale=4.0, latents=latents, height=16, width=16).images]

    def ours(self, model: Path):
        out = self.folder / "out"
        self.succeed("sample", "--model", model, "--prompt", *self.PROMPTS, "--out", out, "--steps", 5, "--guidance", 4, "--latents", self.folder / "latents.safetensors",
                     "--device", "cpu", "--threads", 2)
        return [base.pixels(Image.open(out / f"{i:04}.png")) for i in range(2)]

    def assertSame(self, mine, theirs, limit=0.1):
        for a, b in zip(mine, theirs, strict=True):
            self.assertLessEqual((a - b).abs().mean().item(), limit)

    def test_finetuned_folder_is_diffusers_and_resume_is_exact(self):
        save_file({"latents": torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))}, self.folder / "latents.safetensors")
        expected = self.train("a")
        trained = StableDiffusionXLPipeline.from_pretrained(expected / "current_pipeline")
        self.assertSame(self.ours(expected / "current_pipeline"), self.theirs(trained))
        for name in ("unet", "text_encoder", "text_encoder_2"):
            before, after = getattr(self.pipe, name).state_dict(), getattr(trained, name).state_dict()
            self.assertTrue(any(not torch.equal(before[k], after[k]) for k in before), name)
        run = self.folder / "runs" / "b"
        self.train_and_kill_once(self.config("b"), run)
        for name in ("state/optimizer.safetensors", "pipeline/unet/diffusion_pytorch_model.safetensors", "pipeline/text_encoder/model.safetensors", "pipeline/text_encoder_2/model.safetensors"):
            first, second = (next(folder.glob(f"checkpoints/*12/{name}")).read_bytes() for folder in (expected, run))
            self.assertEqual(first, second, name)

    def test_lora_files_load_in_diffusers(self):
        save_file({"latents": torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))}, self.folder / "latents.safetensors")
        plain = self.theirs(self.pipe)
        final = self.train("a", method=f"{{type: lora, rank: 4, alpha: 2, targets: {json.dumps(TARGETS)}}}", lr="3.0e-2") / "final"
        mine = self.ours(final)
        for weights, limit in ((dict(), 0.1), (dict(weight_name="a.safetensors", subfolder="a1111"), 1)):
            self.pipe.load_lora_weights(final, **weights)
            painted = self.theirs(self.pipe)
            self.pipe.unload_lora_weights()
            self.assertSame(mine, painted, limit)
            for a, b in zip(plain, painted):
                self.assertGreater((a - b).abs().mean().item(), 2, "the LoRA changes the picture")
        state = load_file(final / "pytorch_lora_weights.safetensors")
        self.assertTrue({"unet", "text_encoder", "text_encoder_2"} <= {k.split(".")[0] for k in state})
        self.assertTrue(all(t.abs().max() > 0 for k, t in state.items() if k.startswith("text_encoder_2.") and "lora_B" in k))
        report = self.succeed("inspect", final / "a1111" / "a.safetensors").stdout
        self.assertIn("sdxl_base_v1-0", report)

    def test_the_picture_s_size_is_told(self):
        self.shard("large", 2400, 3000)
        for cache in ("", ", latent_cache: memory"):
            small, again, large = (self.losses(self.train(f"{name}{len(cache)}", shards=shards, images=2, more=cache, text=False))
                                   for name, shards in (("small", "shards"), ("again", "shards"), ("large", "large")))
            self.assertEqual(small, again)
            self.assertNotEqual(small, large)
            if not cache:
                decoded = large
        self.assertAlmostEqual(large[0], decoded[0], places=5, msg="cached latents know their sizes, too")
        self.assertGreater(abs(large[0] - small[0]), 1e-4)

    def scratch(self, name, context=72, pooled=POOLED, first=True, sizes=SIZES, more=None) -> Path:
        """The architectures of the pipeline, given as parameters."""
        def read(part):
            known = json.loads((self.folder / "pipeline" / part / "config.json").read_text())
            return {k: v for k, v in known.items() if not k.startswith("_") and k not in ("architectures", "dtype", "model_type", "transformers_version", "id2label", "label2id")}
        path = self.config(name, method="{type: scratch}", images=8)
        unet = {**read("unet"), "cross_attention_dim": context, "projection_class_embeddings_input_dim": pooled + 8 * sizes, **(more or {})}
        words = {"pretrained": str(self.folder / "pipeline")}
        model = {"vae": words, "unet": {"params": unet}, "tokenizer_2": words, "text_encoder_2": {"params": read("text_encoder_2")}, "train_text_encoder": True,
                 "noise_scheduler_training": words, "noise_scheduler_inference": words}
        if first:
            model.update(tokenizer=words, text_encoder={"params": read("text_encoder")})
        path.write_text("\n".join(f"model: {json.dumps(model)}" if line.startswith("model:") else line for line in path.read_text().splitlines()))
        return path

    def test_from_scratch(self):
        save_file({"latents": torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))}, self.folder / "latents.safetensors")
        path = self.scratch("new")
        checked = base.engine("check", path)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.succeed("train", path)
        made = StableDiffusionXLPipeline.from_pretrained(self.folder / "runs/new/current_pipeline")
        self.assertTrue(made.config.force_zeros_for_empty_prompt)
        for part in ("unet", "text_encoder", "text_encoder_2"):
            mine, known = getattr(made, part), getattr(self.pipe, part)
            self.assertEqual({k: v.shape for k, v in mine.state_dict().items()}, {k: v.shape for k, v in known.state_dict().items()})
        layers = [dict(getattr(made, part).named_parameters())[name] for part, name in (("text_encoder", "encoder.layers.0.mlp.fc1.weight"), ("text_encoder_2", "text_model.encoder.layers.0.mlp.fc1.weight"))]
        self.assertFalse(torch.equal(*(layer[0, :8] for layer in layers)), "each encoder is drawn on its own")
        self.assertSame(self.ours(self.folder / "runs/new/current_pipeline"), self.theirs(made))
        self.succeed("train", self.scratch("refiner", context=40, first=False, sizes=5))
        opened = StableDiffusionXLImg2ImgPipeline.from_pretrained(self.folder / "runs/refiner/current_pipeline")
        self.assertIsNone(opened.text_encoder)

    def test_parts_that_do_not_go_together_are_named_by_check(self):
        key = "model.unet.params."
        for name, asked, expected in (("context", {"context": 32}, (key + "cross_attention_dim", "32", "72")), ("pooled", {"pooled": 13}, (key + "projection_class", "24")),
                                      ("channels", {"more": {"in_channels": 5}}, (key + "in_channels", "5", "4")), ("refused", {"more": {"act_fn": "tanh"}}, ("act_fn", "tanh"))):
            with self.subTest(name):
                path = self.scratch(name, **asked)
                for result in (base.engine("check", path), base.engine("train", path)):
                    self.assertEqual(result.returncode, 2, result.stderr)
                    for text in expected:
                        self.assertIn(text, result.stdout + result.stderr)

    def test_class_pictures_refiners_and_bf16(self):
        run = self.train("subject", method=f"{{type: dreambooth, instance_prompt: a sks, class_prompt: a thing, class_count: 2, class_images: {self.folder}/things}}", images=8)
        self.assertTrue(all(loss == loss and loss < 10 for loss in self.losses(run)))
        tiny_pipeline.save_xl(self.folder / "refiner", refiner=True)
        run = self.train("refiner", model="refiner", images=8, precision="bf16")
        before, after = (load_file(f / "unet" / "diffusion_pytorch_model.safetensors") for f in (self.folder / "refiner", run / "current_pipeline"))
        self.assertGreater((before["add_embedding.linear_1.weight"] - after["add_embedding.linear_1.weight"]).abs().max().item(), 0)
        opened = StableDiffusionXLImg2ImgPipeline.from_pretrained(run / "current_pipeline")
        self.assertIsNone(opened.text_encoder)
        self.assertTrue(opened.config.requires_aesthetics_score)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
