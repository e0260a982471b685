# SPDX-License-Identifier: GPL-3.0-or-later
# Pipelines whose text encoder is T5: diffusers' own pictures, training in every form, what diffusers makes of what is saved, what is refused.
import json
import pathlib
import random
import shutil
import unittest

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from PIL import Image
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
        self.refused(("T5EncoderModel",), *self.sampling("t5", "--prompt-weighting"))
        save_file({"<toy>": torch.randn(2, 32)}, self.folder / "toy.safetensors")
        self.refused(("T5EncoderModel",), *self.sampling("t5", "--embedding", self.folder / "toy.safetensors"))
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
                    start = before[key] if trained or precision == "fp32" else before[key].bfloat16().float()  # what is not trained is held in the precision of the run
                    moved = (after[key] - start).abs().max().item()
                    (self.assertGreater if trained else self.assertEqual)(moved, 0, key)
                self.assertEqual(made.text_encoder.config.d_kv, 8)
                self.assertTrue(list((self.folder / "runs" / name / "samples").glob("*/*.png")))

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
        for method, option in (("type: lora, rank: 4", "model.train_text_encoder=true"), ("type: textual_inversion", "method.tokens={<toy>: horse}")):
            result = train_test.engine("train", self.config("none", f"pretrained: {self.folder}/pipeline", method), option)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn("T5EncoderModel", result.stderr)

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
