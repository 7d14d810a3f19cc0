"""# eval-paraphrase

## What it does
Finds rows that tell an evaluation item in other words. What CON001 to CON003 find is not repeated.

The rare words, numbers and pairs of Chinese characters of the items are looked up in every turn. The items that share
most are compared with each run of whole sentences around: words (cut back to a stem) and numbers (`three`, `3`, `三`
and `3,000` by their value) weighed by how rare they are among the items, the order of the numbers, neighbouring
words, the lengths, what the item asks, and how far the next best item lies behind. A logistic score of nine such
measures decides. No model is needed.

With `cosine` the runs and items are also compared by the embedder, which finds more where few words were kept
(0.95 of the rewritten GSM8K items, and 0.63 in place of 0.50 where there are no numbers).

## Why it matters
A rewritten test item teaches its answer as well as the item itself does, and no n-gram search finds it.

## Example
"Janet's ducks produce 16 eggs each day. She consumes three of them for her morning meal ..." is item
`gsm8k/test/0` in other words.

## Options
- `threshold` (0.5): least score, 0.2 to 0.99. At 0.5, 1 in 1,000 other problems of the same kind passes.
- `cosine` (false): use the embedder too.

## Known limits
- Measured on the rewritten GSM8K items: 0.94 of them are found, and 6 of the 7,473 training problems are reported.
- Items without numbers are told apart by their words alone; of those about half are found.
- Items of fewer than six words besides stop words and formulas are not looked for; the statistics count them.
- The same problem with other numbers or another question is another problem and is meant not to be reported.
- Translations are CON005's.

## References
- Yang et al. 2023, Rethinking Benchmark and Contamination for Language Models with Rephrased Samples, arXiv 2311.04850
- The weights: `governance/detectors/paraphrase/score.py`, fitted by `benchmarks/paraphrase/fit.py`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.errors import UsageError
from governance.findings import Severity
from governance.rules.base import Mapper, Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.contamination import LISTED, decision, item_index
from governance.rules.contamination import MAPPER as VERBATIM
from governance.rules.semantics import embedder, unavailable
from governance.samples import SampleBatch

if TYPE_CHECKING:
    from governance.detectors.paraphrase.index import ParaphraseIndex


def paraphrase_index(setup: Setup) -> ParaphraseIndex:
    """The evaluation items as paraphrases are looked for, built once an audit."""
    from governance.detectors.paraphrase.index import build

    return setup.once("paraphrase.index", lambda: build(item_index(setup).items))


def _map(batch: SampleBatch, setup: Setup) -> pa.Table:
    from governance.detectors.paraphrase.search import search

    if not setup.option(INFO.id, "cosine"):
        return search(batch, paraphrase_index(setup))
    from governance.detectors.paraphrase.cosine import item_vectors, search_with

    index, model = paraphrase_index(setup), embedder(setup)
    items = setup.once("paraphrase.vectors", lambda: item_vectors(index, model))
    return search_with(batch, index, items, model)


def available(setup: Setup) -> str | None:
    """Why the embedder that `cosine` asks for is not there; without `cosine` nothing is missing."""
    reason = unavailable(setup) if setup.option(INFO.id, "cosine") else None
    if reason:
        raise UsageError(f"CON004.cosine needs an embedder: {reason}", where="rule options")
    return None


MAPPER = Mapper("paraphrases", _map)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each item that some row tells in other words."""
    from governance.detectors.paraphrase.findings import findings
    from governance.detectors.paraphrase.search import told

    decided = decision(partials, setup)
    threshold = float(setup.option(INFO.id, "threshold"))
    hidden = decided.table.select(["row", "turn", "start", "end"])
    found = told(partials[MAPPER.name].tables(), threshold, decided.known, hidden)
    items = item_index(setup).items
    severity = setup.severity(INFO)
    tables = findings(
        found.table,
        items,
        INFO.id,
        severity,
        "paraphrase",
        threshold,
        _message,
        ("dice", "numbers", "cosine"),
    )
    return RuleResult(*tables, _statistics(setup, found.compared, found.known))


def _message(item: str, rows: int) -> str:
    if rows == 1:
        return f"1 row tells the question of {item} in other words"
    return f"{rows} rows tell the question of {item} in other words"


def _statistics(setup: Setup, compared: int, known: int) -> dict[str, Any]:
    index = paraphrase_index(setup)
    missing = sorted(names[0] for names, why in zip(index.items.names, index.reasons, strict=True) if why)
    return {
        "items": len(index.texts),
        "pairs_compared": compared,
        "pairs_left_to_other_rules": known,
        "items_that_say_too_little": len(missing),
        "too_little_items": missing[:LISTED],
        **(embedder(setup).info.said() if setup.option(INFO.id, "cosine") else {}),
    }


INFO = RuleInfo(
    "CON004",
    "eval-paraphrase",
    Severity.WARNING,
    "a row tells an evaluation item in other words",
    (
        Option("threshold", 0.5, "least score", 0.2, 0.99),
        Option("cosine", False, "compare by the embedder too"),
    ),
    needs_eval=True,
)
RULE = Rule(INFO, (VERBATIM, MAPPER), reduce, available)
