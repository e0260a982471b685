# SPDX-License-Identifier: GPL-3.0-or-later
# Small random Stable Diffusion pipelines made by diffusers, and its samplers driven by given noise; for the picture tests.
import importlib
import importlib.util
import math
import sys
import types
import unittest.mock

import diffusers
import numpy
import torch
import transformers
from diffusers import (AutoencoderKL, ControlNetModel, DDIMScheduler, DDPMScheduler, StableDiffusionDepth2ImgPipeline, StableDiffusionPipeline, StableDiffusionUpscalePipeline,
                       StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline, UNet2DConditionModel)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from probe_support import randomise
from tokenizer_test import trained_vocabulary, write_classic

diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "steps_offset": 1,
      "clip_sample": False, "set_alpha_to_one": False}
# Our sampler: diffusers' class and what its from_config gets besides the folder's keys.
SAMPLERS = {
    "ddim": ("DDIMScheduler", {}), "ddpm": ("DDPMScheduler", {}), "pndm": ("PNDMScheduler", {"skip_prk_steps": True}), "lcm": ("LCMScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}), "euler_a": ("EulerAncestralDiscreteScheduler", {}), "heun": ("HeunDiscreteScheduler", {}), "lms": ("LMSDiscreteScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {}), "dpmpp_2m_karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "dpmpp_2m_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "dpmpp_2m_sde_karras": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True}),
    "dpmpp_sde": ("DPMSolverSDEScheduler", {}), "dpmpp_sde_karras": ("DPMSolverSDEScheduler", {"use_karras_sigmas": True}), "unipc": ("UniPCMultistepScheduler", {})}
MODULES = {name: f"diffusers.schedulers.scheduling_{file}" for name, file in (
    ("EulerDiscreteScheduler", "euler_discrete"), ("HeunDiscreteScheduler", "heun_discrete"), ("LMSDiscreteScheduler", "lms_discrete"),
    ("DPMSolverMultistepScheduler", "dpmsolver_multistep"), ("UniPCMultistepScheduler", "unipc_multistep"))}
TWICE = ("heun", "dpmpp_sde", "dpmpp_sde_karras")  # two network evaluations per step


def quad(function, low, high, epsrel):
    """scipy's integral where scipy is not installed: diffusers' LMS asks for those of polynomials only, for which this is exact."""
    nodes, weights = numpy.polynomial.legendre.leggauss(12)
    low, high = float(low), float(high)
    return sum(w * float(function((high + low) / 2 + (high - low) / 2 * x)) for x, w in zip(nodes, weights)) * (high - low) / 2, 0


LEGENDRE = numpy.polynomial.legendre.leggauss(100)


def beta_quantile(p, a, b):
    """scipy's Beta quantile where scipy is not installed, by quadrature: t = sin²(θ) takes both poles out of the density's way."""
    nodes, weights = LEGENDRE

    def mass(angle):
        x = (nodes + 1) / 2  # substitution θ = angle·x⁵ flattens the pole at 0
        theta = angle * x ** 5
        return (weights / 2 * 5 * angle * x ** 4 * 2 * numpy.sin(theta) ** (2 * a - 1) * numpy.cos(theta) ** (2 * b - 1)).sum()

    if p > 0.5:
        return 1 - beta_quantile(1 - p, b, a)
    low, high, whole = 0.0, math.pi / 4, 2 * mass(math.pi / 4)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mass(middle) < p * whole else (low, middle)
    return math.sin((low + high) / 2) ** 2


def scheduler_class(name):
    module = importlib.import_module(MODULES[name]) if name in MODULES else None
    if module is not None and not hasattr(module, "scipy"):
        module.scipy = types.SimpleNamespace(stats=types.SimpleNamespace(beta=types.SimpleNamespace(ppf=beta_quantile)))
        module.is_scipy_available = lambda: True
    if name == "LMSDiscreteScheduler":
        module = importlib.import_module("diffusers.schedulers.scheduling_lms_discrete")
        if not hasattr(module, "integrate"):
            module.integrate = types.SimpleNamespace(quad=quad)
        return module.LMSDiscreteScheduler
    if name == "DPMSolverSDEScheduler" and importlib.util.find_spec("torchsde") is None:
        sys.modules["torchsde"] = types.ModuleType("torchsde")  # only its Brownian tree, which the tests replace
        try:
            return importlib.import_module("diffusers.schedulers.scheduling_dpmsolver_sde").DPMSolverSDEScheduler
        finally:
            del sys.modules["torchsde"]
    return getattr(importlib.import_module("diffusers"), name)


class Brownian:
    """Increments of one Brownian path over sigma, put together from the test's own noise; `step`: the first one made."""

    def __init__(self, noise, step=0):
        self.noise, self.calls = noise, 2 * step

    def __call__(self, high, low):
        step, second = divmod(self.calls, 2)
        self.calls += 1
        high, low = float(high), float(low)
        if not second:
            return self.noise[2 * step]
        middle = (high * low) ** 0.5
        return (self.noise[2 * step] * (high - middle) ** 0.5 + self.noise[2 * step + 1] * (middle - low) ** 0.5) / (high - low) ** 0.5


def text_encoder(vocabulary, width=32):
    return randomise(CLIPTextModel(CLIPTextConfig(vocab_size=vocabulary, hidden_size=width, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                                                  bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1)), 3)


def vae():
    model = randomise(AutoencoderKL(block_out_channels=(32, 32, 32), down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
                                    layers_per_block=1, latent_channels=4, norm_num_groups=8, sample_size=32), 2)
    with torch.no_grad():  # a posterior without width: what is drawn from it does not depend on whose noise it is
        model.quant_conv.weight[4:] = 0
        model.quant_conv.bias[4:] = -30
    return model


def unet(channels=4, **more):
    return randomise(UNet2DConditionModel(**{"sample_size": 8, "in_channels": channels, "out_channels": 4, "block_out_channels": (32, 64), "layers_per_block": 1, "norm_num_groups": 8,
                                             "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"), "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
                                             "cross_attention_dim": 32, "attention_head_dim": 4, **more}), 1)


def save(folder, channels=4, **scheduler):
    write_classic(folder / "words", trained_vocabulary())
    tokenizer = CLIPTokenizer.from_pretrained(folder / "words")
    StableDiffusionPipeline(vae=vae(), text_encoder=text_encoder(len(tokenizer)), tokenizer=tokenizer, unet=unet(channels), scheduler=DDIMScheduler(**{**SD, **scheduler}),
                            safety_checker=None, feature_extractor=None, requires_safety_checker=False).save_pretrained(folder)


def save_depth(folder, **scheduler):
    """SD 2's depth model: five channels. Its estimator is left out, a depth map is given."""
    write_classic(folder / "words", trained_vocabulary())
    tokenizer = CLIPTokenizer.from_pretrained(folder / "words")
    StableDiffusionDepth2ImgPipeline(vae=vae(), text_encoder=text_encoder(len(tokenizer)), tokenizer=tokenizer, unet=unet(5), scheduler=DDIMScheduler(**{**SD, **scheduler}),
                                     depth_estimator=None, feature_extractor=None).save_pretrained(folder)


def save_upscaler(folder, most=350, **scheduler):
    """The x4 upscaler: the picture's three channels beside the latents, and how blurred it is as a class."""
    write_classic(folder / "words", trained_vocabulary())
    tokenizer = CLIPTokenizer.from_pretrained(folder / "words")
    model = unet(7, num_class_embeds=1000, only_cross_attention=[True, False], use_linear_projection=True)
    StableDiffusionUpscalePipeline(vae=vae(), text_encoder=text_encoder(len(tokenizer)), tokenizer=tokenizer, unet=model, scheduler=DDIMScheduler(**{**SD, **scheduler}),
                                   low_res_scheduler=DDPMScheduler(beta_schedule="scaled_linear", beta_start=0.0001, beta_end=0.02), max_noise_level=most).save_pretrained(folder)


def save_xl(folder, channels=4, refiner=False, **scheduler):
    """SDXL's two encoders and size embedding; a refiner has the second encoder and a score instead."""
    write_classic(folder / "words", trained_vocabulary())
    first, second = CLIPTokenizer.from_pretrained(folder / "words"), CLIPTokenizer.from_pretrained(folder / "words", pad_token="!")
    size = len(first)
    ends = {"vocab_size": size, "num_hidden_layers": 3, "num_attention_heads": 4, "bos_token_id": size - 2, "eos_token_id": size - 1}
    text_1 = randomise(CLIPTextModel(CLIPTextConfig(hidden_size=32, intermediate_size=64, **ends)), 3)
    text_2 = randomise(CLIPTextModelWithProjection(CLIPTextConfig(hidden_size=48, intermediate_size=64, hidden_act="gelu", projection_dim=24, **ends)), 4)
    model = unet(channels, cross_attention_dim=48 if refiner else 80, addition_embed_type="text_time", addition_time_embed_dim=8,
                 projection_class_embeddings_input_dim=24 + 8 * (5 if refiner else 6))
    parts = {"vae": vae(), "unet": model, "text_encoder_2": text_2, "tokenizer_2": second, "scheduler": DDIMScheduler(**{**SD, **scheduler}), "add_watermarker": False}
    if refiner:
        made = StableDiffusionXLImg2ImgPipeline(text_encoder=None, tokenizer=None, requires_aesthetics_score=True, force_zeros_for_empty_prompt=False, **parts)
    else:
        made = StableDiffusionXLPipeline(text_encoder=text_1, tokenizer=first, **parts)
    made.save_pretrained(folder)


def save_controlnet(folder, model, seed):
    # Small residuals: the UNet's own share of the picture stays.
    net = randomise(ControlNetModel.from_unet(UNet2DConditionModel.from_pretrained(model / "unet"), conditioning_embedding_out_channels=(8, 8, 8)), seed)
    net.save_pretrained(folder)


def run(pipeline, sampler, start_noise, step_noise, first, output_type="np", **arguments):
    """8-bit pictures of a diffusers pipeline with this sampler; `first`: the first step made. Noise is taken from the test wherever diffusers draws some."""
    name, extra = SAMPLERS[sampler]
    cls = scheduler_class(name)
    pipeline.scheduler = cls.from_config(pipeline.scheduler.config, **extra)
    pipeline.set_progress_bar_config(disable=True)
    made = {"evaluations": (2 if sampler in TWICE else 1) * first}
    step = pipeline.scheduler.step

    def counted(*a, **k):
        result = step(*a, **k)
        made["evaluations"] += 1
        return result

    pipeline.scheduler.step = counted
    patches = [(sys.modules[type(pipeline).__module__], "randn_tensor", lambda *a, **k: start_noise),
               (sys.modules[cls.__module__], "randn_tensor", lambda *a, **k: step_noise[made["evaluations"]]),
               (sys.modules[cls.__module__], "BrownianTreeNoiseSampler", lambda *a, **k: Brownian(step_noise, first))]
    with torch.no_grad():
        for module, attribute, value in patches:
            if hasattr(module, attribute):
                patch = unittest.mock.patch.object(module, attribute, value)
                patch.start()
        try:
            pictures = pipeline(output_type=output_type, **arguments).images
        finally:
            unittest.mock.patch.stopall()
    if output_type == "latent":
        return pictures
    return (pictures * 255).round().astype("uint8")
