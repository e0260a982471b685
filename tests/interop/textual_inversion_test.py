#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Textual inversion: replay against transformers + torch.optim.AdamW as diffusers trains it; files in diffusers' own loader; pivotal tuning; exact resume."""
import json
import random
import unittest
from pathlib import Path

import torch
from diffusers import DDPMScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline
from PIL import Image
from safetensors.torch import load_file, save_file

import train_test as base
import xl_train_test as xl

TABLE = "embeddings.token_embedding.weight"
TOKENS = '{"<toy>": cat, "<mood>": d}'
STARTS = {"<mood>": ["d</w>", "d</w>"], "<toy>": ["c", "a"]}  # two vectors each, the parts in turns; words in the order of their spelling
WORDS = 514


class Replay(base.Case):
    UPDATES, BATCH = 20, 2

    def reference(self, pipe, batches, sized):
        """As diffusers' textual_inversion.py: the whole table is trained, and all rows but the new ones are put back after every step."""
        encoders = [e for e in (pipe.text_encoder, getattr(pipe, "text_encoder_2", None)) if e is not None]
        tokenizer = pipe.tokenizer
        ids = tokenizer.convert_tokens_to_ids([part for start in STARTS.values() for part in start])
        tables = []
        for encoder in encoders:
            encoder.requires_grad_(False)
            encoder.resize_token_embeddings(WORDS + len(ids))
            table = encoder.get_input_embeddings().weight
            with torch.no_grad():
                for i, token in enumerate(ids):
                    table[WORDS + i] = table[token]
            table.requires_grad_(True)
            tables.append(table)
        pipe.unet.requires_grad_(False)
        initial = [t.detach().clone() for t in tables]
        optimizer = torch.optim.AdamW(tables, lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.02)
        schedule = DDPMScheduler(**{k: v for k, v in base.SCHEDULE.items() if k not in ("set_alpha_to_one", "steps_offset")})
        losses, norms = [], []
        for b in batches:
            if sized:
                first = encoders[0](b["input_ids"], output_hidden_states=True)
                second = encoders[1](b["input_ids_2"], output_hidden_states=True)
                context = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], 2)
                told = {"added_cond_kwargs": {"text_embeds": second.text_embeds, "time_ids": b["time_ids"]}}
            else:
                context, told = encoders[0](b["input_ids"]).last_hidden_state, {}
            prediction = pipe.unet(schedule.add_noise(b["latents"], b["noise"], b["timesteps"]), b["timesteps"], context, **told).sample
            loss = torch.nn.functional.mse_loss(prediction, b["noise"])
            loss.backward()
            losses.append(loss.item())
            for table in tables:
                table.grad[:WORDS] = 0
            norms.append(torch.nn.utils.clip_grad_norm_(tables, 0.05).item())
            optimizer.step()
            optimizer.zero_grad()
            with torch.no_grad():
                for table, before in zip(tables, initial):
                    table[:WORDS] = before[:WORDS]
        return losses, norms, initial, [t.detach() for t in tables]

    def batches(self, pipe, sized):
        generator = torch.Generator().manual_seed(9)
        (self.folder / "batches").mkdir()
        made = []
        for i in range(self.UPDATES):
            # Letters, then both words with their two vectors each, padding behind the end.
            rows = [[512, *torch.randint(0, 400, (4,), generator=generator).tolist(), *new, 513, 513] for new in ([514, 515, 516, 517], [516, 517, 3, 514])]
            batch = {"latents": torch.randn(self.BATCH, 4, 8, 8, generator=generator), "noise": torch.randn(self.BATCH, 4, 8, 8, generator=generator),
                     "timesteps": torch.randint(0, 1000, (self.BATCH,), generator=generator), "input_ids": torch.tensor(rows)}
            if sized:
                batch["input_ids_2"] = torch.tensor(rows)
                batch["time_ids"] = torch.randint(0, 1024, (self.BATCH, xl.SIZES), generator=generator).float()
            save_file(batch, self.folder / "batches" / f"batch-{i:05}.safetensors")
            made.append(batch)
        return made

    def config(self):
        config = self.folder / "config.yaml"
        config.write_text(f"""
experiment: {{num_examples_to_see: {self.UPDATES * self.BATCH}}}
system: {{batch_size: {self.BATCH}, threads: 2}}
model: {{pretrained: {self.folder}/pipeline, max_grad_norm: 0.05}}
method: {{type: textual_inversion, tokens: {TOKENS}, vectors: 2}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-2, weight_decay: 0.02}}}}
""")
        return config

    def test_losses_and_vectors_equal_torch_and_nothing_else_moves(self):
        for sized in (False, True):
            with self.subTest(xl=sized):
                self.tearDown()
                self.setUp()
                pipe = xl.pipeline(self.folder) if sized else base.pipeline(self.folder, "epsilon")
                losses, norms, initial, trained = self.reference(pipe, self.batches(pipe, sized), sized)
                out = self.folder / "out"
                self.succeed("replay", self.config(), "--batches", self.folder / "batches", "--out", out)
                ours = json.loads((out / "losses.json").read_text())
                for name, expected in (("loss", losses), ("grad_norm", norms)):
                    for a, b in zip(ours[name], expected, strict=True):
                        self.assertLessEqual(abs(a - b), 1e-4 * abs(b), name)
                for i, name in enumerate(("text_encoder", "text_encoder_2")[:2 if sized else 1]):
                    before, after = ({k.removeprefix("text_model."): v for k, v in load_file(f / "pipeline" / name / "model.safetensors").items()} for f in (self.folder, out))
                    mine, theirs = after.pop(TABLE), trained[i]
                    self.assertTrue(torch.equal(mine[:WORDS], before.pop(TABLE)), "the words that were there")
                    self.assertTrue(all(torch.equal(before[k], after[k]) for k in before))
                    moved = (theirs[WORDS:] - initial[i][WORDS:]).norm().item()
                    self.assertGreater(moved, 0.1)
                    self.assertLessEqual((mine[WORDS:] - theirs[WORDS:]).norm().item(), 1e-3 * moved)
                before, after = (load_file(f / "pipeline" / "unet" / "diffusion_pytorch_model.safetensors") for f in (self.folder, out))
                self.assertTrue(all(torch.equal(before[k], after[k]) for k in before))
                file = load_file(out / "a1111" / "toy.safetensors")
                self.assertEqual(set(file), {"clip_l", "clip_g"} if sized else {"emb_params"})
                self.assertLessEqual((file["clip_l" if sized else "emb_params"] - trained[0][WORDS + 2:]).abs().max().item(), 1e-3)

    def test_wrong_batches_and_words_are_named(self):
        base.pipeline(self.folder, "epsilon")
        (self.folder / "batches").mkdir()
        batch = {"latents": torch.zeros(2, 4, 8, 8), "noise": torch.zeros(2, 4, 8, 8), "timesteps": torch.zeros(2, dtype=torch.long), "input_ids": torch.full((2, 7), 518)}
        save_file(batch, self.folder / "batches" / "batch-00000.safetensors")
        common = ("--batches", self.folder / "batches", "--out", self.folder / "out")
        for words, message in (((), "0 to 517"), (("method.tokens={dog>: x, a: y}", "method.vectors=null"), '"a" is a token already'),
                               (("method.tokens={my toy: x}",), "not one word"), (("method.tokens={<A>: x, <a>: y}",), "the same word"), (("method.tokens=null",), "none is given")):
            result = base.engine("replay", self.config(), *words, *common)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(message, result.stderr)
            self.assertFalse((self.folder / "out" / "losses.json").exists())


class Train(base.Case):
    PROMPTS = ["a photo of <toy>", "<mood> picture"]

    def setUp(self):
        super().setUp()
        self.pipe = base.pipeline(self.folder, "epsilon")
        pictures = self.folder / "pictures"
        pictures.mkdir()
        rng = random.Random(1)
        for i in range(6):
            Image.frombytes("RGB", (16, 16), rng.randbytes(768)).save(pictures / f"{i}.png")
        self.succeed("dataset", "build", pictures, "--out", self.folder / "shards")
        save_file({"latents": torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))}, self.folder / "latents.safetensors")

    def config(self, name, method="type: textual_inversion", precision="fp32", more="") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: 48, save_every: 4, seed: 2}}
system: {{batch_size: 2, threads: 2, device: cpu, workers: 1}}
model: {{pretrained: {self.folder}/pipeline, mixed_precision: {precision}, use_ema: true}}
method: {{{method}, tokens: {TOKENS}{more}}}
dataset: {{type: WebDataset, params: {{path: {self.folder}/shards, resolution: 16, text_dropout: 0.1}}}}
optimizer: {{name: adamw, params: {{learning_rate: 2.0e-2, token_learning_rate: 5.0e-2}}}}
sampling: {{prompts: [a <toy>], every: 12, steps: 2}}
""")
        return path

    def train(self, name, **options) -> Path:
        self.succeed("train", self.config(name, **options))
        return self.folder / "runs" / name

    def theirs(self, pipe):
        pipe.set_progress_bar_config(disable=True)
        latents = load_file(self.folder / "latents.safetensors")["latents"]
        return [base.pixels(p) for p in pipe(self.PROMPTS, num_inference_steps=5, guidance_scale=4.0, latents=latents, height=16, width=16).images]

    def ours(self, model: Path):
        out = self.folder / "out"
        self.succeed("sample", "--model", model, "--prompt", *self.PROMPTS, "--out", out, "--steps", 5, "--guidance", 4, "--latents", self.folder / "latents.safetensors",
                     "--device", "cpu", "--threads", 2)
        return [base.pixels(Image.open(out / f"{i:04}.png")) for i in range(2)]

    def assertPainted(self, plain, painted, mine):
        for a, b, c in zip(plain, painted, mine, strict=True):
            self.assertLessEqual((b - c).abs().mean().item(), 0.1, "as diffusers")
            self.assertGreater((a - b).abs().mean().item(), 1, "the words change the picture")

    def test_diffusers_loads_both_files_and_paints_the_same(self):
        final = self.train("a") / "final"
        mine = self.ours(final)
        plain = self.theirs(self.pipe)
        for folder, suffix in ((final, ""), (final / "a1111", "a1111")):
            pipe = StableDiffusionPipeline.from_pretrained(self.folder / "pipeline")
            for word in STARTS:
                name = word.strip("<>") + ".safetensors"
                pipe.load_textual_inversion(folder, weight_name=name, **({"token": word} if suffix else {}))
            self.assertPainted(plain, self.theirs(pipe), mine)
        vectors = load_file(final / "toy.safetensors")
        self.assertEqual({k: tuple(v.shape) for k, v in vectors.items()}, {"<toy>": (3, base.WIDTH)}, "as many as its first words")
        # As --embedding on the base model.
        self.succeed("sample", "--model", self.folder / "pipeline", "--embedding", final / "toy.safetensors", "--embedding", final / "mood.safetensors", "--prompt", *self.PROMPTS,
                     "--out", self.folder / "added", "--steps", 5, "--guidance", 4, "--latents", self.folder / "latents.safetensors", "--device", "cpu", "--threads", 2)
        for i, picture in enumerate(mine):
            self.assertTrue(torch.equal(base.pixels(Image.open(self.folder / "added" / f"{i:04}.png")), picture))

    def test_killed_and_continued_equals_uninterrupted(self):
        for name, method, precision in (("words", "type: textual_inversion", "fp32"), ("pivotal", "type: lora, rank: 2, instance_prompt: <mood> of <toy>", "fp16")):
            with self.subTest(name):
                expected = self.train(name, method=method, precision=precision)
                run = self.folder / "runs" / f"{name}-2"
                self.train_and_kill_once(self.config(f"{name}-2", method=method, precision=precision), run)
                files = ["state/optimizer.safetensors", "pipeline/toy.safetensors", "pipeline/a1111/mood.safetensors"]
                for file in files + (["pipeline/pytorch_lora_weights.safetensors"] if name == "pivotal" else []):
                    first, second = (next(folder.glob(f"checkpoints/*24/{file}")).read_bytes() for folder in (expected, run))
                    self.assertEqual(first, second, file)

    def test_words_beside_a_lora(self):
        final = self.train("a", method="type: lora, rank: 4, alpha: 4, instance_prompt: a <toy> in <mood>") / "final"
        plain = self.theirs(self.pipe)
        pipe = StableDiffusionPipeline.from_pretrained(self.folder / "pipeline")
        pipe.load_lora_weights(final)
        for word in STARTS:
            pipe.load_textual_inversion(final, weight_name=word.strip("<>") + ".safetensors")
        self.assertPainted(plain, self.theirs(pipe), self.ours(final))
        self.assertTrue(all(k.startswith("unet.") for k in load_file(final / "pytorch_lora_weights.safetensors")))

    def test_length_is_kept_and_half_precision_learns(self):
        table = self.pipe.text_encoder.get_input_embeddings().weight.detach()
        length = table.norm(dim=1).mean().item()
        for precision in ("fp32", "bf16", "fp16"):
            final = self.train(f"k-{precision}", precision=precision, more=", keep_length: true, captions: style") / "checkpoints" / "step-00000024"
            state = load_file(final / "state" / "optimizer.safetensors")
            vectors = state["master.tokens.text_encoder.<toy>"]
            for row in vectors:
                self.assertAlmostEqual(row.norm().item(), length, delta=1e-4 * length)
            start = torch.nn.functional.normalize(table[[self.pipe.tokenizer.convert_tokens_to_ids(t) for t in ("c", "a", "t</w>")]], dim=1)
            self.assertGreater((torch.nn.functional.normalize(vectors, dim=1) - start).norm().item(), 0.05)

    def test_xl_words_fill_both_encoders(self):
        self.tearDown()
        super().setUp()
        pipe = xl.pipeline(self.folder)
        pictures = self.folder / "pictures"
        pictures.mkdir()
        for i in range(2):
            Image.new("RGB", (16, 16), (120 * i, 40, 9)).save(pictures / f"{i}.png")
            (pictures / f"{i}.txt").write_text("a thing" if i else "seen from above")
        self.succeed("dataset", "build", pictures, "--out", self.folder / "shards")
        save_file({"latents": torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))}, self.folder / "latents.safetensors")
        plain = self.theirs(pipe)
        final = self.train("a", more=", captions: own") / "final"
        self.assertFalse((final / "toy.safetensors").exists(), "diffusers has no file for both encoders")
        opened = StableDiffusionXLPipeline.from_pretrained(self.folder / "pipeline")
        for word in STARTS:
            vectors = load_file(final / "a1111" / (word.strip("<>") + ".safetensors"))
            for part, suffix in (("clip_l", ""), ("clip_g", "_2")):
                opened.load_textual_inversion(vectors[part], token=word, text_encoder=getattr(opened, "text_encoder" + suffix), tokenizer=getattr(opened, "tokenizer" + suffix))
        painted, mine = self.theirs(opened), self.ours(final)
        for a, b, c in zip(plain, painted, mine, strict=True):
            self.assertLessEqual((b - c).abs().mean().item(), 0.1)
        self.assertGreater(max((a - b).abs().mean().item() for a, b in zip(plain, painted)), 1)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
