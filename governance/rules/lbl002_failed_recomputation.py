r"""# failed-recomputation

## What it does
Recomputes the arithmetic that answers state and finds what does not come out: `12 * 3 = 35`, `<<48/2=25>>`,
`15% of 200 = 25`, `\frac{1}{2} + \frac{1}{3} = \frac{2}{5}`, `3万 × 4 = 13万`. Exact fractions are computed, roots and
powers too; nothing is evaluated by Python itself.

## Why it matters
A model copies the slips of its examples, and a wrong step is a wrong reason even where the answer happens to be right.

## Example
`He pays 4200 + 3000 = $8600.`

## Options
- `tolerance`: how far a result may be off, as a share of it, where decimals or fractions are involved (0.0001). What is
  right to the digits shown, rounded or cut off, is right in any case; `≈` and `约` allow one in a hundred.

## Known limits
- An equation is passed over, and counted by the reason in `stats`, where it may be a part of something: beside a
  name, another unit, `twice`, a list number, or a sign that another reading gives (3-5, 25 / 1/3, 2\frac{1}{2}).
- A result that is off by 100, 1,000 or another power of ten from there on may be cents or thousands, and is left alone.
- What is right in some reading people use is right: `200 + 10% = 220`, `3 × 2 = 6万`, `2 × 3 = 6 + 1 = 7`.
- Whether the final answer follows from the steps is not judged: in GSM8K the last step is often another number.
- Only answers are read (turns of the assistant), the first 200,000 characters of each.
- An answer that calculates takes some 40 us an equation; one without an equals sign takes nothing.

## References
- Cobbe et al. 2021: Training verifiers to solve math word problems (calculator annotations). arXiv 2110.14168
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import Severity
from governance.rules.base import Mapper, Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import reported
from governance.samples import SampleBatch


def map_wrong(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """Places of equations that do not recompute."""
    from governance.detectors.arithmetic.batches import checked

    return checked(batch, float(setup.option(INFO.id, "tolerance")))[0]


def map_counts(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """How many equations were read, recomputed, and passed over for what reason."""
    from governance.detectors.arithmetic.batches import checked

    return checked(batch, float(setup.option(INFO.id, "tolerance")))[1]


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each sample and kind of equation."""
    tolerance = float(setup.option(INFO.id, "tolerance"))
    result = reported(INFO.id, setup.severity(INFO), partials[WRONG.name], MESSAGES, threshold=tolerance)
    counts = partials[COUNTS.name].read()
    totals = {name: pc.sum(counts.column(name)).as_py() for name in counts.column_names}
    return replace(result, stats={**result.stats, "equations": {n: c for n, c in totals.items() if c}})


MESSAGES = {
    "step": "a calculation in the answer does not come out when it is computed again",
    "note": "a calculator's note in the answer holds a result that is not that of its expression",
}
INFO = RuleInfo(
    "LBL002",
    "failed-recomputation",
    Severity.WARNING,
    "arithmetic in the answer does not come out when it is computed again",
    (
        Option(
            "tolerance",
            1e-4,
            "how far a result may be off, as a share of it, where decimals or fractions are involved",
            minimum=0.0,
            maximum=0.1,
        ),
    ),
)
WRONG = Mapper("wrong_equations", map_wrong)
COUNTS = Mapper("equation_counts", map_counts)
RULE = Rule(INFO, (WRONG, COUNTS), reduce)
