"""Personal data out of the columns they came in."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from governance.curation.redact import (
    KINDS,
    Redaction,
    redacted,
    redaction_as_mapping,
    redaction_from,
    redaction_of,
)
from governance.detectors.personal.find import PLACEHOLDERS
from governance.readers.kept import Reading, reading_of

ALL = Redaction(frozenset(kind for kinds in KINDS.values() for kind in kinds))
MAIL, PHONE = "anna.li@privatmail.de", "13812345678"


def reading(rows: pa.Table, **taken: str) -> Reading:
    return reading_of(rows, taken, "rows", {}, {})


def of_json(*records: dict[str, object], **taken: str) -> tuple[pa.Table, Reading]:
    table = pa.table(
        {"json": pa.array([json.dumps(r, ensure_ascii=False) for r in records], pa.large_string())}
    )
    return table, reading(table, **taken)


def first(rows: pa.Table, how: Reading, what: Redaction = ALL) -> tuple[object, list[dict[str, str]] | None]:
    found = redacted(rows, np.zeros(rows.num_rows, np.int64), how, what)
    value = found.rows.to_pylist()[0]
    return (json.loads(value["json"]) if how.json else value), found.conversations[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Write to {MAIL}.", "Write to [EMAIL]."),
        (f"请拨打{PHONE}联系客户经理张三。", "请拨打[PHONE]联系客户经理张三。"),
        (f"邮箱：{MAIL}，手机：{PHONE}。", "邮箱：[EMAIL]，手机：[PHONE]。"),
    ],
)
def test_pairs(text: str, expected: str):
    rows = pa.table({"prompt": ["Who?"], "response": [text], "id": [7]})

    value, turns = first(rows, reading(rows))

    assert {"prompt": "Who?", "response": expected, "id": 7} == value
    assert [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": expected}] == turns


def test_json_keeps_its_keys_their_order_and_other_values():
    record = {"z": [1.0, None], "prompt": f"Is {MAIL} right?", "response": "Yes.", "note": MAIL}
    rows, how = of_json(record)

    value, turns = first(rows, how)

    assert {**record, "prompt": "Is [EMAIL] right?"} == value
    assert ["z", "prompt", "response", "note"] == list(value)  # type: ignore[call-overload]
    assert "Is [EMAIL] right?" == turns[0]["content"]  # type: ignore[index]


def test_chat_keeps_its_shape():
    kind = pa.list_(pa.struct([("from", pa.string()), ("value", pa.string()), ("loss", pa.bool_())]))
    chat = [
        {"from": "human", "value": f"致电{PHONE}", "loss": False},
        {"from": "gpt", "value": "好", "loss": True},
    ]
    rows = pa.table({"conversations": pa.array([chat], kind)})

    value, turns = first(rows, reading(rows))

    assert {"conversations": [{**chat[0], "value": "致电[PHONE]"}, chat[1]]} == value
    assert rows.schema == redacted(rows, np.zeros(1, np.int64), reading(rows), ALL).rows.schema
    assert ["user", "assistant"] == [t["role"] for t in turns or []]


def test_chat_that_is_spelled_in_a_text():
    spelled = json.dumps([{"role": "user", "content": MAIL}, {"role": "assistant", "content": "ok"}])
    rows = pa.table({"messages": [spelled]})

    value, turns = first(rows, reading(rows))

    assert [{"role": "user", "content": "[EMAIL]"}, {"role": "assistant", "content": "ok"}] == turns
    assert "[EMAIL]" == json.loads(value["messages"])[0]["content"]  # type: ignore[index]


def test_nested_questions():
    record = {
        "paragraphs": [{"order": 1, "text": f"Ask {MAIL}."}],
        "questions": [{"uid": "a", "question": "Who?", "answer": "She"}],
    }
    rows, how = of_json(record, questions="questions")

    value, turns = first(rows, how)

    assert "Ask [EMAIL]." == value["paragraphs"][0]["text"]  # type: ignore[index]
    assert "Ask [EMAIL].\nWho?" == turns[0]["content"]  # type: ignore[index]


def test_only_the_kinds_that_are_asked_for():
    rows = pa.table({"text": [f"{MAIL} or call +86 {PHONE} today"]})

    value, _ = first(rows, reading(rows), Redaction(frozenset(["email"])))

    assert {"text": f"[EMAIL] or call +86 {PHONE} today"} == value


def test_what_leads_to_organisations_stays():
    rows = pa.table({"text": ["Mail service@icbc.com.cn or call 95588"]})

    value, turns = first(rows, reading(rows))

    assert {"text": "Mail service@icbc.com.cn or call 95588"} == value
    assert turns is None  # nothing was replaced, so the finding stands


def test_a_number_that_is_no_text_cannot_be_replaced():
    rows, how = of_json({"prompt": "手机号是多少？", "response": int(PHONE)})

    _, turns = first(rows, how)

    assert turns is None


def test_counts_by_kind():
    rows = pa.table({"text": [f"{MAIL}, {MAIL} 手机{PHONE}"]})

    found = redacted(rows, np.zeros(1, np.int64), reading(rows), ALL)

    assert {"email": 2, "phone": 1} == dict(found.kinds[0])


def test_options_of_the_audit_decide_what_is_personal():
    options = {"PII001": {"allow": ["privatmail.de"], "confidence": 0.5}, "PII002": {"region": ["us"]}}

    how = redaction_of(["PII001"], options)

    assert (frozenset(["email"]), 0.5, ("US",)) == (how.kinds, how.confidence, how.search.regions)
    assert f"to {MAIL}" == how.text(f"to {MAIL}")
    assert how == redaction_from(json.loads(json.dumps(redaction_as_mapping(how))))


def test_every_kind_has_a_placeholder():
    assert {kind for kinds in KINDS.values() for kind in kinds} <= set(PLACEHOLDERS)
