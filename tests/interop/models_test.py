# SPDX-License-Identifier: GPL-3.0-or-later
# The engine's models against diffusers and transformers: same names and shapes, outputs within 1e-5, gradients within 1e-4.
import json
import pathlib
import shutil
import tempfile
import unittest

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.models.transformers.dual_transformer_2d import DualTransformer2DModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from probe_support import probe, probed, randomise, relative

# The class takes fewer arguments than its callers give since they know masks: only those are dropped here.
dual_forward = DualTransformer2DModel.forward
DualTransformer2DModel.forward = lambda self, x, encoder_hidden_states, attention_mask=None, encoder_attention_mask=None, **more: dual_forward(self, x, encoder_hidden_states, **more)
FORWARD, GRADIENT = 1e-5, 1e-4
BASE = dict(sample_size=8, block_out_channels=(32, 64), layers_per_block=1, cross_attention_dim=16, norm_num_groups=8, attention_head_dim=4,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"))
THREE = dict(block_out_channels=(32, 64, 96), down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
             up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"))
CONFIGS = {
    "base": {},
    "heads per level, linear projection": dict(attention_head_dim=(2, 4), use_linear_projection=True),
    "three levels, two layers": dict(THREE, layers_per_block=2, attention_head_dim=(2, 4, 8)),
    "layers and widths per level": dict(THREE, layers_per_block=(1, 2, 3), cross_attention_dim=(16, 16, 16), transformer_layers_per_block=(1, 2, 1)),
    "no attention": dict(down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"), mid_block_type="UNetMidBlock2D"),
    "no middle": dict(mid_block_type=None),
    "scale and shift, middle scaled": dict(resnet_time_scale_shift="scale_shift", mid_block_scale_factor=1.5),
    "class labels": dict(num_class_embeds=7),
    "only cross-attention": dict(only_cross_attention=(True, False)),
    "sin before cos, shift 1, centred input": dict(flip_sin_to_cos=False, freq_shift=1, center_input_sample=True),
    "gelu, other kernels": dict(act_fn="gelu", conv_in_kernel=5, conv_out_kernel=1, time_embedding_dim=48),
    "no padding when halving": dict(downsample_padding=0),
    "text and time": dict(down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
                          attention_head_dim=(2, 4), use_linear_projection=True, transformer_layers_per_block=(1, 2), addition_embed_type="text_time",
                          addition_time_embed_dim=8, projection_class_embeddings_input_dim=64),
    "only cross-attention everywhere": dict(only_cross_attention=True),
    "two contexts": dict(dual_cross_attention=True, context=100),
    "layers per attention": dict(THREE, layers_per_block=2, transformer_layers_per_block=(1, (1, 2), (2, 1)), reverse_transformer_layers_per_block=((2, 1, 1), 1, 1)),
    "layers up of their own": dict(transformer_layers_per_block=(2, 1), reverse_transformer_layers_per_block=(1, (1, 2))),
    "classes as timesteps": dict(class_embed_type="timestep", act_fn="gelu"),
    "classes as they are": dict(class_embed_type="identity"),
    "classes projected": dict(class_embed_type="projection", projection_class_embeddings_input_dim=12),
    "classes simply projected": dict(class_embed_type="simple_projection", projection_class_embeddings_input_dim=12),
    "classes behind the time": dict(class_embed_type="projection", projection_class_embeddings_input_dim=12, class_embeddings_concat=True),
    "time activated": dict(time_embedding_act_fn="gelu", timestep_post_act="mish"),
    "guidance embedded": dict(time_cond_proj_dim=6),
    "context projected": dict(encoder_hid_dim=10),
    "keys of other blocks": dict(resnet_skip_time_act=True, resnet_out_scale_factor=2.0, cross_attention_norm="layer_norm", mid_block_only_cross_attention=True),
    "upscaler": dict(in_channels=7, only_cross_attention=(True, False), num_class_embeds=1000, use_linear_projection=True),
    "nine channels in, five groups": dict(in_channels=9, out_channels=3, block_out_channels=(40, 80), norm_num_groups=5, norm_eps=1e-6, upcast_attention=True),
}


class Models(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-models-"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def compareUnet(self, name, size=(8, 8), batch=2, timesteps=None, residuals=False):
        given = dict(CONFIGS[name])
        tokens = given.pop("context", 7)
        model = randomise(UNet2DConditionModel(**{**BASE, **given}), 1)
        folder = self.folder / ("unet-" + name.replace(" ", "_") + f"-{size[0]}x{size[1]}")
        model.save_pretrained(folder)
        c = model.config
        width = c.cross_attention_dim if isinstance(c.cross_attention_dim, int) else c.cross_attention_dim[0]
        width = c.encoder_hid_dim or width
        inputs = {"sample": torch.randn(batch, c.in_channels, *size), "timestep": timesteps if timesteps is not None else torch.tensor([10, 500][:batch]),
                  "encoder_hidden_states": torch.randn(batch, tokens, width)}
        more = {}
        if c.class_embed_type:
            shape = {"timestep": (), "identity": (4 * c.block_out_channels[0],)}.get(c.class_embed_type, (12,))
            more["class_labels"] = inputs["class_labels"] = 5 * torch.rand(batch, *shape)
        if c.time_cond_proj_dim:
            more["timestep_cond"] = inputs["timestep_cond"] = torch.randn(batch, c.time_cond_proj_dim)
        if c.num_class_embeds:
            more["class_labels"] = inputs["class_labels"] = torch.tensor([3, 6][:batch])
        if c.addition_embed_type:
            inputs.update(text_embeds=torch.randn(batch, 16), time_ids=torch.tensor([[8, 8, 0, 0, 8, 8], [16, 8, 1, 2, 8, 8]][:batch]).float())
            more["added_cond_kwargs"] = {k: inputs[k] for k in ("text_embeds", "time_ids")}
        if residuals:
            shapes = [(32, *size), (32, *size), (32, (size[0] + 1) // 2, (size[1] + 1) // 2), (64, (size[0] + 1) // 2, (size[1] + 1) // 2)]
            down = [torch.randn(batch, *s) for s in shapes]
            more["down_block_additional_residuals"], more["mid_block_additional_residual"] = down, torch.randn(batch, *shapes[-1])
            inputs.update({f"down_block_additional_residuals.{i}": t for i, t in enumerate(down)})
            inputs["mid_block_additional_residual"] = more["mid_block_additional_residual"]
        sample = inputs["sample"].clone().requires_grad_(True)
        wanted = model(sample, inputs["timestep"], inputs["encoder_hidden_states"], **more).sample
        upstream = torch.randn_like(wanted)
        wanted.backward(upstream)
        save_file({"sample": upstream}, folder / "grad.st")
        got = probed(folder, "unet", inputs, folder / "out.st", "--grad", folder / "grad.st")
        self.assertLess(relative(got.pop("sample"), wanted.detach()), FORWARD)
        gradients = {"grad." + n: p.grad if p.grad is not None else torch.zeros_like(p) for n, p in model.named_parameters()}
        gradients["grad_input.sample"] = sample.grad
        self.assertEqual(set(got), set(gradients))
        largest = max(g.abs().max() for g in gradients.values())
        for key, g in gradients.items():
            scale = g.abs().max()
            error = (got[key] - g).abs().max() / (largest if scale < 1e-6 * largest else scale)
            self.assertLess(error.item(), GRADIENT, key)

    def test_unet_configurations(self):
        for name in CONFIGS:
            with self.subTest(name):
                self.compareUnet(name)

    def test_unet_odd_sizes_and_fractional_timesteps(self):
        self.compareUnet("base", size=(7, 9), batch=1, timesteps=torch.tensor([1.5]))
        self.compareUnet("three levels, two layers", size=(5, 6))
        self.compareUnet("base", size=(20, 12))

    def test_unet_with_controlnet_residuals(self):
        self.compareUnet("base", residuals=True)
        self.compareUnet("base", size=(7, 9), residuals=True)

    def test_unet_forward_alone_equals_forward_with_gradients(self):
        model = randomise(UNet2DConditionModel(**BASE), 3)
        folder = self.folder / "plain" / "unet"
        model.save_pretrained(folder)
        inputs = {"sample": torch.randn(1, 4, 16, 16), "timestep": torch.tensor([3]), "encoder_hidden_states": torch.randn(1, 1, 16)}
        got = probed(folder.parent, "unet", inputs, folder / "out.st")  # the pipeline folder's form
        with torch.no_grad():
            wanted = model(*inputs.values()).sample
        self.assertLess(relative(got["sample"], wanted), FORWARD)

    def test_unet_half_precision_and_shards(self):
        model = randomise(UNet2DConditionModel(**BASE), 4)
        inputs = {"sample": torch.randn(2, 4, 8, 8), "timestep": torch.tensor([3, 4]), "encoder_hidden_states": torch.randn(2, 5, 16)}
        for dtype, limit in ((torch.float16, "10GB"), (torch.bfloat16, "1MB")):
            folder = self.folder / f"stored-{limit}"
            model.to(dtype).save_pretrained(folder, max_shard_size=limit)
            got = probed(folder, "unet", inputs, folder / "out.st")
            with torch.no_grad():
                wanted = UNet2DConditionModel.from_pretrained(folder, torch_dtype=torch.float32)(*inputs.values()).sample
            self.assertLess(relative(got["sample"], wanted), FORWARD)

    def test_autoencoder(self):
        blocks = lambda n: dict(down_block_types=("DownEncoderBlock2D",) * n, up_block_types=("UpDecoderBlock2D",) * n)
        for i, config in enumerate((dict(block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8, **blocks(2)),
                                    dict(block_out_channels=(16, 32, 64), layers_per_block=2, norm_num_groups=4, latent_channels=8, use_quant_conv=False,
                                         use_post_quant_conv=False, **blocks(3)),
                                    dict(block_out_channels=(24, 48), layers_per_block=1, norm_num_groups=6, mid_block_add_attention=False, act_fn="mish",
                                         in_channels=4, out_channels=4, **blocks(2)))):
            model = randomise(AutoencoderKL(**config), i)
            folder = self.folder / f"vae-{i}"
            model.save_pretrained(folder)
            for size in ((16, 16), (20, 36), (19, 13)):
                pixels = torch.rand(2, config.get("in_channels", 3), *size) * 2 - 1
                latents = torch.randn(2, config.get("latent_channels", 4), size[0] // 2, size[1] // 2)
                with torch.no_grad():
                    moments = model.encode(pixels).latent_dist.parameters
                    decoded = model.decode(latents).sample
                self.assertLess(relative(probed(folder, "vae.encode", {"pixels": pixels}, folder / "out.st")["moments"], moments), FORWARD)
                self.assertLess(relative(probed(folder, "vae.decode", {"latents": latents}, folder / "out.st")["pixels"], decoded), FORWARD)

    def test_autoencoder_with_early_attention_names(self):
        model = randomise(AutoencoderKL(block_out_channels=(16,), norm_num_groups=8), 5)
        folder = self.folder / "vae-early"
        model.save_pretrained(folder)
        weights = load_file(folder / "diffusion_pytorch_model.safetensors")
        for new, old in ((".to_q.", ".query."), (".to_k.", ".key."), (".to_v.", ".value."), (".to_out.0.", ".proj_attn.")):
            weights = {k.replace(new, old): v for k, v in weights.items()}
        save_file(weights, folder / "diffusion_pytorch_model.safetensors")
        pixels = torch.rand(1, 3, 8, 8)
        with torch.no_grad():
            moments = model.encode(pixels).latent_dist.parameters
        self.assertLess(relative(probed(folder, "vae.encode", {"pixels": pixels}, folder / "out.st")["moments"], moments), FORWARD)

    def test_text_encoder(self):
        base = dict(hidden_size=32, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4, vocab_size=80, max_position_embeddings=16, projection_dim=24,
                    bos_token_id=62)
        cases = ((CLIPTextModel, dict(hidden_act="quick_gelu", eos_token_id=2)), (CLIPTextModel, dict(hidden_act="gelu", eos_token_id=63)),
                 (CLIPTextModelWithProjection, dict(hidden_act="gelu_new", eos_token_id=63, num_attention_heads=2)))
        for i, (cls, config) in enumerate(cases):
            model = randomise(cls(CLIPTextConfig(**{**base, **config})), i)
            folder = self.folder / f"clip-{i}"
            model.save_pretrained(folder)
            for length in (16, 5, 1):
                ids = torch.randint(0, 62, (3, length))
                ids[0, length // 2] = 63
                if config["eos_token_id"] != 2:
                    ids[1, -1] = 70  # an added token beyond the end token
                with torch.no_grad():
                    wanted = model(ids, output_hidden_states=True)
                got = probed(folder, "text_encoder", {"input_ids": ids}, folder / "out.st")
                self.assertLess(relative(got["last_hidden_state"], wanted.last_hidden_state), FORWARD)
                for layer, state in enumerate(wanted.hidden_states):
                    self.assertLess(relative(got[f"hidden_states.{layer}"], state), FORWARD)
                if cls is CLIPTextModel:
                    self.assertLess(relative(got["pooler_output"], wanted.pooler_output), FORWARD)
                    self.assertNotIn("text_embeds", got)
                else:
                    self.assertLess(relative(got["text_embeds"], wanted.text_embeds), FORWARD)
            # Both spellings of the names, and the position ids of old files.
            weights = load_file(folder / "model.safetensors")
            long = {k if k.startswith(("text_model.", "text_projection.")) else "text_model." + k: v for k, v in weights.items()}
            save_file({**long, "text_model.embeddings.position_ids": torch.arange(16)[None]}, folder / "model.safetensors", {"format": "pt"})
            again = probed(folder, "text_encoder", {"input_ids": ids}, folder / "out.st")
            self.assertTrue(torch.equal(again["last_hidden_state"], got["last_hidden_state"]))

    def test_what_does_not_fit_is_named(self):
        model = randomise(UNet2DConditionModel(**BASE), 6)
        good = self.folder / "good"
        model.save_pretrained(good)
        inputs = {"sample": torch.randn(1, 4, 8, 8), "timestep": torch.tensor([3]), "encoder_hidden_states": torch.randn(1, 7, 16)}
        weights = load_file(good / "diffusion_pytorch_model.safetensors")
        config = json.loads((good / "config.json").read_text())

        def refused(expected, weights=weights, config=config, inputs=inputs, component="unet", grad=None):
            folder = self.folder / "bad"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "config.json").write_text(json.dumps(config))
            save_file(weights, folder / "diffusion_pytorch_model.safetensors")
            more = ()
            if grad is not None:
                save_file({"sample": grad}, folder / "grad.st")
                more = ("--grad", folder / "grad.st")
            code, err = probe(folder, component, inputs, folder / "out.st", *more)
            self.assertEqual(code, 2, err)
            self.assertIn(expected, err)
            self.assertFalse((folder / "out.st").exists())

        without = dict(weights)
        without.pop("conv_in.bias")
        refused("conv_in.bias", weights=without)
        refused("surplus.weight", weights={**weights, "surplus.weight": torch.zeros(1)})
        refused("[3, 32] instead of [32]", weights={**weights, "conv_in.bias": torch.zeros(3, 32)})
        refused("ResnetDownsampleBlock2D", config={**config, "down_block_types": ["ResnetDownsampleBlock2D", "DownBlock2D"]})
        for key, value in (("encoder_hid_dim_type", "image_proj"), ("num_attention_heads", 4), ("time_embedding_type", "fourier"), ("attention_type", "gated"), ("dropout", 0.1),
                           ("addition_embed_type", "image"), ("class_embed_type", "other"), ("mid_block_type", "UNetMidBlock2DSimpleCrossAttn"), ("norm_num_groups", None),
                           ("transformer_layers_per_block", [[1], [2, 2]]), ("reverse_transformer_layers_per_block", [1]), ("conv_in_kernel", 4)):
            refused(key, config={**config, key: value})
        refused("attention_head_dim", config={**config, "attention_head_dim": 7})
        refused("encoder_hidden_states", inputs={k: v for k, v in inputs.items() if k != "encoder_hidden_states"})
        refused("[1, 7, 15]", inputs={**inputs, "encoder_hidden_states": torch.randn(1, 7, 15)})
        refused("odd_one", inputs={**inputs, "odd_one": torch.zeros(1)})
        refused("F32", inputs={**inputs, "sample": inputs["sample"].half()})
        refused("no component", component="vae.encode2")
        refused("[1, 4, 8, 7]", grad=torch.zeros(1, 4, 8, 7))
        self.assertEqual(probe(good, "unet", inputs, good / "out.st")[0], 0)


if __name__ == "__main__":
    unittest.main()
