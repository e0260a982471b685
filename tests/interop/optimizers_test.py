#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every optimizer against its reference over 60 updates (torch, transformers, bitsandbytes, prodigyopt, lion-pytorch), float16 against torch's GradScaler; exact resume; memory."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

sys.path.append(str(Path(sys.prefix) / "oracles"))  # scripts/setup --tests
import bitsandbytes  # noqa: E402
import lion_pytorch  # noqa: E402
import prodigyopt  # noqa: E402
from transformers.optimization import Adafactor  # noqa: E402

TOOL = Path(os.environ["ATELIER_BIN"]) / "optimizer_tool"
UPDATES, LR = 60, 1e-3
# Whole blocks of 256, blocks with a rest, four dimensions, and a weight too small for 8 bit.
SHAPES = {"a": (64, 80), "b": (70, 61), "c": (48, 16, 3, 3), "d": (30,)}
COUNT = sum(torch.Size(s).numel() for s in SHAPES.values())


class AdamW8bit:
    """The published algorithm: moments as the nearest of bitsandbytes' 256 numbers over the largest of their block of 256."""

    def __init__(self, parameters):
        self.parameters, self.step_number = parameters, 0
        self.maps = {"exp_avg": bitsandbytes.functional.create_dynamic_map(True), "exp_avg_sq": bitsandbytes.functional.create_dynamic_map(False)}
        self.moments = [{name: self.quantise(torch.zeros(p.numel()), name) if p.numel() >= 4096 else torch.zeros(p.numel()) for name in self.maps} for p in parameters]

    def quantise(self, values, name):
        blocks = torch.nn.functional.pad(values, (0, -values.numel() % 256)).view(-1, 256)
        largest = blocks.abs().amax(1)
        scaled = torch.where(largest[:, None] > 0, blocks / largest[:, None], 0)
        return (scaled.flatten()[:values.numel(), None] - self.maps[name]).abs().argmin(1), largest

    def value(self, moment, name):
        if isinstance(moment, torch.Tensor):
            return moment
        codes, largest = moment
        return self.maps[name][codes] * largest.repeat_interleave(256)[:codes.numel()]

    def step(self):
        self.step_number += 1
        with torch.no_grad():
            for p, moments in zip(self.parameters, self.moments):
                g = p.grad.flatten()
                m = 0.9 * self.value(moments["exp_avg"], "exp_avg") + 0.1 * g
                v = 0.999 * self.value(moments["exp_avg_sq"], "exp_avg_sq") + 0.001 * g * g
                p.mul_(1 - LR * 0.02)
                update = m / (1 - 0.9 ** self.step_number) / ((v / (1 - 0.999 ** self.step_number)).sqrt() + 1e-8)
                p.sub_(LR * update.view(p.shape))
                for name, values in (("exp_avg", m), ("exp_avg_sq", v)):
                    moments[name] = values if p.numel() < 4096 else self.quantise(values, name)


class Optimizers(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        generator = torch.Generator().manual_seed(4)
        self.weights = {k: 0.1 * torch.randn(s, generator=generator) for k, s in SHAPES.items()}
        # Directions that last, noise of many sizes, and rows without gradient at times.
        self.gradients = {}
        for k, s in SHAPES.items():
            sizes = 10 ** torch.linspace(-5, 0, s[0]).view(-1, *[1] * (len(s) - 1))
            self.gradients[k] = sizes * (0.3 * torch.randn(s, generator=generator) + torch.randn(UPDATES, *s, generator=generator))
        self.gradients["b"][:20, :30] = 0

    def tearDown(self):
        self.temporary.cleanup()

    def ours(self, optimizer, **more):
        file = self.folder / "in.safetensors"
        save_file({f"w.{k}": v for k, v in self.weights.items()} | {f"g.{k}": v.contiguous() for k, v in self.gradients.items()}, file)
        out = self.folder / "out.safetensors"
        done = subprocess.run([TOOL, file, out, json.dumps({"optimizer": optimizer, **more})], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return load_file(out)

    def theirs(self, make, scaler=None, clip=None):
        parameters = {k: torch.nn.Parameter(v.clone()) for k, v in self.weights.items()}
        optimizer = make(list(parameters.values()))
        for n in range(next(iter(self.gradients.values())).shape[0]):
            for k, p in parameters.items():
                g = self.gradients[k][n]
                p.grad = g.clone() if scaler is None else (g * scaler.scale(torch.ones(()))).half().float()
            if scaler is not None:
                scaler.unscale_(optimizer)
            if clip:
                torch.nn.utils.clip_grad_norm_(list(parameters.values()), clip)
            if scaler is None:
                optimizer.step()
            else:
                scaler.step(optimizer)
                scaler.update()
        return {k: p.detach() for k, p in parameters.items()}, optimizer

    def assertClose(self, got, expected, tolerance):
        for k, theirs in expected.items():
            moved = (theirs - self.weights[k]).norm().item()
            self.assertGreater(moved, 0, k)
            self.assertLessEqual((got[f"w.{k}"] - theirs).norm().item(), tolerance * moved, k)

    def check(self, optimizer, make, tolerance=1e-5, **more):
        got = self.ours(optimizer, **more)
        expected, reference = self.theirs(make, clip=more.get("clip"))
        self.assertClose(got, expected, tolerance)
        broken = self.ours(optimizer, **more, **{"break": 31})
        self.assertEqual(set(got), set(broken))
        for name in got:
            self.assertTrue(torch.equal(got[name], broken[name]), f"{name} after a break")
        return got, reference

    def options(self, name, rate=LR, **params):
        return {"name": name, "params": {"learning_rate": rate, "weight_decay": 0.02, **params}}

    def test_adamw_sgd_lion_adafactor(self):
        got, _ = self.check(self.options("adamw"), lambda p: torch.optim.AdamW(p, lr=LR, weight_decay=0.02), clip=1.0)
        self.assertAlmostEqual(got["bytes"].item() / COUNT, 8, delta=0.1)
        self.check(self.options("sgd", momentum=0.9), lambda p: torch.optim.SGD(p, lr=LR, momentum=0.9, weight_decay=0.02))
        # A sign turns where two sums differ in their last bit.
        got, _ = self.check(self.options("lion", beta2=0.99), lambda p: lion_pytorch.Lion(p, lr=LR, weight_decay=0.02), 1e-3)
        self.assertAlmostEqual(got["bytes"].item() / COUNT, 4, delta=0.1)
        got, _ = self.check(self.options("adafactor"), lambda p: Adafactor(p, lr=LR, scale_parameter=False, relative_step=False, weight_decay=0.02), 1e-4)
        self.assertLess(got["bytes"].item() / COUNT, 1.5)  # the factors of a convolution are those of its 3 × 3 matrices

    def test_adamw_8bit_equals_its_definition_and_bitsandbytes(self):
        got, states = self.check(self.options("adamw_8bit"), AdamW8bit, 1e-3)  # numbers half way between two of the format
        self.assertAlmostEqual(got["bytes"].item() / COUNT, 2 * (1 + 4 / 256), delta=0.05)
        for k in "abc":
            for name in ("exp_avg", "exp_avg_sq"):
                self.assertEqual(got[f"{name}.m.{k}"].dtype, torch.uint8)
                codes, largest = states.moments[list(SHAPES).index(k)][name]
                self.assertGreater((got[f"{name}.m.{k}"] == codes.view(SHAPES[k])).float().mean().item(), 0.998, f"{k} {name}")
                torch.testing.assert_close(got[f"{name}_max.m.{k}"], largest, rtol=1e-4, atol=0)
        self.assertEqual(got["exp_avg.m.d"].dtype, torch.float32)
        # bitsandbytes' own kernel for processors takes a neighbour of the nearest number now and then.
        expected, _ = self.theirs(lambda p: bitsandbytes.optim.AdamW8bit(p, lr=LR, weight_decay=0.02))
        self.assertClose(got, expected, 0.01)
        # What 8 bit costs beside AdamW's own movement.
        plain = self.ours(self.options("adamw"))
        for k in "abc":
            self.assertLess((got[f"w.{k}"] - plain[f"w.{k}"]).norm(), 0.1 * (plain[f"w.{k}"] - self.weights[k]).norm())

    def test_prodigy_equals_prodigyopt(self):
        for words, options in (({}, {}), ({"use_bias_correction": True, "d_coef": 2.0, "beta2": 0.99}, {"betas": (0.9, 0.99)}), ({"safeguard_warmup": True, "d0": 1e-5}, {})):
            with self.subTest(str(words)):
                theirs = {k: v for k, v in words.items() if k != "beta2"} | options
                got, reference = self.check(self.options("prodigy", 1.0, **words), lambda p: prodigyopt.Prodigy(p, lr=1.0, weight_decay=0.02, **theirs), 1e-3)
                group = reference.param_groups[0]
                self.assertGreater(group["d"], 2 * words.get("d0", 1e-6), "it has found something")
                self.assertAlmostEqual(got["rule.d"].item() / group["d"], 1, delta=1e-4)
                self.assertAlmostEqual(got["meters"][-1].item() / group["d"], 1, delta=1e-4)
                self.assertAlmostEqual(got["bytes"].item() / COUNT, 16, delta=0.1)

    def test_float16_equals_gradscaler(self):
        """Factors that are halved at once and at outliers, and doubled after 2000 updates without one."""
        generator = torch.Generator().manual_seed(4)
        self.weights = {"a": torch.randn(6, generator=generator)}
        self.gradients = {"a": torch.randn(2130, 6, generator=generator)}
        self.gradients["a"][20] *= 1e4
        self.gradients["a"][25, 3] = float("nan")
        got = self.ours(self.options("adamw"), compute="fp16", clip=1.0)
        scales = []

        class Recording(torch.amp.GradScaler):
            def update(self):
                super().update()
                scales.append(self.get_scale())

        scaler = Recording("cpu")
        scaler.scale(torch.ones(()))
        expected, _ = self.theirs(lambda p: torch.optim.AdamW(p, lr=LR, weight_decay=0.02), scaler=scaler, clip=1.0)
        self.assertClose(got, expected, 1e-4)
        self.assertEqual(got["meters"].tolist(), scales)
        self.assertTrue(min(scales) < scales[-1] < 65536)
        self.assertEqual(got["scaler.scale"].item(), scaler.get_scale())
        broken = self.ours(self.options("adamw"), compute="fp16", clip=1.0, **{"break": 1500})
        for name in got:
            self.assertTrue(torch.equal(got[name].nan_to_num(), broken[name].nan_to_num()), name)


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
