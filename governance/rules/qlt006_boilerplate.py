"""# boilerplate

## What it does
Finds stock phrases in answers of the assistant and in plain texts, by a list of English and Chinese ones:

- `self-reference`: a model speaks of itself ("As an AI language model", 作为一个人工智能, "my knowledge cutoff");
- `cookies`: cookie notices;
- `subscribe`: calls to subscribe, follow, share or scan a code (点击关注, 扫描下方二维码);
- `copyright`: notices of rights and reprints ("All rights reserved", 版权所有, 转载请注明);
- `page-furniture`: menus, footers and error pages ("Skip to main content", 返回首页, 责任编辑).

Case, width, spaces and punctuation make no difference. The evidence names each place.

## Why it matters
The model learns to say such phrases to customers: another maker's name, a date at which another model's knowledge
ended, an invitation to follow a channel. In pre-training they are learned by heart.

## Example
"As an AI language model, I cannot give advice on single shares."

## Options
None. The list is `governance/detectors/quality/phrases.toml`.

## Known limits
- Disclaimers that belong to finance (投资有风险, "past performance is no guarantee") are not on the list.
- A text about such phrases, or an answer that was asked to write one, is reported too.
- What users and systems say is not looked at.

## References
- Raffel et al. 2020, Exploring the Limits of Transfer Learning (C4 drops pages by such phrases)
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

MESSAGES = {
    "self-reference": "the text speaks of itself as a model, or of another model's maker or knowledge",
    "cookies": "the text holds a cookie notice",
    "subscribe": "the text calls to subscribe, follow, share or click",
    "copyright": "the text holds a notice of rights or reprints",
    "page-furniture": "the text holds parts of a web page: menus, footers, messages of a browser",
}


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.quality.listed import phrase_marks
    from governance.detectors.quality.look import learned
    from governance.rules.marks import marked

    return marked(batch, phrase_marks(batch, setup, "boilerplate", learned(batch))) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    from governance.rules.marks import reported

    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("boilerplate", _map)
INFO = RuleInfo(
    "QLT006", "boilerplate", Severity.NOTE, "a text holds stock phrases of web pages or of other models"
)
RULE = Rule(INFO, (MAPPER,), reduce)
