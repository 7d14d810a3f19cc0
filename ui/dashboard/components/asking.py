"""Widgets that live in the address: each run sets them from it, and what people change is written back.

`bind="query-params"` is not used: with it the browser's Back loses the filters of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count

import streamlit as st

from ui.dashboard.components.tables import link
from ui.dashboard.markup import Markup, join, tag
from ui.dashboard.url_state import Query, address


def go_to(query: Query) -> None:
    """The address of the present page becomes that of the query."""
    st.query_params.from_dict(query.to_params())


def search(query: Query, label: str, placeholder: str) -> None:
    """A box for words; Enter looks for them."""
    key = "asked:q"
    st.session_state[key] = getattr(query, "q", "")
    st.text_input(
        label, key=key, placeholder=placeholder, max_chars=200,
        on_change=lambda: go_to(query.at(q=_clean(str(st.session_state[key])))),
    )  # fmt: skip


def choose(query: Query, name: str, label: str, options: Mapping[str, str]) -> None:
    """One of several values of a field; `options` are value -> words."""
    key = f"asked:{name}"
    now = getattr(query, name)
    st.session_state[key] = now if now in options else next(iter(options))
    box(label, options, key, lambda: go_to(query.at(**{name: st.session_state[key]})))


def box(label: str, options: Mapping[str, str], key: str, on_change: Callable[[], None] | None = None) -> str:
    """The value that is chosen of `options`, which are value -> words."""
    words = told_apart(options)
    return st.selectbox(
        label, list(words), key=key, format_func=lambda value: words[value], on_change=on_change
    ) or ""  # fmt: skip


def told_apart(options: Mapping[str, str]) -> dict[str, str]:
    """The options with words that are all different: of those alike every further one gets a number.

    A browser sends the words of what is chosen, and Streamlit takes the last option of these words. Were two alike, any
    click on the page would choose the last of them.
    """
    found: dict[str, str] = {}
    taken, met = set(options.values()), set[str]()
    for value, words in options.items():
        numbered = (f"{words} ({n})" for n in count(2))
        found[value] = next(own for own in numbered if own not in taken) if words in met else words
        met.add(words)
        taken.add(found[value])
    return found


def moment(at: str, ident: str) -> str:
    """When something was made, to the minute, with the end of its id, so that two of one minute are told apart."""
    return f"{at[:16].replace('T', ' ')} {ident.rpartition('-')[2][:12]}"


def _clean(words: str) -> str:
    return "".join(c for c in words if c.isprintable()).strip()[:200]


def facet(page: str, query: Query, name: str, heading: str, counts: Mapping[str, int],
          words: Callable[[str], Markup | str] = str, most: int = 8) -> Markup:  # fmt: skip
    """The values of a field with their counts, each a link; the chosen one takes its filter away again."""
    now = getattr(query, name)
    shown = list(counts.items())[:most]
    if now and now not in dict(shown):
        shown.append((now, counts.get(now, 0)))
    items = [tag("li", _value(page, query, name, value, n, value == now, words)) for value, n in shown]
    more = tag("p", f"and {len(counts) - most:,} more", cls="soft") if len(counts) > most else None
    return tag("section", tag("h3", heading), tag("ul", items), more, cls="facet")


def _value(page: str, query: Query, name: str, value: str, n: int, on: bool,
           words: Callable[[str], Markup | str]) -> Markup:  # fmt: skip
    inside = join(tag("span", words(value), cls="name"), tag("span", f"{n:,}", cls="n"))
    href = address(page, query.at(**{name: "" if on else value}))
    return tag(
        "a", inside, href=href, data_go="1", cls="on" if on else None, aria_current="true" if on else None
    )


def pills(page: str, query: Query, shown: Sequence[tuple[str, str, Markup | str]]) -> Markup | None:
    """The filters in force as (field, its name, its value in words); each can be taken away."""
    if not shown:
        return None
    defaults = {f: type(query).__dataclass_fields__[f].default for f, _, _ in shown}
    items = [
        link(
            join(tag("span", f"{label}: ", cls="soft"), value, tag("span", " ✕", aria_hidden="true")),
            address(page, query.at(**{name: defaults[name]})),
            "pill",
            f"take away the filter {label}",
        )
        for name, label, value in shown
    ]
    clear = link("Clear filters", address(page, query.at(**defaults)), "clear")
    return tag("div", items, clear, cls="pills")
