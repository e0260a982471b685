# SPDX-License-Identifier: GPL-3.0-or-later
# The engine's CLIP tokenizer against transformers, on generated strings: ids exact: 20 000, or 120 000 with scripts/test --full.
import gzip
import json
import os
import pathlib
import random
import shutil
import tempfile
import unittest

import numpy
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers, Regex
from transformers import CLIPTokenizer

from probe_support import probe, probed

COUNT = 120_000 if os.environ.get("ATELIER_TEST_FULL") else 20_000
BOS, EOS = "<|startoftext|>", "<|endoftext|>"
WORDS = ("a photo of an astronaut riding a horse on mars naïve café I'LL don't it's we've they're 'd 'M emoji supercalifragilisticexpialidocious "
         "日本語テスト İstanbul Straße ΣΊΣΥΦΟΣ ﬁne Ⅷ ½ x² ǅ привет مرحبا हिन्दी ไทย 한국어 ＦＵＬＬ schÃ¶n &lt;b&gt; 1234 2023 a-b_c/d").split()
PIECES = [BOS, EOS, BOS.upper(), EOS.upper(), "<|", "|>", "<|endoftext", "'s", "''s", "'S", "!'s", "’s", "\u0301", "\u0345", "e\u0301", "A\u030a", "\u1100\u1161\u11a8",
          "각", "\u0958", "\u2126", "\uf900", "\u0344", "\u0f73", "😀", "👩‍👩‍👧", "🇩🇪", "\u200d", "\ufe0f", "\ufeff", "\u00ad", "\u2028", "\u3000", "\x00", "\x1c", "\x85", "\u180e",
          "\ufffd", "\ufffe", "\U0001d7d8", "\U00010400", "\U00010d50", "\U0001e922", "\u16ff", "\U00016ff0\u0334", "\u0661", "Ⅻ", "\t", "\r\n", "  "]


def nasty(generator):
    """One string: words, pieces, random characters of all planes, random ASCII, glued or spaced."""
    out = []
    for _ in range(generator.choice((0, 1, 2, 3, 5, 8, 20, 90))):
        kind = generator.random()
        if kind < 0.35:
            word = generator.choice(WORDS)
            out.append(generator.choice((word, word.upper(), word.title(), word[::-1])))
        elif kind < 0.6:
            out.append(generator.choice(PIECES))
        elif kind < 0.8:
            low, high = generator.choice(((0, 0x80), (0x80, 0x250), (0x250, 0x900), (0x300, 0x370), (0x900, 0x3000), (0x1D00, 0x2200), (0x3000, 0xD7A4), (0xE000, 0x10000),
                                          (0x10000, 0x1F000), (0x1F000, 0x20000), (0x2F800, 0x2FA20), (0xE0000, 0xE0200)))
            out.append("".join(chr(c) for c in (generator.randrange(low, high) for _ in range(generator.randrange(1, 6))) if not 0xD800 <= c < 0xE000))
        else:
            out.append("".join(chr(generator.randrange(32, 127)) for _ in range(generator.randrange(1, 9))))
        out.append(generator.choice(("", "", " ", " ", "  ", "\n")))
    return "".join(out)


def trained_vocabulary():
    """A small CLIP-format BPE, learnt here."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False)])
    generator = random.Random(5)
    tokenizer.train_from_iterator([nasty(generator) for _ in range(4000)], trainers.BpeTrainer(vocab_size=3000, end_of_word_suffix="</w>", show_progress=False))
    merges = [tuple(m) if not isinstance(m, str) else tuple(m.split(" ")) for m in json.loads(tokenizer.to_str())["model"]["merges"]]
    return merges


def published_vocabulary():
    """The merges of OpenAI's CLIP, when open_clip is installed beside the other reference implementations."""
    try:
        import importlib.util
        folder = pathlib.Path(importlib.util.find_spec("open_clip").origin).parent
    except AttributeError:
        return None
    lines = gzip.open(folder / "bpe_simple_vocab_16e6.txt.gz").read().decode("utf-8").split("\n")
    return [tuple(line.split()) for line in lines[1:49152 - 256 - 2 + 1]]


def write_classic(folder, merges, pad=EOS):
    """vocab.json and merges.txt in CLIP's order of ids."""
    codes = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    chars = codes[:]
    for b in range(256):
        if b not in codes:
            codes.append(b)
            chars.append(256 + len(codes) - 189)
    tokens = [chr(c) for c in chars]
    tokens += [t + "</w>" for t in tokens]
    tokens += ["".join(m) for m in merges]
    tokens += [BOS, EOS]
    vocabulary = {}
    for token in tokens:
        vocabulary.setdefault(token, len(vocabulary))
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in merges), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "pad_token": pad}))


class TokenizerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="atelier-tokenizer-"))
        generator = random.Random(20261122)
        cls.strings = ["", " ", BOS, EOS, "a<|endoftext|>b", "x" * 5000, "é" * 300, "1" * 200] + WORDS + PIECES
        cls.strings += [nasty(generator) for _ in range(COUNT - len(cls.strings))]
        cls.lines = cls.folder / "strings.jsonl"
        cls.lines.write_text("".join(json.dumps(s) + "\n" for s in cls.strings))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def compare(self, name, merges, pad):
        classic, fast = self.folder / f"{name}-classic", self.folder / f"{name}-fast"
        write_classic(classic, merges, pad)
        reference = CLIPTokenizer.from_pretrained(classic)
        self.assertEqual(reference.pad_token, pad)
        reference.save_pretrained(fast)
        for old in ("vocab.json", "merges.txt"):
            (fast / old).unlink(missing_ok=True)
        wanted = numpy.array(reference(self.strings, padding="max_length", truncation=True, max_length=77).input_ids)
        for folder in (classic, fast):
            got = probed(folder, "tokenizer", self.lines, self.folder / "out.st")["input_ids"].numpy()
            self.assertEqual(got.shape, wanted.shape)
            for i in numpy.nonzero((got != wanted).any(axis=1))[0][:3]:
                print(folder.name, repr(self.strings[i]), got[i].tolist(), wanted[i].tolist(), sep="\n  ")
            self.assertEqual(int((got != wanted).any(axis=1).sum()), 0, folder.name)

    def test_trained_vocabulary(self):
        self.compare("trained", trained_vocabulary(), EOS)
        self.compare("padded", trained_vocabulary(), "!")

    def test_published_vocabulary(self):
        merges = published_vocabulary()
        if merges is None:
            self.skipTest("open_clip is not installed")
        self.compare("published", merges, EOS)

    def test_added_tokens(self):
        folder = self.folder / "inverted"
        write_classic(folder, trained_vocabulary())
        reference = CLIPTokenizer.from_pretrained(folder)
        reference.add_tokens(["<cat-toy>", "MyStyle"])
        fast = self.folder / "inverted-fast"
        reference.save_pretrained(fast)
        texts = ["a <cat-toy> in mystyle", "<CAT-TOY>x", "MyStyleMyStyle <cat-toy><|endoftext|>", "my style"]
        lines = self.folder / "added.jsonl"
        lines.write_text("".join(json.dumps(s) + "\n" for s in texts))
        wanted = reference(texts, padding="max_length", truncation=True, max_length=77).input_ids
        self.assertEqual(probed(fast, "tokenizer", lines, self.folder / "out.st")["input_ids"].tolist(), wanted)

    def test_broken_folders_are_refused(self):
        good = self.folder / "good"
        write_classic(good, trained_vocabulary())
        for name, text, expected in (("vocab.json", "{", "JSON"), ("vocab.json", '{"a": -1}', "id of"), ("vocab.json", '{"a": 1}', "vocabulary"),
                                     ("merges.txt", "a b c\n", "line 1"), ("merges.txt", "q qqqqq\n", "merge 1"), ("merges.txt", None, "merges.txt")):
            folder = self.folder / "broken"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(good, folder)
            (folder / name).unlink() if text is None else (folder / name).write_text(text)
            code, err = probe(folder, "tokenizer", self.lines, self.folder / "none.st")
            self.assertEqual(code, 2)
            self.assertIn(expected, err)
            self.assertFalse((self.folder / "none.st").exists())


if __name__ == "__main__":
    unittest.main()
