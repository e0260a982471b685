#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""replay against diffusers + torch.optim.AdamW; sample against diffusers' StableDiffusionPipeline."""
import json
import math
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import torch
from diffusers import (AutoencoderKL, DDIMScheduler, DDPMScheduler, EulerDiscreteScheduler, StableDiffusionPipeline,
                       UNet2DConditionModel)
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

ENGINE = Path(os.environ["ATELIER_BIN"]) / "atelier-engine"
SCHEDULE = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                clip_sample=False, set_alpha_to_one=False, steps_offset=1)
WIDTH = 32


def tokenizer(folder: Path) -> CLIPTokenizer:
    """A vocabulary of the bytes alone: every text can be written, no merges."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = [chr(b) for b in printable] + [chr(256 + n) for n in range(256 - len(printable))]
    tokens = symbols + [s + "</w>" for s in symbols] + ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77,
                                                              "pad_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}))
    return CLIPTokenizer.from_pretrained(folder)


def pipeline(folder: Path, prediction_type: str) -> StableDiffusionPipeline:
    """A tiny pipeline with random weights, saved to the folder."""
    torch.manual_seed(5)
    tokens = tokenizer(folder / "byte_tokenizer")
    unet = UNet2DConditionModel(sample_size=8, in_channels=4, out_channels=4, block_out_channels=(32, 64), layers_per_block=1,
                                down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=WIDTH,
                                attention_head_dim=4, norm_num_groups=8)
    vae = AutoencoderKL(down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
                        block_out_channels=(16, 32), latent_channels=4, norm_num_groups=8, sample_size=16, scaling_factor=0.7)
    text = CLIPTextModel(CLIPTextConfig(vocab_size=514, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=2,
                                        num_attention_heads=4, bos_token_id=512, eos_token_id=513, pad_token_id=513))
    scheduler = DDIMScheduler(**SCHEDULE, prediction_type=prediction_type)
    made = StableDiffusionPipeline(vae=vae, text_encoder=text, tokenizer=tokens, unet=unet, scheduler=scheduler,
                                   safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    made.save_pretrained(folder / "pipeline")
    return made


def engine(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([str(ENGINE), *map(str, arguments)], capture_output=True, text=True)


def pixels(picture: Image.Image) -> torch.Tensor:
    return torch.tensor(list(picture.tobytes()), dtype=torch.float)


class Case(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)

    def tearDown(self):
        self.temporary.cleanup()

    def succeed(self, *arguments):
        result = engine(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def noise_shards(self, count, size=(16, 16), captions=False):
        """A base model in pipeline/, and `count` pictures of noise (captions "a toy N") from pictures/ in shards/."""
        pipeline(self.folder, "epsilon")
        pictures = self.folder / "pictures"
        pictures.mkdir()
        rng = random.Random(1)
        for i in range(count):
            Image.frombytes("RGB", size, rng.randbytes(3 * size[0] * size[1])).save(pictures / f"{i}.png")
            if captions:
                (pictures / f"{i}.txt").write_text(f"a toy {i}")
        self.succeed("dataset", "build", pictures, "--out", self.folder / "shards")

    def train_and_kill_once(self, config: Path, run: Path):
        """Trains in two parts: killed after the first checkpoint, then continued."""
        process = subprocess.Popen([str(ENGINE), "train", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.time() + 120
        while not list(run.glob("checkpoints/*/DONE")) and process.poll() is None and time.time() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        self.assertEqual(process.wait(), -signal.SIGKILL, "it was at work when it was killed")
        self.assertTrue(list(run.glob("checkpoints/*/DONE")))
        self.succeed("train", run)


class Replay(Case):
    UPDATES, ACCUMULATION, BATCH, WARMUP, TOTAL = 20, 2, 2, 5, 24

    def config(self, extra: str = "") -> Path:
        path = self.folder / "config.yaml"
        path.write_text(f"""
experiment: {{num_examples_to_see: {self.TOTAL * self.BATCH * self.ACCUMULATION}}}
system: {{batch_size: {self.BATCH}, gradient_accumulation: {self.ACCUMULATION}, threads: 2}}
model: {{pretrained: {self.folder}/pipeline, use_ema: true, max_grad_norm: 0.5, mixed_precision: fp32}}
optimizer: {{name: adamw, params: {{learning_rate: 1.0e-3, beta1: 0.9, beta2: 0.98, weight_decay: 0.02, epsilon: 1.0e-8}}}}
lr_scheduler: {{scheduler: CosineWithWarmup, params: {{learning_rate: 1.0e-3, warmup_length: {self.WARMUP}}}}}
{extra}""")
        return path

    def record(self, count: int) -> list[dict]:
        generator = torch.Generator().manual_seed(9)
        batches = []
        (self.folder / "batches").mkdir()
        for i in range(count):
            batch = {"latents": torch.randn(self.BATCH, 4, 8, 8, generator=generator),
                     "noise": torch.randn(self.BATCH, 4, 8, 8, generator=generator),
                     "timesteps": torch.randint(0, 1000, (self.BATCH,), generator=generator),
                     "encoder_hidden_states": torch.randn(self.BATCH, 7, WIDTH, generator=generator)}
            save_file(batch, self.folder / "batches" / f"batch-{i:05}.safetensors")
            batches.append(batch)
        return batches

    def lr(self, n: int, total: int) -> float:
        if n < self.WARMUP:
            return 1e-3 * (n + 1) / self.WARMUP
        return 0.5e-3 * (1 + math.cos(math.pi * (n - self.WARMUP) / (total - self.WARMUP)))

    def reference(self, unet, batches, prediction_type, limit=0.5, each_pass=False, total=TOTAL, average=None, averaged=0):
        """`each_pass`: open-diffusion clips what has been summed after every pass. `average` after so many updates: where the averages begin."""
        schedule = DDPMScheduler(**{k: v for k, v in SCHEDULE.items() if k not in ("set_alpha_to_one", "steps_offset")})
        parameters = list(unet.parameters())
        optimizer = torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.02)
        shadow = average or [p.detach().clone() for p in parameters]
        losses, norms, rates = [], [], []
        for i, b in enumerate(batches):
            noisy = schedule.add_noise(b["latents"], b["noise"], b["timesteps"])
            prediction = unet(noisy, b["timesteps"], b["encoder_hidden_states"]).sample
            target = {"epsilon": b["noise"], "sample": b["latents"],
                      "v_prediction": schedule.get_velocity(b["latents"], b["noise"], b["timesteps"])}[prediction_type]
            loss = torch.nn.functional.mse_loss(prediction, target)
            (loss / self.ACCUMULATION).backward()
            losses.append(loss.item())
            if (i + 1) % self.ACCUMULATION:
                if each_pass:
                    torch.nn.utils.clip_grad_norm_(parameters, limit)
                continue
            n = i // self.ACCUMULATION
            norms.append(torch.nn.utils.clip_grad_norm_(parameters, limit).item())
            rates.append(self.lr(n, total))
            if n == 0:
                self.first = {name: p.grad.clone() for name, p in unet.named_parameters()}
            self.largest_rate = max(rates)
            optimizer.param_groups[0]["lr"] = rates[-1]
            optimizer.step()
            optimizer.zero_grad()
            decay = min(0.995, (1 + averaged + n + 1) / (10 + averaged + n + 1))
            for s, p in zip(shadow, parameters):
                s.sub_((1 - decay) * (s - p.detach()))
        return losses, norms, rates, dict(zip(dict(unet.named_parameters()), shadow))

    def test_arithmetic_of_open_diffusion(self):
        """Clipped by passes, a schedule of as many updates as there are batches, the noise as target whatever the model says; averages that begin with its ema_model.state, whose
        list is in the order of diffusers 0.12 (a transformer block's norms come last) or of later ones."""
        unet = pipeline(self.folder, "v_prediction").unet.train()
        initial = {k: v.clone() for k, v in unet.state_dict().items()}
        batches = self.record(4 * self.ACCUMULATION)
        names = [n for n, _ in unet.named_parameters()]
        generator = torch.Generator().manual_seed(4)
        average = {n: torch.randn(p.shape, generator=generator) for n, p in unet.named_parameters()}
        inside = ["attn1", "ff", "attn2", "norm1", "norm2", "norm3"]

        def of_its_time(name):
            parts = name.split(".")
            block = parts.index("transformer_blocks") if "transformer_blocks" in parts else None
            return (".".join(parts[:block + 2]), inside.index(parts[block + 2])) if block else (name, 0)

        # Blocks stay where they are; what is in one is sorted.
        places = {of_its_time(n)[0]: i for i, n in reversed(list(enumerate(names)))}
        old = sorted(names, key=lambda n: (places[of_its_time(n)[0]], of_its_time(n)[1]))
        self.assertNotEqual(old, names)
        updates = 7
        reference = lambda total, limit: self.reference(unet, batches, "epsilon", limit, True, total, [average[n].clone() for n in names], updates)
        losses, norms, rates, shadow = reference(self.TOTAL * self.ACCUMULATION, 0.02)
        self.assertGreater(min(norms), 0.02)
        folder = self.folder / "od"
        (folder / "unet").mkdir(parents=True)
        unet.load_state_dict(initial)
        places = []
        for name, order in (("old", old), ("new", names)):
            places.append(self.folder / f"{name}.state")
            torch.save({"decay": 0.995, "num_updates": updates, "shadow_params": [average[n] for n in order], "collected_params": None}, places[-1])
        save_file({"ema.unet." + n: t for n, t in average.items()} | {"updates": torch.tensor(updates), "master.unet.conv_in.bias": initial["conv_in.bias"]},
                  self.folder / "optimizer.safetensors")
        for place in (*places, self.folder / "optimizer.safetensors"):
            with self.subTest(place.name):
                out = self.folder / ("out-" + place.stem)
                self.succeed("replay", self.config(), "experiment.compat=open_diffusion", "model.max_grad_norm=0.02", f"model.ema.path={place}", "--batches", self.folder / "batches",
                             "--out", out)
                ours = json.loads((out / "losses.json").read_text())
                for name, expected in (("loss", losses), ("grad_norm", norms), ("lr", rates)):
                    for a, b in zip(ours[name], expected, strict=True):
                        self.assertLessEqual(abs(a - b), 1e-4 * abs(b), name)
                self.compareAll(UNet2DConditionModel.from_pretrained(out / "pipeline" / "unet").state_dict(), shadow)
        done = engine("replay", self.config(), f"model.ema.path={self.folder}/pipeline/vae/diffusion_pytorch_model.safetensors", "--batches", self.folder / "batches", "--out", self.folder / "no")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("missing", done.stderr)

    def compareAll(self, ours, theirs):
        """Every element within 1e-4 of its tensor's largest value, and within what float32's rounding of its first gradient g makes of Adam's updates, lr · g / (|g| + 1e-8): where g is
        near its rounding that is any number up to lr, in PyTorch with one thread and with two as well. The rounding is taken as 4e-6 of the tensor's largest gradient: PyTorch's own differ
        from float64 by up to 2.1e-6 in this model, with channels last by up to 3.6e-6. Elements beyond 1e-4 are counted: a few of a hundred thousand."""
        beyond = elements = 0
        for name, tensor in theirs.items():
            difference, limit, first = (ours[name] - tensor).abs(), 1e-4 * tensor.abs().max(), self.first[name].abs()
            beyond, elements = beyond + (difference > limit).sum().item(), elements + tensor.numel()
            rounding = self.largest_rate * (4e-6 * first.max() / (first + 1e-8)).clamp(max=1)
            self.assertLessEqual((difference / (limit + rounding)).max().item(), 1, name)
        self.assertLessEqual(beyond, 5e-5 * elements)

    def test_losses_and_weights_equal_torch(self):
        for prediction_type in ("epsilon", "v_prediction"):
            with self.subTest(prediction_type):
                self.tearDown()
                self.setUp()
                unet = pipeline(self.folder, prediction_type).unet.train()
                initial = {k: v.clone() for k, v in unet.state_dict().items()}
                batches = self.record(self.UPDATES * self.ACCUMULATION)
                losses, norms, rates, shadow = self.reference(unet, batches, prediction_type)
                out = self.folder / "out"
                self.succeed("replay", self.config(), "--batches", self.folder / "batches", "--out", out)
                ours = json.loads((out / "losses.json").read_text())
                for name, expected in (("loss", losses), ("grad_norm", norms), ("lr", rates)):
                    self.assertEqual(len(ours[name]), len(expected), name)
                    for a, b in zip(ours[name], expected):
                        self.assertLessEqual(abs(a - b), 1e-4 * abs(b), name)
                raw = load_file(out / "unet_raw.safetensors")
                trained = unet.state_dict()
                self.assertEqual(set(raw), set(trained))
                ema = UNet2DConditionModel.from_pretrained(out / "pipeline" / "unet").state_dict()
                self.compareAll(raw, trained)
                self.compareAll(ema, shadow)
                moved = math.sqrt(sum(((raw[k] - trained[k]) ** 2).sum().item() for k in raw))
                distance = math.sqrt(sum(((trained[k] - initial[k]) ** 2).sum().item() for k in raw))
                self.assertLessEqual(moved, 1e-4 * distance)

    def test_optimizers_losses_and_schedules(self):
        """Update rules against torch and transformers, loss weights against diffusers' own SNR, rates against transformers."""
        from diffusers.training_utils import compute_snr
        from transformers import optimization

        unet = pipeline(self.folder, "v_prediction").unet.train()
        start = {k: v.clone() for k, v in unet.state_dict().items()}
        batches = self.record(8)
        schedule = DDPMScheduler(**{k: v for k, v in SCHEDULE.items() if k not in ("set_alpha_to_one", "steps_offset")},
                                 prediction_type="v_prediction")

        def lion(parameters):
            momentum = [torch.zeros_like(p) for p in parameters]

            class Lion:
                def step(self):
                    for p, m in zip(parameters, momentum):
                        with torch.no_grad():
                            p.mul_(1 - 1e-3 * 0.02).sub_(1e-3 * torch.sign(0.9 * m + 0.1 * p.grad))
                            m.mul_(0.99).add_(0.01 * p.grad)

            return Lion()

        def mse(difference, t):
            return (difference ** 2).flatten(1).mean(1)

        def huber(difference, t):
            sigma = ((1 - schedule.alphas_cumprod[t]) / schedule.alphas_cumprod[t]) ** 0.5
            c = ((1 - 0.2) / (1 + sigma) ** 2 + 0.2)[:, None]
            return (2 * c * (torch.sqrt(difference.flatten(1) ** 2 + c ** 2) - c)).mean(1)

        def min_snr(difference, t):
            snr = compute_snr(schedule, t)
            return mse(difference, t) * torch.clamp(snr, max=5.0) / (snr + 1)

        def debiased(difference, t):
            return difference.abs().flatten(1).mean(1) / (compute_snr(schedule, t) + 1)

        cases = [
            ("sgd, momentum: 0.9", lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9, weight_decay=0.02), "{}", mse,
             "LinearWithWarmup", lambda o: optimization.get_linear_schedule_with_warmup(o, 0, 8)),
            ("lion, beta2: 0.99", lion, "{type: huber, huber_delta: 0.2}", huber, "ConstantWithWarmup", None),
            ("adafactor", lambda p: optimization.Adafactor(p, lr=1e-3, scale_parameter=False, relative_step=False, weight_decay=0.02),
             "{weighting: min_snr}", min_snr, "CosineWithRestarts, cycles: 2",
             lambda o: optimization.get_cosine_with_hard_restarts_schedule_with_warmup(o, 0, 8, 2)),
            ("adamw", lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.02), "{type: l1, weighting: debiased}", debiased,
             "OneCycle", lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1e-3, total_steps=8, cycle_momentum=False)),
            ("adamw", lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.02), "{}", mse, "PolynomialWithWarmup, power: 2",
             lambda o: optimization.get_polynomial_decay_schedule_with_warmup(o, 0, 8, lr_end=0.0, power=2)),
        ]
        for optimizer_words, make, loss_words, loss_of, schedule_words, rates_of in cases:
            with self.subTest(optimizer_words + loss_words + schedule_words):
                unet.load_state_dict(start)
                parameters = list(unet.parameters())
                optimizer = make(parameters)
                rates = rates_of(optimizer) if rates_of else None
                losses, expected_rates = [], []
                for b in batches:
                    noisy = schedule.add_noise(b["latents"], b["noise"], b["timesteps"])
                    target = schedule.get_velocity(b["latents"], b["noise"], b["timesteps"])
                    loss = loss_of(unet(noisy, b["timesteps"], b["encoder_hidden_states"]).sample - target, b["timesteps"]).mean()
                    loss.backward()
                    losses.append(loss.item())
                    expected_rates.append(rates.get_last_lr()[0] if rates else 1e-3)
                    optimizer.step()
                    if rates:
                        rates.step()
                    unet.zero_grad()
                name, _, more = optimizer_words.partition(",")
                kind, _, rate_words = schedule_words.partition(",")
                config = self.folder / "case.yaml"
                config.write_text(f"""
experiment: {{num_examples_to_see: 16}}
system: {{batch_size: 2, threads: 2}}
model: {{pretrained: {self.folder}/pipeline}}
loss: {loss_words}
optimizer: {{name: {name}, params: {{learning_rate: 1.0e-3, weight_decay: 0.02{", " + more if more else ""}}}}}
lr_scheduler: {{scheduler: {kind}, params: {{warmup_length: 0{", " + rate_words if rate_words else ""}}}}}
""")
                out = self.folder / f"out-{len(list(self.folder.iterdir()))}"
                self.succeed("replay", config, "--batches", self.folder / "batches", "--out", out)
                ours = json.loads((out / "losses.json").read_text())
                for a, b in zip(ours["lr"], expected_rates, strict=True):
                    self.assertLessEqual(abs(a - b), 1e-6 * 1e-3 + 1e-5 * abs(b))
                for a, b in zip(ours["loss"], losses, strict=True):
                    self.assertLessEqual(abs(a - b), 2e-4 * abs(b))
                raw, trained = load_file(out / "unet_raw.safetensors"), unet.state_dict()
                difference = math.sqrt(sum(((raw[k] - trained[k]) ** 2).sum().item() for k in raw))
                moved = math.sqrt(sum(((trained[k] - start[k]) ** 2).sum().item() for k in raw))
                if name == "lion":  # where the true gradient is zero, rounding decides the sign and with it the whole step
                    apart = sum(((raw[k] - trained[k]).abs() > 1e-5).sum().item() for k in raw)
                    self.assertLessEqual(apart, 0.03 * sum(t.numel() for t in raw.values()))
                else:
                    self.assertLessEqual(difference, 1e-3 * moved)

    def test_twice_gives_equal_bytes(self):
        pipeline(self.folder, "epsilon")
        self.record(3)
        for out in ("a", "b"):
            self.succeed("replay", self.config(), "--batches", self.folder / "batches", "--out", self.folder / out)
        for name in ("losses.json", "unet_raw.safetensors"):
            self.assertEqual((self.folder / "a" / name).read_bytes(), (self.folder / "b" / name).read_bytes(), name)
        self.assertEqual(len(json.loads((self.folder / "a" / "losses.json").read_text())["lr"]), 1)  # the rest is dropped

    def test_wrong_batches_are_named(self):
        pipeline(self.folder, "epsilon")
        self.record(2)
        file = self.folder / "batches" / "batch-00001.safetensors"
        good = load_file(file)
        for change, expected in (({"latents": good["latents"].half()}, "latents"), ({"timesteps": good["timesteps"] + 1000}, "timesteps"),
                                 ({"mask": good["latents"].clone()}, "mask"), ({"noise": good["noise"][:1].contiguous()}, "noise")):
            save_file(good | change, file)
            result = engine("replay", self.config(), "--batches", self.folder / "batches", "--out", self.folder / f"out-{expected}")
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(expected, result.stderr)
            self.assertIn("batch-00001", result.stderr)


class Sample(Case):
    PROMPTS = ["a red apple", "cat, façade"]

    def check(self, name: str, scheduler_class, sampler: str, edit: dict):
        folder = self.folder / name
        made = pipeline(folder, edit.get("prediction_type", "epsilon"))
        path = folder / "pipeline" / "scheduler" / "scheduler_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | edit))
        made.scheduler = scheduler_class.from_pretrained(folder / "pipeline", subfolder="scheduler")
        made.set_progress_bar_config(disable=True)
        latents = torch.randn(2, 4, 8, 12, generator=torch.Generator().manual_seed(3))
        save_file({"latents": latents}, folder / "latents.safetensors")
        expected = made(self.PROMPTS, negative_prompt=["blurry"] * 2, num_inference_steps=10, guidance_scale=5.0, latents=latents,
                        height=16, width=24).images
        out = folder / "out"
        self.succeed("sample", "--model", folder / "pipeline", "--prompt", *self.PROMPTS, "--negative", "blurry", "--out", out,
                     "--steps", 10, "--guidance", 5, "--sampler", sampler, "--latents", folder / "latents.safetensors",
                     "--device", "cpu", "--threads", 2)
        for i, theirs in enumerate(expected):
            ours = pixels(Image.open(out / f"{i:04}.png"))
            difference = (ours - pixels(theirs)).abs()
            self.assertLessEqual(difference.max().item(), 2, name)
            self.assertLessEqual(difference.mean().item(), 0.1, name)
            self.assertGreater(ours.std().item(), 1, "the pictures are not flat")
        entries = json.loads((out / "samples.json").read_text())["samples"]
        self.assertEqual([e["prompt"] for e in entries], self.PROMPTS)

    def test_ddim(self):
        self.check("epsilon", DDIMScheduler, "ddim", {})
        self.check("v", DDIMScheduler, "ddim", {"prediction_type": "v_prediction", "timestep_spacing": "trailing"})
        self.check("clip", DDIMScheduler, "ddim", {"clip_sample": True})

    def test_euler(self):
        self.check("leading", EulerDiscreteScheduler, "euler", {"timestep_spacing": "leading"})
        self.check("linspace", EulerDiscreteScheduler, "euler", {"timestep_spacing": "linspace", "prediction_type": "v_prediction"})
        self.check("karras", EulerDiscreteScheduler, "euler", {"timestep_spacing": "leading", "use_karras_sigmas": True})
        self.check("zero_snr", EulerDiscreteScheduler, "euler", {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True,
                                                                  "prediction_type": "v_prediction"})

    def test_same_seed_same_picture_whatever_the_batch(self):
        pipeline(self.folder, "epsilon")
        for out, batch in (("a", 1), ("b", 2)):
            self.succeed("sample", "--model", self.folder / "pipeline", "--prompt", *self.PROMPTS, "--out", self.folder / out,
                         "--steps", 3, "--seed", 4, "--batch", batch, "--size", 16)
        for name in ("0000.png", "0001.png"):
            a, b = (pixels(Image.open(self.folder / d / name)) for d in "ab")
            self.assertLessEqual((a - b).abs().max().item(), 1)

    def test_what_does_not_fit_is_said(self):
        pipeline(self.folder, "epsilon")
        base = ["sample", "--model", self.folder / "pipeline", "--prompt", "x", "--out", self.folder / "out"]
        for extra, expected in ((["--sampler", "plms"], "ddim"), (["--size", "13"], "multiples of 2"), (["--steps", "0"], "steps"),
                                (["--latents", "nowhere.safetensors"], "there is no file \"nowhere.safetensors\""), (["--image", "nowhere.png"], "there is no file")):
            result = engine(*base, *extra)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(expected, result.stderr)
        self.assertFalse((self.folder / "out" / "samples.json").exists())


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
