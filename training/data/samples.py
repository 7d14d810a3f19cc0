"""Members of a split become tokens: every sample is whole, or excluded with a reason.

Nothing is cut: half an answer teaches to stop in the middle. A sample over the length limit, one without a token
to learn, and one that the chat template does not take are excluded, listed, and kept with the run.

A conversation of one turn of role `text` is plain text: every token of it is learned, and the token that ends a
text after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.trainings import EXCLUSIONS, SAMPLES
from training.data.template import Rendered, Template, Unrenderable
from training.errors import ModelError

SLICE = 1_000  # members at a time: some megabytes of Python strings
OVER_LENGTH, NOTHING_TO_LEARN, NOT_RENDERED = "over_length", "no_supervised_token", "template_refused"
REASONS = {
    OVER_LENGTH: "longer than max_length",
    NOTHING_TO_LEARN: "no token that the model would learn to write",
    NOT_RENDERED: "the chat template does not take the conversation",
}


@dataclass(frozen=True)
class Tokens:
    """Samples laid end to end.

    Attributes:
        ids: (tokens,) int32 token ids.
        supervised: (tokens,) whether the model learns to write the token.
        starts: (samples + 1,) int64; sample n owns ids[starts[n]:starts[n + 1]].
    """

    ids: npt.NDArray[np.int32]
    supervised: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """(samples,) number of tokens."""
        return np.diff(self.starts)

    def of(self, sample: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """(ids, supervised) of one sample."""
        own = slice(self.starts[sample], self.starts[sample + 1])
        return self.ids[own], self.supervised[own]


@dataclass(frozen=True)
class Samples:
    """What a run trains on.

    Attributes:
        rows: `SAMPLES` columns, one a sample, numbered from 0 in the split's order.
        excluded: `EXCLUSIONS` columns, the members that are not trained on.
    """

    tokens: Tokens
    rows: pa.Table
    excluded: pa.Table

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    @property
    def ids(self) -> list[str]:
        """64 hex sample ids by number."""
        return list(self.rows.column("sample_id").to_pylist())

    def named(self, numbers: Sequence[int], most: int = 8) -> str:
        """Samples in words, by their position in the split and the beginning of their id."""
        rows = self.rows.take(pa.array(numbers[:most], pa.int64())).to_pylist()
        shown = [f"sample at position {row['position']} ({row['sample_id'][:12]})" for row in rows]
        rest = len(numbers) - len(shown)
        return ", ".join(shown) + (f" and {rest} more" if rest else "")

    @property
    def reasons(self) -> dict[str, int]:
        """How many members each reason excluded, most first."""
        counted = self.excluded.column("reason").value_counts().to_pylist()
        return {c["values"]: c["counts"] for c in sorted(counted, key=lambda c: -c["counts"])}


def tokenised(
    members: Iterable[pa.Table], tokenizer: Any, template: Template | None, max_length: int
) -> Samples:
    """The samples of MEMBERS tables, in order; without a template, conversations are excluded."""
    if not getattr(tokenizer, "is_fast", False):
        hint = "use a model folder that has a tokenizer.json"
        raise ModelError("the tokenizer cannot say where its tokens stand in the text", hint=hint)
    gathered = _Gathered()
    for table in members:
        for start in range(0, table.num_rows, SLICE):
            part = table.slice(start, SLICE)
            _take(part, _encoded(part, tokenizer, template), max_length, gathered)
    return gathered.samples()


@dataclass(frozen=True)
class _Encoded:
    """One member as tokens; `why` says why it has none."""

    ids: npt.NDArray[np.int32]
    supervised: npt.NDArray[np.bool_]
    why: str = ""

    @property
    def learned(self) -> int:
        """How many tokens are learned; the first of a text follows nothing, so it is never predicted."""
        return int(self.supervised[1:].sum())


_NONE = _Encoded(np.empty(0, np.int32), np.empty(0, np.bool_), NOT_RENDERED)


class _Gathered:
    """What has been tokenised so far."""

    def __init__(self) -> None:
        self.ids: list[npt.NDArray[np.int32]] = []
        self.supervised: list[npt.NDArray[np.bool_]] = []
        self.rows: list[dict[str, Any]] = []
        self.excluded: list[dict[str, Any]] = []

    def samples(self) -> Samples:
        """Everything, laid end to end."""
        starts = np.concatenate([[0], np.cumsum([len(i) for i in self.ids])]).astype(np.int64)
        tokens = Tokens(
            np.concatenate([np.empty(0, np.int32), *self.ids]),
            np.concatenate([np.empty(0, np.bool_), *self.supervised]),
            starts,
        )
        rows = pa.Table.from_pylist(self.rows, schema=SAMPLES)
        return Samples(tokens, rows, pa.Table.from_pylist(self.excluded, schema=EXCLUSIONS))


def _take(part: pa.Table, encoded: Sequence[_Encoded], max_length: int, gathered: _Gathered) -> None:
    """Each member is a sample or excluded."""
    known = part.select(["position", "sample_id", "label", "weight"]).to_pylist()
    for member, found in zip(known, encoded, strict=True):
        why = found.why or _why_not(found, max_length)
        if why:
            own = {"position": member["position"], "sample_id": member["sample_id"]}
            gathered.excluded.append({**own, "reason": why, "tokens": len(found.ids)})
            continue
        counts = {"tokens": len(found.ids), "supervised": found.learned}
        gathered.rows.append({"number": len(gathered.rows), **member, **counts})
        gathered.ids.append(found.ids)
        gathered.supervised.append(found.supervised)


def _why_not(found: _Encoded, max_length: int) -> str:
    if len(found.ids) > max_length:
        return OVER_LENGTH
    return "" if found.learned else NOTHING_TO_LEARN


def _encoded(part: pa.Table, tokenizer: Any, template: Template | None) -> list[_Encoded]:
    """The members as tokens, in order."""
    conversations = part.column("conversation").to_pylist()
    found = [_NONE] * len(conversations)
    rendered: dict[int, Rendered] = {}
    plain: dict[int, str] = {}
    for place, turns in enumerate(conversations):
        if len(turns) == 1 and turns[0]["role"] == "text":
            plain[place] = turns[0]["content"]
        elif turns and template is not None:
            try:
                rendered[place] = template.render(turns)
            except Unrenderable:
                continue  # stays what it is: not rendered
    for place, each in zip(rendered, _dialogues(list(rendered.values()), tokenizer), strict=True):
        found[place] = each
    for place, each in zip(plain, _texts(list(plain.values()), tokenizer), strict=True):
        found[place] = each
    return found


def _dialogues(rendered: list[Rendered], tokenizer: Any) -> list[_Encoded]:
    if not rendered:
        return []
    batch = tokenizer([r.text for r in rendered], add_special_tokens=False, return_offsets_mapping=True)
    pairs = zip(rendered, batch["input_ids"], batch["offset_mapping"], strict=True)
    return [_Encoded(np.array(ids, np.int32), within(r.spans, offsets)) for r, ids, offsets in pairs]


def within(spans: Sequence[tuple[int, int]], offsets: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """(tokens,) whether a token lies in one of the spans; one that begins before its span does not."""
    bounds = np.array(offsets, np.int64).reshape(-1, 2)
    starts = np.array([a for a, _ in spans], np.int64)
    stops = np.array([0, *(b for _, b in spans)], np.int64)
    stop = stops[np.searchsorted(starts, bounds[:, 0], side="right")]  # of the last span that began by then
    return np.asarray((bounds[:, 0] < stop) & (bounds[:, 1] <= stop) & (bounds[:, 1] > bounds[:, 0]))


def _texts(texts: list[str], tokenizer: Any) -> list[_Encoded]:
    """Plain texts, with the tokens that begin and end one."""
    if not texts:
        return []
    end = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    found = []
    for ids in tokenizer(texts)["input_ids"]:
        whole = ids if end and ids[-1:] == end else ids + end
        content = len(ids) > 0
        found.append(_Encoded(np.array(whole, np.int32), np.full(len(whole), content, np.bool_)))
    return found
