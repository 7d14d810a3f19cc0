"""Splits: what is trained on, at which step every other row left, and what another version changed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import asdict

import streamlit as st

from governance.curation.record import STEPS, SplitRecord, Stage
from governance.lake.browsing import splits
from governance.lake.browsing.splits import Share, SplitLine
from governance.lake.splits import exported_manifests
from governance.reports.words import plural
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import chips, proposing, splitrows
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, bars, empty, link, number, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import ProposalsQuery, SplitsQuery, address

PAGE = Page("splits", "Splits", "Data", 3)
HEADS = {"label": "Labels", "source": "Sources"}
ESTIMATE = "estimate"
LISTED = 20
"""Labels and sources that the page of a split lists."""


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = SplitsQuery.read(visit.params)
    dropped(unknown)
    if not query.id:
        _list(visit, query)
        return
    back = link("← Splits", address("splits", SplitsQuery(run=query.run)))
    draw(tag("nav", back, cls="steps", aria_label="Back to the list"))
    record = splits.one(visit.lake, query.id)
    if record is None:
        heading("Split", "Not in this lake")
        draw(empty("This lake has no such split.", back))
        command("govern splits list")
        return
    _split(visit, query.at(id=record.reference, page=query.page), record)


def _list(visit: Visit, query: SplitsQuery) -> None:
    total = splits.count(visit.lake)
    heading(
        "Data",
        "Splits",
        f"{plural(total, 'split')}: lists of rows to train on, with a reason for every row left out",
    )
    if not total:
        lead = "" if visit.run else "No audits yet. "
        draw(empty(f"{lead}No curated split yet."))
        command("govern curate data.parquet --name sft")
        return
    found = splits.page(visit.lake, PAGE_ROWS, (query.page - 1) * PAGE_ROWS)
    columns = (
        Column("Split", "wide"), Column("Trained on", "n"), Column("Held out", "n"), Column("Left out", "n"),
        Column("Curated", "tight"), Column("By"),
    )  # fmt: skip
    draw(table(columns, [_line(query, s) for s in found], "Splits"), pager("splits", query, total))
    command("govern splits list")


def _line(query: SplitsQuery, one: SplitLine) -> list[Child]:
    return [
        link(safe_text.words(one.reference, 120), address("splits", query.at(id=one.reference))),
        f"{one.train:,}",
        f"{one.holdout:,}",
        f"{one.rows - one.train - one.holdout:,}",
        one.created_at[:16].replace("T", " "),
        safe_text.words(one.created_by),
    ]


def _split(visit: Visit, query: SplitsQuery, record: SplitRecord) -> None:
    inputs = ", ".join(i.reference for i in record.inputs)
    heading("Split", safe_text.words(record.reference, 120), f"curated from {safe_text.words(inputs, 300)}")
    _facts(record)
    if query.against:
        splitrows.difference(visit, query, record)
    elif query.step:
        splitrows.left_out(visit, query, record)
    elif query.by:
        splitrows.members(visit, query, record)
    else:
        _whole(visit, query, record)
    command(*_commands(query, record))


def _facts(record: SplitRecord) -> None:
    about = "about " if record.counted_by == ESTIMATE else ""
    train, held = record.parts["train"], record.parts["holdout"]
    draw(
        chips.facts(
            ("rows trained on", join(f"{train.rows:,}", tag("small", f"of {record.rows:,} read"))),
            ("tokens", join(f"{about}{train.tokens:,}", tag("small", _budget(record)))),
            ("held out", join(f"{held.rows:,}", tag("small", plural(held.groups, "group")))),
            ("left out", f"{record.rows - record.members:,}"),
        )
    )


def _budget(record: SplitRecord) -> str:
    asked = int(record.policy.get("tokens") or 0)
    return f"of a budget of {asked:,}" if asked else "no budget was set"


def _whole(visit: Visit, query: SplitsQuery, record: SplitRecord) -> None:
    _funnel(query, record)
    shares = {name: splits.mixture(visit.lake, record, name) for name in HEADS}
    for name, found in shares.items():
        _mixture(query, name, found)
    proposing.ask_for_share(visit, record.name, {s.name: s.train for s in shares["label"] if s.train})
    _versions(visit, query, record)
    _fed(visit, record)
    _identity(visit, query, record)


def _funnel(query: SplitsQuery, record: SplitRecord) -> None:
    section("From all rows to those that are kept")
    stages = [s for s in record.funnel if s.excluded]
    left = {"": record.rows, **{s.step: s.left for s in stages}}
    names = {"": "rows read", **{s.step: f"after {s.step}" for s in stages}}
    links = {s.step: address("splits", query.at(step=s.step)) for s in stages}
    draw(bars(left, links, "Rows that go on after each step", names))
    columns = (
        Column("Step", "tight"), Column("What it leaves out", "wide"), Column("Rows out", "n"),
        Column("Tokens out", "n"), Column("Left", "n"), Column("By rule"),
    )  # fmt: skip
    if stages:
        draw(table(columns, [_stage(query, s) for s in stages], "Steps of the funnel"))
    for note in record.notes:
        draw(tag("p", safe_text.words(note, 300), cls="soft"))


def _stage(query: SplitsQuery, one: Stage) -> list[Child]:
    rules = [
        link(f"{rule} {n:,}", address("splits", query.at(step=one.step, rule=rule)))
        for rule, n in one.by.items()
    ]
    return [
        one.step,
        STEPS.get(one.step, ""),
        number(one.excluded, address("splits", query.at(step=one.step)), f"rows left out at {one.step}"),
        f"{one.tokens:,}",
        f"{one.left:,}",
        join([join(rule, " ") for rule in rules]),
    ]


def _mixture(query: SplitsQuery, field: str, found: list[Share]) -> None:
    if not found or (len(found) == 1 and not found[0].name):
        return
    more = f", the first {LISTED} of {len(found):,}" if len(found) > LISTED else ""
    section(HEADS[field], f"Rows trained on, most first{more}.")
    tokens, most = sum(s.tokens for s in found) or 1, max(s.train for s in found) or 1
    rows = [_share(query, field, one, most, tokens) for one in found[:LISTED]]
    columns = (
        Column(field.capitalize(), "wide"), Column("Rows", "tight"), Column("Tokens", "n"),
        Column("Share of tokens", "n"), Column("Held out", "n"),
    )  # fmt: skip
    draw(table(columns, rows, f"Mixture by {field}"))


def _share(query: SplitsQuery, field: str, one: Share, most: int, tokens: int) -> list[Child]:
    href = address("splits", query.at(by=field, value=one.name))
    fill = tag("span", cls="fill", style=f"width:{100 * one.train / most:.0f}%")
    return [
        link(safe_text.words(one.name) or "(none)", href),
        tag("span", tag("span", fill, cls="track", aria_hidden="true"), f"{one.train:,}", cls="score share"),
        f"{one.tokens:,}",
        f"{100 * one.tokens / tokens:.1f}%",
        f"{one.holdout:,}",
    ]


def _versions(visit: Visit, query: SplitsQuery, record: SplitRecord) -> None:
    others = [s for s in splits.page(visit.lake, 200, 0) if s.reference != record.reference]
    if not others:
        return
    section("Against another split")
    near = sorted(others, key=lambda s: (s.name != record.name, abs(s.version - record.version)))[:8]
    items = [
        tag("li", link(safe_text.words(s.reference), address("splits", query.at(against=s.reference))))
        for s in near
    ]
    draw(tag("ul", items, cls="steps plain"))


def _fed(visit: Visit, record: SplitRecord) -> None:
    found = splits.trained_on(visit.lake, record)
    section("Training runs it fed")
    if not found:
        draw(empty("No training run of this lake was fed by it."))
        return
    rows: list[list[Child]] = [
        [tag("code", safe_text.words(f.run)), safe_text.words(f.kind), safe_text.words(f.state), f.started[:16],
         safe_text.words(f.model)]
        for f in found
    ]  # fmt: skip
    columns = (
        Column("Run", "tight"), Column("Kind", "tight"), Column("State", "tight"), Column("Started", "tight"),
        Column("Model", "wide"),
    )  # fmt: skip
    draw(table(columns, rows, "Training runs fed by the split"))


def _identity(visit: Visit, query: SplitsQuery, record: SplitRecord) -> None:
    section("What it is, exactly")
    manifests = sorted(exported_manifests(visit.lake, record.reference))
    counted = "an estimate" if record.counted_by == ESTIMATE else f"tokenizer {record.counted_by[:16]}"
    draw(
        chips.properties(
            ("content", tag("code", record.content_hash)),
            ("members", tag("code", record.members_hash)),
            ("left out", tag("code", record.exclusions_hash)),
            (
                "exported manifests",
                join([tag("code", m, " ") for m in manifests]) if manifests else "none yet",
            ),
            ("findings from", tag("code", safe_text.words(record.run))),
            ("tokens by", counted),
            (
                "curated",
                f"{record.created_at[:19].replace('T', ' ')} by {safe_text.words(record.created_by)}",
            ),
            ("proposals", _proposals(query, record)),
        )
    )
    st.download_button(
        "Download the manifest", data=manifest_file(record), file_name=f"{record.split_id}.json",
        mime="application/json", key="split:manifest", on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip


def _proposals(query: SplitsQuery, record: SplitRecord) -> Markup | None:
    taken = record.policy.get("proposals") or {}
    return (
        join([join(link(p, address("proposals", ProposalsQuery(run=query.run, id=p))), " ") for p in taken])
        if taken
        else None
    )


def manifest_file(record: SplitRecord) -> Callable[[], bytes]:
    """The record as JSON, made when it is asked for; names that the data gave are masked."""

    def masked(counts: object) -> object:
        return {safe_text.words(n, 300): c for n, c in counts.items()} if isinstance(counts, dict) else counts

    def make() -> bytes:
        said = asdict(record)
        said |= {name: masked(said[name]) for name in ("labels", "sources", "licences")}
        return (json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    return make


def _commands(query: SplitsQuery, record: SplitRecord) -> list[str]:
    name = record.reference
    if query.against:
        return [shlex.join(["govern", "splits", "diff", query.against, name])]
    return [
        shlex.join(["govern", "splits", "show", name]),
        shlex.join(["govern", "splits", "export", name, "--out", f"{record.name}-{record.version}"]),
        shlex.join(["govern", "train", name]),
    ]


if __name__ == "__main__":
    show(PAGE, body, needs_run=False)
