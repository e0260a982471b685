# SPDX-License-Identifier: GPL-3.0-or-later
# Pipeline folders written by the engine open and run in the real StableDiffusionPipeline, and hold what they should.
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import numpy
import torch
from diffusers import (ControlNetModel, StableDiffusionControlNetPipeline, StableDiffusionInpaintPipeline, StableDiffusionPipeline, StableDiffusionXLImg2ImgPipeline,
                       StableDiffusionXLPipeline)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from safetensors.torch import load_file
from transformers import CLIPConfig, CLIPImageProcessor, CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from probe_support import probed, randomise, relative
from tiny_pipeline import unet
from tokenizer_test import trained_vocabulary, write_classic

TOOL = os.path.join(os.environ["ATELIER_BIN"], "pipeline_tool")
WEIGHTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}


def tool(*arguments):
    run = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
    return run.returncode, run.stderr


class PipelineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-pipeline-"))
        write_classic(cls.folder / "tokenizer", trained_vocabulary())
        code, err = tool("make", cls.folder / "tokenizer", cls.folder / "made", "fp32")
        assert code == 0, err

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def picture(self, folder, dtype=torch.float32):
        pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=dtype)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline("a cat", num_inference_steps=3, height=16, width=16, generator=torch.Generator().manual_seed(1), output_type="np").images[0]

    def test_opens_and_runs(self):
        image = self.picture(self.folder / "made")
        self.assertEqual(image.shape, (16, 16, 3))
        self.assertTrue(numpy.isfinite(image).all())

    def test_models_compute_the_same(self):
        pipeline = StableDiffusionPipeline.from_pretrained(self.folder / "made")
        ids = torch.tensor(pipeline.tokenizer(["a cat", ""], padding="max_length", truncation=True, max_length=77).input_ids)
        inputs = {"sample": torch.randn(2, 4, 8, 8), "timestep": torch.tensor([10, 900]), "encoder_hidden_states": torch.randn(2, 77, 32)}
        out = self.folder / "out.st"
        with torch.no_grad():
            self.assertLess(relative(probed(self.folder / "made", "unet", inputs, out)["sample"], pipeline.unet(*inputs.values()).sample), 1e-5)
            self.assertLess(relative(probed(self.folder / "made", "text_encoder", {"input_ids": ids}, out)["last_hidden_state"], pipeline.text_encoder(ids).last_hidden_state), 1e-5)
            latents = torch.randn(1, 4, 8, 8)
            self.assertLess(relative(probed(self.folder / "made", "vae.decode", {"latents": latents}, out)["pixels"], pipeline.vae.decode(latents).sample), 1e-5)

    def test_copies_in_every_dtype(self):
        for name, dtype in (("fp32", torch.float32), ("fp16", torch.float16), ("bf16", torch.bfloat16)):
            code, err = tool("copy", self.folder / "made", self.folder / name, name)
            self.assertEqual(code, 0, err)
            for component, stem in WEIGHTS.items():
                made, copied = (load_file(self.folder / f / component / f"{stem}.safetensors") for f in ("made", name))
                self.assertEqual(set(made), set(copied))
                for key in made:
                    self.assertTrue(torch.equal(made[key].to(dtype), copied[key]), key)
            numpy.testing.assert_allclose(self.picture(self.folder / name), self.picture(self.folder / "made"), atol=0 if name == "fp32" else 0.1)

    def test_a_folder_saved_by_diffusers_comes_back(self):
        reference = StableDiffusionPipeline.from_pretrained(self.folder / "made")
        reference.save_pretrained(self.folder / "theirs")
        code, err = tool("copy", self.folder / "theirs", self.folder / "ours", "fp32")
        self.assertEqual(code, 0, err)
        numpy.testing.assert_array_equal(self.picture(self.folder / "ours"), self.picture(self.folder / "made"))
        for component in ("unet", "vae"):
            theirs, ours = (json.loads((self.folder / f / component / "config.json").read_text()) for f in ("theirs", "ours"))
            for key, value in theirs.items():
                if not key.startswith("_"):
                    self.assertEqual(ours[key], value, key)

    def copied(self, name, pipeline):
        """Saved by diffusers, loaded and saved by the engine; the folder's files but for those of our own components are equal. Returns both, opened again."""
        theirs, ours = self.folder / f"{name}-theirs", self.folder / f"{name}-ours"
        pipeline.save_pretrained(theirs)
        code, err = tool("copy", theirs, ours, "fp32")
        self.assertEqual(code, 0, err)
        index, kept = (json.loads((f / "model_index.json").read_text()) for f in (theirs, ours))
        self.assertEqual({k: v for k, v in index.items() if not k.startswith("_name")}, kept)
        files = [{str(p.relative_to(f)) for p in f.rglob("*") if p.is_file()} - self.WORDS for f in (theirs, ours)]
        self.assertEqual(*files)
        for path in theirs.rglob("*"):
            if path.is_file() and path.parent.name in ("safety_checker", "feature_extractor", "image_encoder", "depth_estimator"):
                self.assertEqual(path.read_bytes(), (ours / path.relative_to(theirs)).read_bytes(), path)
        opened = [type(pipeline).from_pretrained(f) for f in (theirs, ours)]
        for each in opened:
            each.set_progress_bar_config(disable=True)
        return opened

    # Word lists beside or instead of tokenizer.json: releases of transformers differ in which of them they write.
    WORDS = {f"{t}/{n}" for t in ("tokenizer", "tokenizer_2") for n in ("vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json", "tokenizer_config.json", "tokenizer.json")}

    def samePictures(self, opened, *arguments, **more):
        pictures = [p(*arguments, num_inference_steps=2, generator=torch.Generator().manual_seed(2), output_type="np", **more).images for p in opened]
        numpy.testing.assert_array_equal(*pictures)

    def test_sdxl_inpainting_and_controlnet_folders(self):
        base = StableDiffusionPipeline.from_pretrained(self.folder / "made")
        tokenizer, scheduler = base.tokenizer, base.scheduler
        width = len(tokenizer)
        text2 = randomise(CLIPTextModelWithProjection(CLIPTextConfig(vocab_size=width, hidden_size=48, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4, hidden_act="gelu",
                                                                     projection_dim=24, bos_token_id=width - 2, eos_token_id=width - 1)), 1)
        text1 = randomise(CLIPTextModel(CLIPTextConfig(vocab_size=width, hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4, bos_token_id=width - 2,
                                                       eos_token_id=width - 1)), 2)
        xl = StableDiffusionXLPipeline(vae=base.vae, text_encoder=text1, text_encoder_2=text2, tokenizer=tokenizer, tokenizer_2=tokenizer, scheduler=scheduler,
                                       unet=unet(cross_attention_dim=80, addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=72),
                                       add_watermarker=False)
        self.samePictures(self.copied("xl", xl), "a cat", height=16, width=16)
        # A refiner has the second encoder only.
        refiner = StableDiffusionXLImg2ImgPipeline(vae=base.vae, text_encoder=None, text_encoder_2=text2, tokenizer=None, tokenizer_2=tokenizer, scheduler=scheduler,
                                                   unet=unet(cross_attention_dim=48, addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=64),
                                                   requires_aesthetics_score=True, add_watermarker=False)
        picture = torch.rand(1, 3, 16, 16)
        self.samePictures(self.copied("refiner", refiner), "a cat", image=picture, strength=1.0)
        checker = StableDiffusionSafetyChecker(CLIPConfig(text_config={}, vision_config={"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 16,
                                                                                         "patch_size": 8}, projection_dim=8))
        inpaint = StableDiffusionInpaintPipeline(vae=base.vae, text_encoder=base.text_encoder, tokenizer=tokenizer, scheduler=scheduler, unet=unet(9), safety_checker=checker,
                                                 feature_extractor=CLIPImageProcessor(size=16, crop_size=16))
        theirs, ours = self.copied("inpaint", inpaint)
        self.samePictures((theirs, ours), "a cat", image=picture, mask_image=(picture[:, :1] > 0.5).float(), height=16, width=16)
        control = randomise(ControlNetModel.from_unet(base.unet, conditioning_embedding_out_channels=(8, 8)), 3)
        guided = StableDiffusionControlNetPipeline(vae=base.vae, text_encoder=base.text_encoder, tokenizer=tokenizer, scheduler=scheduler, unet=base.unet, controlnet=control,
                                                   safety_checker=None, feature_extractor=None, requires_safety_checker=False)
        self.samePictures(self.copied("controlnet", guided), "a cat", image=picture, height=16, width=16)

    def test_large_parts_are_kept_and_absent_ones_not_promised(self):
        folder = self.folder / "large-theirs"
        shutil.copytree(self.folder / "made", folder)
        index = json.loads((folder / "model_index.json").read_text())
        index.update(depth_estimator=["transformers", "DPTForDepthEstimation"], safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"])
        (folder / "model_index.json").write_text(json.dumps(index))
        (folder / "depth_estimator" / "deep").mkdir(parents=True)
        for path, size in (("model.safetensors", 3 << 20), ("deep/more.bin", 100)):
            (folder / "depth_estimator" / path).write_bytes(os.urandom(size))
        code, err = tool("copy", folder, self.folder / "large-ours", "fp32")
        self.assertEqual(code, 0, err)
        for path in ("model.safetensors", "deep/more.bin"):
            self.assertEqual((folder / "depth_estimator" / path).read_bytes(), (self.folder / "large-ours" / "depth_estimator" / path).read_bytes())
        written = json.loads((self.folder / "large-ours" / "model_index.json").read_text())
        self.assertEqual(written["depth_estimator"], index["depth_estimator"])
        self.assertEqual((written["safety_checker"], written["requires_safety_checker"]), ([None, None], False))

    def test_nothing_is_overwritten_and_nothing_half_written_stays(self):
        code, err = tool("copy", self.folder / "made", self.folder / "made", "fp32")
        self.assertEqual(code, 1)
        self.assertIn("exists", err)
        code, err = tool("copy", self.folder / "made", self.folder / "absent" / "deep" / "x", "fp32")
        self.assertFalse(any(p.name.startswith(".") for p in self.folder.rglob("*")), "temporary folders left")


if __name__ == "__main__":
    unittest.main()
