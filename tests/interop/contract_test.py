# SPDX-License-Identifier: GPL-3.0-or-later
# The whole contract of `probe` and what a replay takes and gives, option by option and error by error: whole pipeline folders of SD 1, SD 2
# (v prediction) and XL against diffusers and transformers. Numbers of single networks are in models_test.py, of training in train_test.py.
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import torch
from diffusers import ControlNetModel, DiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

import tiny_pipeline
import train_test
from convert_test import canonical
from probe_support import ENGINE, probe, probed, randomise, relative

FORWARD = 1e-5
TEXTS = ["", "a cat on a mat", "two\nlines and a \" quote", "x " * 120, "ünïcödé 😀", "<|endoftext|> after the end"]


def save_sd2(folder):
    """Stable Diffusion 2's features: heads per level, linear projections, gelu text encoder, v prediction."""
    tiny_pipeline.save(folder, prediction_type="v_prediction")
    randomise(UNet2DConditionModel(sample_size=8, block_out_channels=(32, 64), layers_per_block=1, norm_num_groups=8, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                                   up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=32, attention_head_dim=(2, 4), use_linear_projection=True,
                                   upcast_attention=True), 5).save_pretrained(folder / "unet")
    size = json.loads((folder / "text_encoder/config.json").read_text())["vocab_size"]
    randomise(CLIPTextModel(CLIPTextConfig(vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4, hidden_act="gelu",
                                           bos_token_id=size - 2, eos_token_id=size - 1)), 6).save_pretrained(folder / "text_encoder")


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-contract-"))
        tiny_pipeline.save(cls.folder / "sd1")
        save_sd2(cls.folder / "sd2")
        tiny_pipeline.save_xl(cls.folder / "xl")
        for model in ("sd1", "xl"):
            tiny_pipeline.save_controlnet(cls.folder / model / "controlnet", cls.folder / model, 7)
        cls.lines = cls.folder / "texts.jsonl"
        cls.lines.write_text("".join(json.dumps(t) + "\n" for t in TEXTS))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def close(self, got, wanted):
        self.assertLess(relative(got, wanted.detach()), FORWARD)

    def unet_inputs(self, model, size=(6, 10)):
        inputs = {"sample": torch.randn(2, 4, *size), "timestep": torch.tensor([7.0, 903.5]), "encoder_hidden_states": torch.randn(2, 5, 80 if model == "xl" else 32)}
        more = {"text_embeds": torch.randn(2, 24), "time_ids": 64 * torch.rand(2, 6).round()} if model == "xl" else {}
        return inputs, more

    def test_every_component_of_whole_folders(self):
        for model in ("sd1", "sd2", "xl"):
            folder, out = self.folder / model, self.folder / "out.st"
            pipe = DiffusionPipeline.from_pretrained(folder, safety_checker=None) if model != "xl" else DiffusionPipeline.from_pretrained(folder)
            with self.subTest(model), torch.no_grad():
                inputs, told = self.unet_inputs(model)
                added = {"added_cond_kwargs": told} if told else {}
                self.close(probed(folder, "unet", {**inputs, **told}, out)["sample"], pipe.unet(*inputs.values(), **added).sample)
                pixels, latents = torch.rand(2, 3, 24, 40) * 2 - 1, torch.randn(2, 4, 6, 10)
                self.close(probed(folder, "vae.encode", {"pixels": pixels}, out, "--device", "cpu")["moments"], pipe.vae.encode(pixels).latent_dist.parameters)
                self.close(probed(folder, "vae.decode", {"latents": latents}, out)["pixels"], pipe.vae.decode(latents).sample)
                for suffix in ("", "_2") if model == "xl" else ("",):
                    tokenizer, encoder = getattr(pipe, "tokenizer" + suffix), getattr(pipe, "text_encoder" + suffix)
                    ids = torch.tensor(tokenizer(TEXTS, padding="max_length", truncation=True, max_length=77).input_ids)
                    self.assertTrue(torch.equal(probed(folder, "tokenizer" + suffix, self.lines, out)["input_ids"], ids))
                    wanted, got = encoder(ids, output_hidden_states=True), probed(folder, "text_encoder" + suffix, {"input_ids": ids}, out)
                    names = {"last_hidden_state", "pooler_output", *(f"hidden_states.{i}" for i in range(len(wanted.hidden_states)))}
                    self.assertEqual(set(got), names | ({"text_embeds"} if suffix else set()))
                    self.close(got["last_hidden_state"], wanted.last_hidden_state)
                    for i, state in enumerate(wanted.hidden_states):
                        self.close(got[f"hidden_states.{i}"], state)
                    if suffix:
                        self.close(got["text_embeds"], wanted.text_embeds)
                    else:
                        self.close(got["pooler_output"], wanted.pooler_output)
                if model == "sd2":
                    continue
                net = ControlNetModel.from_pretrained(folder / "controlnet")
                picture = torch.rand(2, 3, 24, 40) if net.config.conditioning_embedding_out_channels == (8, 8, 8) else None
                picture = torch.rand(2, 3, *(s * 2 ** (len(net.config.conditioning_embedding_out_channels) - 1) for s in (6, 10))) if picture is None else picture
                for scale in ((), (torch.tensor([0.25]),)):
                    down, mid = net(*inputs.values(), picture, *map(float, scale), **added, return_dict=False)
                    got = probed(folder, "controlnet", {**inputs, **told, "controlnet_cond": picture, **({"conditioning_scale": scale[0]} if scale else {})}, out)
                    self.assertEqual(set(got), {"mid_block_res_sample", *(f"down_block_res_samples.{i}" for i in range(len(down)))})
                    self.close(got["mid_block_res_sample"], mid)
                    for i, residual in enumerate(down):
                        self.close(got[f"down_block_res_samples.{i}"], residual)

    def test_weights_of_mixed_precision(self):
        folder = self.folder / "mixed"
        shutil.copytree(self.folder / "sd1", folder)
        path = folder / "unet/diffusion_pytorch_model.safetensors"
        types = (torch.float16, torch.float32, torch.bfloat16, torch.float64)
        save_file({k: v.to(types[i % 4]) for i, (k, v) in enumerate(load_file(path).items())}, path)
        inputs, _ = self.unet_inputs("sd1")
        with torch.no_grad():
            wanted = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32)(*inputs.values()).sample
        self.close(probed(folder, "unet", inputs, self.folder / "out.st")["sample"], wanted)

    def test_no_numbers_in_no_numbers_out(self):
        inputs, _ = self.unet_inputs("sd1")
        inputs["sample"][0, 0, 0, 0] = float("nan")
        got = probed(self.folder / "sd1", "unet", inputs, self.folder / "nan.st")["sample"]
        self.assertTrue(got[0].isnan().any() and got[1].isfinite().all())

    def test_every_refusal(self):
        inputs, _ = self.unet_inputs("sd1")
        xl, told = self.unet_inputs("xl")
        ids = {"input_ids": torch.zeros(1, 5, dtype=torch.long)}
        residuals = {f"down_block_additional_residuals.{i}": torch.zeros(2, 32, 6, 10) for i in range(2)}
        control = {**inputs, "controlnet_cond": torch.rand(2, 3, 24, 40)}
        lines = {name: self.folder / f"{name}.jsonl" for name in ("number", "broken", "bytes")}
        lines["number"].write_text('"a"\n7\n')
        lines["broken"].write_text('"a\n')
        lines["bytes"].write_bytes(b'"\xff"\n')
        save_file({"sample": torch.zeros(2, 4, 6, 10)}, self.folder / "grad.st")
        save_file({"sample": torch.zeros(2, 4, 6, 10), "more": torch.zeros(1)}, self.folder / "grad-more.st")
        (self.folder / "text.st").write_text("no safetensors")
        for model, component, given, more, expected in (
                ("sd1", "decoder", inputs, (), "vae.encode, vae.decode"), ("sd1", "unet", inputs, ("--device", "cuda"), "CPU only"),
                ("nowhere", "unet", inputs, (), "no such folder"), ("sd1", "text_encoder_2", ids, (), "text_encoder, tokenizer, unet, vae"),
                ("sd2", "controlnet", control, (), "no component"), ("sd1", "unet", self.folder / "nothing.st", (), "nothing.st"), ("sd1", "unet", self.folder / "text.st", (), "text.st"),
                ("xl", "unet", xl, (), "text_embeds"), ("xl", "unet", {**xl, "text_embeds": told["text_embeds"]}, (), "time_ids"), ("xl", "unet", {**xl, **told, "time_ids": told["time_ids"][:, :5]}, (), "text_embeds"),
                ("sd1", "unet", {**inputs, **told}, (), "text_embeds"), ("sd1", "unet", {**inputs, **residuals}, (), "residuals"), ("sd1", "unet", {**inputs, "timestep": torch.zeros(3)}, (), "timestep"),
                ("sd1", "unet", {**inputs, "sample": torch.zeros(2, 5, 6, 10)}, (), "[2, 5, 6, 10]"), ("sd1", "unet", {**inputs, "sample": torch.zeros(2, 4, 6, 10, dtype=torch.double)}, (), "F32"),
                ("sd1", "unet", {**inputs, "timestep": torch.zeros(2, dtype=torch.int32)}, (), "F32 or I64"),
                ("sd1", "controlnet", inputs, (), "controlnet_cond"), ("sd1", "controlnet", {**control, "controlnet_cond": torch.rand(2, 3, 25, 40)}, (), "controlnet_cond"),
                ("sd1", "controlnet", {**control, "conditioning_scale": torch.ones(2)}, (), "conditioning_scale"), ("sd1", "controlnet", {**control, **residuals}, (), "residuals"),
                ("sd1", "vae.encode", {"pixels": torch.zeros(1, 4, 8, 8)}, (), "[1, 4, 8, 8]"), ("sd1", "vae.encode", {"latents": torch.zeros(1, 4, 8, 8)}, (), "pixels"),
                ("sd1", "vae.decode", {"latents": torch.zeros(4, 8, 8)}, (), "[4, 8, 8]"), ("sd1", "vae.decode", {"latents": torch.zeros(1, 4, 8, 8), "x": torch.zeros(1)}, (), "x"),
                ("sd1", "text_encoder", {"input_ids": torch.zeros(1, 78, dtype=torch.long)}, (), "78"), ("sd1", "text_encoder", {"input_ids": torch.zeros(1, 0, dtype=torch.long)}, (), "input_ids"),
                ("sd1", "text_encoder", {"input_ids": torch.zeros(1, 5)}, (), "I64"), ("sd1", "text_encoder", {"input_ids": torch.full((1, 5), 10 ** 6)}, (), "goes beyond 0 to"),
                ("sd1", "text_encoder", {"input_ids": torch.full((1, 5), -1)}, (), "goes beyond 0 to"), ("sd1", "text_encoder", {**ids, "attention_mask": torch.ones(1, 5)}, (), "attention_mask"),
                ("sd1", "tokenizer", lines["number"], (), "number.jsonl:2"), ("sd1", "tokenizer", lines["broken"], (), "broken.jsonl:1"), ("sd1", "tokenizer", lines["bytes"], (), "bytes.jsonl:1"),
                ("sd1", "vae.decode", {"latents": torch.zeros(1, 4, 8, 8)}, ("--grad", self.folder / "grad.st"), "only the unet"),
                ("sd1", "unet", inputs, ("--grad", self.folder / "grad-more.st"), "more"), ("sd1", "unet", inputs, ("--grad", self.folder / "nothing.st"), "nothing.st")):
            with self.subTest(model=model, component=component, expected=expected):
                code, err = probe(self.folder / model, component, given, self.folder / "none.st", *more)
                self.assertEqual(code, 2, err)
                self.assertIn(expected, err)
                self.assertFalse((self.folder / "none.st").exists())

    def test_command_lines(self):
        for arguments in ((), ("model",), ("model", "--component", "unet"), ("model", "--component", "unet", "--inputs", "x"), ("model", "--bogus")):
            done = subprocess.run([ENGINE, "probe", *arguments], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr)
        for verb, options in (("probe", ("--component", "--inputs", "--out", "--grad", "--device")), ("replay", ("--batches", "--out", "--device"))):
            told = subprocess.run([ENGINE, verb, "--help"], capture_output=True, text=True)
            self.assertEqual(told.returncode, 0)
            for option in options:
                self.assertIn(option, told.stdout)


class Replay(train_test.Replay):
    """What surrounds the numbers: files, options, what is written. The numbers are train_test's."""

    # The tests of the base class are run by train_test.py.
    test_losses_and_weights_equal_torch = test_optimizers_losses_and_schedules = test_twice_gives_equal_bytes = test_wrong_batches_are_named = None

    def replay(self, out, *words, code=0, config=None, batches="batches"):
        done = train_test.engine("replay", config or self.config(), *words, "--batches", self.folder / batches, "--out", self.folder / out)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def test_sample_prediction_and_what_is_written(self):
        unet = train_test.pipeline(self.folder, "sample").unet.train()
        batches = self.record(8)
        losses, norms, rates, shadow = self.reference(unet, batches, "sample")
        self.replay("out", "--device", "cpu")
        out = self.folder / "out"
        self.assertEqual({p.name for p in out.iterdir()}, {"losses.json", "pipeline", "unet_raw.safetensors"})
        told = json.loads((out / "losses.json").read_text())
        self.assertEqual(set(told), {"loss", "lr", "grad_norm"})
        for name, expected in (("loss", losses), ("grad_norm", norms), ("lr", rates)):
            for a, b in zip(told[name], expected, strict=True):
                self.assertLessEqual(abs(a - b), 1e-4 * abs(b), name)
        self.assertTrue(all(len(repr(x).replace(".", "").lstrip("0")) >= 9 for x in told["loss"]))
        made = DiffusionPipeline.from_pretrained(out / "pipeline", safety_checker=None)
        for name, value in made.unet.state_dict().items():
            self.assertEqual(value.dtype, torch.float32)
        self.compareAll(made.unet.state_dict(), shadow)
        for part in ("vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors", "scheduler/scheduler_config.json"):
            before, after = self.folder / "pipeline" / part, out / "pipeline" / part
            if part.endswith("json"):
                self.assertEqual(json.loads(after.read_text())["prediction_type"], "sample")
            else:
                before, after = (canonical(part.split("/")[0], load_file(f)) for f in (before, after))
                self.assertTrue(all(torch.equal(before[k], after[k]) for k in before | after), part)
        # Without averages the folder holds the raw weights.
        self.replay("raw", "model.use_ema=false")
        raw = load_file(self.folder / "raw/unet_raw.safetensors")
        kept = load_file(self.folder / "raw/pipeline/unet/diffusion_pytorch_model.safetensors")
        self.assertTrue(set(raw) == set(kept) and all(torch.equal(raw[k], kept[k]) for k in raw))
        self.assertEqual((self.folder / "raw/unet_raw.safetensors").read_bytes(), (out / "unet_raw.safetensors").read_bytes())

    def test_precision_overrides_and_what_is_not_opened(self):
        train_test.pipeline(self.folder, "epsilon")
        self.record(4)
        self.replay("fp32")
        wanted = (self.folder / "fp32/unet_raw.safetensors").read_bytes()
        for word in ("no", "null", "false"):
            self.replay(word, f"model.mixed_precision={word}")
            self.assertEqual((self.folder / word / "unet_raw.safetensors").read_bytes(), wanted)
        self.replay("bf16", "model.mixed_precision=bf16")
        full, half = (json.loads((self.folder / f / "losses.json").read_text())["loss"] for f in ("fp32", "bf16"))
        self.assertNotEqual(full, half)
        for a, b in zip(half, full, strict=True):
            self.assertLessEqual(abs(a - b), 2e-2 * abs(b))
        self.replay("unclipped", "model.max_grad_norm=null")
        self.assertNotEqual((self.folder / "unclipped/unet_raw.safetensors").read_bytes(), wanted)
        self.replay("each", "system.gradient_accumulation=1")
        self.assertEqual(len(json.loads((self.folder / "each/losses.json").read_text())["lr"]), 4)
        more = self.config("dataset: {type: WebDataset, params: {path: '/nowhere/{00000..00009}.tar'}}\nsampling: {prompts: [x], every: 1}\n")
        self.replay("unopened", "experiment.log_dir=/nowhere", "experiment.save_every=1", config=more)
        self.assertEqual((self.folder / "unopened/unet_raw.safetensors").read_bytes(), wanted)

    def test_wrong_folders_and_configurations_are_named(self):
        train_test.pipeline(self.folder, "epsilon")
        self.record(3)
        (self.folder / "full").mkdir()
        (self.folder / "full/file").write_text("x")
        self.assertIn("not empty", self.replay("full", code=2))
        (self.folder / "empty").mkdir()
        self.replay("empty")
        self.assertIn("batch-00000.safetensors", self.replay("out", batches="empty", code=2))
        self.assertIn("nowhere", self.replay("out", batches="nowhere", code=2))
        (self.folder / "batches/batch-00001.safetensors").rename(self.folder / "batches/batch-00007.safetensors")
        self.assertIn("batch-00001.safetensors is missing", self.replay("out", code=2))
        (self.folder / "batches/batch-00007.safetensors").write_bytes((self.folder / "batches/batch-00000.safetensors").read_bytes()[:-5])
        (self.folder / "batches/batch-00007.safetensors").rename(self.folder / "batches/batch-00001.safetensors")
        self.assertIn("batch-00001.safetensors", self.replay("out", code=2))
        (self.folder / "batches/batch-00001.safetensors").unlink()
        (self.folder / "batches/batch-00002.safetensors").unlink()
        good = load_file(self.folder / "batches/batch-00000.safetensors")
        for change, expected in (({"latents": torch.zeros(2, 5, 8, 8), "noise": torch.zeros(2, 5, 8, 8)}, "[2, 5, 8, 8]"), ({"encoder_hidden_states": torch.zeros(2, 7, 9)}, "[2, 7, 9]"),
                                 ({"timesteps": good["timesteps"].float()}, "I64"), ({"timesteps": -1 - good["timesteps"]}, "0…999"), ({"timesteps": good["timesteps"][:1]}, "timestep"),
                                 ({"text_embeds": torch.zeros(2, 4)}, "text_embeds")):
            save_file(good | change, self.folder / "batches/batch-00000.safetensors")
            err = self.replay("out", code=2)
            self.assertIn(expected, err)
            self.assertIn("batch-00000", err)
        save_file({k: v for k, v in good.items() if k != "noise"}, self.folder / "batches/batch-00000.safetensors")
        self.assertIn('"noise" is missing', self.replay("out", code=2))
        save_file(good, self.folder / "batches/batch-00000.safetensors")
        for word, expected in (("model.pretrained=/nowhere", "/nowhere"), ("optimizer.name=unknown", "unknown"), ("optimizer.params.learning_rate=-1", "learning_rate"), ("modle.use_ema=true", "modle")):
            self.assertIn(expected, self.replay("out", word, code=2))
        self.assertIn("pretrained", self.replay("out", "model.pretrained=null", code=2))
        self.assertIn("config.yaml", self.replay("out", config=self.folder / "nowhere/config.yaml", code=2))


if __name__ == "__main__":
    torch.set_num_threads(2)
    unittest.main()
