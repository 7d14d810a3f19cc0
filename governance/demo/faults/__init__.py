"""The faults that are planted, one entry each: what it is called, the rule that must find it, how it is made.

A later fault is one function `(Bench, random.Random) -> list[Draft]` and one line in `FAULTS`. Hard negatives
are planted in the same way; no rule may speak of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from governance.demo.bench import Bench, Draft
from governance.demo.faults import (
    broken,
    duplicates,
    harm,
    innocent,
    labels,
    leaks,
    passages,
    personal,
    provenance,
    quality,
    security,
    splits,
)


@dataclass(frozen=True)
class Fault:
    """One kind of fault; `rule` is empty for a hard negative, `finding` where the rule has one sub-kind only."""

    kind: str
    rule: str
    plant: Callable[[Bench, random.Random], list[Draft]]
    finding: str = ""


FAULTS = (
    Fault("missing-text", "INP002", broken.missing_text),
    Fault("invalid-utf8", "INP003", broken.invalid_utf8),
    Fault("malformed-turns", "INP004", broken.malformed_turns),
    Fault("repeated-id", "INP005", broken.repeated_ids),
    Fault("exact-duplicate", "DUP001", duplicates.exact),
    Fault("normalised-duplicate", "DUP002", duplicates.normalised),
    Fault("near-duplicate", "DUP003", duplicates.near, "near"),
    Fault("number-template", "DUP003", duplicates.templates, "template"),
    Fault("repeated-passage", "DUP005", passages.repeated),
    Fault("item-verbatim", "CON001", leaks.verbatim),
    Fault("item-short", "CON001", leaks.short),
    Fault("item-edited", "CON002", leaks.edited),
    Fault("item-with-answer", "CON003", leaks.answered),
    Fault("item-reworded", "CON004", leaks.reworded),
    Fault("e-mail", "PII001", personal.emails),
    Fault("phone", "PII002", personal.phones),
    Fault("resident-id", "PII003", personal.ids),
    Fault("card", "PII004", personal.cards),
    Fault("bank-account", "PII005", personal.accounts),
    Fault("home-address", "PII006", personal.homes, "address"),
    Fault("access-key", "SEC001", security.keys),
    Fault("hidden-character", "SEC002", security.hidden),
    Fault("injected-order", "SEC003", security.injections),
    Fault("active-markup", "SEC005", security.markup),
    Fault("insult", "TOX001", harm.insults),
    Fault("illegal-promotion", "TOX002", harm.promotions),
    Fault("one-word-answer", "QLT001", quality.short),
    Fault("loop", "QLT002", quality.loops, "loop"),
    Fault("other-language", "QLT003", quality.foreign),
    Fault("garbled", "QLT004", quality.garbled),
    Fault("truncated", "QLT005", quality.truncated),
    Fault("boilerplate", "QLT006", quality.boilerplate),
    Fault("contradiction", "LBL001", labels.contradictions),
    Fault("wrong-arithmetic", "LBL002", labels.slips),
    Fault("no-option-chosen", "LBL003", labels.evasive),
    Fault("no-answer", "TOK002", labels.unanswered),
    Fault("asked-twice", "TOK003", labels.twice_asked),
    Fault("no-licence", "LIC001", provenance.unlicensed),
    Fault("non-commercial", "LIC002", provenance.non_commercial),
    Fault("copy-under-two-licences", "LIC003", provenance.two_licences, "content"),
    Fault("source-under-two-licences", "LIC003", provenance.two_minds, "source"),
    Fault("no-source", "PRV001", provenance.nameless),
    Fault("moving-revision", "PRV002", provenance.unpinned),
    Fault("wrong-hash", "PRV003", provenance.edited_later),
    Fault("model-names-itself", "PRV004", provenance.self_named, "self-named"),
    Fault("model-denied", "PRV004", provenance.denied, "contradicted"),
    Fault("held-out-row", "SPL001", splits.held_out),
)
HARD_NEGATIVES = (
    Fault("same-stem-other-options", "", leaks.recurring_stems),
    Fault("statute-quoted-on-both-sides", "", leaks.quoted_statutes),
    Fault("law-on-money-laundering", "", innocent.telling("law")),
    Fault("promise-asked-about", "", innocent.telling("promise")),
    Fault("figures-like-phone-numbers", "", innocent.telling("figures")),
    Fault("markup-in-a-code-fence", "", innocent.telling("code")),
    Fault("masked-numbers", "", innocent.telling("masked")),
    Fault("attack-explained", "", innocent.telling("attack")),
    Fault("harsh-words-of-the-trade", "", innocent.telling("harsh")),
)
