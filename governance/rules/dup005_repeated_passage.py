"""# repeated-passage

## What it does
Finds passages of at least `tokens` words that stand in at least `documents` conversations which are otherwise
different: not equal, not near-duplicates and not of one template. Case, punctuation and spacing make no difference,
and each Chinese, Japanese or Korean character counts as a word. System turns are not read. The evidence names the
turn and the characters in it.

A passage in more than `max_share` of all conversations is a finding of kind `template`: a prompt that everything
is wrapped in rather than a text that was repeated.

## Why it matters
Disclaimers, licence texts, biographies and scraped navigation are learned by heart when they come often enough,
although no two rows are duplicates.

## Example
The same 100-word risk notice at the end of ten answers about different funds.

## Options
- `tokens` (50): least length of a passage.
- `documents` (3): in how many conversations it stands at least.
- `max_share` (0.1): share of all conversations beyond which it is a template.

## Known limits
- Passages of `tokens` + 15 words are found for certain, shorter ones often.
- The ends of a passage are given to within 15 words.
- A passage whose parts stand in different sets of conversations is one finding for each such part.

## References
- Schleimer, Wilkerson, Aiken 2003, Winnowing: local algorithms for document fingerprinting
- Lee et al. 2022, Deduplicating Training Data Makes Language Models Better (50-token substrings)
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity, empty_evidence, empty_findings
from governance.rules.base import Mapper, Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.duplication import SIGNATURES, decision
from governance.samples import SampleBatch


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.text.passages import map_windows

    return map_windows(batch, int(setup.option(INFO.id, "tokens"))) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each passage."""
    from governance.text.passage_findings import documents_of, findings
    from governance.text.passages import find_passages

    if not partials[PASSAGES.name].rows or not partials[SIGNATURES.name].rows:
        return RuleResult(empty_findings(), empty_evidence())
    decided = decision(partials, setup)
    document, group = documents_of(decided)
    tokens, least = (int(setup.option(INFO.id, name)) for name in ("tokens", "documents"))
    found = find_passages(partials[PASSAGES.name], document, group, tokens, least)
    common = float(setup.option(INFO.id, "max_share")) * len(set(group[document[document >= 0]].tolist()))
    return RuleResult(
        *findings(found, decided.unique, common, INFO.id, setup.severity(INFO)),
        {"passages": len(found.words)},
    )


PASSAGES = Mapper("passages", _map)
INFO = RuleInfo(
    "DUP005",
    "repeated-passage",
    Severity.NOTE,
    "a long passage stands in several rows that are otherwise different",
    (
        Option("tokens", 50, "least length of a passage in words", 10, 1000),
        Option("documents", 3, "in how many conversations it stands at least", 2, 1_000_000),
        Option("max_share", 0.1, "share of all conversations beyond which it is a template", 0.0, 1.0),
    ),
)
RULE = Rule(INFO, (SIGNATURES, PASSAGES), reduce)
