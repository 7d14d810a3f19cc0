"""JSON records one by one, for blocks the columnar parser refuses: values for the plan, and faults.

What comes out has the same values the columnar parser gives for every record it takes, so the result does not
depend on which of the two a block went through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from governance.columns import Form, Kind, Plan
from governance.readers import faults
from governance.readers.faults import Fault, excerpt
from governance.readers.nested import laid_out
from governance.readers.texts import BAD_UTF8, NOT_TEXT, around, canonical_json, scrubbed
from governance.readers.turns import CALL_FIELDS, CONTENT_FIELDS, NOT_TEXT_PARTS, ROLE_FIELDS

SPELLED_NESTING = 64
LONE = "lone surrogates were replaced by U+FFFD"
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
TEXT = pa.large_string()
TURNS = pa.list_(pa.struct([("role", TEXT), ("content", TEXT), ("tool_calls", TEXT)]))
PAIRS = pa.list_(pa.list_(TEXT))
Record = Mapping[str, Any]
Report = Callable[[str, str, str | None], None]
"""Called with rule, message, excerpt."""


class UnreadableError(Exception):
    """A record that cannot be read; the message is ours."""


def parsed(line: bytes, report: Report) -> dict[str, Any]:
    """The object of one line, as valid Unicode.

    Raises:
        UnreadableError: it is not one JSON object.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("utf-8", "replace")
        report(faults.UTF8, BAD_UTF8, around(text))
    record = _loaded(text)
    if not isinstance(record, dict):
        raise UnreadableError(f"the record is {_kind(record)}, not a JSON object")
    if ESCAPED_SURROGATE.search(text):
        clean: dict[str, Any] = _scrubbed(record)
        if clean != record:
            report(faults.UTF8, LONE, around(json.dumps(clean, ensure_ascii=False)))
        return clean
    return record


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableError(f"not valid JSON: {error.msg} (character {error.pos + 1})") from error
    except (ValueError, RecursionError) as error:  # an integer of more than 4,300 digits
        raise UnreadableError("not valid JSON: a number or a nesting beyond reason") from error


def _kind(value: Any) -> str:
    names = {list: "an array", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _scrubbed(value: Any) -> Any:
    """The value with U+FFFD for each lone surrogate, in keys too."""
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, dict):
        return {scrubbed(k): _scrubbed(v) for k, v in value.items()}
    return [_scrubbed(v) for v in value] if isinstance(value, list) else value


def nesting(line: bytes) -> int:
    """How deep brackets are nested in a line, strings apart; no recursion, whatever the depth."""
    raw = np.frombuffer(STRING.sub(b"", line), np.uint8)
    up, down = np.isin(raw, list(b"[{")), np.isin(raw, list(b"]}"))
    return int(np.max(np.cumsum(up.astype(np.int32) - down), initial=0))


def as_text(value: Any, report: Report) -> str | None:
    """A value of a text column; the same words `texts_of` gives for Arrow columns."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, list) and not any(isinstance(v, list | dict) for v in value):
        return "\n".join(as_text(v, report) or "" for v in value)
    report(faults.TURNS, NOT_TEXT, None)
    return canonical_json(value)


def as_turns(value: Any, report: Report) -> list[dict[str, str | None]]:
    """A value of a chat column; text that spells a JSON array is read as one."""
    if isinstance(value, str):
        value = _spelled(value, report)
    if value is None:
        return []
    if not isinstance(value, list):
        report(faults.TURNS, f"the conversation is {_kind_of_turn(value)}, not a list of turns", None)
        value = [value]
    return [_turn(turn, report) for turn in value]


def _spelled(text: str, report: Report) -> Any:
    """The turns a text spells as JSON; the text itself where it spells none; None for no text."""
    if not text.lstrip().startswith("["):
        return text or None
    if nesting(text.encode()) > SPELLED_NESTING:
        report(faults.TURNS, "the turns are nested beyond reason", excerpt(text))
        return text
    try:
        return _scrubbed(json.loads(text))
    except ValueError:
        report(faults.TURNS, "the turns are a text that is not valid JSON", excerpt(text))
        return text


def turns_of_texts(texts: pa.LargeStringArray) -> tuple[pa.Array, pa.Table]:
    """(a list of turns a row, FAULTS) of a chat column whose values are JSON in text."""
    found: list[Fault] = []
    values = []
    for at, text in enumerate(texts.to_pylist()):

        def report(rule: str, message: str, shown: str | None, at: int = at) -> None:
            found.append((at, rule, message, shown))

        values.append(as_turns(text, report))
    return pa.array(values, TURNS), faults.table(found)


def _turn(turn: Any, report: Report) -> dict[str, str | None]:
    if turn is None:
        return {"role": None, "content": None, "tool_calls": None}
    if not isinstance(turn, dict):
        report(faults.TURNS, f"a turn is {_kind(turn)}, not an object", None)
        return {"role": None, "content": as_text(turn, report), "tool_calls": None}
    role = next((turn[name] for name in ROLE_FIELDS if turn.get(name) is not None), None)
    content = next((turn[name] for name in CONTENT_FIELDS if turn.get(name) is not None), None)
    calls = next((turn[name] for name in CALL_FIELDS if turn.get(name)), None)
    spelled = calls if calls is None or isinstance(calls, str) else canonical_json(calls)
    return {"role": as_text(role, report), "content": _content(content, report), "tool_calls": spelled}


def _kind_of_turn(value: Any) -> str:
    return "one object" if isinstance(value, dict) else _kind(value)


def _content(value: Any, report: Report) -> str | None:
    """The text of a turn; of a list of parts, the texts of those that have one."""
    if not isinstance(value, list) or not any(isinstance(part, dict) and "text" in part for part in value):
        return as_text(value, report)
    texts = [part.get("text") if isinstance(part, dict) else part for part in value]
    found = [text for text in texts if isinstance(text, str) and text]
    if len(found) < len(texts):
        report(faults.TURNS, NOT_TEXT_PARTS, None)
    return "\n".join(found)


def as_pairs(value: Any, report: Report) -> list[list[str | None]]:
    """A value of a history column: a list of [user, assistant], or a flat list in which they take turns."""
    if value is None:
        return []
    if not isinstance(value, list):
        value = [[value]]
    if not any(isinstance(pair, list) for pair in value):
        value = [value]
    return [
        [as_text(v, report) for v in pair] if isinstance(pair, list) else [as_text(pair, report)]
        for pair in value
    ]


READ: Mapping[Form, tuple[pa.DataType, Callable[[Any, Report], Any]]] = {
    Form.TEXT: (TEXT, as_text),
    Form.TURNS: (TURNS, as_turns),
    Form.PAIRS: (PAIRS, as_pairs),
}


def forms(plan: Plan) -> dict[str, Form]:
    """How each column of the plan is stored."""
    found = dict.fromkeys(plan.meta.values(), Form.TEXT)
    return found | {name: part.form for part in plan.parts for name in part.columns}


def lookup(record: Record, name: str) -> Any:
    """A value by name, or by a dotted path into objects."""
    if name in record or "." not in name:
        return record.get(name)
    outer, inner = name.split(".", 1)
    value = record.get(outer)
    return lookup(value, inner) if isinstance(value, dict) else None


def columns_of(
    records: Sequence[Record], plan: Plan, positions: Sequence[int]
) -> tuple[pa.Table, list[Fault]]:
    """(the plan's columns, one row a record; faults). `positions[i]`: where record i stands among all."""
    found: list[Fault] = []
    columns: dict[str, pa.Array] = {}
    own = set(plan.meta.values())
    for name, form in forms(plan).items():
        kind, read = READ[form]
        values = []
        for record, position in zip(records, positions, strict=True):

            def report(
                rule: str, message: str, shown: str | None, at: int = position, name: str = name
            ) -> None:
                if name not in own:  # metadata may hold anything
                    found.append((at, rule, message, shown))

            values.append(read(lookup(record, name), report))
        columns[name] = pa.array(values, kind)
    return pa.table(columns) if columns else pa.table({"": pa.nulls(len(records))}), found


def kind_of(values: Sequence[Any]) -> Kind:
    """What a column of JSON values holds."""
    kinds = {_value_kind(value) for value in values if value is not None and value != []}
    for kind in (Kind.TURNS, Kind.PAIRS, Kind.TEXT, Kind.STRINGS, Kind.OBJECTS, Kind.NUMBER, Kind.OTHER):
        if kind in kinds:
            return kind
    return Kind.EMPTY


def _value_kind(value: Any) -> Kind:
    if isinstance(value, str):
        return Kind.TEXT
    if isinstance(value, bool | int | float):
        return Kind.NUMBER
    return _list_kind(value) if isinstance(value, list) else Kind.OTHER


def _list_kind(value: Sequence[Any]) -> Kind:
    if all(isinstance(v, list) for v in value):
        return Kind.PAIRS
    if all(isinstance(v, str | None) for v in value):
        return Kind.STRINGS
    if not all(isinstance(v, dict) for v in value):
        return Kind.OTHER
    return Kind.TURNS if _are_turns(value) else Kind.OBJECTS


def _are_turns(value: Sequence[Record]) -> bool:
    roles = any(name in turn for turn in value for name in ROLE_FIELDS)
    return roles and any(name in turn for turn in value for name in (*CONTENT_FIELDS, *CALL_FIELDS))


def exploded(record: Record, plan: Plan) -> Sequence[Record]:
    """The rows of one record: itself, or one a question where the plan says so."""
    return [record] if plan.nested is None else laid_out(record, plan.nested)
