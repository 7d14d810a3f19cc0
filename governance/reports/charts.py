"""Charts as inline SVG: no script, no font, no network.

Lengths are per cent of the frame and text keeps its size, so a chart stays readable on a phone and on paper. Every
chart says its numbers in words too, in its `<desc>` and beside its bars, so colour is never the only cue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from governance.safe_text import brief

ROW = 44  # pixels a bar takes with its label
LABEL = 48  # characters of a label, what a narrow screen shows in one line


@dataclass(frozen=True)
class Bar:
    """One bar: what it is, how long (0 to 1), its number in words, and the severity that colours it."""

    label: str
    part: float
    value: str
    level: str = "plain"


def bars(name: str, title: str, rows: Sequence[Bar]) -> Markup:
    """Horizontal bars, one below the other, each with its label and number above it."""
    words = "; ".join(f"{bar.label}: {bar.value}" for bar in rows)
    body = Markup("").join(_bar(bar, i * ROW) for i, bar in enumerate(rows))
    return frame(name, title, words, ROW * len(rows), body)


def _bar(bar: Bar, top: int) -> Markup:
    return Markup(
        '<text x="0" y="{y}">{label}</text><text x="100%" y="{y}" class="value" text-anchor="end">{value}</text>'
        '<rect x="0" y="{bar_y}" width="100%" height="10" rx="2" class="track"/>'
        '<rect x="0" y="{bar_y}" width="{width:.2f}%" height="10" rx="2" class="bar {level}"/>'
    ).format(
        y=top + 14,
        bar_y=top + 22,
        label=brief(bar.label, LABEL),
        value=bar.value,
        width=100 * min(max(bar.part, 0.004 if bar.part else 0.0), 1.0),
        level=bar.level,
    )


def stacked(name: str, title: str, parts: Sequence[Bar]) -> Markup:
    """One bar cut into parts; the key below it carries the numbers."""
    body, at = Markup(""), 0.0
    for part in parts:
        width = 100 * part.part
        if width:
            body += Markup('<rect x="{:.2f}%" y="2" width="{:.2f}%" height="20" class="bar {}"/>').format(
                at, max(width - 0.3, 0.3), part.level
            )
        at += width
    words = "; ".join(f"{part.label}: {part.value}" for part in parts)
    return frame(name, title, words, 24, body)


def histogram(name: str, title: str, values: npt.NDArray[np.float64], low: float, bins: int = 10) -> Markup:
    """How values between `low` and 1 are spread, in bins of equal width."""
    edges = np.linspace(low, 1.0, bins + 1)
    counts = np.histogram(np.clip(values, low, 1.0), edges)[0]
    tallest, width = max(int(counts.max()), 1), 100 / bins
    body = Markup("")
    for i, n in enumerate(counts.tolist()):
        height = 110 * n / tallest
        body += Markup(
            '<rect x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}" class="bar plain"/>'
            '<text x="{:.2f}%" y="{:.1f}" class="value" text-anchor="middle">{}</text>'
        ).format(
            i * width + 0.5,
            136 - height,
            width - 1,
            height,
            (i + 0.5) * width,
            130 - height,
            f"{n:,}" if n else "",
        )
    body += Markup('<line x1="0" y1="136.5" x2="100%" y2="136.5" class="axis"/>')
    for i in range(0, bins + 1, 2):
        anchor = "start" if i == 0 else "end" if i == bins else "middle"
        body += Markup('<text x="{:.2f}%" y="154" text-anchor="{}">{:.2f}</text>').format(
            i * width, anchor, edges[i]
        )
    words = "; ".join(f"{edges[i]:.2f} to {edges[i + 1]:.2f}: {n}" for i, n in enumerate(counts.tolist()))
    return frame(name, title, words, 160, body)


def frame(name: str, title: str, words: str, height: int, body: Markup) -> Markup:
    """The SVG element with its name and its numbers for screen readers; `body` is of `height` pixels."""
    return Markup(
        '<svg class="chart" role="img" width="100%" height="{height}" aria-labelledby="{name}-t {name}-d">'
        '<title id="{name}-t">{title}</title><desc id="{name}-d">{words}</desc>{body}</svg>'
    ).format(name=name, title=title, words=brief(words, 4000), height=height, body=body)
