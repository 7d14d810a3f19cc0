"""# semantic-duplicate

## What it does
Finds rows that ask the same and answer the same in other words: the cosine of their questions' vectors reaches
`threshold`. What is asked (user turns, plain text) and what is answered (assistant turns) are embedded apart.

Rows that DUP001 to DUP003 already say are copies are not compared. A near pair also has to agree in

- the numbers of its questions: "What is 3% of 500" and "What is 4% of 700" are not the same question;
- most of its rare words, weighed over the dataset: a prompt that is filled in differently is not the same;
- its answers: their cosine is at least 0.6, and their last number or half of their numbers agree.

Each row of a finding has a cosine at or above the threshold with the representative, which stays: nothing is removed
because of a chain of others.

## Why it matters
Rewritten copies repeat one lesson, and lead from the training into the validation split where no word gives them away.

## Example
"A special school has a deaf-student population 3 times its blind-student population ..." and "A special school for
deaf and blind students has a deaf student population three times the size of ...".

## Options
- `threshold` (0.85): least cosine of the questions, 0.5 to 1.

## Known limits
- The model decides what is near; the report names it. The static one that is used by default hears words, not
  sentences: it is good at copies with other function words and poor at real rewriting.
- Of a question or answer the first 1,024 characters are read; the statistics count what was cut.
- Each row is compared with its 16 nearest. Beyond 12,000 rows an inverted file finds them; its recall is measured on a
  sample and stands in the statistics.
- Questions about one passage are told apart by their answers, so without answers they may be taken for copies.

## References
- Abbas et al. 2023, SemDeDup, arXiv 2303.09540
- sentence-transformers, https://sbert.net; FAISS, https://faiss.ai; WordLlama, https://github.com/dleemiller/WordLlama
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity, empty_evidence, empty_findings
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.duplication import SIGNATURES, decision
from governance.rules.semantics import EMBEDDINGS, cut, embedder, keep, stored, unavailable


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each representative with the rows that say the same."""
    import numpy as np
    import pyarrow as pa

    from governance.embedding.duplicates import Rows, alike
    from governance.embedding.neighbours import EXACT
    from governance.text.duplicate_findings import Groups, Wording, group, tables

    model = embedder(setup).info
    found = partials[EMBEDDINGS.name]
    if not found.rows:
        return RuleResult(empty_findings(), empty_evidence(), model.said(), keep(partials, setup))
    decided = decision(partials, setup)
    samples = decided.unique
    stays = np.flatnonzero(decided.resolved.keeper == np.arange(len(samples.first)))
    stays = stays[np.isin(samples.kept[stays], found.read(["row"]).column("row").to_numpy())]
    order = np.argsort(np.array(samples.ids.take(pa.array(stays)).to_pylist(), "S32"), kind="stable")
    stays = stays[order]
    rank = np.empty(len(stays), np.int64)
    rank[np.argsort(decided.rank[stays])] = np.arange(len(stays))
    ids = samples.ids.take(pa.array(stays))
    rows = Rows(samples.kept[stays], ids, rank)
    least = float(setup.option(INFO.id, "threshold"))
    setup.progress("comparing meanings", 0, None)
    same = alike(rows, found, stored(setup), model.dimension, least, EXACT)
    starts, members = group(same.keeper, np.ones(len(stays), np.bool_), rank)
    groups = Groups(starts, rows.rows[members], ids.take(pa.array(members)), same.score[members])
    tables_ = tables(groups, Wording(INFO.id, setup.severity(INFO), "semantic", *WORDS, least))
    stats = {**model.said(), "rows_compared": len(stays), **same.stats, "texts_cut": cut(found)}
    return RuleResult(*tables_, stats, keep(partials, setup))


WORDS = ("row says the same as another in other words", "rows say the same as another in other words")
INFO = RuleInfo(
    "DUP004",
    "semantic-duplicate",
    Severity.WARNING,
    "rows ask and answer the same in other words",
    (Option("threshold", 0.85, "least cosine of the questions", 0.5, 1.0),),
    stage="preview",
)
RULE = Rule(INFO, (SIGNATURES, EMBEDDINGS), reduce, unavailable)
