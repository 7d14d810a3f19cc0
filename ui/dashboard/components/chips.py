"""Small signs: severity, verdict, state. Each says the same three times, by shape, by word and by colour."""

from __future__ import annotations

from ui.dashboard.markup import Markup, join, tag

SHAPES = {"error": "●", "warning": "▲", "note": "■"}
VERDICTS = {"pass": "✓", "fail": "✕", "incomplete": "◐"}
STATES = {
    "in-force": "✓", "requested": "◷", "expired": "○", "rejected": "✕", "revoked": "↶",
    "self-approved": "!", "changed": "!", "unrecorded": "!", "proposed": "◷", "approved": "✓",
}  # fmt: skip
GOOD, WAITING = {"in-force", "approved"}, {"requested", "proposed"}


def severity(word: str) -> Markup:
    """● error, ▲ warning, ■ note."""
    return tag("span", _shape(SHAPES.get(word, "■")), word, cls=f"level {word}")


def verdict(word: str) -> Markup:
    """The verdict as a badge."""
    return tag("span", _shape(VERDICTS.get(word, "?")), word, cls=f"badge {word}")


def state(word: str) -> Markup:
    """The state of a waiver or of a proposal."""
    kind = "good" if word in GOOD else "waiting" if word in WAITING else "over"
    return tag("span", _shape(STATES.get(word, "○")), word.replace("-", " "), cls=f"state {kind}")


def status(waiver: str, suppressed: str) -> Markup:
    """Whether a finding counts, and who says that it does not."""
    if not suppressed:
        return tag("span", "open", cls="soft")
    return tag("span", "waived" if not waiver else f"waived, {waiver}", cls="state good")


def _shape(sign: str) -> Markup:
    return tag("span", sign, cls="shape", aria_hidden="true")


def facts(*pairs: tuple[str, Markup | str]) -> Markup:
    """Names and values in a row of boxes."""
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs], cls="facts")


def properties(*pairs: tuple[str, Markup | str | None]) -> Markup:
    """Names and values in two columns; what has no value is left out."""
    shown = [(name, value) for name, value in pairs if value not in {None, ""}]
    return tag("dl", [join(tag("dt", name), tag("dd", value)) for name, value in shown], cls="properties")
