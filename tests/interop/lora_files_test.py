# SPDX-License-Identifier: GPL-3.0-or-later
# `lora merge|extract|resize|convert` against diffusers' fuse_lora, PEFT's merge_and_unload, torch's SVD and kohya's formula.
import copy
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import PeftModel
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import convert_test
import tiny_pipeline

ENGINE = pathlib.Path(os.environ["ATELIER_BIN"]) / "atelier-engine"
TARGETS = ("to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out", "conv1", "conv2", "conv_shortcut", "time_emb_proj", "downsamplers.0.conv",
           "upsamplers.0.conv", "q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")


def engine(*arguments):
    return subprocess.run([ENGINE, *map(str, arguments)], capture_output=True, text=True)


def random_lora(weights, rank=3, dtype=torch.float32, seed=0):
    """{"unet.….lora_A.weight": …} for every layer of a folder's weights that can carry one."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for component, tensors in weights.items():
        for name, w in tensors.items():
            path = name.removesuffix(".weight")
            if component == "vae" or path == name or not path.endswith(TARGETS):
                continue
            a, b = (rank, *w.shape[1:]), (w.shape[0], rank, *(1,) * (w.dim() - 2))
            state[f"{component}.{path}.lora_A.weight"] = (torch.randn(a, generator=generator) * 0.3).to(dtype)
            state[f"{component}.{path}.lora_B.weight"] = (torch.randn(b, generator=generator) * 0.3).to(dtype)
    return state


def updated(w, down, up, scale):
    return w + scale * (up.flatten(1) @ down.flatten(1)).reshape(w.shape)


class LoraFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix="atelier-lora-"))
        cls.model = cls.base / "model"
        cls.model.mkdir()
        tiny_pipeline.save(cls.model)
        cls.before = cls.weights(cls.model)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.base)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.base))

    @staticmethod
    def weights(model):
        return {p.parent.name: convert_test.canonical(p.parent.name, load_file(p)) for p in model.glob("*/*.safetensors")}

    def ok(self, *arguments):
        done = engine("lora", *arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def assertClose(self, got, wanted, limit=1e-5):
        self.assertEqual(set(got), set(wanted))
        for name, w in wanted.items():
            self.assertEqual(got[name].shape, w.shape, name)
            self.assertLessEqual((got[name].double() - w.double()).abs().max().item(), limit, name)

    def fused(self, path, scale):
        pipe = StableDiffusionPipeline.from_pretrained(self.model)
        pipe.load_lora_weights(path.parent, weight_name=path.name)
        pipe.fuse_lora(lora_scale=scale)
        pipe.unload_lora_weights()
        return {"unet": pipe.unet.state_dict(), "text_encoder": convert_test.canonical("text_encoder", pipe.text_encoder.state_dict())}

    def lora(self, alphas=(1.5, 2.0), **options):
        """A diffusers file with alphas of its own."""
        state = random_lora(self.before, **options)
        for name in list(state):
            if name.endswith("lora_A.weight"):
                state[name.replace("lora_A.weight", "alpha")] = torch.tensor(alphas["to_q" not in name and "q_proj" not in name])
        save_file(state, self.folder / "given.safetensors")
        return state

    def test_merge_equals_fuse_lora_in_both_dialects(self):
        # Of kohya's alphas, diffusers loses those of attention layers that differ from the rest.
        for dialect, alphas in (("kohya", (2.0, 2.0)), ("diffusers", (1.5, 2.0))):
            state = self.lora(alphas)
            path = self.folder / f"{dialect}.safetensors"
            self.ok("convert", self.folder / "given.safetensors", path, "--to", dialect)
            report = self.ok("merge", self.model, self.folder / dialect, "--lora", f"{path}:0.7")
            self.assertEqual(report["modules"] * 3, len(state))
            theirs, ours = self.fused(path, 0.7), self.weights(self.folder / dialect)
            for component, wanted in theirs.items():
                self.assertClose(ours[component], wanted)
                self.assertGreater(max((wanted[k] - w).abs().max().item() for k, w in self.before[component].items()), 0.1)
            self.assertClose(ours["vae"], self.before["vae"], 0)
        for path in self.model.rglob("*"):  # what is not weights is carried over byte for byte
            if path.is_file() and path.suffix != ".safetensors":
                self.assertEqual((self.folder / "kohya" / path.relative_to(self.model)).read_bytes(), path.read_bytes(), path)

    def test_merge_equals_peft(self):
        state = {k.replace("unet.", ""): v for k, v in self.lora().items() if k.startswith("unet.")}
        save_file(state, self.folder / "unet.safetensors")
        self.ok("convert", self.folder / "unet.safetensors", self.folder / "peft", "--to", "peft")
        unet = UNet2DConditionModel.from_pretrained(self.model / "unet")
        theirs = PeftModel.from_pretrained(unet, self.folder / "peft").merge_and_unload().state_dict()
        for source in ("peft", "peft/adapter_model.safetensors"):
            out = self.folder / f"merged-{len(source)}"
            self.ok("merge", self.model, out, "--lora", self.folder / source)
            self.assertClose(self.weights(out)["unet"], theirs)

    def test_conversions_are_lossless_in_every_direction(self):
        state = {k: v.half() for k, v in self.lora().items() if k.startswith("unet.")}
        save_file(state, self.folder / "d.safetensors")
        self.ok("convert", self.folder / "d.safetensors", self.folder / "k0", "--to", "kohya")
        start = load_file(self.folder / "k0")
        self.assertEqual(len(start), len(state))
        last = "k0"
        for i, dialect in enumerate(("diffusers", "kohya", "peft", "diffusers", "peft", "kohya")):
            self.ok("convert", self.folder / last, self.folder / f"{dialect}{i}", "--to", dialect)
            last = f"{dialect}{i}"
        end = load_file(self.folder / last)
        self.assertEqual(set(end), set(start))
        for name, tensor in start.items():
            self.assertEqual(end[name].dtype, tensor.dtype, name)
            self.assertTrue(torch.equal(end[name], tensor), name)

    def test_what_a_file_says_of_itself_is_true_of_it(self):
        """ModelSpec and the hash that A1111 and kohya's tools name a file by; what the source said is kept but for its hashes."""
        state = {k: v for k, v in self.lora(rank=6).items() if k.startswith("unet.")}
        save_file(state, self.folder / "given.safetensors", {"modelspec.title": "mine", "modelspec.hash_sha256": "0xold", "sshs_model_hash": "old", "sshs_legacy_hash": "old"})
        commands = {"kohya": ["convert", "--to", "kohya"], "diffusers": ["convert", "--to", "diffusers"], "small": ["resize", "--rank", 2, "--to", "kohya"]}
        for name, (verb, *options) in commands.items():
            out = self.folder / f"{name}.safetensors"
            self.ok(verb, self.folder / "given.safetensors", out, *options)
            data = out.read_bytes()
            digest = hashlib.sha256(data[8 + int.from_bytes(data[:8], "little"):]).hexdigest()
            with safe_open(out, "pt") as file:
                said = file.metadata()
            self.assertEqual(said["modelspec.hash_sha256"], "0x" + digest)
            self.assertEqual(said.get("sshs_model_hash"), None if name == "diffusers" else digest)
            self.assertNotIn("sshs_legacy_hash", said)
            self.assertEqual((said["modelspec.title"], said["modelspec.architecture"], said["modelspec.resolution"]), ("mine", "stable-diffusion-v1/lora", "512x512"))
            self.assertRegex(said["modelspec.date"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_older_generations_of_names(self):
        state = {k: v for k, v in random_lora(self.before).items() if ".attn" in k or "self_attn" in k}
        save_file(state, self.folder / "now.safetensors")
        self.ok("merge", self.model, self.folder / "now", "--lora", self.folder / "now.safetensors")

        def linear(name):
            part = ".lora_linear_layer." if name.startswith("text") else ".lora."
            return name.replace(".lora_A.", part + "down.").replace(".lora_B.", part + "up.")

        def processor(name):
            stem, part = name.rsplit(".lora_", 1)
            head, layer = stem.replace(".to_out.0", ".to_out").rsplit(".", 1)
            layer = {"q_proj": "to_q", "k_proj": "to_k", "v_proj": "to_v", "out_proj": "to_out"}.get(layer, layer)
            return f"{head}{'' if name.startswith('text') else '.processor'}.{layer}_lora.{'down' if part[0] == 'A' else 'up'}.weight"

        for i, rename in enumerate((linear, processor, lambda n: processor(n).removeprefix("unet."))):
            save_file({rename(k): v for k, v in state.items()}, self.folder / "old.safetensors")
            self.ok("merge", self.model, self.folder / f"old{i}", "--lora", self.folder / "old.safetensors")
            for component, wanted in self.weights(self.folder / "now").items():
                self.assertClose(self.weights(self.folder / f"old{i}")[component], wanted, 0)

    def test_single_files_of_all_families_merge_like_their_folders(self):
        for family, spec in convert_test.TINY.items():
            with self.subTest(family):
                folder, single = self.folder / family, self.folder / f"{family}.safetensors"
                convert_test.save(folder, family, convert_test.models(family, spec, "cpu"))
                self.assertEqual(engine("convert", folder, single).returncode, 0)
                state = random_lora(self.weights(folder))
                save_file(state, self.folder / "lora.safetensors")
                names = self.folder / f"{family}-kohya.safetensors"
                self.ok("convert", self.folder / "lora.safetensors", names, "--to", "kohya")
                keys = list(load_file(names))
                if family == "sdxl":
                    self.assertTrue(any(k.startswith("lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.") for k in keys))
                    self.assertTrue({k.split("_")[1] for k in keys} == {"unet", "te1", "te2"})
                self.ok("merge", folder, self.folder / f"{family}-f", "--lora", names)
                self.ok("merge", single, self.folder / f"{family}-s.safetensors", "--lora", f"{names}:1.0")
                done = engine("convert", self.folder / f"{family}-s.safetensors", self.folder / f"{family}-sf", "--like", folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                again = self.weights(self.folder / f"{family}-sf")
                for component, tensors in self.weights(self.folder / f"{family}-f").items():
                    self.assertClose(again[component], tensors, 0)
                wanted = {k: v.clone() for k, v in self.weights(folder)["unet"].items()}
                for name in list(wanted):
                    a = state.get(f"unet.{name.removesuffix('.weight')}.lora_A.weight")
                    if a is not None:
                        wanted[name] = updated(wanted[name], a, state[f"unet.{name.removesuffix('.weight')}.lora_B.weight"], 1)
                self.assertClose(again["unet"], wanted)

    def test_locon_and_dora_by_their_formulas(self):
        name, linear = "down_blocks.0.resnets.0.conv1", "down_blocks.0.attentions.0.proj_in"
        w, v = self.before["unet"][f"{name}.weight"], self.before["unet"][f"{linear}.weight"]
        down, up, mid = torch.randn(3, w.shape[1], 1, 1), torch.randn(w.shape[0], 3, 1, 1), torch.randn(3, 3, 3, 3)
        a, b, scale = torch.randn(2, v.shape[1]), torch.randn(v.shape[0], 2), torch.rand(v.shape[0], 1, 1, 1) + 0.5
        if v.dim() == 4:
            a, b = a[..., None, None], b[..., None, None]
        key, other = "lora_unet_" + name.replace(".", "_"), "lora_unet_" + linear.replace(".", "_")
        save_file({f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.lora_mid.weight": mid, f"{key}.alpha": torch.tensor(1.5),
                   f"{other}.lora_down.weight": a, f"{other}.lora_up.weight": b, f"{other}.dora_scale": scale if v.dim() == 4 else scale[..., 0, 0],
                   f"{other}.alpha": torch.tensor(1.0)}, self.folder / "k.safetensors")
        changed = updated(v, a, b, 0.5)
        wanted = {**self.before["unet"],
                  f"{name}.weight": w + 1.5 / 3 * torch.einsum("pqxy,op,qi->oixy", mid, up.flatten(1), down.flatten(1)),
                  f"{linear}.weight": scale.reshape(-1, *(1,) * (v.dim() - 1)) * changed / changed.flatten(1).norm(dim=1).reshape(-1, *(1,) * (v.dim() - 1))}
        self.ok("merge", self.model, self.folder / "k", "--lora", self.folder / "k.safetensors")
        self.assertClose(self.weights(self.folder / "k")["unet"], wanted)
        done = engine("lora", "convert", self.folder / "k.safetensors", self.folder / "p", "--to", "peft")
        self.assertEqual(done.returncode, 2)
        self.assertIn("only some modules have a DoRA scale", done.stderr)
        save_file({k: t for k, t in load_file(self.folder / "k.safetensors").items() if k.startswith(other)}, self.folder / "dora.safetensors")
        self.ok("convert", self.folder / "dora.safetensors", self.folder / "p", "--to", "peft")
        unet = UNet2DConditionModel.from_pretrained(self.model / "unet")
        theirs = PeftModel.from_pretrained(unet, self.folder / "p").merge_and_unload().state_dict()
        self.ok("merge", self.model, self.folder / "m", "--lora", self.folder / "p")
        self.assertClose(self.weights(self.folder / "m")["unet"], theirs)

    def test_extract_finds_what_was_merged_and_is_the_best_of_its_rank(self):
        self.lora(rank=3)
        self.ok("merge", self.model, self.folder / "tuned", "--lora", self.folder / "given.safetensors")
        report = self.ok("extract", self.model, self.folder / "tuned", self.folder / "e.safetensors", "--rank", 3, "--conv-rank", 3, "--dtype", "fp32")
        self.assertGreater(report["kept"], 0.999999)
        self.ok("merge", self.model, self.folder / "again", "--lora", self.folder / "e.safetensors")
        for component, wanted in self.weights(self.folder / "tuned").items():
            self.assertClose(self.weights(self.folder / "again")[component], wanted)
        self.ok("extract", self.model, self.folder / "tuned", self.folder / "low", "--rank", 2, "--dtype", "fp32", "--to", "diffusers")
        got, tuned = load_file(self.folder / "low"), self.weights(self.folder / "tuned")
        for name in ("unet.down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj", "text_encoder.text_model.encoder.layers.1.mlp.fc2"):
            component, path = name.split(".", 1)
            difference = (tuned[component][f"{path}.weight"] - self.before[component][f"{path}.weight"]).double()
            u, s, vt = torch.linalg.svd(difference, full_matrices=False)
            ours = got[f"{name}.lora_B.weight"].double() @ got[f"{name}.lora_A.weight"].double()
            self.assertLessEqual((ours - (u[:, :2] * s[:2]) @ vt[:2]).abs().max().item(), 1e-5)
        done = engine("lora", "extract", self.model, self.model, self.folder / "none")
        self.assertEqual(done.returncode, 2)
        self.assertIn("the same weights", done.stderr)

    def test_resize_by_rank_and_by_energy(self):
        state = self.lora(rank=6)
        name = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_k"
        full = 2 / 6 * state[f"{name}.lora_B.weight"].double() @ state[f"{name}.lora_A.weight"].double()
        u, s, vt = torch.linalg.svd(full)
        energy = s.square().cumsum(0) / s.square().sum()
        for options, rank in ((["--rank", 2], 2), (["--rank", 6, "--energy", 0.8], int((energy < 0.8).sum()) + 1)):
            out = self.folder / f"r{rank}-{len(options)}"
            report = self.ok("resize", self.folder / "given.safetensors", out, *options)
            got = load_file(out)
            self.assertEqual(got[f"{name}.lora_A.weight"].shape[0], rank)
            ours = got[f"{name}.lora_B.weight"].double() @ got[f"{name}.lora_A.weight"].double()
            self.assertLessEqual((ours - (u[:, :rank] * s[:rank]) @ vt[:rank]).abs().max().item(), 1e-5)
            self.assertTrue(0.3 < report["kept"] < 1)
        with safe_open(out, "pt") as file:  # ranks that differ are written so that the library loads them
            self.assertTrue(json.loads(file.metadata()["lora_adapter_metadata"])["unet.rank_pattern"])
        shutil.copy(out, self.folder / "small.safetensors")
        self.ok("merge", self.model, self.folder / "small", "--lora", self.folder / "small.safetensors")
        theirs = self.fused(self.folder / "small.safetensors", 1.0)
        self.assertClose(self.weights(self.folder / "small")["unet"], theirs["unet"])

    def test_refusals_name_the_kind_and_the_module(self):
        key = "lora_unet_down_blocks_0_attentions_0_proj_in"
        good = {f"{key}.lora_down.weight": torch.zeros(2, 32), f"{key}.lora_up.weight": torch.zeros(32, 2)}
        cases = {"LoHa": {f"{key}.hada_w1_a": torch.zeros(2, 2)}, "LoKr": {f"{key}.lokr_w1": torch.zeros(2, 2)}, "IA³": {f"{key}.on_input": torch.zeros(1)},
                 "OFT": {f"{key}.oft_blocks": torch.zeros(1)}, "full difference": {f"{key}.diff": torch.zeros(2, 2)},
                 "its up half is missing": {f"{key}.lora_down.weight": torch.zeros(2, 32)},
                 "do not fit together": {**good, f"{key}.lora_up.weight": torch.zeros(32, 3)},
                 "no part of a LoRA": {**good, "lora_unet_sideways_blocks_0.alpha": torch.zeros(())},
                 "meets no layer": {k.replace("blocks_0", "blocks_7"): v for k, v in good.items()},
                 "does not fit the layer": {**good, f"{key}.lora_down.weight": torch.zeros(2, 31)}}
        for mark, state in cases.items():
            save_file(state, self.folder / "x.safetensors")
            done = engine("lora", "merge", self.model, self.folder / "out", "--lora", self.folder / "x.safetensors")
            self.assertEqual(done.returncode, 2, mark)
            self.assertIn(mark, done.stderr)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["x.safetensors"])


if __name__ == "__main__":
    unittest.main()
