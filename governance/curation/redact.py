"""Personal data out of rows, in the column it came from: the user's own rows keep their columns and types.

What is replaced is found in the columns, not in the conversation, so that an exported row and the conversation that is
trained on say the same. Afterwards the conversation is searched again: a row in which something is left, or nothing was
replaced, is not redacted and has to be left out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.columns import Form, Part
from governance.detectors.personal.find import PLACEHOLDERS, REPORTED, find_personal
from governance.detectors.personal.spans import Search, Span
from governance.readers.kept import JSON, Reading, as_record
from governance.readers.turns import ROLE_FIELDS

KINDS: Mapping[str, tuple[str, ...]] = {
    "PII001": ("email",),
    "PII002": ("phone",),
    "PII003": ("resident-id", "hong-kong-id", "us-ssn"),
    "PII004": ("card",),
    "PII005": ("iban", "account"),
    "PII006": ("address", "street"),
}
"""What each rule finds, beside what leads to organisations."""
NESTED_TEXTS = ("paragraphs", "table", "context")
Change = Callable[[str], str]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Redaction:
    """What is replaced.

    Attributes:
        kinds: of personal data, such as `email`.
        search: what the audit regarded as personal.
        confidence: least confidence of what is replaced.
    """

    kinds: frozenset[str]
    search: Search = field(default_factory=Search)
    confidence: float = REPORTED

    def spans(self, text: str) -> list[Span]:
        """What is to be replaced in a text, in order."""
        found = find_personal(text, self.search, self.confidence)
        return [s for s in found if s.kind in self.kinds and not s.public]

    def text(self, text: str) -> str:
        """The text with placeholders: [EMAIL], [PHONE] ..."""
        parts, at = [], 0
        for span in self.spans(text):
            parts += [text[at : span.start], PLACEHOLDERS[span.kind]]
            at = span.end
        return "".join([*parts, text[at:]])


@dataclass(frozen=True)
class Redacted:
    """Rows without what is personal.

    Attributes:
        rows: the user's own columns.
        conversations: a list of {role, content} for each row; None where it could not be redacted.
        kinds: how often each kind was replaced, for each row.
    """

    rows: pa.Table
    conversations: list[list[dict[str, str]] | None]
    kinds: list[Counter[str]]


def redaction_of(rules: Sequence[str], options: Mapping[str, Any]) -> Redaction:
    """What is replaced: what these rules find, with the options that they had in the audit."""
    search = Search()
    regions = tuple(options.get("PII002", {}).get("region", search.regions)) or search.regions
    allow = tuple(d.lower().lstrip("@.") for d in options.get("PII001", {}).get("allow", search.allow))
    sure = [float(options.get(rule, {}).get("confidence", REPORTED)) for rule in rules]
    kinds = frozenset(kind for rule in rules for kind in KINDS.get(rule, ()))
    return Redaction(kinds, Search(tuple(r.upper() for r in regions), allow), min(sure, default=REPORTED))


def redaction_as_mapping(how: Redaction) -> dict[str, Any]:
    """The redaction as plain values, for the record."""
    return {
        "kinds": sorted(how.kinds),
        "regions": list(how.search.regions),
        "allow": list(how.search.allow),
        "confidence": how.confidence,
    }


def redaction_from(values: Mapping[str, Any]) -> Redaction:
    """The redaction of a record."""
    search = Search(tuple(values["regions"]), tuple(values["allow"]))
    return Redaction(frozenset(values["kinds"]), search, float(values["confidence"]))


def redacted(rows: pa.Table, questions: Indices, reading: Reading, how: Redaction) -> Redacted:
    """The rows, redacted; a few rows, as they go through Python one by one.

    Args:
        questions: (rows,) which of its record's questions each row is.
    """
    changed = redacted_rows(rows, reading, how)
    before = reading.conversations(rows, questions).to_pylist()
    after = reading.conversations(changed, questions).to_pylist()
    kinds = [Counter(s.kind for turn in turns for s in how.spans(turn["content"])) for turns in before]
    clean = [
        turns if turns != old and not any(how.spans(turn["content"]) for turn in turns) else None
        for turns, old in zip(after, before, strict=True)
    ]
    return Redacted(changed, clean, kinds)


def redacted_rows(rows: pa.Table, reading: Reading, how: Redaction) -> pa.Table:
    """The user's rows with placeholders in the columns of the conversation."""
    if reading.json:
        texts = [_record(text, reading, how.text) for text in rows.column(JSON).to_pylist()]
        return pa.table({JSON: pa.array(texts, rows.schema.field(JSON).type)}, schema=rows.schema)
    for name in _outer(reading, rows.column_names):
        at = rows.schema.get_field_index(name)
        values = rows.column(name).to_pylist()
        changed = [_in_column(name, value, reading, how.text) for value in values]
        rows = rows.set_column(at, rows.schema.field(at), pa.array(changed, rows.schema.field(at).type))
    return rows


def _outer(reading: Reading, names: Sequence[str]) -> list[str]:
    """Top-level columns that hold text of the conversation."""
    if reading.plan.nested is not None:
        return [n for n in names if n == reading.plan.nested or n in NESTED_TEXTS]
    paths = [column for part in reading.plan.parts for column in part.columns]
    return [n for n in names if any(p == n or p.startswith(f"{n}.") for p in paths)]


def _in_column(name: str, value: Any, reading: Reading, change: Change) -> Any:
    record = {name: value}
    _change_record(record, reading, change)
    return record[name]


def _record(text: str, reading: Reading, change: Change) -> str:
    record = as_record(text)
    before = json.dumps(record, ensure_ascii=False)
    _change_record(record, reading, change)
    after = json.dumps(record, ensure_ascii=False)
    return text if after == before else after


def _change_record(record: dict[str, Any], reading: Reading, change: Change) -> None:
    """The record's own values are changed, in the columns of the conversation only."""
    if reading.plan.nested is not None:
        for name in (reading.plan.nested, *NESTED_TEXTS):
            if name in record:
                record[name] = _changed(record[name], change)
        return
    for part in reading.plan.parts:
        for path in part.columns:
            _change_at(record, path, part, change)


def _change_at(record: dict[str, Any], path: str, part: Part, change: Change) -> None:
    if path not in record and "." in path:
        outer, inner = path.split(".", 1)
        if isinstance(record.get(outer), dict):
            _change_at(record[outer], inner, part, change)
    elif path in record:
        value = record[path]
        spelled = part.form is not Form.TEXT and isinstance(value, str) and value.lstrip().startswith("[")
        record[path] = _spelled(value, change) if spelled else _changed(value, change)


def _spelled(text: str, change: Change) -> str:
    """A text that spells a list of turns in JSON, changed inside."""
    try:
        return json.dumps(_changed(json.loads(text), change), ensure_ascii=False)
    except (ValueError, RecursionError):
        return change(text)


def _changed(value: Any, change: Change) -> Any:
    """The value with every text in it changed, names of roles apart."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {k: v if k in ROLE_FIELDS else _changed(v, change) for k, v in value.items()}
    return [_changed(v, change) for v in value] if isinstance(value, list) else value
