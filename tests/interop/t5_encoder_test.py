# SPDX-License-Identifier: GPL-3.0-or-later
# T5EncoderModel against transformers: names and shapes, forward, gradients, masks, half precision, what files may hold.
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import T5Config, T5EncoderModel, T5ForConditionalGeneration

from probe_support import probe, probed, relative
from t5_support import t5_encoder

transformers.utils.logging.disable_progress_bar()
TOOL = os.path.join(os.environ["ATELIER_BIN"], "model_tool")
FORWARD, GRADIENT = 1e-5, 1e-4
# name: configuration, parameters where they are published
FULL = {
    "t5-small": (dict(), 35_330_816),
    "t5-base": (dict(d_model=768, d_ff=3072, num_layers=12, num_heads=12), 109_628_544),
    "t5-v1_1-large": (dict(d_model=1024, d_ff=2816, num_layers=24, num_heads=16, feed_forward_proj="gated-gelu", tie_word_embeddings=False), 341_231_104),
    "t5-v1_1-xl": (dict(d_model=2048, d_ff=5120, num_layers=24, num_heads=32, feed_forward_proj="gated-gelu", tie_word_embeddings=False), 1_223_527_424),
    "t5-v1_1-xxl": (dict(d_model=4096, d_ff=10240, num_layers=24, num_heads=64, feed_forward_proj="gated-gelu", tie_word_embeddings=False), 4_762_310_656),
}
CASES = (dict(feed_forward_proj="relu"), dict(feed_forward_proj="gated-gelu"), dict(feed_forward_proj="gated-silu", num_layers=1), dict(feed_forward_proj="gelu", d_kv=5, num_heads=2),
         dict(relative_attention_num_buckets=8, relative_attention_max_distance=20, num_layers=3), dict(relative_attention_num_buckets=7, relative_attention_max_distance=9),
         dict(d_kv=32, num_heads=1, layer_norm_epsilon=1e-3), dict(feed_forward_proj="gated-gelu", dense_act_fn="silu"))


class T5Encoder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-t5-"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def tool(self, *arguments):
        run = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)

    def computed(self, folder, inputs, *options):
        save_file({k: v.contiguous() for k, v in inputs.items()}, self.folder / "in.st")
        self.tool("t5", folder, self.folder / "in.st", self.folder / "out.st", *options)
        return load_file(self.folder / "out.st")

    def saved(self, model, name):
        folder = self.folder / name
        model.save_pretrained(folder)
        return folder

    def test_names_shapes_and_keys_of_full_size_models(self):
        for name, (config, parameters) in FULL.items():
            with self.subTest(name):
                config = T5Config(**config)
                with torch.device("meta"):
                    model = T5EncoderModel(config)
                wanted = {k: list(v.shape) for k, v in model.named_parameters()}
                config.architectures = ["T5EncoderModel"]
                config.save_pretrained(self.folder)
                self.tool("names", "t5", self.folder / "config.json", self.folder / "names.json")
                got = json.loads((self.folder / "names.json").read_text())
                self.assertEqual(got["shapes"], wanted)
                self.assertEqual(sum(torch.Size(s).numel() for s in wanted.values()), parameters)
                for key, value in json.loads((self.folder / "config.json").read_text()).items():
                    self.assertEqual(got["config"][key], value, key)

    def test_forward_and_gradients(self):
        for i, config in enumerate(CASES):
            with self.subTest(**config):
                model = t5_encoder(60, seed=i, **config)
                folder = self.saved(model, f"case-{i}")
                for length in (33, 7, 1):
                    ids = torch.randint(0, 60, (3, length))
                    mask = torch.ones_like(ids)
                    mask[0, (length + 1) // 2:] = 0
                    for given in (None, mask):
                        with torch.no_grad():
                            wanted = model(ids, attention_mask=given, output_hidden_states=True)
                        got = probed(folder, "text_encoder", {"input_ids": ids, **({} if given is None else {"attention_mask": given})}, folder / "out.st")
                        self.assertLess(relative(got["last_hidden_state"], wanted.last_hidden_state), FORWARD)
                        self.assertEqual(len(wanted.hidden_states), model.config.num_layers + 1)
                        for layer, state in enumerate(wanted.hidden_states):
                            self.assertLess(relative(got[f"hidden_states.{layer}"], state), FORWARD)
                model.zero_grad()
                ids, upstream = torch.randint(0, 60, (2, 20)), torch.randn(2, 20, model.config.d_model)
                mask = (torch.arange(20) < torch.tensor([[20], [13]])).long()
                (model(ids, attention_mask=mask).last_hidden_state * upstream).sum().backward()
                got = self.computed(folder, {"input_ids": ids, "attention_mask": mask, "upstream": upstream})
                gradients = {n: p.grad for n, p in model.named_parameters()}
                largest = max(g.abs().max() for g in gradients.values())
                for name, g in gradients.items():
                    scale = g.abs().max()
                    error = (got["grad." + name] - g).abs().max() / (largest if scale < 1e-6 * largest else scale)
                    self.assertLess(error.item(), GRADIENT, name)

    def test_half_precision_keeps_the_last_layers_wide(self):
        model = t5_encoder(60, feed_forward_proj="gated-gelu")
        with torch.no_grad():  # beyond what half floats hold, as in large T5 models
            model.encoder.block[0].layer[1].DenseReluDense.wo.weight.mul_(3e5)
        folder = self.saved(model, "half")
        ids = torch.randint(0, 60, (2, 9))
        half = T5EncoderModel.from_pretrained(folder, dtype=torch.float16)
        self.assertEqual(half.encoder.block[0].layer[1].DenseReluDense.wo.weight.dtype, torch.float32)
        with torch.no_grad():
            wanted = half(ids).last_hidden_state.float()
        got = self.computed(folder, {"input_ids": ids}, "fp16")["last_hidden_state"]
        self.assertTrue(torch.isfinite(got).all())
        self.assertLess(relative(got, wanted), 2e-3)

    def test_files_of_whole_models_and_both_names_of_the_table(self):
        config = T5Config(vocab_size=50, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=2)
        whole = T5ForConditionalGeneration(config).eval()
        folder = self.saved(whole, "whole")
        ids = torch.randint(0, 50, (2, 6))
        with torch.no_grad():
            wanted = whole.encoder(ids).last_hidden_state
        got = probed(folder, "text_encoder", {"input_ids": ids}, folder / "out.st")["last_hidden_state"]
        self.assertLess(relative(got, wanted), FORWARD)
        weights = load_file(folder / "model.safetensors")
        table = weights.pop("shared.weight")
        for names in (("encoder.embed_tokens.weight",), ("encoder.embed_tokens.weight", "shared.weight")):
            save_file({**weights, **{name: table.clone() for name in names}}, folder / "model.safetensors", {"format": "pt"})
            again = probed(folder, "text_encoder", {"input_ids": ids}, folder / "out.st")["last_hidden_state"]
            self.assertTrue(torch.equal(again, got))

    def test_what_is_not_computed_is_refused(self):
        model = t5_encoder(60)
        folder = self.saved(model, "refused")
        config = json.loads((folder / "config.json").read_text())
        ids = torch.zeros(1, 3, dtype=torch.long)

        def refused(expected, inputs=None, **changes):
            (folder / "config.json").write_text(json.dumps({**config, **changes}))
            code, err = probe(folder, "text_encoder", inputs or {"input_ids": ids}, folder / "out.st")
            self.assertEqual(code, 2, err)
            self.assertIn(expected, err)

        refused("feed_forward_proj", feed_forward_proj="gated-tanh")
        refused("is_decoder", is_decoder=True)
        refused("relative_attention_max_distance", relative_attention_max_distance=8)
        refused("d_model", d_model="wide")
        refused("shared.weight", vocab_size=61)
        refused("wi.weight", feed_forward_proj="relu", dense_act_fn="relu", is_gated_act=False)
        refused("umt5", model_type="umt5")
        refused("goes beyond 0 to 59", {"input_ids": ids + 60})
        refused("attention_mask", {"input_ids": ids, "attention_mask": ids[:, :2].clone()})


if __name__ == "__main__":
    unittest.main()
