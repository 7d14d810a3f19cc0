"""A cloud of points with its key beside it: each group has a shape and a colour, and the key has both in words.

The chart gets places and the number of a group, never a name: names stand in the key, which is a table of ours. Vega
draws on a canvas, evaluates its expressions without `eval`, and asks for nothing from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from governance.reports.words import plural
from ui.dashboard.components.tables import Column, link, table
from ui.dashboard.markup import Child, Markup, join, tag

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

MARKS = (
    ("circle", "●", "#2d7fb8"), ("square", "■", "#d1740f"), ("diamond", "◆", "#2f9e6e"),
    ("triangle-up", "▲", "#c2559d"), ("triangle-down", "▼", "#8f7d1c"), ("cross", "✚", "#cf4a42"),
    ("triangle-right", "▶", "#7868cf"), ("triangle-left", "◀", "#3f939c"),
)  # fmt: skip
"""Shape, sign and colour of the largest groups; the colours stand out from both grounds, light and dark."""
NAMED = len(MARKS)
OTHER, NONE = NAMED, NAMED + 1
"""Numbers of the points of smaller groups, and of those of no group or not chosen; both are small and grey."""
GREY = "#8b929c"
SHAPES = [*(shape for shape, _, _ in MARKS), "square", "circle"]
COLOURS = [*(colour for _, _, colour in MARKS), GREY, GREY]
SIZES = ((500, 90), (5_000, 45), (20_000, 22))
"""Up to so many points, square pixels of each."""
SMALLEST = 14
HIGH = 560


@dataclass(frozen=True)
class Groups:
    """How points are told apart.

    Attributes:
        named: (value, points) of those that have a shape of their own, largest first.
        others: (groups, points) of those that have none.
        none: points without a value.
        codes: (n,) number of each point's mark.
    """

    named: tuple[tuple[str, int], ...]
    others: tuple[int, int]
    none: int
    codes: npt.NDArray[np.int8]


def grouped(values: Sequence[str] | pa.ChunkedArray) -> Groups:
    """The largest groups of the values; equal sizes go by name, so that the same points look the same."""
    import numpy as np
    import pyarrow as pa

    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values], pa.string())
    counts = {c["values"]: c["counts"] for c in column.value_counts().to_pylist()}
    none = counts.pop("", 0)
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    numbers = {value: n for n, (value, _) in enumerate(order[:NAMED])} | {"": NONE}
    words = column.combine_chunks().dictionary_encode()
    of_word = np.array([numbers.get(word, OTHER) for word in words.dictionary.to_pylist()], np.int8)
    codes = of_word[words.indices.to_numpy()] if len(column) else np.empty(0, np.int8)
    rest = order[NAMED:]
    return Groups(tuple(order[:NAMED]), (len(rest), sum(n for _, n in rest)), none, codes)


def chart(
    x: npt.NDArray[np.float32],
    y: npt.NDArray[np.float32],
    groups: Groups,
    chosen: npt.NDArray[np.bool_],
    alt: str,
) -> None:
    """Draw the points; those that are not chosen are small and grey, and below the others."""
    import numpy as np
    import pyarrow as pa

    codes = np.where(chosen, groups.codes, np.int8(NONE)).astype(np.int8)
    order = np.argsort(np.where(codes >= OTHER, -codes, codes), kind="stable")
    places = pa.table({"x": x[order], "y": y[order], "mark": codes[order]})
    st.vega_lite_chart(places, spec(len(codes)), width="stretch", alt=alt, key="map")


def spec(points: int) -> dict[str, Any]:
    """What Vega-Lite is told: places, shapes, colours; no legend, no axes, no words."""
    size = next((pixels for most, pixels in SIZES if points <= most), SMALLEST)
    domain = list(range(len(SHAPES)))
    sizes = [size] * NAMED + [max(size // 2, 8)] * 2
    return {
        "height": HIGH,
        "usermeta": {"embedOptions": {"renderer": "canvas"}},  # else each point is an element, with a name
        "mark": {"type": "point", "filled": True, "opacity": 0.75, "tooltip": None},
        "params": [{"name": "moved", "select": "interval", "bind": "scales"}],
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "axis": None, "scale": {"zero": False}},
            "y": {"field": "y", "type": "quantitative", "axis": None, "scale": {"zero": False}},
            "color": _by_mark(domain, COLOURS),
            "shape": _by_mark(domain, SHAPES),
            "size": {**_by_mark(domain, sizes), "type": "ordinal"},
        },
    }


def _by_mark(domain: list[int], values: Sequence[str | int]) -> dict[str, Any]:
    scale = {"domain": domain, "range": list(values)}
    return {"field": "mark", "type": "nominal", "legend": None, "scale": scale}


def key(
    groups: Groups,
    caption: str,
    without: str,
    named: Callable[[str], str],
    href: Callable[[str], str],
) -> Markup:
    """The table of the marks: sign, name, points. A name leads to its points, where an address can say it."""
    rows: list[list[Child]] = []
    for (value, n), (shape, sign, colour) in zip(groups.named, MARKS, strict=False):
        to = href(value)
        name: Child = link(named(value), to) if to else named(value)
        rows.append([_mark(sign, colour, name, shape.replace("-", " ")), f"{n:,}"])
    if groups.others[0]:
        rows.append([_mark("■", GREY, plural(groups.others[0], "smaller group"), "square, grey"),
                     f"{groups.others[1]:,}"])  # fmt: skip
    if groups.none:
        rows.append([_mark("●", GREY, without, "circle, grey"), f"{groups.none:,}"])
    return table((Column("Group"), Column("Points", "n")), rows, caption)


def _mark(sign: str, colour: str, name: Child, words: str) -> Markup:
    shown = tag("span", sign, style=f"color:{colour}", cls="shape", aria_hidden="true")
    return join(shown, name, tag("span", words, cls="name"))
