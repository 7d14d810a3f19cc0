"""# unexpected-language

## What it does
Finds turns that are mostly in a language other than those of `languages`. Scripts decide first: kana, hangul, Cyrillic,
Arabic and others are counted in every turn. For Latin script a model of languages (py3langid, restricted to 21
languages) is asked where the everyday words of English are missing, and believed only where the everyday words of
the language that it names stand in the text.

The kind of a finding is the script, or the language (ISO 639-1).

## Why it matters
Rows that slipped in from another market teach the model to switch languages within a conversation.

## Example
With `languages` "en,zh": an answer in German to an English question.

## Options
- `languages` (`en`, `zh`): a list of the expected languages, ISO 639-1.
- `letters` (60): least letters of a turn that is judged.
- `share` (0.5): a turn is reported where more than this share of its letters is unexpected; for kana 0.15, because
  Japanese mixes them with Chinese characters.

## Known limits
- The languages told apart within Latin script are those of `governance/detectors/quality/languages.toml`.
- Languages of one script are not told apart outside Latin: with "ru" expected, Bulgarian passes.
- Program text, formulas, lists of names and text in capitals are not judged.
- A translation that a user asked for is reported: name its language in `languages`.
- Chinese written in Latin letters (pinyin) is not recognised.

## References
- Barbaresi 2021, py3langid; Lui and Baldwin 2012, langid.py: An Off-the-shelf Language Identification Tool
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

NAMES = {
    "kana": "Japanese", "hangul": "Korean", "cyrillic": "a language of Cyrillic script", "han": "Chinese",
    "other_letters": "a language of another script", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "it": "Italian", "la": "Latin", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "sv": "Swedish", "tr": "Turkish", "vi": "Vietnamese",
}  # fmt: skip
MESSAGES = {kind: f"a turn is in {name}, which is not expected" for kind, name in NAMES.items()}


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.quality.language import map_language

    return map_language(batch, setup) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and language."""
    from governance.rules.marks import reported

    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("language", _map)
INFO = RuleInfo(
    "QLT003",
    "unexpected-language",
    Severity.NOTE,
    "a turn is in a language that is not expected",
    (
        Option("languages", ("en", "zh"), "the expected languages, ISO 639-1"),
        Option("letters", 60, "least letters of a turn that is judged", 10, 100_000),
        Option("share", 0.5, "share of letters beyond which a turn is reported", 0.1, 1.0),
    ),
)
RULE = Rule(INFO, (MAPPER,), reduce)
