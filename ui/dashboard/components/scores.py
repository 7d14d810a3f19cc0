"""Scores and what became of items, in words and signs that do not need a colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from governance.lake.browsing import evaluations
from governance.lake.browsing.evaluations import EvaluationLine
from ui.dashboard import safe_text
from ui.dashboard.markup import Markup, tag

if TYPE_CHECKING:
    from training.evaluation.comparison import Difference

WORDS = {
    evaluations.FIXED: ("▲", "fixed", "up"),
    evaluations.BROKEN: ("▼", "broken", "down"),
    evaluations.BOTH_RIGHT: ("✓", "still right", ""),
    evaluations.BOTH_WRONG: ("✕", "still wrong", ""),
    evaluations.UNSCORED: ("○", "unscored", ""),
    evaluations.ONLY_BEFORE: ("←", "only in the base", ""),
    evaluations.ONLY_AFTER: ("→", "only in the head", ""),
    evaluations.RIGHT: ("✓", "right", ""),
    evaluations.WRONG: ("✕", "wrong", ""),
}


def change(word: str) -> Markup:
    """▲ fixed, ▼ broken, ✓ still right, ✕ still wrong."""
    sign, words, cls = WORDS[word]
    return tag("span", tag("span", sign, cls="shape", aria_hidden="true"), words, cls=f"change {cls}".strip())


def change_words(word: str) -> str:
    """The same without a sign."""
    return WORDS[word][1]


def percent(share: float) -> str:
    """71.4 %"""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def points(found: Difference) -> str:
    """+2.3 [+0.4, +4.1], in percentage points."""
    from training.evaluation.difference import points as words

    return words(found.difference)


def verdict(found: Difference) -> str:
    """Better, worse, or not told apart, at the 95 % level."""
    if found.difference.low > 0:
        return "better"
    return "worse" if found.difference.high < 0 else "not told apart"


def model(line: EvaluationLine) -> str:
    """The state of a model in a few words, masked."""
    step = f", step {line.step:,}" if line.step is not None else ""
    run = f", run {line.run}" if line.run else ""
    return safe_text.words(f"{line.model}{step}{run}", 120)


def nats(value: float | None) -> str:
    """A signed amount, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value + 0.0:+.3f}"
