#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a small CLIP-format byte-level BPE from caption files.

    make_tokenizer.py PICTURES_DIR OUT_DIR [--merges 1500]

Writes vocab.json, merges.txt, tokenizer_config.json, special_tokens_map.json as CLIPTokenizer reads them.
"""
import argparse
import collections
import json
import re
from pathlib import Path

WORD = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9]+")  # CLIP's pattern on lower-case ASCII


def byte_symbols() -> list[str]:
    """CLIP's printable stand-ins for the 256 bytes, in the order of its vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + n) for n in range(len(others))]


def learn_merges(words: collections.Counter, count: int) -> list[tuple[str, str]]:
    """Plain BPE: the most frequent neighbouring pair first, ties by the pair itself."""
    pieces = {word: (*word[:-1], word[-1] + "</w>") for word in words}
    merges = []
    for _ in range(count):
        pairs: collections.Counter = collections.Counter()
        for word, symbols in pieces.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for word, symbols in pieces.items():
            merged, i = [], 0
            while i < len(symbols):
                if symbols[i : i + 2] == best:
                    merged.append("".join(best))
                    i += 2
                else:
                    merged.append(symbols[i])
                    i += 1
            pieces[word] = tuple(merged)
    return merges


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--merges", type=int, default=1500)
    options = parser.parse_args()
    words: collections.Counter = collections.Counter()
    for caption in sorted(options.pictures.glob("*.txt")):
        words.update(WORD.findall(caption.read_text(encoding="utf-8").lower()))
    merges = learn_merges(words, options.merges)
    symbols = byte_symbols()
    tokens = symbols + [s + "</w>" for s in symbols] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    options.out.mkdir(parents=True, exist_ok=True)
    vocab = {token: index for index, token in enumerate(tokens)}
    (options.out / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    (options.out / "merges.txt").write_text("#version: 0.2\n" + "\n".join(" ".join(m) for m in merges) + "\n", encoding="utf-8")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (options.out / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")
    (options.out / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True, "errors": "replace", **special}, indent=2) + "\n")
    print(f"{len(tokens)} tokens, {len(merges)} merges")


if __name__ == "__main__":
    main()
