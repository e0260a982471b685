#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parquet files written by pyarrow in every way it has, read by Atelier's reader value by value."""
import hashlib
import itertools
import json
import os
import random
import subprocess
import tempfile
import unittest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BIN = Path(os.environ["ATELIER_BIN"])
TOOL = BIN / "shard_tool"


def shown(value):
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return hashlib.sha256(value).hexdigest()
    return value


def read(path, column, expect=0):
    done = subprocess.run([TOOL, "parquet", path, column], capture_output=True, text=True)
    if done.returncode != expect:
        raise AssertionError(done.stderr)
    return done.stderr if expect else [json.loads(line) for line in done.stdout.splitlines()]


def table(rows=700, seed=1):
    rng = random.Random(seed)
    some = lambda value: None if rng.random() < 0.1 else value
    texts = [some(f"caption {rng.randrange(40)} " + "x" * rng.randrange(60)) for _ in range(rows)]
    return pa.table({
        "image": pa.array([some({"bytes": some(rng.randbytes(rng.randrange(300))), "path": some(f"{i}.png")}) for i in range(rows)],
                          pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "text": pa.array(texts),
        "sorted": pa.array([f"prefix/that/stays/{i:06}" for i in range(rows)]),
        "needed": pa.array([f"n{i % 7}" for i in range(rows)]),
        "small": pa.array([some(rng.randrange(-9, 9)) for _ in range(rows)], pa.int32()),
        "large": pa.array([some(rng.randrange(-2**62, 2**62)) for _ in range(rows)], pa.int64()),
        "ratio": pa.array([some(rng.random()) for _ in range(rows)], pa.float64()),
        "single": pa.array([some(rng.randrange(1000) / 8) for _ in range(rows)], pa.float32()),
        "flag": pa.array([some(rng.random() < 0.5) for _ in range(rows)]),
        "none": pa.array([None] * rows, pa.string()),
    })


class Parquet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.table = table()

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def compare(self, path, columns=None):
        for name in columns or self.table.column_names:
            if name == "image":
                rows = self.table["image"].to_pylist()
                for part in ("bytes", "path"):
                    want = [shown(row[part]) if row else None for row in rows]
                    self.assertEqual(read(path, f"image.{part}"), want, part)
            else:
                self.assertEqual(read(path, name), self.table[name].to_pylist(), name)

    def test_every_compression_page_version_and_dictionary(self):
        for codec, version, dictionary in itertools.product(("none", "snappy", "gzip", "zstd"), ("1.0", "2.0"), (True, False)):
            with self.subTest(codec=codec, version=version, dictionary=dictionary):
                path = self.folder / "a.parquet"
                pq.write_table(self.table, path, compression=codec, data_page_version=version, use_dictionary=dictionary,
                               row_group_size=300, data_page_size=2000, write_batch_size=50)
                self.compare(path, ["image", "text", "large", "flag"] if dictionary else None)

    def test_a_dictionary_that_overflows_into_plain_pages(self):
        path = self.folder / "b.parquet"
        pq.write_table(self.table, path, dictionary_pagesize_limit=500, data_page_size=500, write_batch_size=20)
        self.compare(path)

    def test_delta_and_split_encodings(self):
        path = self.folder / "c.parquet"
        encodings = {"text": "DELTA_BYTE_ARRAY", "sorted": "DELTA_BYTE_ARRAY", "needed": "DELTA_LENGTH_BYTE_ARRAY",
                     "image.bytes": "DELTA_LENGTH_BYTE_ARRAY", "small": "DELTA_BINARY_PACKED", "large": "DELTA_BINARY_PACKED",
                     "ratio": "BYTE_STREAM_SPLIT", "single": "BYTE_STREAM_SPLIT", "flag": "RLE"}
        for version in ("1.0", "2.0"):
            pq.write_table(self.table, path, use_dictionary=False, column_encoding=encodings, data_page_version=version,
                           data_page_size=3000, write_batch_size=100)
            self.compare(path)

    def test_columns_that_must_be_there(self):
        path = self.folder / "d.parquet"
        schema = pa.schema([pa.field("text", pa.string(), nullable=False), pa.field("n", pa.int64(), nullable=False)])
        pq.write_table(pa.table({"text": ["a", "b"], "n": [1, 2]}, schema=schema), path)
        self.assertEqual(read(path, "text"), ["a", "b"])
        self.assertEqual(read(path, "n"), [1, 2])
        pq.write_table(self.table.slice(0, 0), path)
        self.assertEqual(read(path, "text"), [])

    def test_what_is_not_read_is_said_by_name(self):
        path = self.folder / "e.parquet"
        pq.write_table(pa.table({"tags": [["a", "b"], []], "text": ["x", "y"]}), path)
        self.assertIn('"tags.list.element" is nested', read(path, "tags.list.element", expect=1))
        self.assertEqual(read(path, "text"), ["x", "y"])
        pq.write_table(pa.table({"text": ["x" * 100] * 100}), path, compression="brotli")
        self.assertIn("compressed with brotli", read(path, "text", expect=1))

    def test_damage_is_an_error_never_a_crash(self):
        path = self.folder / "f.parquet"
        pq.write_table(self.table, path, compression="snappy", data_page_size=2000, write_batch_size=50)
        whole = path.read_bytes()
        rng = random.Random(5)
        damaged = self.folder / "g.parquet"
        for i in range(60):
            data = bytearray(whole)
            if i % 3 == 0:
                data = data[:rng.randrange(len(data))]
            else:
                for _ in range(8):
                    at = rng.randrange(len(data)) if i % 3 == 1 else len(data) - 1 - rng.randrange(3000)
                    data[at] = rng.randrange(256)
            damaged.write_bytes(data)
            for column in ("image.bytes", "large"):
                done = subprocess.run([TOOL, "parquet", damaged, column], capture_output=True)
                self.assertIn(done.returncode, (0, 1), done.stderr)


if __name__ == "__main__":
    unittest.main()
