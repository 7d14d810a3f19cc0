"""Reports to render: a rich one like a real audit, a hostile one, and ones of any size."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from governance.excerpts import CONTEXT
from governance.findings import EVIDENCE, EXCERPT_CHARACTERS, FINDINGS, Severity, fingerprint
from governance.report import (
    AuditReport,
    DatasetRecord,
    FileRecord,
    Gate,
    LabelCount,
    RuleOutcome,
    RuleState,
    RunRecord,
    SuiteRecord,
    Verdict,
)
from governance.reports import RenderOptions, render

RULES = {
    "CON001": ("eval-item-verbatim", Severity.ERROR, "An evaluation item stands word for word in a row"),
    "CON002": (
        "eval-ngram-overlap",
        Severity.WARNING,
        "A row shares rare word sequences with an evaluation item",
    ),
    "CON003": ("eval-answer-present", Severity.WARNING, "A row answers an evaluation item"),
    "DUP001": ("exact-duplicate", Severity.WARNING, "Rows hold the same conversation"),
    "DUP002": ("normalised-duplicate", Severity.NOTE, "Rows differ only in case, spacing or punctuation"),
    "DUP003": ("near-duplicate", Severity.WARNING, "Rows share most of their word sequences"),
    "DUP005": ("repeated-passage", Severity.NOTE, "A long passage recurs in many rows"),
    "GOV004": ("rule-not-run", Severity.ERROR, "A selected rule could not run"),
    "INP001": ("unreadable-row", Severity.ERROR, "A row cannot be read"),
    "INP002": ("missing-text", Severity.WARNING, "A row has no text"),
}


@dataclass(frozen=True)
class Ev:
    """One line of evidence: the row, its turn's text, and the words in it that matter."""

    row: int
    text: str | None = None
    words: str = ""
    role: str = "affected"
    turn: int | None = None
    score: float | None = None
    peer: str | None = None
    part: str | None = None
    peer_text: str | None = None
    peer_words: str = ""
    file: int | None = 0
    line: int | None = -1  # -1: the row's own number, from one


@dataclass(frozen=True)
class Fi:
    """One finding with its evidence."""

    rule: str
    message: str
    lines: Sequence[Ev]
    kind: str = ""
    score: float | None = None
    threshold: float | None = None
    severity: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def tables(found: Sequence[Fi]) -> tuple[pa.Table, pa.Table]:
    """FINDINGS and EVIDENCE, sorted as an audit sorts them."""
    findings, evidence = [], []
    for number, one in enumerate(found):
        key = fingerprint(one.rule, [f"{number}:{line.row}" for line in one.lines])
        findings.append(_finding(one, key))
        evidence += [_evidence(line, key) for line in one.lines]
    findings.sort(key=lambda f: (Severity(f["severity"]).rank, f["rule"], f["fingerprint"]))
    evidence.sort(key=lambda e: (e["fingerprint"], e["role"], e["row"], e["turn"] or 0, e["start"] or 0))
    return pa.Table.from_pylist(findings, FINDINGS), pa.Table.from_pylist(evidence, EVIDENCE)


def _finding(one: Fi, key: str) -> dict[str, Any]:
    return {
        "fingerprint": key,
        "rule": one.rule,
        "severity": one.severity or RULES[one.rule][1].value,
        "kind": one.kind,
        "message": one.message,
        "score": one.score,
        "threshold": one.threshold,
        "rows": sum(line.role == "affected" for line in one.lines),
        "details": json.dumps(dict(one.details), sort_keys=True, separators=(",", ":")),
    }


def _evidence(line: Ev, key: str) -> dict[str, Any]:
    start, end, at, excerpt = place(line.text, line.words)
    peer_start, peer_end, _, peer_excerpt = place(line.peer_text, line.peer_words)
    return {
        "fingerprint": key,
        "row": line.row,
        "sample_id": hashlib.sha256(str(line.row).encode()).hexdigest(),
        "role": line.role,
        "turn": line.turn,
        "start": start,
        "end": end,
        "score": line.score,
        "peer": line.peer,
        "peer_part": line.part,
        "peer_start": peer_start,
        "peer_end": peer_end,
        "file": line.file,
        "line": line.row + 1 if line.line == -1 else line.line,
        "excerpt": excerpt,
        "excerpt_start": at,
        "peer_excerpt": peer_excerpt,
    }


def place(text: str | None, words: str) -> tuple[int | None, int | None, int | None, str | None]:
    """(start, end, where the excerpt begins, excerpt) as an audit fills them in."""
    if text is None:
        return None, None, None, None
    if not words:
        return None, None, 0, text[:EXCERPT_CHARACTERS]
    start = text.index(words)
    at = max(start - CONTEXT, 0)
    return start, start + len(words), at, text[at : at + EXCERPT_CHARACTERS]


def outcomes(found: Sequence[Fi], rules: Sequence[str] = tuple(RULES)) -> tuple[RuleOutcome, ...]:
    """One outcome a rule, counting what was found."""
    made = []
    for code in rules:
        name, severity, summary = RULES[code]
        own = [f for f in found if f.rule == code]
        rows = {line.row for f in own for line in f.lines if line.role == "affected"}
        made.append(
            RuleOutcome(code, name, severity, summary, RuleState.RAN, findings=len(own), rows=len(rows))
        )
    return tuple(made)


RUN = RunRecord(
    id="20261122-134501-7f3a",
    started="2026-11-22T13:45:01Z",
    finished="2026-11-22T13:45:04Z",
    seconds=3.21,
    cpu_seconds=5.8,
    command="govern audit finance.jsonl legacy.parquet --eval finance-eval.jsonl",
    user="auditor",
    host="bank-07",
    govern="0.1.0",
    timings={"map near-duplicates": 2.1, "DUP003": 0.7},
)
FINANCE = DatasetRecord(
    name="finance",
    uri="finance.jsonl",
    first_row=0,
    version=3,
    content_hash="5d" * 32,
    rows=1200,
    unreadable=1,
    columns={"chat": "messages", "id": "uid", "source": "origin"},
    files=(FileRecord("finance.jsonl", 1_843_200, "ab" * 32, 1200),),
    notes=("1 column was not used: score",),
    characters=702_144,
    roles={"system": 1200, "user": 1310, "assistant": 1310},
)
LEGACY = DatasetRecord(
    name="legacy",
    uri="legacy.parquet",
    first_row=1200,
    version=1,
    content_hash="7e" * 32,
    rows=800,
    unreadable=0,
    columns={"prompt": "instruction", "response": "output"},
    files=(FileRecord("legacy.parquet", 402_000, "cd" * 32, 800),),
    characters=512_000,
    roles={"user": 800, "assistant": 800},
)
SUITE = SuiteRecord(
    name="finance-eval",
    uri="finance-eval.jsonl",
    content_hash="9a" * 32,
    items=120,
    searchable=118,
    unsearchable=("finance-eval/17", "finance-eval/90"),
)

_BOND = (
    "A bond with a face value of 1,000 pays a coupon of 5 % a year. If the market yield rises to 6 %, the price of "
    "the bond falls, since its fixed payments are worth less at the higher rate."
)
_BOND_ITEM = (
    "If the market yield rises to 6 %, the price of the bond falls. True or false? Give one reason "
    "for your answer."
)
_ZH = (
    "根据《中华人民共和国证券法》第八十条，发生可能对股票交易价格产生较大影响的重大事件，投资者尚未得知时，"
    "公司应当立即将有关该重大事件的情况向国务院证券监督管理机构和证券交易场所报送临时报告，并予公告。"
)
_ZH_WORDS = "发生可能对股票交易价格产生较大影响的重大事件，投资者尚未得知时，公司应当立即"
_REPORT = (
    "Summarise the quarterly report: revenue was {} million, up {} % on the year; net profit was {} million."
)
_CONTACT = (
    "客户张三，电话13812345678，邮箱zhang.san@example.com，请于2026-03-31前确认余额1,234,567.89元是否无误。"
)


def found_by_rules() -> list[Fi]:
    """Findings like those of a real audit, with English, Chinese and personal data in the excerpts."""
    return [*_contamination(), *_duplicates(), *_input()]


def _contamination() -> list[Fi]:
    span = "If the market yield rises to 6 %, the price of the bond falls"
    item = "item:finance-eval/"
    return [
        Fi("CON001", "question of finance-eval/3 stands in 2 rows, 15 words in a run",
           [Ev(17, _BOND, span, turn=1, score=1.0, peer=item + "3", part="question",
               peer_text=_BOND_ITEM, peer_words=span),
            Ev(913, "Q: " + _BOND, span, turn=0, score=1.0, peer=item + "3", part="question",
               peer_text=_BOND_ITEM, peer_words=span)],
           "verbatim", 1.0, 0.8, details={"tokens": 15}),
        Fi("CON001", "question of finance-eval/41 stands in 1 row, 38 words in a run",
           [Ev(1450, _ZH, _ZH_WORDS, turn=0, score=0.93, peer=item + "41", part="question",
               peer_text="下列关于" + _ZH_WORDS + "采取什么措施？", peer_words=_ZH_WORDS, line=251)],
           "verbatim", 0.93, 0.8, details={"tokens": 38}),
        Fi("CON002", "7 of 9 rare sequences of finance-eval/77 stand in 1 row",
           [Ev(402, _BOND, "pays a coupon of 5 % a year", turn=1, score=0.7778, peer=item + "77", part="context",
               peer_text="The note pays a coupon of 5 % a year until it is called.",
               peer_words="pays a coupon of 5 % a year")],
           "overlap", 0.7778, 0.7),
    ]  # fmt: skip


def _duplicates() -> list[Fi]:
    near = [(_REPORT.format(412, 8, 37), _REPORT.format(412, 8, 37) + " Keep it short.", 0.91)]
    near += [
        (_BOND, _BOND.replace("a year", "per year").replace("falls", "drops"), 0.83),
        (_ZH, _ZH + "（节选）", 0.955),
    ]
    clusters = [
        Fi("DUP003", "1 row repeats another at Jaccard 0.80 or more",
           [Ev(100 + 10 * i, first, role="representative"),
            Ev(101 + 10 * i, second, score=score, peer=f"row:{100 + 10 * i}")], "near", score, 0.8)
        for i, (first, second, score) in enumerate(near)
    ]  # fmt: skip
    big = Fi("DUP003", "9 rows repeat another at Jaccard 0.80 or more",
             [Ev(300, _REPORT.format(10, 1, 2), role="representative"),
              *(Ev(301 + i, _REPORT.format(10 + i, 1, 2), score=0.82 + i / 60, peer="row:300") for i in range(9))],
             "near", 0.82, 0.8)  # fmt: skip
    exact = Fi("DUP001", "2 rows repeat another word for word",
               [Ev(55, _CONTACT, role="representative", turn=0), Ev(56, _CONTACT, turn=0, score=1.0, peer="row:55"),
                Ev(1300, _CONTACT, turn=0, score=1.0, peer="row:55", line=101)], "exact", 1.0)  # fmt: skip
    loose = Fi("DUP002", "1 row differs from another only in spacing",
               [Ev(60, _BOND, role="representative"), Ev(61, _BOND.replace(". ", ".  "), score=1.0, peer="row:60")],
               "spacing")  # fmt: skip
    template = Fi("DUP003", "a family of 4 rows differs only in numbers; it is listed, not counted as repeated",
                  [Ev(700 + i, _REPORT.format(20 + i, 2, 3), score=1.0) for i in range(4)],
                  "template", 1.0, severity="note")  # fmt: skip
    return [*clusters, big, exact, loose, template]


def _input() -> list[Fi]:
    return [
        Fi("INP001", "the line is not JSON", [Ev(633, '{"messages": [{"role": "user", "content": ')], "json"),
        Fi("INP002", "the conversation has no text", [Ev(640)], "empty"),
    ]


LABELS = (
    LabelCount("banking/consultation", "taxonomy", 900, 500_000, {"data": 300, "rules": 600}, 14,
               {"error": 2, "warning": 4, "note": 1}),
    LabelCount("insurance/slot-filling", "taxonomy", 640, 410_200, {"rules": 640}, 0,
               {"error": 0, "warning": 0, "note": 0}),
    LabelCount("house style <b>|", "unmapped", 60, 44_000, {"unmapped": 60}, 2,
               {"error": 0, "warning": 1, "note": 0}),
    LabelCount("", "none", 399, 259_944, {"none": 399}, 3, {"error": 1, "warning": 0, "note": 0}),
)  # fmt: skip


def rich_report() -> AuditReport:
    """An audit of two datasets that fails, with a rule that could not run and one that does not apply."""
    found = found_by_rules()
    findings, evidence = tables(found)
    rules = {r.id: r for r in outcomes(found)}
    rules["CON001"] = replace(rules["CON001"], options={"minimum_tokens": 6, "coverage": 0.8},
                              stats={"searchable": {"finance-eval": 118}, "unsearchable": 2})  # fmt: skip
    rules["DUP003"] = replace(rules["DUP003"], options={"threshold": 0.8, "shingle": 5},
                              stats={"pairs_verified": 4821, "edges": 13})  # fmt: skip
    rules["CON003"] = replace(
        rules["CON003"], state=RuleState.NOT_RUN, reason="the answers of finance-eval are withheld"
    )
    rules["DUP005"] = replace(
        rules["DUP005"], state=RuleState.NOT_APPLICABLE, reason="the dataset has fewer than 10,000 rows"
    )
    return AuditReport(
        run=RUN,
        verdict=Verdict.FAIL,
        gate=Gate("error", allow_incomplete=True),
        datasets=(FINANCE, LEGACY),
        suites=(SUITE,),
        rules=tuple(rules[code] for code in sorted(rules)),
        findings=findings,
        evidence=evidence,
        labels=LABELS,
        config={"preview": False, "representative": "longest", "options": {"DUP003": {"threshold": 0.8}}},
    )


def clean_report() -> AuditReport:
    """An audit that found nothing."""
    findings, evidence = tables([])
    return replace(
        rich_report(), verdict=Verdict.PASS, rules=outcomes([], ["DUP001", "INP001"]),
        findings=findings, evidence=evidence, labels=(),
        config={"labels": {"taxonomy": "finance", "min_confidence": 0.6}},
    )  # fmt: skip


def report_of(found: Sequence[Fi], **changes: Any) -> AuditReport:
    """The rich report with other findings."""
    findings, evidence = tables(found)
    return replace(rich_report(), rules=outcomes(found), findings=findings, evidence=evidence, **changes)


def many(findings: int, excerpt: str = "the same words again", lines: int = 1) -> AuditReport:
    """A report of any number of findings, made without a loop over them."""
    keys = pa.array([f"{i:064x}" for i in range(findings)], pa.string())
    table = pa.table(
        {
            "fingerprint": keys,
            "rule": pa.array(["DUP001"] * findings),
            "severity": pa.array(["warning"] * findings),
            "kind": pa.array(["exact"] * findings),
            "message": pa.array(["1 row repeats another word for word"] * findings),
            "score": pa.array(np.ones(findings)),
            "threshold": pa.nulls(findings, pa.float64()),
            "rows": pa.array(np.full(findings, lines, np.int64)),
            "details": pa.array(["{}"] * findings),
        },
        schema=FINDINGS,
    )
    total = findings * lines
    row = pa.array(np.arange(total, dtype=np.int64))
    columns = {f.name: pa.nulls(total, f.type) for f in EVIDENCE} | {
        "fingerprint": keys.take(pa.array(np.repeat(np.arange(findings), lines))),
        "row": row,
        "role": pa.array(["affected"]).take(pa.array(np.zeros(total, np.int32))),
        "file": pa.array(np.zeros(total, np.int32)),
        "line": row,
        "excerpt": pa.array([excerpt]).take(pa.array(np.zeros(total, np.int32))),
    }
    name, severity, summary = RULES["DUP001"]
    rule = RuleOutcome("DUP001", name, severity, summary, RuleState.RAN, findings=findings, rows=total)
    evidence = pa.table(columns, schema=EVIDENCE)
    return replace(rich_report(), rules=(rule,), findings=table, evidence=evidence, labels=())


def rendered(report: AuditReport, fmt: str, **options: Any) -> str:
    """The report in one format, as text."""
    out = io.StringIO()
    render(report, fmt, RenderOptions(**options), out)
    return out.getvalue()
