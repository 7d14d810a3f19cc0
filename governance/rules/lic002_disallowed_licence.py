"""# disallowed-licence

## What it does
Reads each licence field as an SPDX expression (`MIT OR Apache-2.0`, `cc-by-nc-4.0`, `GPLv3`; everyday spellings are
understood) and holds it against two lists of patterns. `A OR B` passes where one of them does, `A AND B` where both do.

- `denied`: no choice the expression leaves is free of a denied licence;
- `not-allowed`: an `allow` list is set, and the expression cannot be met by it;
- `unrecognised`: the field states something that is no SPDX expression. Name it in `allow` to accept it.

## Why it matters
A non-commercial or no-derivatives licence on one source taints the model that is trained on it, and it is cheapest to
find out before the run.

## Example
`cc-by-nc-4.0` in a set that will train a product.

## Options
- `deny` (`CC-BY-NC-*`, `CC-BY-ND-*`, `CC-BY-NC-ND-*`, `CC-BY-NC-SA-*`): patterns of licences that do not pass.
- `allow` (empty): where set, only these pass.

## Known limits
- Whether training is a use that a licence restricts is a question for lawyers; the lists are yours to set.
- Licences of model outputs (llama2, gemma, openrail) have no SPDX id and are read as `LicenseRef-NAME`.

## References
- SPDX specification 2.3, annex D: licence expressions
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.groups import Group, counted, reported
from governance.rules.lic001_missing_licence import LICENCES

MESSAGES = {
    "denied": "{rows:,} rows stand under a licence that the policy denies",
    "not-allowed": "{rows:,} rows stand under a licence that the policy does not allow",
    "unrecognised": "the licence of {rows:,} rows is no SPDX expression",
}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each licence field that does not pass."""
    from governance.detectors.licences.expressions import read
    from governance.detectors.licences.policy import Policy, objection

    policy = Policy(setup.option(INFO.id, "allow"), setup.option(INFO.id, "deny"))

    def judge(values: Mapping[str, str | None], rows: int) -> Group | None:
        text = values["licence"]
        licence = read(text) if text is not None else None
        kind = objection(licence, policy) if licence is not None and licence.stated else None
        return None if kind is None else Group(values, kind, MESSAGES[kind].format(rows=rows), rows)

    return reported(INFO.id, setup.severity(INFO), counted(partials[LICENCES.name], "licence"), judge)


INFO = RuleInfo(
    "LIC002",
    "disallowed-licence",
    Severity.WARNING,
    "a row stands under a licence that the policy does not let pass",
    (
        Option(
            "deny",
            ("CC-BY-NC-*", "CC-BY-ND-*", "CC-BY-NC-ND-*", "CC-BY-NC-SA-*"),
            "patterns of SPDX ids that do not pass",
        ),
        Option("allow", (), "patterns of SPDX ids that alone pass, where set"),
    ),
)
RULE = Rule(INFO, (LICENCES,), reduce)
