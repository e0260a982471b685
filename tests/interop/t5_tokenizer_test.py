# SPDX-License-Identifier: GPL-3.0-or-later
# The engine's T5 tokenizer against transformers (ids exact), the `tokenizers` library and SentencePiece itself, on generated strings:
# 20 000, or 120 000 with scripts/test --full.
import base64
import json
import pathlib
import random
import shutil
import tempfile
import unittest
import warnings

import numpy
import regex
from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import T5Tokenizer

from probe_support import probe, probed
from t5_support import trained_model, write_tokenizer
from tokenizer_test import COUNT, PIECES, WORDS, nasty

LENGTH = 64
SPECIAL = r"</?\w+>"
MORE = ["</s>", "<pad>", "<unk>", "<extra_id_0>", "<extra_id_99>", "<extra_id_100>", "a<extra_id_1>b", " <extra_id_2> ", "</S>", "▁", "▁▁a", "a▁b", " ▁ ", "ﬁ\u0301", "e\u0301\u0323", "\u1100\u1161",
        "\u0600a", "\u0600\u1100\u1161", "a\u200db", "\r\n", "\r", "\x07", "\x07\u0301", "\u00a0x\u3000y", "ｆｕｌｌ ｗｉｄｔｈ", "①②", "㎏", "™", "…", "\u00ad", "\ufeffx", "\u202e", "\U0001f468\u200d\U0001f469",
        "©\u200d©", "x" * 3000, "𝒜𝓫", "\u0e33", "\u0fb2\u0f81", "\ud7ff", "\U000e0041a", "  leading and   inner  "]


class T5TokenizerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        warnings.simplefilter("ignore")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-t5-"))
        cls.model = trained_model()
        generator = random.Random(20261123)
        cls.strings = ["", " "] + MORE + WORDS + PIECES
        while len(cls.strings) < COUNT:
            text = nasty(generator)
            cls.strings.append(text if generator.random() < 0.8 else text + generator.choice(MORE) + text[:5])
        cls.lines = cls.folder / "strings.jsonl"
        cls.lines.write_text("".join(json.dumps(s) + "\n" for s in cls.strings))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def same(self, folder, wanted, strings=None, lines=None):
        got = probed(folder, "tokenizer", lines or self.lines, self.folder / "out.st")["input_ids"].numpy()
        wanted = numpy.array(wanted)
        self.assertEqual(got.shape, wanted.shape)
        different = numpy.nonzero((got != wanted).any(axis=1))[0]
        for i in different[:3]:
            print(folder.name, repr((strings or self.strings)[i]), got[i].tolist(), wanted[i].tolist(), sep="\n  ")
        self.assertEqual(len(different), 0, folder.name)

    def wanted(self, tokenizer, strings=None):
        return tokenizer(strings or self.strings, padding="max_length", truncation=True, max_length=LENGTH).input_ids

    def written(self, strings, name="few.jsonl"):
        path = self.folder / name
        path.write_text("".join(json.dumps(s) + "\n" for s in strings))
        return path

    def test_both_files_give_what_transformers_gives(self):
        classic, fast = self.folder / "classic", self.folder / "fast"
        write_tokenizer(classic, LENGTH, self.model)
        reference = T5Tokenizer.from_pretrained(classic)
        reference.save_pretrained(fast)
        self.assertFalse((fast / "spiece.model").exists())
        wanted = self.wanted(reference)
        self.same(classic, wanted)
        self.same(fast, wanted)

    def test_sentencepiece_itself(self):
        # The two libraries differ in how clusters of several code points meet the character map, and in U+0085, which is white space to one alone.
        processor = SentencePieceProcessor(model_proto=self.model)
        plain = [s for s in self.strings if len(regex.findall(r"\X", s)) == len(s) and not regex.search(SPECIAL + r"|[▁\x00\x85]", s)]
        self.assertGreater(len(plain), len(self.strings) // 4)
        rows = [ids[:LENGTH - 1] + [1] for ids in processor.encode(plain)]
        folder = self.folder / "plain"
        write_tokenizer(folder, LENGTH, self.model)
        self.same(folder, [row + [0] * (LENGTH - len(row)) for row in rows], plain, self.written(plain, "plain.jsonl"))

    def test_other_character_maps(self):
        few = self.strings[:3000]
        for name in ("nfkc_cf", "identity"):
            folder = self.folder / name
            write_tokenizer(folder, LENGTH, trained_model(400, name))
            self.same(folder, self.wanted(T5Tokenizer.from_pretrained(folder), few), few, self.written(few))

    def test_byte_fallback_and_bare_metaspace(self):
        proto = sentencepiece_model_pb2.ModelProto()
        proto.ParseFromString(trained_model(600, byte_fallback=True))
        few = [s for s in self.strings[:3000] if not regex.search(SPECIAL, s)]
        for scheme in ("always", "never"):
            made = Tokenizer(models.Unigram([(p.piece, p.score) for p in proto.pieces], unk_id=2, byte_fallback=True))
            made.normalizer = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
            made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme)
            made.decoder = decoders.Metaspace()
            folder = self.folder / f"bytes-{scheme}"
            folder.mkdir()
            made.save(str(folder / "tokenizer.json"))
            (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": LENGTH}))
            rows = [e.ids[:LENGTH - 1] + [1] for e in made.encode_batch(few)]
            self.same(folder, [row + [0] * (LENGTH - len(row)) for row in rows], few, self.written(few))
        self.assertTrue(any(p.type == 6 for p in proto.pieces))

    def test_added_tokens(self):
        folder = self.folder / "added"
        write_tokenizer(folder, LENGTH, self.model, extra_ids=3)
        reference = T5Tokenizer.from_pretrained(folder)
        self.assertIn("<extra_id_2>", reference.get_vocab())
        reference.add_tokens(["<cat-toy>", "ﬁne art"])
        fast = self.folder / "added-fast"
        reference.save_pretrained(fast)
        texts = ["a <cat-toy> in ﬁne art", "fine art<cat-toy><extra_id_2>x", "<CAT-TOY>", "<extra_id_3>"]
        self.same(fast, self.wanted(reference, texts), texts, self.written(texts))

    def test_windows(self):
        for given, length in ((77, 77), (256, 256), (1e30, 512), (None, 512)):
            folder = self.folder / f"window-{given}"
            write_tokenizer(folder, given, self.model)
            got = probed(folder, "tokenizer", self.written(["a photo"]), self.folder / "out.st")["input_ids"]
            self.assertEqual(got.shape, (1, length))

    def refused(self, folder, expected):
        code, err = probe(folder, "tokenizer", self.lines, self.folder / "none.st")
        self.assertEqual(code, 2, err)
        self.assertIn(expected, err)
        self.assertFalse((self.folder / "none.st").exists())

    def test_hostile_models_are_refused(self):
        folder = self.folder / "hostile"

        def model(**changes):
            proto = sentencepiece_model_pb2.ModelProto()
            proto.ParseFromString(self.model)
            for path, value in changes.items():
                part, key = path.split("__")
                setattr(getattr(proto, part), key, value)
            return proto

        bad_score, no_pieces = model(), model()
        bad_score.pieces[40].score = float("nan")
        del no_pieces.pieces[:]
        for data, expected in ((model(trainer_spec__model_type=2).SerializeToString(), "BPE"), (model(trainer_spec__unk_id=10**6).SerializeToString(), "unknown piece"),
                               (bad_score.SerializeToString(), "piece 40"), (no_pieces.SerializeToString(), "no pieces"), (b"\xff" * 40, "damaged"), (b"\x0a\xff\xff\xff\xff\x0f", "damaged"),
                               (self.model[:len(self.model) // 2], "damaged"), (model(normalizer_spec__add_dummy_prefix=False).SerializeToString(), "white space"),
                               (model(normalizer_spec__precompiled_charsmap=b"\x01\x00").SerializeToString(), "character map"),
                               (model(normalizer_spec__precompiled_charsmap=b"\xf0\xff\xff\x7f" + b"\0" * 64).SerializeToString(), "larger than itself")):
            shutil.rmtree(folder, ignore_errors=True)
            write_tokenizer(folder, LENGTH, data)
            self.refused(folder, expected)
        # A map whose trie leads out of its tables is read and matches nothing.
        wild = model(normalizer_spec__precompiled_charsmap=b"\x08\x00\x00\x00" + b"\xff" * 8).SerializeToString()
        write_tokenizer(folder, LENGTH, wild)
        self.assertEqual(probe(folder, "tokenizer", self.written(["abc"]), self.folder / "out.st")[0], 0)

    def test_broken_tokenizer_json_is_refused(self):
        good = self.folder / "good-classic"
        write_tokenizer(good, LENGTH, self.model)
        fast = self.folder / "good-fast"
        T5Tokenizer.from_pretrained(good).save_pretrained(fast)
        content = json.loads((fast / "tokenizer.json").read_text())
        folder = self.folder / "broken"
        shutil.copytree(fast, folder)

        def changed(**parts):
            (folder / "tokenizer.json").write_text(json.dumps({**content, **parts}))
            return folder

        model = content["model"]
        self.refused(changed(model={**model, "vocab": [["a"]]}), "entry 0")
        self.refused(changed(model={**model, "unk_id": None}), "unk_id")
        self.refused(changed(model={**model, "unk_id": len(model["vocab"])}), "unknown piece")
        self.refused(changed(normalizer={"type": "Lowercase"}), "Lowercase")
        self.refused(changed(normalizer={"type": "Precompiled", "precompiled_charsmap": "*"}), "base64")
        self.refused(changed(normalizer={"type": "Precompiled", "precompiled_charsmap": base64.b64encode(b"\1\0\0\0ab").decode()}), "multiple of four")
        self.refused(changed(pre_tokenizer={"type": "ByteLevel"}), "ByteLevel")
        self.refused(changed(pre_tokenizer=None), "Metaspace")
        self.refused(changed(post_processor={"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}), "post-processor")
        config = json.loads((fast / "tokenizer_config.json").read_text())
        changed()
        for key, value, expected in (("padding_side", "left", "padding_side"), ("eos_token", "<nothing>", "post-processor"), ("pad_token", "<nothing>", "<nothing>")):
            (folder / "tokenizer_config.json").write_text(json.dumps({**config, key: value}))
            self.refused(folder, expected)


if __name__ == "__main__":
    unittest.main()
