"""A ranking as text, JSON or Markdown; it never shows a score, a share or a coverage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from attribution.reports import words
from attribution.sketching.asking import Place, Ranking
from governance.errors import UsageError
from governance.reports.as_markdown import code, escape
from governance.safe_text import brief

RANKING = "a ranking, not amounts: sketches put samples in order and do not say how far each moved the item"
RESIDUAL = (
    "sketch residual: measured change minus the sum of all scores; noise, curvature and what is not covered"
)
NEW = "the item was not traced: its gradient is that at the end of the run, so the order is coarser"


def shown(rankings: Sequence[Ranking], name: str) -> str:
    """The rankings of one item, at least one, in a format."""
    if name == "json":
        return json.dumps([_values(r) for r in rankings], ensure_ascii=False) + "\n"
    if name not in {"text", "markdown"}:
        raise UsageError(f"a sketch's ranking has no {name}", where="--format", hint="text, json or markdown")
    lines = _text(rankings) if name == "text" else _markdown(rankings)
    return "\n".join(lines) + "\n"


def _values(r: Ranking) -> dict[str, object]:
    return {
        "kind": "ranking",
        "meaning": RANKING,
        "attribution": r.stored.id,
        "run": r.stored.record.run,
        "suite": r.suite,
        "item": r.item,
        "functional": r.functional,
        "new": r.new,
        "change": r.change,
        "sketch_residual": r.residual,
        "covered": _covered(r),
        **{side: [_place(p) for p in getattr(r, side)] for side in ("helped", "harmed")},
    }


def _place(p: Place) -> dict[str, object]:
    return {
        "rank": p.rank, "sample": p.sample, "sample_id": p.sample_id, "name": p.name, "label": p.label,
        "source": p.source,
    }  # fmt: skip


def _text(rankings: Sequence[Ranking]) -> Iterator[str]:
    yield f"Which samples moved {brief(rankings[0].suite, 48)} {brief(rankings[0].item, 48)}"
    yield from words.aligned([(n, brief(v, 200)) for n, v in words.about(rankings[0].stored)])
    for r in rankings:
        yield ""
        yield from _head(r)
        for title, places in (("Helped most", r.helped), ("Harmed most", r.harmed)):
            if places:
                rows = [(f"{p.rank}", brief(p.name, 48), brief(_facts(p), 48)) for p in places]
                yield from ("", f"  {title}", *words.aligned([("rank", "sample", "label, source"), *rows], 4))
    yield from ("", *_legend(rankings))


def _markdown(rankings: Sequence[Ranking]) -> Iterator[str]:
    yield f"## Which samples moved {code(rankings[0].suite)} {code(rankings[0].item)}\n"
    yield from (f"- {n}: {code(v)}" for n, v in words.about(rankings[0].stored))
    for r in rankings:
        yield ""
        yield from map(escape, _head(r))
        for title, places in (("Helped most", r.helped), ("Harmed most", r.harmed)):
            if places:
                yield from ("", f"**{title}**", "", "| rank | sample | label, source |", "|--:|---|---|")
                yield from (f"| {p.rank} | {code(p.name)} | {code(_facts(p))} |" for p in places)
    yield ""
    yield from (f"- {escape(line)}" for line in _legend(rankings))


def _head(r: Ranking) -> Iterator[str]:
    """What is explained, and how it changed."""
    what = words.functional(r.functional)
    yield f"{what[:1].upper()}{what[1:]}: a ranking, not amounts"
    if r.change is not None and r.residual is not None:
        yield f"  measured change {words.nats(r.change)} nats, sketch residual {words.nats(r.residual)}"


def _legend(rankings: Sequence[Ranking]) -> Iterator[str]:
    yield RANKING
    if rankings[0].new:
        yield NEW
    else:
        yield RESIDUAL
    share, rest = _covered(rankings[0])
    yield f"sketched are {100 * share:.1f} % of the trained parameters; {rest:,} tensors move unseen"


def _covered(r: Ranking) -> tuple[float, int]:
    """(share of the trained parameters, tensors that are not covered)."""
    settings = r.stored.record.settings
    return float(settings["share_covered"]), len(settings["not_covered"])


def _facts(p: Place) -> str:
    return ", ".join(part for part in (p.label, p.source) if part)
