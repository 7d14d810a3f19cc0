"""# garbled-text

## What it does
Finds text that was decoded wrongly or damaged on its way, in any turn:

- `replacement`: U+FFFD, which stands where characters were lost;
- `control`: control characters other than tab, newline, carriage return and form feed;
- `western`: UTF-8 read as Latin-1 or Windows-1252 ("donâ€™t", "cafÃ©"), confirmed by ftfy, and GBK read as
  Latin-1 ("ÄãºÃ");
- `gbk`: UTF-8 read as GBK ("浣犲ソ" for 你好), what U+FFFD looks like in GBK (锟斤拷), and what unset memory looks like
  there (烫烫烫烫烫烫).

## Why it matters
The model learns to write such strings, and the words that they replace are lost.

## Example
"The landlordâ€™s duty is to repair."

## Options
None.

## Known limits
- Chinese text is read again only where more than 15 % of eight or more characters are beyond the everyday lists of
  GB 2312 and Big5. A short garbled name inside sound text is not found.
- Text about encodings that quotes garbled strings is reported.
- Bytes that were no UTF-8 in the file itself are INP003's.

## References
- Speer 2019, ftfy (doi:10.5281/zenodo.2591652)
- GB/T 2312-1980, level 1: the 3,755 characters of everyday use
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

MESSAGES = {
    "replacement": "characters were lost and stand as U+FFFD",
    "control": "the text holds control characters",
    "western": "the text was decoded as a western encoding that it is not",
    "gbk": "the text was decoded as GBK, which it is not",
}


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.quality.garbled import map_garbled

    return map_garbled(batch, setup) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    from governance.rules.marks import reported

    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("garbled", _map)
INFO = RuleInfo("QLT004", "garbled-text", Severity.WARNING, "a text was decoded wrongly or lost characters")
RULE = Rule(INFO, (MAPPER,), reduce)
