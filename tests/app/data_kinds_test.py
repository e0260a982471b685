#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Training on every kind of data: drawing with replacement, Parquet, tables, folders.
Each run is stopped and continued, and equals the one that was not; unusable samples are said and replaced."""
import io
import json
import os
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

ENGINE = str(Path(os.environ["ATELIER_BIN"]) / "atelier-engine")
MODEL = """{down_block_types: [DownEncoderBlock2D], up_block_types: [UpDecoderBlock2D], block_out_channels: [8],
    layers_per_block: 1, latent_channels: 4, norm_num_groups: 4, sample_size: 8}"""


def picture(i, side=12):
    out = io.BytesIO()
    Image.fromarray(numpy.random.default_rng(i).integers(0, 255, (side, side, 3), dtype=numpy.uint8)).save(out, "PNG")
    return out.getvalue()


class DataKinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.environment = os.environ | {"XDG_CACHE_HOME": str(cls.folder / "cache")}
        cls.pictures = cls.folder / "pictures"
        (cls.pictures / "sub").mkdir(parents=True)
        for i in range(11):
            (cls.pictures / "sub" / f"{i}.png").write_bytes(picture(i))
            (cls.pictures / "sub" / f"{i}.txt").write_text(f"picture {i}")
        (cls.pictures / "bad.png").write_bytes(b"no picture")
        (cls.pictures / "bad.txt").write_text("bad")
        (cls.folder / "table.csv").write_text(
            "file_name,text\n" + "".join(f"pictures/sub/{i}.png,row {i}\n" for i in range(11)) + "pictures/bad.png,bad\n")
        pq.write_table(pa.table({"image": [{"bytes": picture(i) if i != 5 else None, "path": None} for i in range(12)],
                                 "text": [f"row {i}" for i in range(12)]}), cls.folder / "a.parquet")
        for shard in range(3):
            with tarfile.open(cls.folder / f"{shard}.tar", "w") as tar:
                for i in range(4):
                    data = b"broken" if (shard, i) == (1, 2) else picture(10 * shard + i)
                    for name, content in ((f"{shard}{i}.png", data), (f"{shard}{i}.cls", str(i).encode()), (f"{shard}{i}.txt", b"text")):
                        info = tarfile.TarInfo(name)
                        info.size = len(content)
                        tar.addfile(info, io.BytesIO(content))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def config(self, name, kind, path, images=24, **params):
        file = self.folder / f"{name}.yaml"
        data = {"path": str(path), "resolution": 8, **params}
        file.write_text(f"""
experiment: {{name: {name}, log_dir: {self.folder}/runs, num_examples_to_see: {images}, save_every: 2}}
method: {{type: autoencoder}}
model: {{vae: {{params: {MODEL}}}, mixed_precision: fp32}}
system: {{batch_size: 4, workers: 2, threads: 1, device: cpu}}
optimizer: {{params: {{learning_rate: 1.0e-3}}}}
dataset: {{type: {kind}, params: {json.dumps(data)}}}
""")
        return file

    def engine(self, *arguments, expect=0):
        done = subprocess.run([ENGINE, "train", *map(str, arguments)], capture_output=True, text=True, env=self.environment, timeout=120)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def run_dir(self, name):
        return self.folder / "runs" / name

    def events(self, name, kind):
        lines = (self.run_dir(name) / "events.jsonl").read_text().splitlines()
        return [e for e in map(json.loads, lines) if e["type"] == kind]

    def weights(self, name):
        return (self.run_dir(name) / "final" / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()

    def both(self, name, kind, path, dropped=None, **params):
        """One run to the end, one stopped after two steps and continued: the same weights."""
        self.engine(self.config(f"{name}-whole", kind, path, **params))
        self.engine(self.config(f"{name}-broken", kind, path, images=8, **params))
        self.engine(self.run_dir(f"{name}-broken"), "experiment.num_examples_to_see=24")
        self.assertEqual(self.weights(f"{name}-whole"), self.weights(f"{name}-broken"))
        if dropped:
            gone = self.events(f"{name}-whole", "sample_dropped")
            self.assertTrue(gone, "nothing was said of what cannot be used")
            self.assertEqual({e["key"] for e in gone}, {dropped})

    def test_folders_of_pictures(self):
        self.both("folder", "ImageFolder", self.pictures, dropped="bad")

    def test_tables(self):
        self.both("table", "CSV", self.folder / "table.csv", dropped="pictures/bad")

    def test_parquet_under_both_names(self):
        self.both("parquet", "Parquet", self.folder / "a.parquet", dropped="a-00000005")
        self.both("parquet-od", "ParquetTextImageDataset", self.folder, dropped="a-00000005")

    def test_drawing_with_replacement(self):
        self.both("drawn", "WebDataset", f"{self.folder}/{{0..2}}.tar", with_replacement=True)


if __name__ == "__main__":
    unittest.main()
