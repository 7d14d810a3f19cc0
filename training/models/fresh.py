"""A Qwen3 from scratch, of a named size, with a tokenizer of bytes: nothing is needed from anywhere.

The smallest is for tests, demonstrations and machines without a GPU; `0.6b` has the shape of Qwen3-0.6B, for
measuring speed without its weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.errors import UsageError, did_you_mean
from training.data.template import CHATML

PREFIX = "new:"
SIZES: Mapping[str, Mapping[str, int]] = {
    "tiny": {"hidden": 64, "inner": 128, "layers": 2, "heads": 4, "groups": 2, "head": 16, "context": 1024},
    "small": {"hidden": 256, "inner": 768, "layers": 4, "heads": 8, "groups": 2, "head": 32, "context": 2048},
    "0.6b": {"hidden": 1024, "inner": 3072, "layers": 28, "heads": 16, "groups": 8, "head": 128,
             "context": 40960},
}  # fmt: skip
"""The shapes by name. Beside the embeddings: tiny 0.07 M parameters, small 3 M, 0.6b 440 M."""

SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def size_of(name: str) -> str | None:
    """`tiny` of `new:tiny`; None for a name of another form, UsageError for a size there is not."""
    if not name.startswith(PREFIX):
        return None
    size = name.removeprefix(PREFIX)
    if size not in SIZES:
        hint = f"{did_you_mean(size, SIZES)}sizes are: {', '.join(PREFIX + s for s in SIZES)}"
        raise UsageError(f"there is no new model of size {size!r}", where="--model", hint=hint)
    return size


def config_of(size: str, vocabulary: int, ends: tuple[int | None, int | None]) -> Any:
    """The Qwen3Config of a size; `ends` are the ids of the end of a text and of padding."""
    from transformers import Qwen3Config

    shape = SIZES[size]
    return Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=shape["hidden"],
        intermediate_size=shape["inner"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["groups"],
        head_dim=shape["head"],
        max_position_embeddings=shape["context"],
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=ends[0],
        pad_token_id=ends[1],
    )


def byte_tokenizer() -> Any:
    """A tokenizer whose 256 tokens are the bytes of UTF-8, with ChatML's marks: 259 tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in SPECIALS])
    end, pad = SPECIALS[2], SPECIALS[0]
    tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=core, eos_token=end, pad_token=pad, clean_up_tokenization_spaces=False
    )
    tokenizer.chat_template = CHATML
    return tokenizer
