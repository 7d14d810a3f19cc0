"""Charts of attributions, inline SVG in the house's frame: a waterfall, bars with intervals, coverage over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from attribution.ledger.balance import Window, merged
from attribution.ledger.coverage import ENOUGH
from governance.reports.charts import LABEL, ROW, frame
from governance.safe_text import brief

MOST_WINDOWS = 40
HEIGHT = 120


@dataclass(frozen=True)
class Step:
    """One step of a waterfall: from where to where, in the functional's own nats; a level has no height."""

    label: str
    start: float
    stop: float
    value: str
    level: str  # plain: helped | error: harmed | neither | total: a level


@dataclass(frozen=True)
class Range:
    """A bar from 0 to an amount, with an interval around its end."""

    label: str
    amount: float
    low: float | None
    high: float | None
    value: str


@dataclass(frozen=True)
class Scale:
    """Values to per cent of the width."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Per cent from the left."""
        return 100 * (value - self.low) / ((self.high - self.low) or 1.0)


def scale_of(values: Sequence[float]) -> Scale:
    """The scale on which all values are seen."""
    return Scale(min(values, default=0.0), max(values, default=1.0))


def waterfall(name: str, title: str, steps: Sequence[Step], line: float | None) -> Markup:
    """Steps below each other, each beginning where the one before ended; `line` is drawn through all of them."""
    ends = [end for step in steps for end in (step.start, step.stop)]
    scale = scale_of([*ends, *([line] if line is not None else [])])
    body = _rule(scale.at(line), ROW * len(steps)) if line is not None else Markup("")
    body += Markup("").join(_step(step, scale, i * ROW) for i, step in enumerate(steps))
    words = "; ".join(f"{step.label}: {step.value}" for step in steps)
    return frame(name, title, words, ROW * len(steps), body)


def _step(step: Step, scale: Scale, top: int) -> Markup:
    left, right = sorted((scale.at(step.start), scale.at(step.stop)))
    return _label(step.label, step.value, top) + _block(left, right, top, step.level)


def ranges(name: str, title: str, rows: Sequence[Range]) -> Markup:
    """Bars from a common 0, to the right what helped, to the left what harmed, each with its interval."""
    ends = [v for row in rows for v in (0.0, row.amount, row.low, row.high) if v is not None]
    scale = scale_of(ends)
    body = _rule(scale.at(0.0), ROW * len(rows))
    body += Markup("").join(_range(row, scale, i * ROW) for i, row in enumerate(rows))
    words = "; ".join(f"{row.label}: {row.value}" for row in rows)
    return frame(name, title, words, ROW * len(rows), body)


def _range(row: Range, scale: Scale, top: int) -> Markup:
    left, right = sorted((scale.at(0.0), scale.at(row.amount)))
    drawn = _label(row.label, row.value, top) + _block(
        left, right, top, "error" if row.amount < 0 else "plain"
    )
    if row.low is None or row.high is None:
        return drawn
    low, high = scale.at(row.low), scale.at(row.high)
    return drawn + Markup(
        '<line x1="{low:.2f}%" x2="{high:.2f}%" y1="{y}" y2="{y}" class="reach"/>'
        '<line x1="{low:.2f}%" x2="{low:.2f}%" y1="{a}" y2="{b}" class="reach"/>'
        '<line x1="{high:.2f}%" x2="{high:.2f}%" y1="{a}" y2="{b}" class="reach"/>'
    ).format(low=low, high=high, y=top + 27, a=top + 23, b=top + 31)


def covered(name: str, title: str, windows: Sequence[Window]) -> Markup:
    """Coverage of each interval of steps, from left to right, with a line at what is enough."""
    shown = merged(windows, MOST_WINDOWS)
    width = 100 / max(len(shown), 1)
    body = Markup("").join(_column(window, i * width, width) for i, window in enumerate(shown))
    enough = 10 + (1 - ENOUGH) * HEIGHT
    body += Markup(
        '<line x1="0" x2="100%" y1="{enough:.1f}" y2="{enough:.1f}" class="reach"/>'
        '<line x1="0" x2="100%" y1="{base}.5" y2="{base}.5" class="axis"/>'
        '<text x="0" y="{text}">step {first:,}</text>'
        '<text x="100%" y="{text}" text-anchor="end">step {last:,}</text>'
    ).format(
        enough=enough,
        base=10 + HEIGHT,
        text=HEIGHT + 28,
        first=shown[0].start if shown else 0,
        last=shown[-1].stop if shown else 0,
    )
    words = "; ".join(f"steps {w.start:,} to {w.stop:,}: {100 * w.coverage:.1f} %" for w in shown)
    return frame(name, title, words, HEIGHT + 34, body)


def _column(window: Window, left: float, width: float) -> Markup:
    height = HEIGHT * min(max(window.coverage, 0.0), 1.0)
    level = "plain" if window.coverage >= ENOUGH else "error"
    return Markup('<rect x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}" class="bar {}"/>').format(
        left + 0.1 * width, 10 + HEIGHT - height, 0.8 * width, height, level
    )


def _label(label: str, value: str, top: int) -> Markup:
    return Markup(
        '<text x="0" y="{y}">{label}</text><text x="100%" y="{y}" class="value" text-anchor="end">{value}</text>'
    ).format(y=top + 14, label=brief(label, LABEL), value=value)


def _block(left: float, right: float, top: int, level: str) -> Markup:
    return Markup(
        '<rect x="0" y="{y}" width="100%" height="10" rx="2" class="track"/>'
        '<rect x="{left:.2f}%" y="{y}" width="{width:.2f}%" height="10" rx="1" class="bar {level}"/>'
    ).format(y=top + 22, left=min(left, 99.6), width=max(right - left, 0.4), level=level)


def _rule(at: float, height: int) -> Markup:
    return Markup('<line x1="{at:.2f}%" x2="{at:.2f}%" y1="16" y2="{height}" class="zero"/>').format(
        at=at, height=height
    )
