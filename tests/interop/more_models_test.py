# SPDX-License-Identifier: GPL-3.0-or-later
# ControlNets, codebook autoencoders, unconditional UNets, tiling and clip_skip against diffusers and transformers, and the names and shapes of full-size models.
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel, UNet2DModel, VQModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from models_test import BASE, FORWARD, GRADIENT
from probe_support import probed, randomise, relative

TOOL = os.path.join(os.environ["ATELIER_BIN"], "model_tool")
SD1 = dict(sample_size=64, cross_attention_dim=768)
SD2 = dict(sample_size=96, cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20), use_linear_projection=True)
SDXL = dict(sample_size=128, block_out_channels=(320, 640, 1280), down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"), attention_head_dim=(5, 10, 20),
            transformer_layers_per_block=(1, 2, 10), cross_attention_dim=2048, use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816)
XL_UP = dict(up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"))
REFINER = dict(SDXL, block_out_channels=(384, 768, 1536, 1536), down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
               up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=(6, 12, 24, 24), transformer_layers_per_block=4,
               cross_attention_dim=1280, projection_class_embeddings_input_dim=2560)
VAE = dict(block_out_channels=(128, 256, 512, 512), down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2)
# Class, its configuration, parameters, and the first digits of the manifest's hash where one is published.
FULL = {
    "sd15": (UNet2DConditionModel, SD1, 859_520_964, "1503dcc8"),
    "sd15-inpainting": (UNet2DConditionModel, dict(SD1, in_channels=9), 859_535_364, "cea0badc"),
    "sd21": (UNet2DConditionModel, dict(SD2, upcast_attention=True), 865_910_724, "602252b9"),
    "sd2-depth": (UNet2DConditionModel, dict(SD2, in_channels=5), None, None),
    "x4-upscaler": (UNet2DConditionModel, dict(sample_size=128, in_channels=7, block_out_channels=(256, 512, 512, 1024), attention_head_dim=8, cross_attention_dim=1024, num_class_embeds=1000,
                                               down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * 3, up_block_types=("CrossAttnUpBlock2D",) * 3 + ("UpBlock2D",),
                                               only_cross_attention=(True, True, True, False), use_linear_projection=True), None, None),
    "sdxl": (UNet2DConditionModel, dict(SDXL, **XL_UP), 2_567_463_684, "1484a178"),
    "sdxl-inpainting": (UNet2DConditionModel, dict(SDXL, **XL_UP, in_channels=9), None, None),
    "sdxl-refiner": (UNet2DConditionModel, REFINER, None, None),
    "ssd-1b": (UNet2DConditionModel, dict(SDXL, **XL_UP, transformer_layers_per_block=(1, (2, 2), (4, 4)), reverse_transformer_layers_per_block=((4, 4, 10), (2, 1, 1), 1)), None, None),
    "controlnet-sd15": (ControlNetModel, dict(cross_attention_dim=768), 361_279_120, "4331df02"),
    "controlnet-sd21": (ControlNetModel, dict(cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20), use_linear_projection=True), 364_228_240, "4fd02694"),
    "controlnet-sdxl": (ControlNetModel, {k: v for k, v in SDXL.items() if k != "sample_size"}, 1_251_014_160, "007040f7"),
    "vae": (AutoencoderKL, VAE, 83_653_863, "f7ac48fd"),
    "vq": (VQModel, dict(block_out_channels=(128, 256, 512), down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3, layers_per_block=2, latent_channels=3,
                         num_vq_embeddings=8192), 55_322_782, "383577be"),
    "ddpm": (UNet2DModel, {}, None, None),
    "clip-l": (CLIPTextModel, dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12), 123_060_480, "502dbc9c"),
    "openclip-h": (CLIPTextModel, dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=23, num_attention_heads=16, hidden_act="gelu"), 340_387_840, "93ea2d53"),
    "openclip-g": (CLIPTextModelWithProjection, dict(hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20, hidden_act="gelu", projection_dim=1280),
                   694_659_840, "a739139d"),
}
KINDS = {UNet2DConditionModel: "unet", ControlNetModel: "controlnet", AutoencoderKL: "vae", VQModel: "vq", UNet2DModel: "unet2d", CLIPTextModel: "clip", CLIPTextModelWithProjection: "clip"}
TWO = dict(block_out_channels=(32, 64), layers_per_block=1, norm_num_groups=8)
CONTROL = {k: v for k, v in BASE.items() if k not in ("sample_size", "up_block_types")}


class MoreModels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-models-"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def tool(self, *arguments):
        run = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    def computed(self, kind, folder, inputs, *options):
        save_file({k: v.contiguous() for k, v in inputs.items()}, self.folder / "in.st")
        self.tool(kind, folder, self.folder / "in.st", self.folder / "out.st", *options)
        return load_file(self.folder / "out.st")

    def close(self, got, wanted, limit=FORWARD):
        self.assertLess(relative(got, wanted.detach()), limit)

    def gradientsClose(self, got, model):
        gradients = {n: p.grad if p.grad is not None else torch.zeros_like(p) for n, p in model.named_parameters()}
        largest = max(g.abs().max() for g in gradients.values())
        for name, g in gradients.items():
            scale = g.abs().max()
            error = (got["grad." + name] - g).abs().max() / (largest if scale < 1e-6 * largest else scale)
            self.assertLess(error.item(), GRADIENT, name)

    def test_names_and_shapes_of_full_size_models(self):
        for name, (cls, config, parameters, digest) in FULL.items():
            with self.subTest(name):
                clip = cls in (CLIPTextModel, CLIPTextModelWithProjection)
                with torch.device("meta"):
                    model = cls(CLIPTextConfig(**config)) if clip else cls(**config)
                wanted = {k: list(v.shape) for k, v in model.named_parameters()}
                given = dict(config, architectures=[cls.__name__]) if clip else {k: v for k, v in model.config.items()}
                if clip:
                    wanted = {k if k.startswith(("text_model.", "text_projection.")) else "text_model." + k: v for k, v in wanted.items()}
                (self.folder / "config.json").write_text(json.dumps(given))
                self.tool("names", KINDS[cls], self.folder / "config.json", self.folder / "names.json")
                got = json.loads((self.folder / "names.json").read_text())
                self.assertEqual(got["shapes"], wanted)
                total = sum(torch.Size(s).numel() for s in wanted.values())
                if parameters:
                    self.assertEqual(total, parameters)
                if digest:
                    text = "".join(f"{k} {'x'.join(map(str, got['shapes'][k]))}\n" for k in sorted(got["shapes"]))
                    self.assertTrue(hashlib.sha256(text.encode()).hexdigest().startswith(digest))
                if not clip:  # every key of the class is written, with its value
                    for key, value in json.loads(json.dumps(given)).items():
                        if not key.startswith("_"):
                            self.assertEqual(got["config"][key], value, key)

    def controlnets(self, name, guess=False, size=(8, 8), **configs):
        folder = self.folder / name
        unet = randomise(UNet2DConditionModel(**BASE), 1)
        unet.save_pretrained(folder / "unet")
        nets = [randomise(ControlNetModel(**{**CONTROL, "conditioning_embedding_out_channels": (8, 16), **config}), 2 + i) for i, config in enumerate(configs.values())]
        inputs = {"sample": torch.randn(2, 4, *size), "timestep": torch.tensor([10, 500]), "encoder_hidden_states": torch.randn(2, 7, 16)}
        total = None
        given, outputs = dict(inputs), {}
        for i, net in enumerate(nets):
            net.save_pretrained(folder / str(i))
            condition = given[f"condition.{i}"] = torch.rand(2, net.config.conditioning_channels, *(2 * s for s in size))
            down, mid = net(*inputs.values(), condition, conditioning_scale=0.7 + i, guess_mode=guess, return_dict=False)
            outputs.update({f"{i}.down.{k}": d for k, d in enumerate(down)}, **{f"{i}.mid": mid})
            total = ([a + b for a, b in zip(total[0], down)], total[1] + mid) if total else (list(down), mid)
        outputs["sample"] = unet(*inputs.values(), down_block_additional_residuals=total[0], mid_block_additional_residual=total[1]).sample
        given["upstream"] = torch.randn_like(outputs["sample"])
        (outputs["sample"] * given["upstream"]).sum().backward()
        got = self.computed("control", folder, given, "guess" if guess else "")
        for key, value in outputs.items():
            self.close(got[key], value)
        self.gradientsClose(got, nets[0])
        return folder, nets, inputs, given

    def test_controlnet(self):
        folder, nets, inputs, given = self.controlnets("one", first={})
        got = probed(folder / "0", "controlnet", {**inputs, "controlnet_cond": given["condition.0"], "conditioning_scale": torch.tensor([0.5])}, folder / "probe.st")
        down, mid = nets[0](*inputs.values(), given["condition.0"], conditioning_scale=0.5, return_dict=False)
        self.close(got["mid_block_res_sample"], mid)
        for i, residual in enumerate(down):
            self.close(got[f"down_block_res_samples.{i}"], residual)

    def test_controlnet_variants(self):
        self.controlnets("two", first={}, second=dict(controlnet_conditioning_channel_order="bgr"))
        self.controlnets("guess", guess=True, first=dict(conditioning_channels=1))
        self.controlnets("pooled", first=dict(global_pool_conditions=True))
        self.controlnets("pooled-guess", guess=True, first=dict(global_pool_conditions=True))
        self.controlnets("odd", size=(7, 9), first=dict(mid_block_type="UNetMidBlock2D", use_linear_projection=True, attention_head_dim=(2, 4)))

    def test_controlnet_from_unet(self):
        unet = randomise(UNet2DConditionModel(**BASE), 4)
        unet.save_pretrained(self.folder / "from")
        self.tool("fromunet", self.folder / "from", self.folder / "started")
        ours = ControlNetModel.from_pretrained(self.folder / "started")
        reference = ControlNetModel.from_unet(unet, controlnet_conditioning_channel_order="bgr", conditioning_channels=2)
        plain = lambda config: json.loads(json.dumps({k: v for k, v in config.items() if not k.startswith("_")}))
        self.assertEqual(plain(ours.config), plain(reference.config))
        theirs = dict(reference.named_parameters())
        for name, parameter in ours.named_parameters():
            if name.startswith("controlnet_cond_embedding.") and "conv_out" not in name:
                self.assertGreater(parameter.std().item(), 0, name)
            else:
                self.assertTrue(torch.equal(parameter, theirs[name]), name)

    def test_vq_model(self):
        blocks = dict(down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2)
        for i, config in enumerate((dict(TWO, **blocks, num_vq_embeddings=32), dict(TWO, **blocks, latent_channels=4, vq_embed_dim=6, mid_block_add_attention=False, act_fn="mish"))):
            model = randomise(VQModel(**config), i)
            folder = self.folder / f"vq-{i}"
            model.save_pretrained(folder)
            pixels = torch.rand(2, 3, 16, 20) * 2 - 1
            latents = model.encode(pixels).latents
            quantized, loss, (_, _, indices) = model.quantize(latents)
            decoded = model.decode(latents).sample
            upstream = torch.randn_like(decoded)
            ((decoded + loss) * upstream).sum().backward()
            got = self.computed("vq", folder, {"pixels": pixels, "upstream": upstream})
            for key, value in (("latents", latents), ("quantized", quantized), ("loss", loss), ("pixels", decoded), ("looked_up", quantized)):
                self.close(got[key], value)
            self.assertTrue(torch.equal(got["indices"].flatten(), indices))
            self.gradientsClose(got, model)

    def test_unconditional_unet(self):
        base = dict(TWO, sample_size=8, down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"))
        cases = {"base": {}, "heads": dict(attention_head_dim=16, layers_per_block=2), "one head": dict(attention_head_dim=None),
                 "shifted": dict(resnet_time_scale_shift="scale_shift", mid_block_scale_factor=1.4), "groups": dict(attn_norm_num_groups=4, resnet_time_scale_shift="scale_shift"),
                 "plain middle": dict(add_attention=False, act_fn="gelu", center_input_sample=True), "no middle": dict(mid_block_type=None, downsample_padding=0),
                 "learned": dict(time_embedding_type="learned", num_train_timesteps=1000, time_embedding_dim=40), "table": dict(num_class_embeds=10),
                 "class times": dict(class_embed_type="timestep", flip_sin_to_cos=False, freq_shift=1), "class vectors": dict(class_embed_type="identity")}
        for i, (name, config) in enumerate(cases.items()):
            with self.subTest(name):
                model = randomise(UNet2DModel(**{**base, **config}), i)
                folder = self.folder / ("unet2d-" + name.replace(" ", "_"))
                model.save_pretrained(folder)
                inputs = {"sample": torch.randn(2, 3, 8, 12), "timestep": torch.tensor([7, 800])}
                if "class" in name or name == "table":
                    inputs["class_labels"] = {"table": torch.tensor([3, 9]), "class times": torch.tensor([2.5, 4.0]), "class vectors": torch.randn(2, 128)}[name]
                wanted = model(*inputs.values()).sample
                inputs["upstream"] = torch.randn_like(wanted)
                (wanted * inputs["upstream"]).sum().backward()
                got = self.computed("unet2d", folder, inputs, "checkpoint" if i % 2 else "")
                self.close(got["sample"], wanted)
                self.gradientsClose(got, model)

    def test_tiling_and_slicing(self):
        blocks = dict(down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3)
        model = randomise(AutoencoderKL(block_out_channels=(8, 16, 16), norm_num_groups=4, sample_size=32, **blocks), 1)
        folder = self.folder / "vae-tiled"
        model.save_pretrained(folder)
        for size in ((64, 40), (96, 100), (32, 33), (32, 32)):
            inputs = {"pixels": torch.rand(2, 3, *size) * 2 - 1, "latents": torch.randn(2, 4, size[0] // 4, size[1] // 4)}
            for tile, cut in ((True, False), (True, True), (False, True)):
                model.use_tiling, model.use_slicing = tile, cut
                with torch.no_grad():
                    moments, pixels = model.encode(inputs["pixels"]).latent_dist.parameters, model.decode(inputs["latents"]).sample
                got = self.computed("vae", folder, inputs, ("tile" if tile else "") + ("slice" if cut else ""))
                self.close(got["moments"], moments)
                self.close(got["pixels"], pixels)

    def test_scale_of_latents(self):
        x = torch.randn(2, 4, 3, 5)
        for i, config in enumerate((dict(scaling_factor=0.13025), dict(scaling_factor=0.36, shift_factor=0.11), dict(scaling_factor=0.5, latents_mean=(1, 2, 3, 4), latents_std=(2, 3, 4, 5)))):
            AutoencoderKL(block_out_channels=(8,), norm_num_groups=4, **config).save_pretrained(self.folder / f"scale-{i}")
            got = self.computed("vae", self.folder / f"scale-{i}", {"scale": x})
            if "latents_mean" in config:
                mean, std = (torch.tensor(config[k]).view(1, 4, 1, 1) for k in ("latents_mean", "latents_std"))
                scaled, unscaled = (x - mean) * 0.5 / std, x * std / 0.5 + mean
            else:
                shift = config.get("shift_factor", 0)
                scaled, unscaled = (x - shift) * config["scaling_factor"], x / config["scaling_factor"] + shift
            self.close(got["scaled"], scaled)
            self.close(got["unscaled"], unscaled)

    def test_half_precision_but_for_autoencoders_that_overflow(self):
        for upcast, dtype, wanted in ((True, "fp16", "Float"), (False, "fp16", "Half"), (True, "bf16", "BFloat16")):
            AutoencoderKL(block_out_channels=(8,), norm_num_groups=4, force_upcast=upcast).save_pretrained(self.folder / "half")
            self.assertEqual(self.tool("store", "vae", self.folder / "half", self.folder / f"stored-{upcast}-{dtype}", dtype).strip(), wanted)

    def test_early_names_of_unconditional_attention(self):
        model = randomise(UNet2DModel(**TWO, down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D")), 3)
        folder = self.folder / "early"
        model.save_pretrained(folder)
        weights = load_file(folder / "diffusion_pytorch_model.safetensors")
        for new, old in ((".to_q.", ".query."), (".to_k.", ".key."), (".to_v.", ".value."), (".to_out.0.", ".proj_attn.")):
            weights = {k.replace(new, old): v for k, v in weights.items()}
        save_file(weights, folder / "diffusion_pytorch_model.safetensors")
        self.tool("store", "unet2d", folder, self.folder / "early-out", "bf16")
        again = UNet2DModel.from_pretrained(self.folder / "early-out")
        for name, parameter in again.named_parameters():
            self.assertTrue(torch.equal(parameter, dict(model.named_parameters())[name].bfloat16().float()), name)

    def test_clip_skip(self):
        config = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=4, num_attention_heads=4, vocab_size=64, max_position_embeddings=9, projection_dim=16, bos_token_id=62, eos_token_id=63)
        for cls in (CLIPTextModel, CLIPTextModelWithProjection):
            model = randomise(cls(CLIPTextConfig(**config)), 1)
            folder = self.folder / ("skip-" + cls.__name__)
            model.save_pretrained(folder)
            ids = torch.randint(0, 62, (2, 9))
            ids[:, 5] = 63
            with torch.no_grad():
                wanted = model(ids, output_hidden_states=True)
                text = getattr(model, "text_model", model)
                for skip in (0, 1, 3):
                    got = self.computed("clip", folder, {"input_ids": ids}, skip)
                    self.close(got["context"], text.final_layer_norm(wanted.hidden_states[-(skip + 1)]))
                    self.close(got["penultimate"], wanted.hidden_states[-(skip + 2)])
                    self.assertEqual("text_embeds" in got, cls is CLIPTextModelWithProjection)
                    if "text_embeds" in got:
                        self.close(got["text_embeds"], wanted.text_embeds)


if __name__ == "__main__":
    unittest.main()
