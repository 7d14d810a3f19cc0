"""Small models, tokenizers and members of a split, made on the spot."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pyarrow as pa
import torch

from governance.members import MEMBERS
from training.observer import MicroBatch, RunStarted, Watching


def tiny_qwen3(vocabulary: int = 300, layers: int = 2, hidden: int = 64, seed: int = 0) -> Any:
    """An untrained Qwen3 of some 0.1 million parameters, tied embeddings, no dropout."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=hidden // 4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
    )
    return Qwen3ForCausalLM(config)


def hex_id(text: str) -> str:
    """64 hex that stand for a sample id."""
    return hashlib.sha256(text.encode()).hexdigest()


def members(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """MEMBERS of a split from rows with a prompt and a response, or a conversation; the rest has defaults."""
    found = []
    for position, row in enumerate(rows):
        turns = row.get("conversation") or [
            {"role": "user", "content": row["prompt"]},
            {"role": "assistant", "content": row["response"]},
        ]
        default = {
            "position": position,
            "sample_id": hex_id(str(turns)),
            "part": "train",
            "weight": 1.0,
            "dataset": "made@1",
            "row": position,
            "source": None,
            "label": None,
            "group": None,
            "conversation": turns,
        }
        found.append(default | {k: v for k, v in row.items() if k in default})
    return pa.Table.from_pylist(found, schema=MEMBERS)


def sums(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Rows that ask for a sum: short, different, of several lengths and of two labels."""
    return [
        {
            "prompt": f"What is {n} plus {n * 7 % 13}?",
            "response": f"It is {n + n * 7 % 13}." + " Sure." * (n % 4),
            "label": "even" if n % 2 == 0 else "odd",
        }
        for n in range(first, first + count)
    ]


class Diary(Watching):
    """An observer that writes down every call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self.batches: list[MicroBatch] = []
        self.run: RunStarted | None = None

    def run_started(self, run: RunStarted) -> None:
        self.run = run

    def step_started(self, step: int) -> None:
        self.calls.append(("started", step))

    @contextmanager
    def _around(self, batch: MicroBatch) -> Any:
        self.calls.append(("enter", batch.part))
        yield
        self.calls.append(("leave", batch.part))

    def observed(self, batch: MicroBatch) -> AbstractContextManager[None]:
        self.batches.append(batch)
        return self._around(batch)

    def before_update(self, step: int) -> None:
        self.calls.append(("before", step))

    def after_update(self, step: int) -> None:
        self.calls.append(("after", step))

    def checkpoint_saved(self, step: int, folder: str) -> None:
        self.calls.append(("saved", step))

    def run_finished(self, steps: int) -> None:
        self.calls.append(("finished", steps))


def request(folder: Any, rows: Sequence[dict[str, Any]], *assignments: str, **more: Any) -> Any:
    """An SftRequest for the smallest model, on the CPU."""
    from training.data.source import SplitData
    from training.models.loading import ModelSpec
    from training.settings import chosen
    from training.supervised.sft import SftRequest

    table = members(rows)
    split = SplitData("sums@1", "5" * 32, hex_id(str(rows)), lambda: iter([table]))
    settings = chosen(assignments=("device=cpu", "learning_rate=1e-3", *assignments))
    return SftRequest(split, more.pop("model", ModelSpec("new:tiny")), settings, folder, **more)


class Eyes(Watching):
    """An observer that looks at what goes into the model's embedding, by a hook of its own.

    Attributes:
        seen: (step, part) -> (token ids, position ids or None, attention mask or None) of the forward pass.
    """

    def __init__(self) -> None:
        self.seen: dict[tuple[int, int], list[tuple[int, ...]]] = {}
        self._now = (0, 0)
        self._masks: Any = None

    def run_started(self, run: RunStarted) -> None:
        backbone = run.model.get_base_model() if hasattr(run.model, "get_base_model") else run.model
        backbone.model.register_forward_pre_hook(self._look, with_kwargs=True)

    def observed(self, batch: MicroBatch) -> AbstractContextManager[None]:
        return self._during((batch.step, batch.part))

    @contextmanager
    def _during(self, now: tuple[int, int]) -> Any:
        self._now = now
        yield

    def _look(self, module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        ids = kwargs["input_ids"]
        positions, mask = kwargs.get("position_ids"), kwargs.get("attention_mask")
        rows = []
        for row in range(ids.shape[0]):
            if positions is not None:
                starts = [*(positions[row] == 0).nonzero().flatten().tolist(), ids.shape[1]]
                rows += [tuple(ids[row, a:b].tolist()) for a, b in itertools.pairwise(starts)]
            else:
                rows.append(tuple(ids[row][mask[row].bool()].tolist()))
        self.seen[self._now] = rows
