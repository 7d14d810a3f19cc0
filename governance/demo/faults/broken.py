"""Rows that cannot be used as they stand."""

from __future__ import annotations

import random
from dataclasses import replace

from governance.demo.bench import Bench, Draft
from governance.demo.rows import Turn

REPEATED = 2  # ids per language


def missing_text(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows without a conversation: null, an empty list, empty contents."""
    empty = [Turn("user", ""), Turn("assistant", "")]
    return [
        Draft((bench.add(bench.take(language), turns).key,), also=("TOK002",))
        for language, turns in (("en", None), ("zh", []), ("en", empty))
    ]


def invalid_utf8(bench: Bench, rng: random.Random) -> list[Draft]:
    """Text in another encoding than the file says: Latin-1 in an English row, GB 18030 in Chinese ones."""
    note = " The café at the branch takes cards, by the way."
    drafts = []
    for language, encoding in (("en", "latin-1"), ("zh", "gb18030"), ("zh", "gb18030")):
        row = bench.take(language)
        first, *rest = row.turns or ()
        text = first.text + (note if language == "en" else "")
        bench.change(row.saying([Turn(first.role, text.encode(encoding)), *rest]))
        drafts.append(Draft((row.key,), also=("QLT004",)))
    return drafts


def malformed_turns(bench: Bench, rng: random.Random) -> list[Draft]:
    """Turns without a role, without content, or with a role that is no name."""
    drafts = []
    for language in ("en", "zh"):
        for role, speaks in ((None, True), ("user", False), ("<|im_start|>", True)):
            row = bench.take(language)
            *turns, last = row.turns or ()
            broken = Turn(role, last.content if speaks else None)
            bench.change(row.saying([*turns, broken]))
            drafts.append(Draft((row.key,), also=("TOK002", "TOK003")))
    return drafts


def repeated_ids(bench: Bench, rng: random.Random) -> list[Draft]:
    """Different rows under the id of another one."""
    drafts = []
    for language in ("en", "zh"):
        for _ in range(REPEATED):
            original, row = bench.take(language), bench.take(language)
            bench.change(replace(row, same_id_as=original.key))
            drafts.append(Draft((row.key,), original.key))
    return drafts
