"""# eval-translation

## What it does
Finds rows that tell an evaluation item in another language: English rows of Chinese items and Chinese rows of English
ones. Terms of finance, which a built-in glossary knows in both languages, name the few items a row may tell; the
cosine of a multilingual embedder, the agreement of numbers (`3,000万`, `30 million` and `三千万` are one) and the
lengths decide. Of several items the likeliest is reported.

## Why it matters
A translated test item teaches its answer as well as the item itself does, and shares not one word with it.

## Example
"In December 2015 the Shanghai International Energy Exchange (INE) launched the first ____ futures in China." is
FinEval's `futures_practitioner_qualification_certificate_dev/0`.

## Options
- `threshold` (0.5): least score, 0.1 to 0.99. At 0.5, 3 in 1,000 other questions pass.

## Known limits
- The embedder has to be multilingual: it is asked for the partners of 24 sentences when it is loaded, and the rule is
  not available where it finds fewer than three quarters. `wordllama`, which `auto` uses, is not.
- Measured on 119 items of FinEval rendered in English by hand: 0.86 found at 0.3 % of other questions. The glossary was
  written after a look at these items; expect less elsewhere, and little outside finance.
- A row has to hold three terms of the glossary; what it asks is read as a whole, up to 1,024 characters.

## References
- The weights: `governance/detectors/translation/score.py`; the glossary: `glossary.txt` beside it
- Artetxe, Schwenk 2019, Margin-based Parallel Corpus Mining, arXiv 1811.01136
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.contamination import item_index
from governance.rules.semantics import EMBEDDINGS, cut, embedder, keep, stored, unavailable
from governance.samples import SampleBatch

if TYPE_CHECKING:
    from governance.detectors.translation.items import Side
    from governance.detectors.translation.probe import Bilingual


def languages(setup: Setup) -> Bilingual:
    """How the model in force takes the two languages."""
    from governance.detectors.translation.probe import probe

    return setup.once("translation.probe", lambda: probe(embedder(setup)))


def available(setup: Setup) -> str | None:
    """Why translations cannot be found here, or None."""
    from governance.detectors.translation.probe import LEAST

    reason = unavailable(setup)
    if reason:
        return reason
    found = languages(setup)
    if found.enough:
        return None
    name = embedder(setup).info.name
    return (
        f"the embedder {name} is not multilingual: it finds the translation of {found.share:.0%} of the probed "
        f"sentences, and {LEAST:.0%} are needed; name a multilingual one with --embedder"
    )


def item_sides(setup: Setup) -> tuple[Side, ...]:
    """The items by language."""
    from governance.detectors.translation.items import sides

    return setup.once(
        "translation.items", lambda: sides(item_index(setup).items, embedder(setup), languages(setup))
    )


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.translation.search import map_terms

    return map_terms(batch, frozenset(side.chinese for side in item_sides(setup))) if len(batch) else None


MAPPER = Mapper("translations", _map)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each item that some row tells in another language."""
    from governance.detectors.paraphrase.findings import findings

    threshold = float(setup.option(INFO.id, "threshold"))
    table, compared = _told(partials, setup, threshold)
    items, severity = item_index(setup).items, setup.severity(INFO)
    measures = ("cosine", "terms", "numbers")
    tables = findings(table, items, INFO.id, severity, "translation", threshold, _message, measures)
    stats: dict[str, Any] = {
        **embedder(setup).info.said(),
        "probed_sentences_whose_translation_is_nearest": languages(setup).share,
        "items": {"chinese" if side.chinese else "english": len(side.items) for side in item_sides(setup)},
        "rows_compared": compared,
        "texts_cut": cut(partials[EMBEDDINGS.name]),
    }
    return RuleResult(*tables, stats, keep(partials, setup))


def _told(partials: Mapping[str, Partials], setup: Setup, threshold: float) -> tuple[pa.Table, int]:
    """(row, item) lines with their measures, sorted by (item, row), and how many rows were compared."""
    import numpy as np
    import pyarrow.compute as pc

    from governance.detectors.translation.score import MODEL
    from governance.detectors.translation.search import PARTIAL, compare
    from governance.embedding.gather import vectors_of
    from governance.text.store import chunk

    read = pa.concat_tables([PARTIAL.empty_table(), *partials[MAPPER.name].tables()])
    found: list[pa.Table] = []
    for side in item_sides(setup):
        table = read.filter(pc.equal(read.column("chinese"), pa.scalar(not side.chinese))).combine_chunks()
        if not table.num_rows:
            continue
        rows, ids = table.column("row").to_numpy(), chunk(table.column("sample_id"))
        dimension = embedder(setup).info.dimension
        vectors = vectors_of("question", rows, ids, partials[EMBEDDINGS.name], stored(setup), dimension)
        mean = languages(setup).english if side.chinese else languages(setup).chinese
        pairs = compare(table, vectors, mean, side, MODEL, threshold)
        lines = table.take(pa.array(pairs.lines)).select(["row", "sample_id", "turn", "end"])
        measures = {n: pa.array(getattr(pairs, n)) for n in ("score", "cosine", "terms", "numbers")}
        for name, values in {"item": pa.array(pairs.items), **measures}.items():
            lines = lines.append_column(name, values)
        found.append(lines.append_column("start", pa.array(np.zeros(len(pairs.lines), np.int64))))
    if not found:
        return pa.table({}), read.num_rows
    return pa.concat_tables(found).sort_by([("item", "ascending"), ("row", "ascending")]), read.num_rows


def _message(item: str, rows: int) -> str:
    if rows == 1:
        return f"1 row tells {item} in another language"
    return f"{rows} rows tell {item} in another language"


INFO = RuleInfo(
    "CON005",
    "eval-translation",
    Severity.WARNING,
    "a row tells an evaluation item in another language",
    (Option("threshold", 0.5, "least score", 0.1, 0.99),),
    stage="preview",
    needs_eval=True,
)
RULE = Rule(INFO, (EMBEDDINGS, MAPPER), reduce, available)
