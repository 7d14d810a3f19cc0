"""Turns in a language that nobody asked for, as marks.

Scripts are counted for every turn. A model is asked only about Latin-script prose in which the everyday words of
English are missing, and it is believed only where the everyday words of its answer stand in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.quality.look import look, read_data
from governance.errors import UsageError
from governance.rules.base import Setup
from governance.rules.marks import candidate_turns, marked_turns
from governance.samples import SampleBatch
from governance.text.profile import Profile, profile

Flags = npt.NDArray[np.bool_]

SCRIPTS = {
    "kana": "ja",
    "hangul": "ko",
    "cyrillic": "ru uk be bg sr mk kk mn ky tg",
    "other_letters": "ar fa ur ps he yi el hy ka th lo my km hi mr ne sa bn as pa gu or ta te kn ml si am ti bo dz",
    "han": "zh ja yue wuu",
}
"""The languages that write each script; Latin has too many to list."""

KANA = 0.15
"""Share of letters that are kana from which a text is Japanese: prose has 0.5, a Chinese text naming a brand 0.02."""

FEW_COMMON = 0.08
"""Share of words that are everyday English below which the model is asked: English prose has 0.2 and more."""

LEAST_WORDS = 12
LETTERS = 0.75
"""Share of characters that are letters: prose has 0.95, program text 0.7 and less (blanks not counted)."""

SURE = 0.7
OWN_WORDS = 0.12
"""Share of words that must be everyday words of the language that the model names; prose of each has 0.25 and more."""

SEEN = 1500
_WORD = re.compile(r"[^\W\d_]+")


def map_language(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of whole turns; the kind is the script, or the language where a model told it."""
    wanted = expected(setup.option("QLT003", "languages"))
    least, share = int(setup.option("QLT003", "letters")), float(setup.option("QLT003", "share"))
    counts = profile(batch)
    found = [
        *((int(turn), script) for script, turns in _scripts(counts, wanted, least, share) for turn in turns),
        *_latin(batch, setup, counts, wanted, least, share),
    ]
    turns, kinds = np.array([turn for turn, _ in found], np.int64), [kind for _, kind in found]
    return marked_turns(batch, turns, kinds)


def expected(listed: Iterable[str]) -> set[str]:
    """The codes of a list; UsageError where one is no code, which would make every text unexpected."""
    codes = {code.lower() for code in listed}
    for code in sorted(codes):
        if not re.fullmatch("[a-z]{2,3}", code):
            raise UsageError(
                f"{code!r} is no code of a language", where="QLT003.languages", hint="such as en,zh"
            )
    return codes


def _scripts(
    counts: Profile, wanted: set[str], least: int, share: float
) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """(script, turns) of the scripts that no wanted language is written in."""
    letters = counts.letters
    for script, languages in SCRIPTS.items():
        if wanted.intersection(languages.split()):
            continue
        own = counts.of(script)
        least_share = KANA if script == "kana" else share
        enough = (own + counts.of("han") if script == "kana" else own) >= least
        yield script, np.flatnonzero(enough & (own > least_share * letters))


def _latin(
    batch: SampleBatch, setup: Setup, counts: Profile, wanted: set[str], least: int, share: float
) -> Iterator[tuple[int, str]]:
    """(turn, language) of prose in Latin script that is of no wanted language."""
    own = counts.of("latin")
    words = look(batch, setup)
    shown = counts.of("characters") - counts.of("blanks")
    asked = (own >= least) & (own > share * counts.letters) & (words.count("words") >= LEAST_WORDS)
    asked &= counts.letters > LETTERS * shown
    if "en" in wanted:
        asked &= words.count("common") < FEW_COMMON * words.count("words")
    for turn, text in candidate_turns(batch, asked):
        language = language_of(text)
        if language is not None and language not in wanted:
            yield turn, language


def language_of(text: str) -> str | None:
    """The language of a text in Latin script (ISO 639-1), or None where model and everyday words do not agree."""
    seen = text[:SEEN]
    if seen.isascii() and seen.isupper():
        return None  # headings, codes, tickers
    language, sure = _model().classify(seen)
    own = _words().get(language, frozenset())
    tokens = [word.lower() for word in _WORD.findall(seen)]
    everyday = sum(word in own for word in tokens)
    return language if sure >= SURE and everyday >= OWN_WORDS * len(tokens) else None


@cache
def _words() -> Mapping[str, frozenset[str]]:
    """The everyday words of each language."""
    from governance.detectors.quality.look import COMMON_ENGLISH

    listed = {code: frozenset(words.split()) for code, words in read_data("languages.toml")["words"].items()}
    return {
        **listed,
        "en": frozenset([*COMMON_ENGLISH.split(), "a", "in", "is", "on", "was", "an", "so", "no"]),
    }


@cache
def _model() -> Any:
    """py3langid's classifier, restricted: unrestricted it takes short English for Nigerian Pidgin."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(sorted(_words()))
    return model
