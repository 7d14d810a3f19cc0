"""What an evaluation is: one state of a model, one benchmark, and a result for each item.

An evaluation holds every item that was to be asked. One without a score is there with its state and a reason: the
benchmark withholds its answer, there is no output for it, or asking failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

import pyarrow as pa

EVALUATION_ITEM = pa.schema(
    [
        pa.field("item", pa.string(), False),  # the item's id within its suite
        pa.field("state", pa.string(), False),  # scored, withheld, missing, failed
        pa.field("reason", pa.string(), False),  # our words; empty where nothing needs saying
        pa.field("subject", pa.string()),
        pa.field("label", pa.string()),
        pa.field(
            "gold", pa.large_string()
        ),  # as asked: a letter of the permuted options; null where withheld
        pa.field("prompt", pa.large_string(), False),  # JSON list of chat messages; empty where unknown
        pa.field("output", pa.large_string()),  # what the model said, thinking included; null where nothing
        pa.field("finish", pa.string(), False),  # stop, length (it was cut), or empty
        pa.field("official_answer", pa.large_string()),  # what the benchmark's own extractor finds
        pa.field("official", pa.float64()),  # 0 to 1 by the benchmark's own scorer
        pa.field("extracted", pa.large_string()),  # what the strict extractor finds
        pa.field("strict", pa.float64()),  # 0 to 1 by the strict scorer
        pa.field("gold_loglik", pa.float64()),  # nats, summed over the gold's tokens
        pa.field("gold_tokens", pa.int32()),
        pa.field("gold_bytes", pa.int32()),  # UTF-8
        pa.field("option_logliks", pa.list_(pa.float64()), False),  # nats, options A, B ... ; empty if none
        pa.field("option_tokens", pa.list_(pa.int32()), False),
        pa.field("option_bytes", pa.list_(pa.int32()), False),
        pa.field("choice", pa.string()),  # letter of the likeliest option
        pa.field("choice_score", pa.float64()),  # 1 where that is the gold, else 0
        pa.field("margin", pa.float64()),  # nats: gold against the competitor; positive where gold wins
        pa.field("competitor", pa.large_string()),  # best other option, or the wrong answer the model gave
        pa.field("prompt_tokens", pa.int32()),
        pa.field("output_tokens", pa.int32()),
        pa.field("seconds", pa.float64(), False),  # wall clock of asking, its share of a batch
    ]
)


class ItemState(StrEnum):
    """Why an item has a score, or why not."""

    SCORED = "scored"
    WITHHELD = "withheld"  # the benchmark keeps the answer to itself
    MISSING = "missing"  # there is no output
    FAILED = "failed"  # asking, or scoring, did not work; the reason says how


class EvaluationState(StrEnum):
    """How far an evaluation has come."""

    RUNNING = "running"  # it can be resumed
    COMPLETE = "complete"  # every item is scored or withheld
    INCOMPLETE = "incomplete"  # it ended, and items are missing or failed


@dataclass(frozen=True)
class ItemResult:
    """One item's result; see `EVALUATION_ITEM` for units."""

    item: str
    state: ItemState
    reason: str = ""
    subject: str | None = None
    label: str | None = None
    gold: str | None = None
    prompt: str = ""
    output: str | None = None
    finish: str = ""
    official_answer: str | None = None
    official: float | None = None
    extracted: str | None = None
    strict: float | None = None
    gold_loglik: float | None = None
    gold_tokens: int | None = None
    gold_bytes: int | None = None
    option_logliks: tuple[float, ...] = ()
    option_tokens: tuple[int, ...] = ()
    option_bytes: tuple[int, ...] = ()
    choice: str | None = None
    choice_score: float | None = None
    margin: float | None = None
    competitor: str | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ItemResult:
        """The result of a row or of the JSON that `asdict` makes; unknown names are an error."""
        lists = {
            n: tuple(values[n]) for n in ("option_logliks", "option_tokens", "option_bytes") if n in values
        }
        return cls(**{**values, **lists, "state": ItemState(values["state"])})


@dataclass(frozen=True)
class ModelRecord:
    """Which state of which model.

    Attributes:
        name: as it was given: a folder, a hub name, or the name a server knows it by.
        backend: transformers, openai, or import.
        hash: 64 hex over the files that decide what it says; empty where they are not at hand (a server).
        where: the server's address without credentials; empty in process.
        run: the training run whose checkpoint it is; empty where it is none or that is not known.
        step: optimizer steps that run had done; None where it is no checkpoint.
    """

    name: str
    backend: str
    hash: str = ""
    where: str = ""
    run: str = ""
    step: int | None = None


@dataclass(frozen=True)
class SuiteUsed:
    """Which items.

    Attributes:
        version: its number in the lake; 0 where the lake does not keep the suite.
        content_hash: 64 hex of the whole suite.
        benchmark: whose prompt and scorers were used, e.g. gsm8k; generic where it is none we know.
        items: items of the whole suite.
        asked: items of this evaluation, whatever their state.
        sampled: how they were chosen where they are not all; empty otherwise.
    """

    name: str
    version: int
    content_hash: str
    benchmark: str
    items: int
    asked: int
    sampled: str = ""


@dataclass(frozen=True)
class Evaluation:
    """One evaluation without its items.

    Attributes:
        settings: what else decided the outputs: method, tokens, temperature, seed, prompts, library versions.
        scores: mean over scored items by scorer: official, strict, choice; a scorer without scores is not there.
        started: ISO 8601, UTC.
        notes: what was left out, sampled or could not be done, in words.
    """

    id: str
    model: ModelRecord
    suite: SuiteUsed
    settings: Mapping[str, Any]
    state: EvaluationState
    started: str
    finished: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)  # items by state
    scores: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    user: str = ""
    govern: str = ""

    def to_json(self) -> str:
        """The record as canonical JSON."""
        from governance.lake.canonical import (
            canonical_json,  # the lake's tables are made of this file's schema
        )

        return canonical_json(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Evaluation:
        """The record of its JSON."""
        parts = json.loads(text)
        return cls(
            **{
                **parts,
                "model": ModelRecord(**parts["model"]),
                "suite": SuiteUsed(**parts["suite"]),
                "state": EvaluationState(parts["state"]),
                "notes": tuple(parts["notes"]),
            }
        )


def result_table(results: Iterable[ItemResult]) -> pa.Table:
    """The results as rows of `EVALUATION_ITEM`."""
    return pa.Table.from_pylist([asdict(r) for r in results], schema=EVALUATION_ITEM)


def results_of(table: pa.Table) -> list[ItemResult]:
    """The rows of `EVALUATION_ITEM` as values."""
    names = [f.name for f in fields(ItemResult)]
    return [ItemResult.of(row) for row in table.select(names).to_pylist()]


def results_hash(results: Sequence[ItemResult]) -> str:
    """64 hex over every result in order, but for the seconds, which no two runs share."""
    from governance.lake.canonical import canonical_json, digest

    rows = [{**asdict(r), "seconds": 0.0} for r in results]
    return digest("\n".join(canonical_json(row) for row in rows))


def counted(results: Iterable[ItemResult]) -> dict[str, int]:
    """Items by state, every state named."""
    states = [r.state for r in results]
    return {state.value: states.count(state) for state in ItemState}


def mean_scores(results: Sequence[ItemResult]) -> dict[str, float]:
    """The mean by scorer over the scored items that have such a score."""
    scored = [r for r in results if r.state is ItemState.SCORED]
    columns = {
        "official": [r.official for r in scored if r.official is not None],
        "strict": [r.strict for r in scored if r.strict is not None],
        "choice": [r.choice_score for r in scored if r.choice_score is not None],
    }
    return {name: sum(values) / len(values) for name, values in columns.items() if values}
