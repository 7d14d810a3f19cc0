r"""A world small enough for a CPU: sums of two digits, answered in a box, by a Qwen3 of some 0.1 million parameters.

Three labels. `sum` and `difference` are asked for in the warm-up with answers that are wrong half of the time, so the
model knows the form and is right about every second time: reward can teach it the rest. `code` wants a letter that the
warm-up never shows, so no answer is ever right, no answer better than another, and reward teaches nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from governance.members import MEMBERS, TRAIN

SUM, DIFFERENCE, CODE = "sum", "difference", "code"
SPECIAL = ("<pad>", "<user>", "<answer>", "<end>")
TEMPLATE = (
    "{%- for m in messages %}{%- if m.role == 'assistant' %}{{ '<answer>' }}{%- generation %}{{ m.content + '<end>' }}"
    "{%- endgeneration %}{%- else %}{{ '<user>' + m.content + '<end>' }}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{ '<answer>' }}{%- endif %}"
)


@dataclass(frozen=True)
class Row:
    """One question with its answer and label."""

    question: str
    answer: str
    label: str


def questions() -> list[Row]:
    """Every question of the world, 49 sums, 49 differences and 12 codes, with the right answer."""
    digits = range(7)
    sums = [Row(f"{a}+{b}", boxed(a + b), SUM) for a in digits for b in digits]
    differences = [Row(f"{a}-{b}", boxed(a - b), DIFFERENCE) for a in digits for b in digits]
    codes = [Row(f"c{n}", boxed("XYZ"[n % 3]), CODE) for n in range(12)]
    return sums + differences + codes


def boxed(value: object) -> str:
    r"""\boxed{7}."""
    return f"\\boxed{{{value}}}"


def warm_up(copies: int, wrong: float, seed: int) -> list[Row]:
    """Sums and differences in turn, a share of them with a wrong answer, and codes answered by a number."""
    draw = random.Random(seed)
    rows = []
    for row in questions() * copies:
        astray = row.label == CODE or draw.random() < wrong
        rows.append(Row(row.question, boxed(draw.randrange(13)) if astray else row.answer, row.label))
    draw.shuffle(rows)
    return rows


def members(rows: list[Row]) -> pa.Table:
    """The rows as the members of a split."""
    found = [
        {
            "position": position,
            "sample_id": hashlib.sha256(f"{row.question}={row.answer}".encode()).hexdigest(),
            "part": TRAIN,
            "weight": 1.0,
            "dataset": "arithmetic@1",
            "row": position,
            "label": row.label,
            "conversation": [
                {"role": "user", "content": row.question},
                {"role": "assistant", "content": row.answer},
            ],
        }
        for position, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(found, schema=MEMBERS)


def tokenizer() -> Any:
    """One token a character, and one for the beginning of a box."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = [*SPECIAL, "\\boxed{", "}", *"0123456789+-cXYZ"]
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<pad>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"\\boxed\{|."), "isolated")
    made.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        eos_token="<end>",
        additional_special_tokens=["<user>", "<answer>"],
    )
    fast.chat_template = TEMPLATE
    return fast


def model(words: int, seed: int = 0) -> Any:
    """An untrained Qwen3 with tied embeddings."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=words,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=16,
            max_position_embeddings=64,
            tie_word_embeddings=True,
            pad_token_id=0,
            eos_token_id=3,
        )
    )


def taught(
    net: Any, words: Any, rows: list[Row], epochs: int, batch: int = 64, rate: float = 3e-3
) -> list[float]:
    """The losses of a plain supervised training on the answers, one an epoch; the model is trained in place."""
    import torch

    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.0)
    net.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for ids, labels in _batches(words, rows, batch):
            loss = net(input_ids=ids, attention_mask=(ids != 0).long(), labels=labels).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item()
        losses.append(total / -(-len(rows) // batch))
    return losses


def _batches(words: Any, rows: list[Row], batch: int) -> Iterator[tuple[Any, Any]]:
    import torch

    for start in range(0, len(rows), batch):
        texts = [
            (f"<user>{r.question}<end><answer>", f"{r.answer}<end>") for r in rows[start : start + batch]
        ]
        pairs = [(words.encode(a), words.encode(b)) for a, b in texts]
        longest = max(len(a) + len(b) for a, b in pairs)
        rest = [longest - len(a) - len(b) for a, b in pairs]
        ids = [a + b + [0] * n for (a, b), n in zip(pairs, rest, strict=True)]
        labels = [[-100] * len(a) + b + [-100] * n for (a, b), n in zip(pairs, rest, strict=True)]
        yield torch.tensor(ids), torch.tensor(labels)
