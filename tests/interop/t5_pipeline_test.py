# SPDX-License-Identifier: GPL-3.0-or-later
# Pipelines whose text encoder is T5: diffusers' own pictures, training in every form, what diffusers makes of what is saved, what is refused.
import json
import pathlib
import random
import shutil
import unittest

import numpy
import torch
from diffusers import DDIMScheduler, DDPMScheduler, StableDiffusionPipeline
from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer, T5EncoderModel, T5Tokenizer

import pictures_test
import tiny_pipeline
import train_test
from probe_support import probed, randomise, relative
from t5_support import t5_encoder, trained_model, write_tokenizer
from tokenizer_test import trained_vocabulary, write_classic

LONG = "a photo of an astronaut riding a horse on mars, " * 20
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1}
NETWORKS = {"down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"], "block_out_channels": [32, 64],
            "layers_per_block": 1, "norm_num_groups": 8, "attention_head_dim": 4, "sample_size": 8, "in_channels": 4, "out_channels": 4}


def save(folder, length=40, model=None, mask=False, **encoder):
    write_tokenizer(folder / "words", length, model)
    tokenizer = T5Tokenizer.from_pretrained(folder / "words")
    text = t5_encoder(len(tokenizer), **encoder)
    if mask:
        text.config.use_attention_mask = True
    StableDiffusionPipeline(vae=tiny_pipeline.vae(), text_encoder=text, tokenizer=tokenizer, unet=tiny_pipeline.unet(), scheduler=DDIMScheduler(**SD), safety_checker=None,
                            feature_extractor=None, requires_safety_checker=False).save_pretrained(folder)


class T5Pictures(pictures_test.PictureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        words = trained_model()
        save(cls.folder / "t5", model=words)
        save(cls.folder / "masked", model=words, mask=True)
        save(cls.folder / "long", 150, words, feed_forward_proj="relu")
        # As published folders have it: spiece.model, no tokenizer.json.
        shutil.copytree(cls.folder / "t5", cls.folder / "classic")
        (cls.folder / "classic/tokenizer/tokenizer.json").unlink()
        (cls.folder / "classic/tokenizer/spiece.model").write_bytes(words)
        # CLIP with a projection as the only text encoder.
        write_classic(cls.folder / "clip-words", trained_vocabulary())
        tokens = CLIPTokenizer.from_pretrained(cls.folder / "clip-words")
        size = len(tokens)
        text = randomise(CLIPTextModelWithProjection(CLIPTextConfig(vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, projection_dim=24,
                                                                    hidden_act="gelu", bos_token_id=size - 2, eos_token_id=size - 1)), 3)
        for name, cls_name in (("projected", "CLIPTextModelWithProjection"), ("plain", "CLIPTextModel")):
            folder = cls.folder / name
            shutil.copytree(cls.folder / "t5", folder)
            for part in ("text_encoder", "tokenizer"):
                shutil.rmtree(folder / part)
            tokens.save_pretrained(folder / "tokenizer")
            text.save_pretrained(folder / "text_encoder")
            index = json.loads((folder / "model_index.json").read_text())
            index.update(text_encoder=["transformers", cls_name], tokenizer=["transformers", "CLIPTokenizer"])
            (folder / "model_index.json").write_text(json.dumps(index))
        CLIPTextModel.from_pretrained(cls.folder / "projected/text_encoder").save_pretrained(cls.folder / "plain/text_encoder")

    def test_text_to_image(self):
        size = {"width": pictures_test.WIDTH, "height": pictures_test.HEIGHT, "latents": self.latents}
        self.compare([(model, sampler, 0, StableDiffusionPipeline, size, []) for model, sampler in
                      (("t5", "ddim"), ("t5", "euler"), ("classic", "ddim"), ("masked", "ddim"), ("long", "ddim"), ("t5", "dpmpp_2m"))])

    def test_long_prompts_fill_the_tokenizers_window(self):
        for model, tokens in (("t5", 40), ("long", 150)):
            pipeline = StableDiffusionPipeline.from_pretrained(self.folder / model, safety_checker=None)
            self.assertEqual(pipeline.tokenizer.model_max_length, tokens)
            prompts, arguments = [LONG, LONG[7:]], {"width": pictures_test.WIDTH, "height": pictures_test.HEIGHT, "latents": self.latents}
            self.assertSame(self.ours(model, "ddim", prompts=prompts), self.theirs(pipeline, "ddim", prompt=prompts, **arguments))

    def test_hidden_padding_makes_another_picture(self):
        self.assertGreater(abs(self.ours("t5", "ddim").astype(float) - self.ours("masked", "ddim").astype(float)).mean(), 1)

    def test_clip_with_a_projection_gives_its_last_hidden_state(self):
        # diffusers cannot run such a folder (its first output is the pooled text); without the projection it can.
        pipeline = StableDiffusionPipeline.from_pretrained(self.folder / "plain", safety_checker=None)
        wanted = self.theirs(pipeline, "ddim", width=pictures_test.WIDTH, height=pictures_test.HEIGHT, latents=self.latents)
        for model in ("plain", "projected"):
            self.assertSame(self.ours(model, "ddim"), wanted)

    def test_weights_in_prompts(self):
        """Every token's hidden state by its weight, the mean over all kept; windows one behind the other. No begin token, and padding weighs 1."""
        pipeline = StableDiffusionPipeline.from_pretrained(self.folder / "t5", safety_checker=None)
        tokenizer, encoder = pipeline.tokenizer, pipeline.text_encoder.eval()

        def encoded(windows):
            states = []
            for pieces in windows:
                ids, weights = [], []
                for text, weight in pieces:
                    new = tokenizer(text, add_special_tokens=False).input_ids
                    ids, weights = ids + new, weights + [weight] * len(new)
                room = tokenizer.model_max_length - len(ids)
                ids, weights = ids + [tokenizer.eos_token_id] + [tokenizer.pad_token_id] * (room - 1), torch.tensor(weights + [1.0] * room)
                with torch.no_grad():
                    plain = encoder(torch.tensor([ids])).last_hidden_state[0]
                weighted = plain * weights[:, None]
                states.append(weighted * (plain.mean() / weighted.mean()))
            return torch.cat(states)[None]

        cat, mat = [("a ", 1), ("cat", 1.4), (" on a mat", 1)], [("horses", 1 / 1.1), (" riding", 1)]
        prompts = ["a (cat:1.4) on a mat BREAK [horses] riding", "zebra"]
        context = torch.cat([encoded([cat, mat]), encoded([[("zebra", 1)], [("", 1)]])])
        empty = encoded([[("", 1)], [("", 1)]]).repeat(2, 1, 1)
        wanted = self.theirs(pipeline, "ddim", width=pictures_test.WIDTH, height=pictures_test.HEIGHT, latents=self.latents, prompt=None, negative_prompt=None, prompt_embeds=context,
                             negative_prompt_embeds=empty)
        got = self.ours("t5", "ddim", "--prompt-weighting", prompts=prompts, negative="")
        self.assertSame(got, wanted)
        self.assertGreater(abs(got.astype(float) - self.ours("t5", "ddim", prompts=prompts, negative="")).mean(), 1)

    def test_textual_inversions_are_words_of_t5(self):
        # diffusers' loader sets a T5's table by way of its tokenizer; "<toy>" has two vectors, "Zorg" one.
        generator = torch.Generator().manual_seed(8)
        save_file({"<toy>": torch.randn(2, 32, generator=generator)}, self.folder / "toy.safetensors")
        save_file({"emb_params": torch.randn(1, 32, generator=generator)}, self.folder / "zorg.safetensors")
        pipeline = StableDiffusionPipeline.from_pretrained(self.folder / "t5", safety_checker=None)
        pipeline.load_textual_inversion(self.folder, weight_name="toy.safetensors")
        pipeline.load_textual_inversion(load_file(self.folder / "zorg.safetensors")["emb_params"], token="zorg")
        prompts = ["a <toy> on a mat", "zebra, zorg style"]
        wanted = self.theirs(pipeline, "ddim", width=pictures_test.WIDTH, height=pictures_test.HEIGHT, latents=self.latents, prompt=prompts)
        for model in ("t5", "classic"):
            got = self.ours(model, "ddim", "--embedding", self.folder / "toy.safetensors", "--embedding", self.folder / "zorg.safetensors", prompts=prompts)
            self.assertSame(got, wanted)
        self.assertGreater(abs(got.astype(float) - self.ours("t5", "ddim", prompts=prompts)).mean(), 1)

    def refused(self, expected, *arguments, code=2):
        result = train_test.engine(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        for text in expected:
            self.assertIn(text, result.stderr)

    def sampling(self, model, *more):
        return ("sample", "--model", self.folder / model, "--prompt", "a cat", "--out", self.folder / "none", "--steps", 2, "--size", 16, "--device", "cpu", *more)

    def test_what_does_not_go_together_is_named(self):
        save(self.folder / "wide", width=48)
        self.refused(("width 32", "48"), *self.sampling("wide"))
        self.refused(("T5EncoderModel", "Keep the folder"), "convert", self.folder / "t5", self.folder / "one.safetensors")
        self.assertFalse((self.folder / "one.safetensors").exists())
        shutil.copytree(self.folder / "t5", self.folder / "other")
        config = self.folder / "other/text_encoder/config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "model_type": "umt5"}))
        self.refused(("umt5", "T5EncoderModel"), *self.sampling("other"))

    def test_inspect_names_it(self):
        result = train_test.engine("inspect", self.folder / "classic")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        for text in ("T5EncoderModel", "T5Tokenizer", "T5 1.1 text encoder", "32 wide, 2 layers"):
            self.assertIn(text, result.stdout)


class T5Training(train_test.Case):
    def setUp(self):
        super().setUp()
        save(self.folder / "pipeline")
        pictures = self.folder / "pictures"
        pictures.mkdir()
        generator = random.Random(1)
        for i in range(6):
            Image.frombytes("RGB", (16, 16), generator.randbytes(768)).save(pictures / f"{i}.png")
            (pictures / f"{i}.txt").write_text(f"picture {i} of a horse")
        self.succeed("dataset", "build", pictures, "--out", self.folder / "shards")

    def config(self, name, model, method, more="") -> pathlib.Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: 16, save_every: 4, seed: 2}}
system: {{batch_size: 2, threads: 2, device: cpu, workers: 1}}
model: {{mixed_precision: fp32, {model}}}
method: {{{method}}}
dataset: {{type: WebDataset, params: {{path: {self.folder}/shards, resolution: 16, text_dropout: 0.1}}}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-3}}}}
sampling: {{prompts: [a horse], steps: 2, guidance: 3}}
{more}""")
        return path

    def weights(self, folder, part="text_encoder/model.safetensors"):
        return load_file(folder / part)

    def opened(self, folder):
        """diffusers loads it, its encoder computes what ours does, and its tokenizer is the one that was given."""
        made = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None)
        self.assertIsInstance(made.text_encoder, T5EncoderModel)
        self.assertIsInstance(made.tokenizer, T5Tokenizer)
        ids = made.tokenizer([LONG, "x"], padding="max_length", truncation=True, return_tensors="pt").input_ids
        self.assertEqual(ids.tolist(), T5Tokenizer.from_pretrained(self.folder / "pipeline/tokenizer")([LONG, "x"], padding="max_length", truncation=True).input_ids)
        with torch.no_grad():
            wanted = made.text_encoder.eval()(ids).last_hidden_state
        self.assertLess(relative(probed(folder, "text_encoder", {"input_ids": ids}, self.folder / "states.st")["last_hidden_state"], wanted), 1e-5)
        return made

    def test_fine_tuning(self):
        before = self.weights(self.folder / "pipeline")
        for trained in (False, True):
            for precision in ("fp32", "bf16"):
                name = f"tune-{trained}-{precision}".lower()
                self.succeed("train", self.config(name, f"pretrained: {self.folder}/pipeline, train_text_encoder: {str(trained).lower()}", "type: finetune"),
                             f"model.mixed_precision={precision}")
                made = self.opened(self.folder / "runs" / name / "current_pipeline")
                after = self.weights(self.folder / "runs" / name / "current_pipeline")
                self.assertEqual(set(after), set(before))
                for key in before:
                    moved = (after[key] - before[key]).abs().max().item()
                    (self.assertGreater if trained else self.assertEqual)(moved, 0, key)
                self.assertEqual(made.text_encoder.config.d_kv, 8)
                self.assertTrue(list((self.folder / "runs" / name / "samples").glob("*/*.png")))

    def test_what_is_not_trained_keeps_its_values(self):
        """In a run of bf16: the autoencoder's half floats to the byte, the text encoder's as float32, which diffusers needs beside its UNet."""
        pipe = StableDiffusionPipeline.from_pretrained(self.folder / "pipeline", safety_checker=None)
        pipe.vae.half().save_pretrained(self.folder / "pipeline/vae")
        pipe.text_encoder.half().save_pretrained(self.folder / "pipeline/text_encoder")
        self.succeed("train", self.config("half", f"pretrained: {self.folder}/pipeline", "type: finetune"), "model.mixed_precision=bf16")
        out = self.folder / "runs/half/current_pipeline"
        for part in ("vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"):
            before, after = self.weights(self.folder / "pipeline", part), self.weights(out, part)
            self.assertEqual(set(after), set(before))
            for key, tensor in before.items():
                self.assertEqual(after[key].dtype, tensor.dtype if part.startswith("vae") else torch.float32)
                self.assertTrue(torch.equal(after[key].float(), tensor.float()), key)
        made = StableDiffusionPipeline.from_pretrained(out, safety_checker=None)
        made.set_progress_bar_config(disable=True)
        made("a horse", num_inference_steps=1, width=16, height=16)

    def test_interrupted_training_goes_on_exactly(self):
        model, method = f"pretrained: {self.folder}/pipeline, train_text_encoder: true", "type: finetune"
        self.succeed("train", self.config("whole", model, method))
        self.train_and_kill_once(self.config("parts", model, method), self.folder / "runs/parts")
        for part in ("text_encoder/model.safetensors", "unet/diffusion_pytorch_model.safetensors"):
            one, two = (self.weights(self.folder / "runs" / name / "current_pipeline", part) for name in ("whole", "parts"))
            self.assertTrue(all(torch.equal(one[key], two[key]) for key in one))

    def test_lora(self):
        self.succeed("train", self.config("lora", f"pretrained: {self.folder}/pipeline", "type: lora, rank: 4"))
        made = StableDiffusionPipeline.from_pretrained(self.folder / "pipeline", safety_checker=None)
        made.load_lora_weights(self.folder / "runs/lora/final")
        self.assertTrue(any("lora" in name for name, _ in made.unet.named_parameters()))

    def states(self, model, prompt="a horse"):
        ids = model.tokenizer([prompt], padding="max_length", truncation=True, return_tensors="pt").input_ids
        with torch.no_grad():
            return model.text_encoder.eval()(ids).last_hidden_state

    def pictures(self, model, name, *options, prompt="a horse"):
        out = self.folder / f"out-{name}"
        self.succeed("sample", "--model", model, "--prompt", prompt, "--out", out, "--steps", 2, "--size", 16, "--device", "cpu", *options)
        return numpy.asarray(Image.open(out / "0000.png")).astype(float)

    def test_lora_of_the_text_encoder(self):
        """PEFT encodes as what merging it into the folder gives (diffusers' loader knows CLIP's layers only); every dialect gives the same picture."""
        config = self.config("lora", f"pretrained: {self.folder}/pipeline, train_text_encoder: true", "type: lora, rank: 4")
        checked = self.succeed("check", config)
        self.assertIn("load_lora_weights raises", checked.stdout + checked.stderr)
        self.succeed("train", config)
        final = self.folder / "runs/lora/final"
        file = final / "pytorch_lora_weights.safetensors"
        with self.assertRaises(ValueError):  # what the warnings are about
            StableDiffusionPipeline.from_pretrained(self.folder / "pipeline", safety_checker=None).load_lora_weights(final, weight_name=file.name)
        updates = {name.removeprefix("text_encoder."): tensor for name, tensor in load_file(file).items() if name.startswith("text_encoder.")}
        self.assertEqual(set(updates),
                         {f"encoder.block.{b}.layer.0.SelfAttention.{layer}.lora_{half}.weight" for b in (0, 1) for layer in "qkvo" for half in "AB"})
        plain = StableDiffusionPipeline.from_pretrained(self.folder / "pipeline", safety_checker=None)
        before = self.states(plain)
        with safe_open(file, "pt") as opened:
            described = json.loads(opened.metadata()["lora_adapter_metadata"])
        inject_adapter_in_model(LoraConfig(**{key.removeprefix("text_encoder."): value for key, value in described.items() if key.startswith("text_encoder.")}), plain.text_encoder)
        self.assertFalse(set_peft_model_state_dict(plain.text_encoder, updates).unexpected_keys)
        self.succeed("lora", "merge", self.folder / "pipeline", self.folder / "merged", "--lora", file)
        merged = self.states(StableDiffusionPipeline.from_pretrained(self.folder / "merged", safety_checker=None))
        self.assertLess(relative(merged, self.states(plain)), 1e-5)
        self.assertGreater(relative(merged, before), 1e-3)
        self.succeed("lora", "convert", file, self.folder / "kohya.safetensors", "--to", "kohya")
        self.assertIn("load_lora_weights raises", self.succeed("lora", "convert", self.folder / "kohya.safetensors", self.folder / "again.safetensors", "--to", "diffusers").stderr)
        wanted = self.pictures(final, "final")
        self.assertGreater(numpy.abs(wanted - self.pictures(self.folder / "pipeline", "plain")).max(), 1)
        for name, model, options in (("merged", self.folder / "merged", []), ("kohya", self.folder / "pipeline", ["--lora", self.folder / "kohya.safetensors"]),
                                     ("again", self.folder / "pipeline", ["--lora", self.folder / "again.safetensors"])):
            difference = numpy.abs(self.pictures(model, name, *options) - wanted)
            self.assertLessEqual(difference.max(), 1, name)

    def test_words_are_learned_as_torch_learns_them(self):
        """As diffusers' textual_inversion.py with a T5: the rows of the new words alone are trained, and the loss is torch's at every step."""
        pipe = StableDiffusionPipeline.from_pretrained(self.folder / "pipeline", safety_checker=None)
        unet, encoder, words = pipe.unet.train(), pipe.text_encoder.eval(), len(pipe.tokenizer)
        encoder.resize_token_embeddings(words + 2)
        for module in (unet, encoder):
            module.requires_grad_(False)
        table = encoder.get_input_embeddings().weight
        starts = pipe.tokenizer("horse", add_special_tokens=False).input_ids
        with torch.no_grad():
            for i in (0, 1):
                table[words + i] = table[starts[i % len(starts)]]
        table.requires_grad_(True)
        initial, generator = table.detach().clone(), torch.Generator().manual_seed(4)
        optimizer, schedule, losses = torch.optim.AdamW([table], lr=1e-2, weight_decay=0.02), DDPMScheduler(**{k: v for k, v in SD.items() if k != "set_alpha_to_one" and k != "steps_offset"}), []
        (self.folder / "batches").mkdir()
        for i in range(10):
            ids = torch.randint(3, words, (2, 12), generator=generator)
            ids[:, 4:6], ids[:, 9], ids[:, 10:] = torch.tensor([words, words + 1]), 1, 0
            batch = {"latents": torch.randn(2, 4, 8, 8, generator=generator), "noise": torch.randn(2, 4, 8, 8, generator=generator), "timesteps": torch.randint(0, 1000, (2,), generator=generator),
                     "input_ids": ids}
            save_file(batch, self.folder / f"batches/batch-{i:05}.safetensors")
            noisy = schedule.add_noise(batch["latents"], batch["noise"], batch["timesteps"])
            loss = torch.nn.functional.mse_loss(unet(noisy, batch["timesteps"], encoder(ids).last_hidden_state).sample, batch["noise"])
            loss.backward()
            losses.append(loss.item())
            table.grad[:words] = 0
            optimizer.step()
            optimizer.zero_grad()
            with torch.no_grad():
                table[:words] = initial[:words]
        config = self.config("learn", f"pretrained: {self.folder}/pipeline", "type: textual_inversion, vectors: 2, tokens: {<toy>: horse}")
        self.succeed("replay", config, "optimizer.params={learning_rate: 1.0e-2, weight_decay: 0.02}", "--batches", self.folder / "batches", "--out", self.folder / "learned")
        for a, b in zip(json.loads((self.folder / "learned/losses.json").read_text())["loss"], losses, strict=True):
            self.assertLessEqual(abs(a - b), 1e-4 * b)
        before, after = (self.weights(f / "text_encoder", "model.safetensors") for f in (self.folder / "pipeline", self.folder / "learned/pipeline"))
        moved = (table[words:] - initial[words:]).norm().item()
        self.assertGreater(moved, 0.01)
        self.assertLessEqual((after["shared.weight"][words:] - table[words:]).norm().item(), 1e-3 * moved)
        self.assertTrue(torch.equal(after.pop("shared.weight")[:words], before.pop("shared.weight")))
        self.assertTrue(all(torch.equal(after[key], before[key]) for key in before))

    def test_textual_inversion(self):
        """diffusers reads the file; a LoRA beside it is trained, too."""
        for method, more in (("type: textual_inversion", []), ("type: lora, rank: 2", ["model.train_text_encoder=true"])):
            name = "words-" + str(len(more))
            self.succeed("train", self.config(name, f"pretrained: {self.folder}/pipeline", method), "method.tokens={<toy>: horse}", "method.vectors=2", *more)
            final = self.folder / "runs" / name / "final"
            vectors = load_file(final / "toy.safetensors")["<toy>"]
            self.assertEqual(tuple(vectors.shape), (2, 32))
            made = StableDiffusionPipeline.from_pretrained(self.folder / "pipeline", safety_checker=None)
            made.load_textual_inversion(final, weight_name="toy.safetensors")
            token = made.tokenizer.convert_tokens_to_ids("<toy>")
            self.assertTrue(torch.equal(made.text_encoder.get_input_embeddings().weight[token], vectors[0]))
            shown, plain = self.pictures(final, name, prompt="a <toy>"), self.pictures(self.folder / "pipeline", name + "-plain", prompt="a <toy>")
            self.assertGreater(numpy.abs(shown - plain).max(), 0)

    def scratch(self, name, text="d_model: 32, d_kv: 8, d_ff: 48, num_layers: 2, num_heads: 3, feed_forward_proj: gated-gelu", context=32, tokenizer="pipeline"):
        unet = json.dumps({**NETWORKS, "cross_attention_dim": context})
        return self.config(name, f"vae: {{pretrained: {self.folder}/pipeline}}, tokenizer: {{target: transformers.T5Tokenizer, pretrained: {self.folder}/{tokenizer}}}, "
                                 f"text_encoder: {{target: transformers.T5EncoderModel, params: {{{text}}}}}, unet: {{params: {unet}}}, train_text_encoder: true, "
                                 f"noise_scheduler_training: {{params: {json.dumps(SD)}}}, noise_scheduler_inference: {{params: {json.dumps(SD)}}}", "type: scratch")

    def test_from_scratch(self):
        self.succeed("train", self.scratch("new"))
        made = self.opened(self.folder / "runs/new/current_pipeline")
        self.assertEqual(made.text_encoder.config.vocab_size, len(made.tokenizer))
        self.assertEqual((made.text_encoder.config.feed_forward_proj, made.text_encoder.config.num_heads), ("gated-gelu", 3))

    def test_from_scratch_what_does_not_fit_is_named(self):
        write_classic(self.folder / "clip/tokenizer", trained_vocabulary())
        for config, expected in ((self.scratch("a", context=48), ("48", "32")), (self.scratch("b", "hidden_size: 32"), ("hidden_size", "T5's")),
                                 (self.scratch("c", tokenizer="clip"), ("d_model", "CLIP's")), (self.scratch("d", "d_model: 32, vocab_size: 10"), ("tokens", "10")),
                                 (self.scratch("e", "d_model: 32, feed_forward_proj: tanh"), ("feed_forward_proj", "tanh"))):
            result = train_test.engine("train", config)
            self.assertEqual(result.returncode, 2, result.stderr)
            for text in expected:
                self.assertIn(text, result.stderr)

    def test_replay(self):
        (self.folder / "batches").mkdir()
        for i in range(2):
            save_file({"latents": torch.randn(2, 4, 8, 8), "noise": torch.randn(2, 4, 8, 8), "timesteps": torch.tensor([3, 700]), "encoder_hidden_states": torch.randn(2, 40, 32)},
                      self.folder / f"batches/batch-{i:05}.safetensors")
        self.succeed("replay", self.config("replay", f"pretrained: {self.folder}/pipeline", "type: finetune"), "--batches", self.folder / "batches", "--out", self.folder / "out")
        self.opened(self.folder / "out/pipeline")


if __name__ == "__main__":
    unittest.main()
