# SPDX-License-Identifier: GPL-3.0-or-later
# Files that torch.save itself writes, in both forms and all protocols, against what `convert --to safetensors` makes of them; files whose pickles
# run code in Python; interrupted conversions.
import json
import os
import pathlib
import pickle
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from collections import OrderedDict

import torch
from diffusers import StableDiffusionPipeline
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import tiny_pipeline

ENGINE = pathlib.Path(os.environ["ATELIER_BIN"]) / "atelier-engine"
MINI = pathlib.Path(os.environ["ATELIER_SOURCE"]) / "resources/models/mini"


def engine(*arguments):
    return subprocess.run([ENGINE, *map(str, arguments)], capture_output=True, text=True)


class Harm:
    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


class TorchFiles(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-torch-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def read(self, path):
        out = path.with_suffix(".safetensors")
        out.unlink(missing_ok=True)
        done = engine("convert", path, out, "--to", "safetensors", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["maximum_difference"], 0)
        return load_file(out)

    def assertSame(self, got, wanted):
        self.assertEqual(set(got), set(wanted))
        for name, tensor in wanted.items():
            self.assertEqual(got[name].dtype, tensor.dtype, name)
            self.assertTrue(torch.equal(got[name].view(torch.uint8) if tensor.dtype.itemsize == 1 else got[name],
                                        tensor.contiguous().view(torch.uint8) if tensor.dtype.itemsize == 1 else tensor), name)

    def test_every_form_protocol_and_kind_of_tensor(self):
        torch.manual_seed(0)
        base = torch.randn(6, 4)
        linear = torch.nn.Linear(3, 2)
        state = OrderedDict(plain=torch.randn(3, 5), transposed=base.t(), view=base[2:4, 1:3], again=base, scalar=torch.tensor(0.5),
                            expanded=torch.ones(1, 3).expand(4, 3), channels=torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last),
                            empty=torch.empty(0, 3), long=torch.arange(5), bits=torch.tensor([True, False]), double=torch.randn(2, dtype=torch.float64),
                            parameter=torch.nn.Parameter(torch.randn(2)), **linear.state_dict())
        for dtype in (torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int16, torch.int32):
            state[str(dtype)] = (torch.randn(7) * 10).to(dtype)
        for zipped in (True, False):
            for protocol in (2, 3, 4, 5):
                with self.subTest(zipped=zipped, protocol=protocol):
                    path = self.folder / "x.bin"
                    torch.save(state, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
                    self.assertSame(self.read(path), {k: v.detach() for k, v in state.items()})
        small = {"e4": torch.randn(4).to(torch.float8_e4m3fn), "u": torch.tensor([1, 2], dtype=torch.uint16)}
        torch.save(small, self.folder / "new.pt")
        self.assertSame(self.read(self.folder / "new.pt"), small)

    def test_a_trainers_checkpoint(self):
        weights = {"model.diffusion_model.w": torch.randn(2, 2)}
        torch.save({"epoch": 4, "global_step": 875000, "pytorch-lightning_version": "1.4.2", "state_dict": weights, "lr_schedulers": [{"a": {1, 2}}],
                    "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(2)}}}]}, self.folder / "v.ckpt")
        self.assertSame(self.read(self.folder / "v.ckpt"), weights)
        with safe_open(self.folder / "v.safetensors", "pt") as file:
            self.assertEqual(file.metadata()["global_step"], "875000")

    def test_what_runs_in_python_is_refused_by_name(self):
        mark = self.folder / "harm"
        cases = {"system": Harm(os.system, f"touch {mark}"), "eval": Harm(eval, f"open({str(mark)!r}, 'w')"),
                 "getattr": Harm(getattr, Harm(__import__, "os"), "system"), "check_output": Harm(subprocess.check_output, ["touch", str(mark)]),
                 "loads": Harm(pickle.loads, b"N.")}
        for name, harm in cases.items():
            for zipped in (True, False):
                for where in (harm, {"state_dict": {"w": torch.zeros(1)}, "callbacks": harm}):
                    path = self.folder / "x.ckpt"
                    torch.save(where, path, _use_new_zipfile_serialization=zipped)
                    for verb in (["inspect", path], ["convert", path, self.folder / "out", "--to", "safetensors"],
                                 ["convert", path, self.folder / "out", "--without-tokenizer"]):
                        done = engine(*verb)
                        self.assertEqual(done.returncode, 2, name)
                        self.assertRegex(done.stderr, rf"load \S+\.({name}|__import__)")
        self.assertFalse(mark.exists())
        self.assertEqual([p.name for p in self.folder.iterdir()], ["x.ckpt"])

    def test_pickled_pipelines_and_checkpoints_convert_like_safetensors(self):
        pickled = self.folder / "pickled"
        shutil.copytree(MINI, pickled)
        for path in list(pickled.rglob("*.safetensors")):
            state = load_file(path)
            path.unlink()
            name = "pytorch_model" if path.name == "model.safetensors" else path.stem
            half = len(state) // 2
            parts = {f"{name}-00001-of-00002.bin": dict(list(state.items())[:half]), f"{name}-00002-of-00002.bin": dict(list(state.items())[half:])}
            for part, tensors in parts.items():
                torch.save(tensors, path.parent / part)
            (path.parent / f"{name}.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": {k: p for p, t in parts.items() for k in t}}))
        report = json.loads(engine("inspect", pickled, "--json").stdout)
        self.assertTrue(report["complete"], report)
        for source, out in ((MINI, "a.safetensors"), (pickled, "b.safetensors")):
            done = engine("convert", source, self.folder / out)
            self.assertEqual(done.returncode, 0, done.stderr)
        whole = load_file(self.folder / "a.safetensors")
        self.assertSame(load_file(self.folder / "b.safetensors"), whole)
        torch.save({"state_dict": whole}, self.folder / "c.ckpt")
        done = engine("convert", self.folder / "c.ckpt", self.folder / "c", "--like", MINI)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertSame(load_file(self.folder / "c/unet/diffusion_pytorch_model.safetensors"),
                        load_file(MINI / "unet/diffusion_pytorch_model.safetensors"))
        (pickled / "unet/diffusion_pytorch_model-00002-of-00002.bin").unlink()
        done = engine("convert", pickled, self.folder / "d.safetensors")
        self.assertEqual(done.returncode, 2)
        self.assertIn("1 of 2 parts are missing: diffusion_pytorch_model-00002-of-00002.bin", done.stderr)

    def test_values_that_are_not_finite_are_named(self):
        save_file({"w": torch.tensor([1, float("nan")]), "ok": torch.ones(2)}, self.folder / "nan.safetensors")
        done = engine("convert", self.folder / "nan.safetensors", self.folder / "out.safetensors", "--to", "safetensors", "--dtype", "fp16")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 tensor hold", done.stderr.replace("holds", "hold"))
        self.assertIn("first is w", done.stderr)

    def test_textual_inversions_both_ways(self):
        (self.folder / "model").mkdir()
        tiny_pipeline.save(self.folder / "model")
        vectors = torch.randn(3, 32)
        torch.save({"string_to_token": {"*": 265}, "string_to_param": {"*": torch.nn.Parameter(vectors)}, "name": "<cat>", "step": 9, "sd_checkpoint": None},
                   self.folder / "cat.pt")
        torch.save({"<cat>": vectors}, self.folder / "learned_embeds.bin")
        save_file({"emb_params": vectors}, self.folder / "kohya.safetensors")
        for source in ("cat.pt", "learned_embeds.bin", "kohya.safetensors"):
            for form in ("diffusers", "a1111"):
                out = self.folder / f"{source}-{form}.safetensors"
                done = engine("convert", self.folder / source, out, "--to", f"embedding-{form}", "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(json.loads(done.stdout.splitlines()[-1])["maximum_difference"], 0)
                name = "emb_params" if form == "a1111" else "kohya" if source.startswith("kohya") else "<cat>"
                self.assertSame(load_file(out), {name: vectors})
                pipe = StableDiffusionPipeline.from_pretrained(self.folder / "model")
                pipe.load_textual_inversion(out, token="<cat>")
                rows = pipe.tokenizer.convert_tokens_to_ids(["<cat>", "<cat>_1", "<cat>_2"])
                self.assertTrue(torch.equal(pipe.text_encoder.get_input_embeddings().weight[rows], vectors))
        save_file({"clip_l": vectors, "clip_g": torch.randn(3, 64)}, self.folder / "xl.safetensors")
        self.assertIn("both text encoders", engine("convert", self.folder / "xl.safetensors", self.folder / "x", "--to", "embedding-diffusers").stderr)
        done = engine("convert", MINI / "unet/diffusion_pytorch_model.safetensors", self.folder / "x", "--to", "embedding-a1111")
        self.assertEqual(done.returncode, 2)

    def test_interrupted_leaves_nothing(self):
        source = self.folder / "big.safetensors"
        save_file({f"t{i}": torch.zeros(1 << 20) for i in range(64)}, source)
        process = subprocess.Popen([ENGINE, "convert", source, self.folder / "out.safetensors", "--to", "safetensors", "--dtype", "fp16"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while not list(self.folder.glob(".out.*")) and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("nothing was written", err)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["big.safetensors"])

    def test_what_a_killed_conversion_left_goes_with_the_next(self):
        source = self.folder / "big.safetensors"
        save_file({f"t{i}": torch.zeros(1 << 20) for i in range(64)}, source)
        process = subprocess.Popen([ENGINE, "convert", source, self.folder / "out.safetensors", "--to", "safetensors", "--dtype", "fp16"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not list(self.folder.glob(".out.*/*")) and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        process.wait()
        self.assertEqual([p.name for p in self.folder.glob(".*")], [f".out.safetensors.partial-{process.pid}"])
        save_file({"w": torch.zeros(2)}, self.folder / "small.safetensors")
        done = engine("convert", self.folder / "small.safetensors", self.folder / "other.safetensors", "--to", "safetensors")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["big.safetensors", "other.safetensors", "small.safetensors"])


if __name__ == "__main__":
    unittest.main()
