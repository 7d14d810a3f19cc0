"""Charts made of lists, since pages take no SVG: a waterfall, bars with intervals, coverage over time.

Each line has its name and its number beside its bar, so a chart can be read aloud and no colour is needed for it.
Positions are per cent of a track. Names were masked by whoever made the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attribution.reports.charts import Scale, scale_of
from ui.dashboard.markup import Child, Markup, tag

if TYPE_CHECKING:
    from attribution.ledger.balance import Window
    from attribution.reports.charts import Range, Step

SIGNS = {"plain": "■", "error": "●", "neither": "◆"}
"""What stands beside a colour in a key, for those who do not tell the colours apart."""
LEAST = 0.4
"""Per cent of the track that a bar takes at least, so that it can be seen."""


def waterfall(
    title: str, caption: str, steps: Sequence[Step], line: float | None, key: Sequence[tuple[str, str]]
) -> Markup:
    """Steps below each other, each beginning where the one before ended; `line` goes through all of them."""
    ends = [end for step in steps for end in (step.start, step.stop)]
    scale = scale_of([*ends, *([line] if line is not None else [])])
    rows = [
        _row(step.label, step.value, [_zero(scale, line), _block(scale, step.start, step.stop, step.level)])
        for step in steps
    ]
    return _figure(title, caption, rows, key)


def ranges(title: str, caption: str, lines: Sequence[Range]) -> Markup:
    """Bars from a common 0, to the right what helped, to the left what harmed, each with its interval."""
    scale = scale_of([v for r in lines for v in (0.0, r.amount, r.low, r.high) if v is not None])
    rows = [
        _row(
            one.label,
            one.value,
            [
                _zero(scale, 0.0),
                _block(scale, 0.0, one.amount, "error" if one.amount < 0 else "plain"),
                _reach(scale, one.low, one.high),
            ],
        )
        for one in lines
    ]
    return _figure(title, caption, rows)


def covered(title: str, caption: str, windows: Sequence[Window], enough: float) -> Markup:
    """Coverage of each interval of steps, one below the other, with a line at what is enough."""
    scale = Scale(0.0, 1.0)
    rows = [
        _row(
            f"steps {w.start:,} to {w.stop:,}",
            f"{100 * w.coverage:.1f} %",
            [
                _block(
                    scale, 0.0, min(max(w.coverage, 0.0), 1.0), "plain" if w.coverage >= enough else "error"
                ),
                _zero(scale, enough),
            ],
        )
        for w in windows
    ]
    return _figure(title, caption, rows)


def _figure(title: str, caption: str, rows: Sequence[Markup], key: Sequence[tuple[str, str]] = ()) -> Markup:
    signs = [
        tag("li", tag("span", f"{SIGNS.get(level, '■')} {words}", cls=f"swatch {level}"))
        for level, words in key
    ]
    return tag(
        "figure",
        tag("h3", title),
        tag("ul", rows, cls="rows", aria_label=title),
        tag("ul", signs, cls="key", aria_label="What the colours mean") if signs else None,
        tag("figcaption", caption),
        cls="drawn",
        role="group",
        aria_label=title,
    )


def _row(name: str, value: str, marks: Sequence[Markup | None]) -> Markup:
    track: Child = tag("span", [m for m in marks if m], cls="plot", aria_hidden="true")
    return tag("li", tag("span", name, cls="name"), track, tag("span", value, cls="n"))


def _block(scale: Scale, start: float, stop: float, level: str) -> Markup:
    left, right = sorted((scale.at(start), scale.at(stop)))
    place = f"left:{min(left, 100 - LEAST):.2f}%;width:{max(right - left, LEAST):.2f}%"
    return tag("span", cls=f"block {level}", style=place)


def _reach(scale: Scale, low: float | None, high: float | None) -> Markup | None:
    if low is None or high is None:
        return None
    left, right = scale.at(low), scale.at(high)
    return tag("span", cls="reach", style=f"left:{left:.2f}%;width:{max(right - left, LEAST):.2f}%")


def _zero(scale: Scale, at: float | None) -> Markup | None:
    return None if at is None else tag("span", cls="zero", style=f"left:{scale.at(at):.2f}%")
