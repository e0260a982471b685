#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes core/text/unicode_tables.cpp and unicode_breaks.cpp: what the tokenizers need to know of Unicode, asked from the
# `tokenizers` library itself, so that both agree on its version.
# usage: generate_unicode_tables.py > core/text/unicode_tables.cpp   generate_unicode_tables.py breaks > core/text/unicode_breaks.cpp
import io
import pathlib
import sys
import tempfile
import unicodedata

from tokenizers import Regex, normalizers

POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)


def runs(points):
    out = []
    for c in points:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def matching(pattern):
    remove = normalizers.Replace(Regex(pattern), "")
    return runs(c for c in POINTS if remove.normalize_str(chr(c)) == "")


def lower_case():
    """Runs of code points that move by the same distance, every one or every second; and the few that become more than one."""
    lower = normalizers.Lowercase()
    single, several = [], []
    for c in POINTS:
        text = lower.normalize_str(chr(c))
        if len(text) != 1:
            several.append((c, [ord(x) for x in text]))
        elif text != chr(c):
            single.append((c, ord(text) - c))
    out = []
    for c, delta in single:
        if out and out[-1][2] == delta:
            first, last, _, stride = out[-1]
            step = c - last
            if (first == last and step in (1, 2)) or step == stride:
                out[-1][1], out[-1][3] = c, step
                continue
        out.append([c, c, delta, 1])
    return out, several


def combining_classes():
    """Runs of (first, last, class). The class of a mark is that of the known mark it never changes places with."""
    nfd = normalizers.NFD()

    def swaps(first, second):
        return first != second and nfd.normalize_str("a" + first + second) == "a" + second + first

    known = {}
    for c in POINTS:
        value = unicodedata.combining(chr(c))
        if value and nfd.normalize_str(chr(c)) == chr(c) and (value == 1 or swaps(chr(c), "\u0334")):
            known.setdefault(value, chr(c))
    marks = [c for first, last in matching(r"\p{M}") for c in range(first, last + 1)]
    out = []
    for mark in map(chr, marks):
        if nfd.normalize_str(mark) != mark or not (swaps(mark, known[1]) or swaps(known[240], mark)):
            continue
        value = [k for k, other in known.items() if not swaps(mark, other) and not swaps(other, mark)]
        assert len(value) == 1, (hex(ord(mark)), value)
        if out and out[-1][1] == ord(mark) - 1 and out[-1][2] == value[0]:
            out[-1][1] = ord(mark)
        else:
            out.append([ord(mark), ord(mark), value[0]])
    return out


def decompositions():
    nfd, nfc = normalizers.NFD(), normalizers.NFC()
    full, pairs = [], []
    for c in POINTS:
        text = nfd.normalize_str(chr(c))
        if c in HANGUL or text == chr(c):
            continue
        full.append((c, [ord(x) for x in text]))
        if nfc.normalize_str(chr(c)) == chr(c):  # otherwise excluded from composition
            head = nfc.normalize_str(text[:-1])
            assert len(head) == 1, hex(c)
            pairs.append((ord(head), ord(text[-1]), c))
    return full, sorted(pairs)


def emit(kind, name, rows):
    cells = ["{" + ", ".join(("0x%X" % v if v >= 0 else "-0x%X" % -v) for v in row) + "}," for row in rows]
    print(f"const std::array<{kind}, {len(rows)}> {name}{{{{")
    line = "   "
    for cell in cells:
        if len(line) + 1 + len(cell) > 158:
            print(line)
            line = "   "
        line += " " + cell
    print(line + "\n}};\n")


def clusters():
    """Code points that join the one before them (Extend, ZWJ, SpacingMark), found by a character map that knows "a" only: it swallows what
    shares a's cluster. The other classes are those of the `regex` package; the interop test of the tokenizer holds all of them."""
    import regex
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    with tempfile.TemporaryDirectory() as folder:
        rule = pathlib.Path(folder) / "rule.tsv"
        rule.write_text("61\t58\n")
        made = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["hello world foo bar"] * 50), model_writer=made, vocab_size=16, hard_vocab_limit=False,
                                                 normalization_rule_tsv=str(rule), minloglevel=2)
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(made.getvalue())
    swallow = normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)
    known = {name: runs(c for c in POINTS if regex.match(pattern, chr(c))) for name, pattern in
             (("control", r"[\p{GCB=Control}\p{GCB=CR}\p{GCB=LF}]"), ("prepend", r"\p{GCB=Prepend}"), ("pictographic", r"\p{Extended_Pictographic}"))}
    return {"joining": runs(c for c in POINTS if swallow.normalize_str("a" + chr(c)) == "X"), **known}


def breaks():
    print("// SPDX-License-Identifier: GPL-3.0-or-later\n"
          "// Generated by scripts/generate_unicode_tables.py; do not edit. Classes of grapheme clusters.\n"
          "// clang-format off\n"
          '#include "core/text/unicode_tables.h"\n\nnamespace atelier::unicode {\n')
    for name, rows in clusters().items():
        emit("Range", "k" + name.title(), rows)
    print("}  // namespace atelier::unicode")


def main():
    lower, several = lower_case()
    assert [c for c, _ in several] == [0x130], several
    full, pairs = decompositions()
    assert max(len(text) for _, text in full) <= 4
    print("// SPDX-License-Identifier: GPL-3.0-or-later\n"
          "// Generated by scripts/generate_unicode_tables.py; do not edit. Code points of the properties in unicode_tables.h.\n"
          "// clang-format off\n"
          '#include "core/text/unicode_tables.h"\n\nnamespace atelier::unicode {\n')
    emit("Range", "kLetters", matching(r"\p{L}"))
    emit("Range", "kNumbers", matching(r"\p{N}"))
    emit("Range", "kSpaces", matching(r"\s"))
    emit("LowerRun", "kLower", lower)
    emit("ClassRun", "kCombining", combining_classes())
    emit("Decomposition", "kDecompositions", [[c] + text for c, text in full])
    emit("Composition", "kCompositions", pairs)
    print("}  // namespace atelier::unicode")


breaks() if sys.argv[1:] == ["breaks"] else main()
