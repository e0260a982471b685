# SPDX-License-Identifier: GPL-3.0-or-later
# Small T5 tokenizers and encoders made by the real libraries, for the tests of T5.
import io
import json
import random

import torch
from sentencepiece import SentencePieceTrainer
from transformers import T5Config, T5EncoderModel

from probe_support import randomise
from tokenizer_test import WORDS


def trained_model(size=900, normalization="nmt_nfkc", **more):
    """The bytes of a spiece.model in T5's layout: <pad> 0, </s> 1, <unk> 2, no begin."""
    generator = random.Random(7)
    made = io.BytesIO()
    texts = (" ".join(generator.choice((word, word.title(), word[::-1])) for word in generator.choices(WORDS, k=6)) for _ in range(4000))
    SentencePieceTrainer.train(sentence_iterator=texts, model_writer=made, vocab_size=size, hard_vocab_limit=False, model_type="unigram", normalization_rule_name=normalization,
                               pad_id=0, eos_id=1, unk_id=2, bos_id=-1, minloglevel=2, character_coverage=1.0, num_threads=1, **more)
    return made.getvalue()


def write_tokenizer(folder, length=512, model=None, **config):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(model or trained_model())
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "T5Tokenizer", "model_max_length": length, **config}))


def t5_encoder(vocabulary, width=32, seed=3, **config):
    """Random weights, the distances' biases large enough to matter."""
    model = randomise(T5EncoderModel(T5Config(**{"vocab_size": vocabulary, "d_model": width, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 3, "feed_forward_proj": "gated-gelu",
                                                 "tie_word_embeddings": False, **config})), seed)
    with torch.no_grad():
        model.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight.mul_(3)
    return model
