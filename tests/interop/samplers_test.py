# SPDX-License-Identifier: GPL-3.0-or-later
# Whole sampling chains equal those of diffusers' schedulers: same start, same artificial network, same fresh noise.
import itertools
import json
import os
import subprocess
import sys
import unittest

import numpy
import torch

from tiny_pipeline import Brownian, scheduler_class

TOOL = os.path.join(os.environ["ATELIER_BIN"], "sampler_tool")
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "steps_offset": 1,
      "clip_sample": False, "set_alpha_to_one": False, "skip_prk_steps": True}
DETERMINISTIC, STOCHASTIC = 1e-5, 1e-5
SIZE = 6


def network(x, t):
    return 0.4 * x + 0.3 * torch.sin(x + float(t) / 300)


class SamplersTest(unittest.TestCase):
    def setUp(self):
        generator = torch.Generator().manual_seed(3)
        self.start = torch.randn(2, 1, SIZE // 2, 1, generator=generator)
        self.noise = torch.randn(80, 2, 1, SIZE // 2, 1, generator=generator)

    def reference(self, name, config, steps, extra):
        """Timesteps and latents of diffusers; fresh noise is taken from self.noise in order of the network evaluations."""
        cls = scheduler_class(name)
        accepted = {k: v for k, v in config.items() if k in cls().config}
        scheduler = cls(**accepted, **extra)
        scheduler.set_timesteps(steps)
        module = sys.modules[cls.__module__]
        x = self.start * scheduler.init_noise_sigma
        if name == "DPMSolverSDEScheduler":
            scheduler.noise_sampler = Brownian(self.noise)
        previous = getattr(module, "randn_tensor", None)
        try:
            for i, t in enumerate(scheduler.timesteps):
                if previous is not None:
                    module.randn_tensor = lambda *a, i=i, **k: self.noise[i]
                x = scheduler.step(network(scheduler.scale_model_input(x, t), t), t, x).prev_sample
        finally:
            if previous is not None:
                module.randn_tensor = previous
        return [float(t) for t in scheduler.timesteps], x

    def compare(self, cases, bound):
        """cases: (sampler, class, steps, config, keys only diffusers' constructor gets)"""
        flat = [row.flatten().tolist() for row in self.noise]
        requests = [{"config": {"_class_name": cls, **config, **extra}, "sampler": sampler, "steps": steps, "start": self.start.flatten().tolist(), "noise": flat}
                    for sampler, cls, steps, config, extra in cases]
        run = subprocess.run([TOOL], input=json.dumps(requests), capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        self.assertEqual(run.returncode, 0, run.stderr)
        worst = 0.0
        for (sampler, cls, steps, config, extra), answer in zip(cases, json.loads(run.stdout), strict=True):
            with self.subTest(sampler=sampler, cls=cls, steps=steps, config=config, extra=extra):
                self.assertNotIn("error", answer)
                timesteps, wanted = self.reference(cls, config, steps, extra)
                numpy.testing.assert_allclose(answer["timesteps"], timesteps, rtol=1e-4, atol=2e-3)
                got = torch.tensor(answer["x"], dtype=torch.float64)
                wanted = wanted.flatten().double()
                difference = float((got - wanted).abs().max() / wanted.abs().max())
                worst = max(worst, difference)
                self.assertLessEqual(difference, bound)
        print(f"{self._testMethodName}: {len(cases)} chains, worst relative difference {worst:.1e}")

    def grid(self, sampler, cls, extra=(), steps=(1, 2, 4, 10, 23), predictions=("epsilon", "v_prediction"), spacings=("leading", "linspace", "trailing"), **more):
        return [(sampler, cls, n, {**SD, **more, "prediction_type": p, "timestep_spacing": s}, dict(extra))
                for n, p, s in itertools.product(steps, predictions, spacings)]

    every = ("epsilon", "v_prediction", "sample")

    def test_ddim(self):
        self.compare(self.grid("ddim", "DDIMScheduler", predictions=self.every) + self.grid("ddim", "DDIMScheduler", clip_sample=True, set_alpha_to_one=True), DETERMINISTIC)

    def test_pndm(self):
        # One step with a list of one: diffusers refuses to build it for other spacings than leading.
        self.compare(self.grid("pndm", "PNDMScheduler", steps=(2, 4, 10, 23)) + self.grid("pndm", "PNDMScheduler", steps=(4, 10, 23), skip_prk_steps=False), DETERMINISTIC)

    def test_euler(self):
        self.compare(self.grid("euler", "EulerDiscreteScheduler") + self.grid("euler", "EulerDiscreteScheduler", steps=(4, 10), extra={"use_karras_sigmas": True}), DETERMINISTIC)

    def test_heun(self):
        self.compare(self.grid("heun", "HeunDiscreteScheduler", predictions=self.every) + self.grid("heun", "HeunDiscreteScheduler", steps=(4, 10), extra={"use_karras_sigmas": True}), DETERMINISTIC)

    def test_lms(self):
        self.compare(self.grid("lms", "LMSDiscreteScheduler", steps=(2, 4, 10, 23), predictions=self.every), DETERMINISTIC)

    def test_dpmpp_2m(self):
        cls = "DPMSolverMultistepScheduler"
        self.compare(self.grid("dpmpp_2m", cls, predictions=self.every)
                     + self.grid("dpmpp_2m_karras", cls, extra={"use_karras_sigmas": True}, steps=(2, 4, 10, 23))
                     + self.grid("dpmpp_2m", cls, extra={"solver_type": "heun"}, steps=(4, 23))
                     + self.grid("dpmpp_2m", cls, extra={"final_sigmas_type": "sigma_min"}, steps=(4, 23))
                     + self.grid("dpmpp_2m", cls, extra={"solver_order": 1}, steps=(4,)), DETERMINISTIC)

    def test_unipc(self):
        cls = "UniPCMultistepScheduler"
        self.compare(self.grid("unipc", cls, predictions=self.every)
                     + self.grid("unipc", cls, extra={"solver_order": 3}, steps=(4, 10, 23))
                     + self.grid("unipc", cls, extra={"solver_type": "bh1", "final_sigmas_type": "sigma_min"}, steps=(4, 10))
                     + self.grid("unipc", cls, extra={"final_sigmas_type": "sigma_min"}, steps=(4, 10))
                     + self.grid("unipc", cls, extra={"use_karras_sigmas": True}, steps=(4, 10)), DETERMINISTIC)

    def test_third_order(self):
        cls = "DPMSolverMultistepScheduler"
        self.compare(self.grid("dpmpp_2m", cls, extra={"solver_order": 3}, predictions=self.every)
                     + self.grid("dpmpp_2m", cls, extra={"solver_order": 3, "final_sigmas_type": "sigma_min", "lower_order_final": False}, steps=(4, 10))
                     + self.grid("dpmpp_2m_karras", cls, extra={"solver_order": 3, "use_karras_sigmas": True}, steps=(4, 23)), DETERMINISTIC)

    def test_exponential_and_beta_sigmas(self):
        for key in ("use_exponential_sigmas", "use_beta_sigmas"):
            self.compare([case for sampler, cls in (("euler", "EulerDiscreteScheduler"), ("heun", "HeunDiscreteScheduler"), ("lms", "LMSDiscreteScheduler"),
                                                    ("dpmpp_2m", "DPMSolverMultistepScheduler"), ("unipc", "UniPCMultistepScheduler"))
                          for case in self.grid(sampler, cls, extra={key: True}, steps=(4, 10), predictions=("epsilon",))], DETERMINISTIC)

    def test_stochastic(self):
        two = "DPMSolverMultistepScheduler"
        self.compare(self.grid("euler_a", "EulerAncestralDiscreteScheduler")
                     + self.grid("dpmpp_2m_sde", two, extra={"algorithm_type": "sde-dpmsolver++"})
                     + self.grid("dpmpp_2m_sde", two, extra={"algorithm_type": "sde-dpmsolver++", "solver_type": "heun"}, steps=(4, 23))
                     + self.grid("dpmpp_2m_sde_karras", two, extra={"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True}, steps=(4, 10))
                     + self.grid("dpmpp_sde", "DPMSolverSDEScheduler", steps=(2, 4, 10, 23))
                     + self.grid("dpmpp_sde_karras", "DPMSolverSDEScheduler", extra={"use_karras_sigmas": True}, steps=(4, 10))
                     + self.grid("lcm", "LCMScheduler", predictions=self.every, spacings=("leading",))
                     + self.grid("ddpm", "DDPMScheduler", predictions=self.every, spacings=("leading", "trailing")), STOCHASTIC)

    def test_other_betas(self):
        betas = [numpy.linspace(0.0002, 0.03, 400).tolist()]
        cases = []
        for sampler, cls in (("ddim", "DDIMScheduler"), ("pndm", "PNDMScheduler"), ("dpmpp_2m", "DPMSolverMultistepScheduler"), ("unipc", "UniPCMultistepScheduler"), ("euler", "EulerDiscreteScheduler"), ("heun", "HeunDiscreteScheduler")):
            for schedule in ("linear", "squaredcos_cap_v2"):
                cases.append((sampler, cls, 10, {**SD, "beta_schedule": schedule, "timestep_spacing": "leading"}, {}))
            cases.append((sampler, cls, 10, {**SD, "trained_betas": betas[0], "num_train_timesteps": 400, "timestep_spacing": "leading"}, {}))
        cases.append(("ddpm", "DDPMScheduler", 10, {**SD, "beta_schedule": "sigmoid", "timestep_spacing": "leading"}, {}))
        self.compare(cases, DETERMINISTIC)

    def test_zero_terminal_snr(self):
        zero = {**SD, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}
        self.compare([(sampler, cls, 10, zero, {}) for sampler, cls in (("ddim", "DDIMScheduler"), ("euler", "EulerDiscreteScheduler"), ("dpmpp_2m", "DPMSolverMultistepScheduler"),
                                                                       ("unipc", "UniPCMultistepScheduler"), ("euler_a", "EulerAncestralDiscreteScheduler"), ("ddpm", "DDPMScheduler"))], DETERMINISTIC)

    def test_thresholding(self):
        limited = {**SD, "thresholding": True, "dynamic_thresholding_ratio": 0.7, "sample_max_value": 2.0, "timestep_spacing": "trailing"}
        self.compare([(sampler, cls, 10, limited, {}) for sampler, cls in (("ddim", "DDIMScheduler"), ("ddpm", "DDPMScheduler"), ("dpmpp_2m", "DPMSolverMultistepScheduler"),
                                                                          ("unipc", "UniPCMultistepScheduler"), ("lcm", "LCMScheduler"))], DETERMINISTIC)

    def test_a_folder_names_its_sampler(self):
        self.compare([("auto", cls, 5, SD, extra) for cls, extra in (("DDIMScheduler", {}), ("PNDMScheduler", {}), ("EulerDiscreteScheduler", {}), ("HeunDiscreteScheduler", {}), ("UniPCMultistepScheduler", {}),
                                                                   ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}), ("LCMScheduler", {}))], DETERMINISTIC)


if __name__ == "__main__":
    unittest.main()
