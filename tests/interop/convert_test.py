# SPDX-License-Identifier: GPL-3.0-or-later
# `convert` against diffusers' own single-file readers: tiny random pipelines both ways with equal tensors, every name and shape of
# the full-size models without their weights, and what must be refused.
import hashlib
import json
import math
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (convert_ldm_clip_checkpoint, convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint,
                                                 convert_open_clip_checkpoint, infer_diffusers_model_type)
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

BIN = pathlib.Path(os.environ["ATELIER_BIN"])
MINI = pathlib.Path(os.environ["ATELIER_SOURCE"]) / "resources/models/mini"
# kind: (family as inspect and convert name it, pipeline class, architecture in the metadata, diffusers' name of the kind)
KIND = {"sd1": ("Stable Diffusion 1", "StableDiffusionPipeline", "stable-diffusion-v1", "v1"),
        "sd2": ("Stable Diffusion 2", "StableDiffusionPipeline", "stable-diffusion-v2-512", "v2"),
        "sdxl": ("Stable Diffusion XL", "StableDiffusionXLPipeline", "stable-diffusion-xl-v1-base", "xl_base"),
        "inpaint1": ("Stable Diffusion 1", "StableDiffusionInpaintPipeline", "stable-diffusion-v1-inpainting", "inpainting"),
        "inpaint2": ("Stable Diffusion 2", "StableDiffusionInpaintPipeline", "stable-diffusion-v2-512", "inpainting_v2"),
        "inpaintxl": ("Stable Diffusion XL", "StableDiffusionXLInpaintPipeline", "stable-diffusion-xl-v1-base", "xl_inpaint"),
        "depth": ("Stable Diffusion 2", "StableDiffusionDepth2ImgPipeline", "stable-diffusion-v2-512", "v2"),
        "refiner": ("Stable Diffusion XL refiner", "StableDiffusionXLImg2ImgPipeline", "stable-diffusion-xl-v1-refiner", "xl_refiner"),
        "upscaler": ("Stable Diffusion x4 upscaler", "StableDiffusionUpscalePipeline", "stable-diffusion-x4-upscaler", "upscale")}
XL_KINDS, TWO_KINDS = ("sdxl", "inpaintxl", "refiner"), ("sd2", "inpaint2", "depth", "upscaler")


def prefix(kind, component):
    if kind in XL_KINDS:
        return "conditioner.embedders.0.transformer." if component == "text_encoder" else f"conditioner.embedders.{int(kind != 'refiner')}.model."
    return "cond_stage_model.model." if kind in TWO_KINDS else "cond_stage_model.transformer."


FILE = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model", "text_encoder_2": "model"}

DOWN4, UP4 = ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",), ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3
DOWNX, UPX = ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"), ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")
FULL_VAE = dict(block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4, sample_size=512)
TINY_VAE = dict(FULL_VAE, block_out_channels=(32, 64), layers_per_block=1, down_block_types=("DownEncoderBlock2D",) * 2,
                up_block_types=("UpDecoderBlock2D",) * 2)


REFINER = dict(down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
               up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), use_linear_projection=True,
               addition_embed_type="text_time", addition_time_embed_dim=256, sample_size=128)
UPSCALER = dict(down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * 3, up_block_types=("CrossAttnUpBlock2D",) * 3 + ("UpBlock2D",),
                in_channels=7, num_class_embeds=1000, only_cross_attention=(True, True, True, False), use_linear_projection=True, attention_head_dim=8,
                sample_size=128)


def unet(sizes, context, **more):
    three = len(sizes) == 3
    if "down_block_types" in more:
        return dict(block_out_channels=sizes, cross_attention_dim=context, layers_per_block=2, out_channels=4, **more)
    return dict(block_out_channels=sizes, cross_attention_dim=context, layers_per_block=2, sample_size=64, down_block_types=DOWNX if three else DOWN4,
                up_block_types=UPX if three else UP4, **more)


def text(width, layers, inner, act="quick_gelu", projection=512, vocab=49408):
    return dict(hidden_size=width, num_hidden_layers=layers, intermediate_size=inner, num_attention_heads=width // 64, hidden_act=act,
                projection_dim=projection, vocab_size=vocab, bos_token_id=0, eos_token_id=2, pad_token_id=1)


XL = dict(attention_head_dim=(5, 10, 20), use_linear_projection=True, transformer_layers_per_block=(1, 2, 10), addition_embed_type="text_time",
          addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816)
FULL2 = dict(attention_head_dim=(5, 10, 20, 20), use_linear_projection=True)
SIZES, CLIP_L, CLIP_H, CLIP_G = (320, 640, 1280, 1280), text(768, 12, 3072, projection=768), text(1024, 23, 4096, "gelu"), text(1280, 32, 5120, "gelu", 1280)
FULL = {"sd1": (unet(SIZES, 768, attention_head_dim=8), FULL_VAE, [CLIP_L], 859520964),
        "sd2": (unet(SIZES, 1024, **FULL2), FULL_VAE, [CLIP_H], 865910724),
        "sdxl": (unet((320, 640, 1280), 2048, **XL), FULL_VAE, [CLIP_L, CLIP_G], 2567463684),
        "inpaint1": (unet(SIZES, 768, attention_head_dim=8, in_channels=9), FULL_VAE, [CLIP_L], 859535364),
        "inpaint2": (unet(SIZES, 1024, in_channels=9, **FULL2), FULL_VAE, [CLIP_H], 865925124),
        "inpaintxl": (unet((320, 640, 1280), 2048, in_channels=9, **XL), FULL_VAE, [CLIP_L, CLIP_G], 2567478084),
        "depth": (unet(SIZES, 1024, in_channels=5, **FULL2), FULL_VAE, [CLIP_H], 865913604),
        "refiner": (unet((384, 768, 1536, 1536), 1280, attention_head_dim=(6, 12, 24, 24), transformer_layers_per_block=4,
                         projection_class_embeddings_input_dim=2560, **REFINER), FULL_VAE, [CLIP_G], None),
        "upscaler": (unet((256, 512, 512, 1024), 1024, **UPSCALER), dict(FULL_VAE, block_out_channels=(128, 256, 512), down_block_types=("DownEncoderBlock2D",) * 3,
                                                                         up_block_types=("UpDecoderBlock2D",) * 3), [CLIP_H], None)}
TINY_XL = dict(XL, attention_head_dim=(1, 1, 2), transformer_layers_per_block=(1, 2, 3), projection_class_embeddings_input_dim=64 + 6 * 8,
               addition_time_embed_dim=8)
TINY2, TINY_L, TINY_H = dict(attention_head_dim=(1, 1, 2, 2), use_linear_projection=True), text(64, 2, 128, projection=64, vocab=99), text(128, 3, 256, "gelu", vocab=99)
TINY_G, TINY_SIZES = text(128, 3, 256, "gelu", 64, vocab=99), (64, 64, 128, 128)
TINY = {"sd1": (unet(TINY_SIZES, 64, attention_head_dim=8), TINY_VAE, [TINY_L]),
        "sd2": (unet(TINY_SIZES, 128, **TINY2), TINY_VAE, [TINY_H]),
        "sdxl": (unet((64, 64, 128), 192, **TINY_XL), TINY_VAE, [TINY_L, TINY_G]),
        "inpaint1": (unet(TINY_SIZES, 64, attention_head_dim=8, in_channels=9), TINY_VAE, [TINY_L]),
        "inpaint2": (unet(TINY_SIZES, 128, in_channels=9, **TINY2), TINY_VAE, [TINY_H]),
        "inpaintxl": (unet((64, 64, 128), 192, in_channels=9, **TINY_XL), TINY_VAE, [TINY_L, TINY_G]),
        "depth": (unet(TINY_SIZES, 128, in_channels=5, **TINY2), TINY_VAE, [TINY_H]),
        "refiner": (unet(TINY_SIZES, 128, attention_head_dim=(1, 1, 2, 2), transformer_layers_per_block=2,
                         projection_class_embeddings_input_dim=64 + 5 * 256, **REFINER), TINY_VAE, [TINY_G]),
        "upscaler": (unet((64, 64, 192, 192), 128, **UPSCALER), TINY_VAE, [TINY_H])}


def models(kind, spec, device):
    with torch.device(device):
        made = {"unet": UNet2DConditionModel(**spec[0]), "vae": AutoencoderKL(**spec[1])}
        if kind != "refiner":
            made["text_encoder"] = CLIPTextModel(CLIPTextConfig(**spec[2][0]))
        if kind in XL_KINDS:
            made["text_encoder_2"] = CLIPTextModelWithProjection(CLIPTextConfig(**spec[2][-1]))
    return made


def canonical(component, state):
    """Names as folders have them, whatever tree this version of transformers keeps in memory; no position_ids."""
    fixed = {}
    for name, tensor in state.items():
        if component.startswith("text") and not name.startswith(("text_model.", "text_projection")):
            name = "text_model." + name
        if not name.endswith("position_ids"):
            fixed[name] = tensor
    return fixed


def save(folder, family, made, weights=True, prediction="epsilon"):
    index = {"_class_name": KIND[family][1], "scheduler": ["diffusers", "DDIMScheduler"]}
    for component, model in made.items():
        if weights:
            model.save_pretrained(folder / component)
        else:
            (folder / component).mkdir(parents=True)
            config = model.config if component.startswith("text") else model
            (folder / component / "config.json").write_text(
                json.dumps(dict(json.loads(config.to_json_string()), **({"architectures": [type(model).__name__]} if component.startswith("text") else {}))))
        index[component] = ["transformers" if component.startswith("text") else "diffusers", type(model).__name__]
        if component.startswith("text"):
            tokenizer = component.replace("text_encoder", "tokenizer")
            index[tokenizer] = ["transformers", "CLIPTokenizer"]
            shutil.copytree(MINI / "tokenizer", folder / tokenizer)
    shutil.copytree(MINI / "scheduler", folder / "scheduler")
    path = folder / "scheduler/scheduler_config.json"
    path.write_text(json.dumps(dict(json.loads(path.read_text()), prediction_type=prediction)))
    (folder / "model_index.json").write_text(json.dumps(index))


def readByDiffusers(family, made, checkpoint):
    """The components of a single file as diffusers' own conversions give them."""
    got = {"unet": convert_ldm_unet_checkpoint(dict(checkpoint), made["unet"].config),
           "vae": convert_ldm_vae_checkpoint(dict(checkpoint), made["vae"].config)}
    for component, model in made.items():
        if not component.startswith("text"):
            continue
        begin = prefix(family, component)
        if begin.endswith("transformer."):
            state = convert_ldm_clip_checkpoint({k: v for k, v in checkpoint.items() if k.startswith(begin)}, remove_prefix=begin)
        else:
            state = convert_open_clip_checkpoint(model, checkpoint, prefix=begin)
            extra = f"text_model.encoder.layers.{model.config.num_hidden_layers}."  # SD 2's unused layer
            state = {k: v for k, v in state.items() if not k.startswith(extra) and (family in XL_KINDS or k != "text_projection.weight")}
        got[component] = canonical(component, state)
    return got


def tensor_hash(path):
    """SHA-256 of what follows the header."""
    content = path.read_bytes()
    return hashlib.sha256(content[8 + struct.unpack("<Q", content[:8])[0]:]).hexdigest()


def convert(*arguments):
    return subprocess.run([BIN / "atelier-engine", "convert", *map(str, arguments)], capture_output=True, text=True)


class Convert(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-convert-"))
        cls.made = {family: models(family, spec, "cpu") for family, spec in TINY.items()}
        for family, made in cls.made.items():
            for model in made.values():
                for parameter in model.parameters():
                    torch.nn.init.normal_(parameter, std=0.1)
            save(cls.folder / family, family, made)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def ok(self, *arguments):
        done = convert(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def refused(self, mark, *arguments):
        out = pathlib.Path(arguments[1])
        before = set(out.parent.iterdir())
        done = convert(*arguments)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn(mark, done.stderr)
        self.assertEqual(set(out.parent.iterdir()), before)

    def assertSame(self, got, wanted, change=lambda t: t):
        self.assertEqual(set(got), set(wanted))
        for name, tensor in wanted.items():
            self.assertTrue(torch.equal(got[name], change(tensor)), name)

    def test_folder_to_single_file_as_diffusers_reads_it(self):
        for family, made in self.made.items():
            with self.subTest(family):
                out = self.folder / f"{family}.safetensors"
                report = self.ok(self.folder / family, out)
                self.assertEqual(report["maximum_difference"], 0)
                got = readByDiffusers(family, made, load_file(out))
                for component, model in made.items():
                    self.assertSame(got[component], canonical(component, model.state_dict()))
                inspected = json.loads(subprocess.run([BIN / "atelier-engine", "inspect", out, "--json"], capture_output=True, text=True).stdout)
                self.assertEqual(inspected["family"], report["family"])
                self.assertEqual(report["family"], KIND[family][0])
                self.assertEqual("depth estimator" in " ".join(report["remarks"]), family == "depth")
                self.assertIn("SGM names" if family in XL_KINDS else "LDM names", json.dumps(inspected))
                with safe_open(out, "pt") as file:
                    self.assertEqual(file.metadata()["modelspec.architecture"], KIND[family][2])
                    self.assertEqual(file.metadata()["modelspec.prediction_type"], "epsilon")
                    self.assertEqual(file.metadata()["modelspec.hash_sha256"], "0x" + tensor_hash(out))

    def test_and_back(self):
        for family, made in self.made.items():
            for like in (True, False):
                with self.subTest(family, like=like):
                    single, out = self.folder / f"{family}-{like}.safetensors", self.folder / f"{family}-{like}"
                    self.ok(self.folder / family, single)
                    report = self.ok(single, out, *(["--like", self.folder / family] if like else ["--without-tokenizer"]))
                    self.assertEqual(report["maximum_difference"], 0)
                    for component, model in made.items():
                        self.assertSame(load_file(out / component / f"{FILE[component]}.safetensors"), canonical(component, model.state_dict()))
                    # The library's own loaders, from our configuration and from our file.
                    again = type(made["unet"]).from_pretrained(out / "unet")
                    index = json.loads((out / "model_index.json").read_text())
                    self.assertEqual(index["_class_name"], KIND[family][1])
                    self.assertEqual("text_encoder_2" in index, family in XL_KINDS)
                    if like:
                        self.assertTrue((out / ("tokenizer_2" if family == "refiner" else "tokenizer") / "merges.txt").exists())
                        continue
                    for component in ("unet", "vae"):
                        theirs = type(made[component]).from_single_file(single, config=str(out / component), local_files_only=True)
                        self.assertSame(theirs.state_dict(), made[component].state_dict())
                    if family in ("sdxl", "inpaintxl"):  # the tiny XL has its own width of time ids
                        continue
                    inputs = [torch.randn(1, TINY[family][0].get("in_channels", 4), 8, 8), torch.tensor([3]),
                              torch.randn(1, 5, TINY[family][0]["cross_attention_dim"])]
                    more = {"class_labels": torch.tensor([20])} if family == "upscaler" else {}
                    if family == "refiner":
                        more["added_cond_kwargs"] = {"text_embeds": torch.randn(1, 64), "time_ids": torch.randn(1, 5)}
                    torch.testing.assert_close(again(*inputs, **more).sample, made["unet"](*inputs, **more).sample, rtol=1e-4, atol=1e-4)

    def test_dtypes(self):
        for name, dtype in {"fp16": torch.float16, "bf16": torch.bfloat16}.items():
            out = self.folder / f"{name}.safetensors"
            report = self.ok(self.folder / "sdxl", out, "--dtype", name)
            self.assertGreater(report["maximum_difference"], 0)
            got = readByDiffusers("sdxl", self.made["sdxl"], load_file(out))
            for component, model in self.made["sdxl"].items():
                self.assertSame(got[component], canonical(component, model.state_dict()), lambda t: t.to(dtype))

    def test_names_of_the_full_models(self):
        for family, spec in FULL.items():
            with self.subTest(family):
                made = models(family, spec, "meta")
                folder = self.folder / f"full-{family}"
                save(folder, family, made, weights=False)
                tool = subprocess.run([BIN / "dialect_tool", "names", folder], capture_output=True, text=True)
                self.assertEqual(tool.returncode, 0, tool.stderr)
                tables = json.loads(tool.stdout)
                checkpoint = {single: torch.empty(shape, device="meta") for table in tables.values() for single, shape, _, _ in table}
                got = readByDiffusers(family, made, checkpoint)
                for component, model in made.items():
                    wanted = {k: tuple(v.shape) for k, v in canonical(component, model.state_dict()).items()}
                    self.assertEqual({f: tuple(s) for _, _, f, s in tables[component]}, wanted)
                    self.assertEqual({k: tuple(v.shape) for k, v in got[component].items()}, wanted)
                self.assertEqual(sum(math.prod(s) for _, _, _, s in tables["unet"]), spec[3] or made["unet"].num_parameters())
                self.assertEqual(infer_diffusers_model_type(checkpoint), KIND[family][3])
                self.assertEqual(self.derived(family, checkpoint), tables)
                for component in ("unet", "vae"):  # what names and shapes tell is the published configuration
                    config = json.loads((self.folder / f"derived-{family}" / component / "config.json").read_text())
                    for key, value in spec[0 if component == "unet" else 1].items():
                        if key in ("attention_head_dim", "transformer_layers_per_block", "sample_size"):
                            continue  # one number for all levels, unused levels
                        self.assertEqual(config[key], list(value) if isinstance(value, tuple) else value, key)

    def derived(self, family, checkpoint):
        """The table of the configurations that a file with these tensors tells; its data is a hole in the file."""
        header, offset = {"__metadata__": {"format": "pt", "modelspec.prediction_type": "epsilon"}}, 0
        shapes = {k: list(v.shape) for k, v in checkpoint.items()}
        if family in TWO_KINDS:
            shapes.update({k.replace("resblocks.22", "resblocks.23"): s for k, s in shapes.items() if "resblocks.22." in k})
        for name, shape in shapes.items():
            end = offset + 2 * math.prod(shape)
            header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [offset, end]}
            offset = end
        raw = json.dumps(header).encode()
        path, folder = self.folder / f"hole-{family}.safetensors", self.folder / f"derived-{family}"
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(raw)) + raw)
            file.truncate(8 + len(raw) + offset)
        for arguments in (["derive", path, folder], ["names", folder]):
            tool = subprocess.run([BIN / "dialect_tool", *arguments], capture_output=True, text=True)
            self.assertEqual(tool.returncode, 0, tool.stderr)
        path.unlink()
        return json.loads(tool.stdout)

    def test_refusals_name_the_tensor_and_write_nothing(self):
        whole = self.folder / "refused.safetensors"
        self.ok(self.folder / "sd1", whole)
        tensors = load_file(whole)
        bad, out, like = self.folder / "bad.safetensors", self.folder / "out", ["--like", self.folder / "sd1"]
        name = "model.diffusion_model.output_blocks.4.1.transformer_blocks.0.ff.net.2.bias"
        for change, mark in ((lambda t: t.pop(name), f'"{name}" is missing'),
                             (lambda t: t.update({name: t[name][:-1].clone()}), f'"{name}" has shape [127] instead of [128]'),
                             (lambda t: t.update({"model.diffusion_model.more": torch.zeros(1)}), "model.diffusion_model.more"),
                             (lambda t: t.update({name: t[name].to(torch.int32)}), f'"{name}" is stored as I32'),
                             (lambda t: [t.pop(k) for k in list(t) if k.startswith("cond_stage")], "no text encoder"),
                             (lambda t: [t.pop(k) for k in list(t) if k.startswith("model.diff")], "not a single-file checkpoint")):
            changed = dict(tensors)
            change(changed)
            save_file(changed, bad)
            self.refused(mark, bad, out, *like)
        self.refused("no tokenizer", whole, out)
        self.refused("exists already", whole, self.folder / "sd1", *like)
        self.refused("are for single files", self.folder / "sd1", out, "--ema")
        folder = self.folder / "damaged"
        shutil.copytree(self.folder / "sd1", folder)
        state = load_file(folder / "vae/diffusion_pytorch_model.safetensors")
        del state["encoder.conv_in.bias"]
        save_file(state, folder / "vae/diffusion_pytorch_model.safetensors")
        self.refused('"encoder.conv_in.bias" is missing', folder, self.folder / "never.safetensors")

    def test_averaged_weights_and_older_spellings(self):
        plain = self.folder / "plain.safetensors"
        self.ok(self.folder / "sd1", plain)
        tensors = load_file(plain)
        unet = {k: v for k, v in tensors.items() if k.startswith("model.diffusion_model.")}
        tensors.update({"model_ema." + "".join(k.split(".")[1:]): v + 1 for k, v in unet.items()})
        tensors.update({"model_ema.decay": torch.tensor(0.99), "betas": torch.zeros(1000)})
        clip = "cond_stage_model.transformer.text_model."
        tensors = {k.replace(clip, "cond_stage_model.transformer."): v for k, v in tensors.items()}
        tensors["cond_stage_model.transformer.embeddings.position_ids"] = torch.arange(77)[None]
        both = self.folder / "both.safetensors"
        save_file(tensors, both)
        wanted = {c: canonical(c, m.state_dict()) for c, m in self.made["sd1"].items()}
        for ema in (False, True):
            out = self.folder / f"ema-{ema}"
            self.ok(both, out, "--like", self.folder / "sd1", *(["--ema"] if ema else []))
            self.assertSame(load_file(out / "unet/diffusion_pytorch_model.safetensors"), wanted["unet"], lambda t: t + 1 if ema else t)
            self.assertSame(load_file(out / "text_encoder/model.safetensors"), wanted["text_encoder"])
        self.refused("model_ema.diffusion_model", plain, self.folder / "no-ema", "--like", self.folder / "sd1", "--ema")
        # A folder whose autoencoder has the names of the first diffusers versions.
        old = self.folder / "old"
        shutil.copytree(self.folder / "sd1", old)
        state = {}
        for name, tensor in wanted["vae"].items():
            for now, before in ((".to_q.", ".query."), (".to_k.", ".key."), (".to_v.", ".value."), (".to_out.0.", ".proj_attn.")):
                name = name.replace(now, before)
            state[name] = tensor
        save_file(state, old / "vae/diffusion_pytorch_model.safetensors")
        again = self.folder / "old.safetensors"
        self.ok(old, again)
        self.assertSame(load_file(again), load_file(plain))

    def test_other_parts_come_along(self):
        like, single, out = self.folder / "with-more", self.folder / "more.safetensors", self.folder / "more"
        shutil.copytree(self.folder / "sd1", like)
        for name, content in (("safety_checker/model.safetensors", b"as it is"), ("feature_extractor/preprocessor_config.json", b"{}")):
            (like / name).parent.mkdir()
            (like / name).write_bytes(content)
        index = json.loads((like / "model_index.json").read_text())
        index.update(safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"], requires_safety_checker=True)
        (like / "model_index.json").write_text(json.dumps(dict(index, feature_extractor=["transformers", "CLIPImageProcessor"])))
        self.ok(self.folder / "sd1", single)
        self.ok(single, out, "--like", like)
        self.assertEqual((out / "safety_checker/model.safetensors").read_bytes(), b"as it is")
        self.assertEqual((out / "feature_extractor/preprocessor_config.json").read_bytes(), b"{}")
        made = json.loads((out / "model_index.json").read_text())
        self.assertEqual((made["safety_checker"], made["requires_safety_checker"]), (index["safety_checker"], True))

    def test_what_no_folder_holds_is_left_out_with_a_remark(self):
        depth, upscaler = self.folder / "midas.safetensors", self.folder / "low-scale.safetensors"
        self.ok(self.folder / "depth", self.folder / "depth-plain.safetensors")
        save_file(dict(load_file(self.folder / "depth-plain.safetensors"), **{"depth_model.model.scratch.weight": torch.zeros(2)}), depth)
        report = self.ok(depth, self.folder / "depth-out", "--without-tokenizer")
        self.assertIn("depth estimator (depth_model) was left out", report["remarks"][0])
        index = json.loads((self.folder / "depth-out/model_index.json").read_text())
        self.assertEqual(index["depth_estimator"], [None, None])
        self.ok(self.folder / "upscaler", self.folder / "up-plain.safetensors")
        save_file(dict(load_file(self.folder / "up-plain.safetensors"), **{"low_scale_model.betas": torch.zeros(2)}), upscaler)
        self.ok(upscaler, self.folder / "up-out", "--without-tokenizer")
        for name, kind in (("scheduler", "v_prediction"), ("low_res_scheduler", "epsilon")):
            config = json.loads((self.folder / "up-out" / name / "scheduler_config.json").read_text())
            self.assertEqual((config["prediction_type"], config["beta_start"], config["beta_end"]), (kind, 0.0001, 0.02))

    def test_the_same_form_again(self):
        """A folder of variants and pickles becomes one of plain safetensors; a file loses its averages, or takes them."""
        for kind, variant in (("sd1", "fp16"), ("sdxl", "non_ema")):
            folder, out = self.folder / f"variants-{kind}", self.folder / f"plain-{kind}"
            shutil.copytree(self.folder / kind, folder)
            (folder / "safety_checker").mkdir()
            (folder / "safety_checker/pytorch_model.bin").write_bytes(b"as it is")
            (folder / "README.md").write_text("words")
            made = {c: canonical(c, load_file(folder / c / f"{FILE[c]}.safetensors")) for c in self.made[kind]}
            for component, state in made.items():
                path = folder / component / FILE[component]
                save_file({k: v.half() + 1 for k, v in state.items()}, f"{path}.{variant}.safetensors")
                if component != "unet":  # the plain weights are pickled
                    os.remove(f"{path}.safetensors")
                    torch.save(state, path.with_name("pytorch_model.bin" if path.name == "model" else f"{path.name}.bin"))
            report = self.ok(folder, out, "--to", "diffusers", "--dtype", "bf16")
            self.assertEqual((report["form"], report["maximum_difference"] > 0), ("diffusers", True))
            for component in made:
                got = load_file(out / component / f"{FILE[component]}.safetensors")
                self.assertSame(got, made[component], lambda t: t.bfloat16())
                self.assertEqual({p.name for p in (out / component).iterdir()}, {"config.json", f"{FILE[component]}.safetensors"})
            self.ok(folder, self.folder / f"variant-{kind}", "--to", "diffusers", "--variant", variant)
            for component in made:
                self.assertSame(load_file(self.folder / f"variant-{kind}" / component / f"{FILE[component]}.safetensors"), made[component], lambda t: t.half() + 1)
            for name in ("safety_checker/pytorch_model.bin", "README.md", "model_index.json", "tokenizer/vocab.json"):
                self.assertEqual((out / name).read_bytes(), (folder / name).read_bytes())
            type(self.made[kind]["unet"]).from_pretrained(out / "unet")
        plain = self.folder / "both-plain.safetensors"
        self.ok(self.folder / "sd1", plain)
        tensors = load_file(plain)
        unet = {k: v for k, v in tensors.items() if k.startswith("model.diffusion_model.")}
        both = self.folder / "both-again.safetensors"
        save_file({**tensors, **{"model_ema." + "".join(k.split(".")[1:]): v + 1 for k, v in unet.items()}, "model_ema.decay": torch.tensor(0.99), "betas": torch.zeros(9)}, both)
        for ema in (False, True):
            out = self.folder / f"pruned-{ema}.safetensors"
            self.ok(both, out, "--to", "single-file", "--dtype", "fp16", *(["--ema"] if ema else []))
            wanted = {k: (v + 1 if ema and k in unet else v).half() for k, v in tensors.items()} | {"betas": torch.zeros(9)}
            self.assertSame(load_file(out), wanted)

    def test_mixed_precisions_lose_nothing(self):
        types = [torch.float32, torch.float16, torch.bfloat16, torch.float64]
        for kind in ("sd2", "sdxl"):  # OpenCLIP's towers fuse three tensors to one
            folder, single, again = self.folder / f"mixed-{kind}", self.folder / f"mixed-{kind}.safetensors", self.folder / f"mixed-{kind}-again"
            shutil.copytree(self.folder / kind, folder)
            made = {}
            for component in self.made[kind]:
                path = folder / component / f"{FILE[component]}.safetensors"
                made[component] = {k: v.to(types[i % 4 if component == "unet" else i % 3]) for i, (k, v) in enumerate(sorted(canonical(component, load_file(path)).items()))}
                save_file(made[component], path)
            self.assertEqual(self.ok(folder, single)["maximum_difference"], 0)
            for component, state in readByDiffusers(kind, self.made[kind], load_file(single)).items():
                self.assertSame({k: v.double() for k, v in state.items()}, made[component], lambda t: t.double())
            self.assertEqual(self.ok(single, again, "--without-tokenizer")["maximum_difference"], 0)
            for component, state in made.items():
                self.assertSame({k: v.double() for k, v in load_file(again / component / f"{FILE[component]}.safetensors").items()}, state, lambda t: t.double())

    def test_other_families_are_named(self):
        for name, family in (("model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight", "Stable Diffusion 3"), ("double_blocks.0.img_attn.qkv.weight", "FLUX"),
                             ("transformer.single_transformer_blocks.0.attn.to_q.weight", "FLUX"), ("adaln_single.linear.weight", "PixArt"),
                             ("model.layers.0.self_attn.q_proj.weight", "a language model")):
            save_file({name: torch.zeros(2, 2), "first_stage_model.encoder.conv_in.weight": torch.zeros(2, 3, 3, 3)}, self.folder / "other.safetensors")
            self.refused(family, self.folder / "other.safetensors", self.folder / "never", "--without-tokenizer")
            inspected = json.loads(subprocess.run([BIN / "atelier-engine", "inspect", self.folder / "other.safetensors", "--json"], capture_output=True, text=True).stdout)
            self.assertIn(family, inspected["family"] + inspected["parts"][0]["detail"])
        index = {"_class_name": "FluxPipeline", "transformer": ["diffusers", "FluxTransformer2DModel"], "vae": ["diffusers", "AutoencoderKL"]}
        (self.folder / "flux").mkdir()
        (self.folder / "flux/model_index.json").write_text(json.dumps(index))
        self.refused("its unet is missing", self.folder / "flux", self.folder / "never.safetensors")

    def test_configurations_that_are_none(self):
        """JSON of the wrong kind in every file of a folder, and in what --like gives."""
        folder, single = self.folder / "wrong-json", self.folder / "right.safetensors"
        shutil.copytree(self.folder / "sd1", folder)
        self.ok(folder, single)
        index = json.loads((folder / "model_index.json").read_text())
        for name, text, mark in (("model_index.json", "[]", "not a JSON object"), ("model_index.json", "7", "not a JSON object"), ("unet/config.json", '"x"', "not a JSON object"),
                                 ("vae/config.json", "null", "not a JSON object"), ("text_encoder/config.json", "[1]", "not a JSON object"),
                                 ("scheduler/scheduler_config.json", "[]", "not a JSON object"), ("scheduler/scheduler_config.json", '{"prediction_type": 5}', "prediction_type"),
                                 ("model_index.json", json.dumps(index | {"unet": "UNet2DConditionModel"}), "its unet is missing"),
                                 ("model_index.json", json.dumps(index | {"vae": ["diffusers", "AutoencoderTiny"]}), "AutoencoderTiny")):
            before = (folder / name).read_text()
            (folder / name).write_text(text)
            self.refused(mark, folder, self.folder / "never.safetensors")
            self.refused(mark, single, self.folder / "never", "--like", folder)
            inspected = subprocess.run([BIN / "atelier-engine", "inspect", folder], capture_output=True, text=True)
            self.assertIn(inspected.returncode, (0, 2), inspected.stderr)
            (folder / name).write_text(before)

    def test_what_a_file_does_not_say_stays_unsaid(self):
        mute, again = self.folder / "mute-sd2.safetensors", self.folder / "mute-again.safetensors"
        self.ok(self.folder / "sd2", self.folder / "told-sd2.safetensors")
        save_file(load_file(self.folder / "told-sd2.safetensors"), mute)
        self.ok(mute, again, "--to", "single-file", "--dtype", "fp16")
        with safe_open(again, "pt") as file:
            self.assertNotIn("modelspec.prediction_type", file.metadata())
            self.assertNotIn("modelspec.architecture", file.metadata())
        self.refused("--prediction", again, self.folder / "mute-folder", "--without-tokenizer")
        self.ok(mute, self.folder / "told.safetensors", "--to", "single-file", "--prediction", "v_prediction")
        self.ok(self.folder / "told.safetensors", self.folder / "told", "--without-tokenizer")
        self.assertEqual(json.loads((self.folder / "told/scheduler/scheduler_config.json").read_text())["prediction_type"], "v_prediction")

    def test_sd2_asks_what_it_predicts(self):
        source = self.folder / "sd2.safetensors"
        if not source.exists():
            self.ok(self.folder / "sd2", source)
        mute = self.folder / "mute.safetensors"
        save_file(load_file(source), mute)
        self.refused("--prediction", mute, self.folder / "mute", "--without-tokenizer")
        self.ok(mute, self.folder / "v", "--without-tokenizer", "--prediction", "v_prediction")
        config = json.loads((self.folder / "v/scheduler/scheduler_config.json").read_text())
        self.assertEqual(config["prediction_type"], "v_prediction")


if __name__ == "__main__":
    unittest.main()
