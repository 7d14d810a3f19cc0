"""# national-id

## What it does
Finds numbers that states give to people:

- `resident-id`: mainland ids of 18 characters with a right province, birthday and check character (GB 11643,
  ISO 7064), and those of 15 digits where the words before name them;
- `hong-kong-id`: Hong Kong ids with a right check character, in brackets or after words that name them;
- `us-ssn`: US social security numbers after words that name them (they have no check digit);
- `company-code`: unified social credit codes with a right check character (GB 32100). They are public, but people in
  business on their own have them too, so they are notes.

## Why it matters
An id number opens accounts. The law calls it sensitive, and no licence to train on it can be had from anyone else.

## Example
`身份证号11010519491231002X`

## Options
- `confidence` (0.7): least confidence; 0.5 adds social security numbers that no word names, and right ids after
  words such as 订单.

## Known limits
- Numbers made up without a right check character are not reported; they stand for nobody.
- One 18-digit number in eleven has the right check character, so province and birthday are checked as well.
- Passports and ids of other countries are not looked for.

## References
- GB 11643-1999, GB 32100-2015, ISO 7064 MOD 11-2; python-stdnum
- Personal Information Protection Law of the PRC, articles 28 to 32
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.personal import CONFIDENCE_OPTION, PERSONAL, reported_kinds

MESSAGES = {
    "resident-id": "a mainland resident id",
    "hong-kong-id": "a Hong Kong id",
    "us-ssn": "a US social security number",
}
NOTES = {"company-code": "a unified social credit code"}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind of number."""
    return reported_kinds(INFO, partials, setup, MESSAGES, NOTES)


INFO = RuleInfo(
    "PII003", "national-id", Severity.ERROR, "a row holds a national id number", (CONFIDENCE_OPTION,)
)
RULE = Rule(INFO, (PERSONAL,), reduce)
