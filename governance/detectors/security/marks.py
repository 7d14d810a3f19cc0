"""The detectors of this room on a batch: which turns are worth a look, and the places found in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.lexicon.book import hits
from governance.detectors.security.hidden import hidden_in
from governance.detectors.security.injection import injections
from governance.detectors.security.markup import NARROW, active_markup
from governance.detectors.security.secrets import secrets_in
from governance.rules.base import Setup
from governance.rules.marks import Mark, candidate_turns, marked, turns_with
from governance.samples import SampleBatch
from governance.text.profile import profile

Places = Iterable[tuple[int, int, str]]

_KEYS = (
    r"AKIA|ASIA|ABIA|ACCA|LTAI|AKID|AIza|gh[pousr]_|github_pat_|gl(?:pat|dt|rt|ptt|ft|soat)-|xox[abeoprs]-|xapp-"
    r"|[srp]k_live_|whsec_|sk-[A-Za-z0-9_-]{20}|hf_[A-Za-z0-9]{30}|npm_|pypi-|SG\.|eyJ"
    r"|-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY"
    r"|://[^\s/:@]*:[^\s/]+@"
    r"|(?i:bearer +[a-z0-9]"
    r"|(?:passw|pwd|secret|api[_-]?key|access[_-]?(?:key|token)|auth[_-]?token|密码|口令|密钥)[a-z_-]{0,10}[\"']?\s{0,3}(?:[:：=]|是|为)\s{0,3}[\"']?[!-~]{6})"
)
"""What RE2 looks for first, in turns that may hold a credential by their counts or words."""


def credential_marks(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of credentials."""
    if not len(batch):
        return None
    counts = profile(batch)
    wanted = counts.of("longest_word") >= 16
    wanted |= (counts.of("links") > 0) & (counts.of("ats") > 0)
    wanted |= (counts.of("longest_run") >= 5) & (counts.of("latin") >= 64)
    wanted[hits(batch, "credential").text] = True
    return _marked(batch, turns_with(batch, _KEYS, wanted), _secrets)


def _secrets(text: str) -> Places:
    return ((s.start, s.end, s.kind) for s in secrets_in(text))


def hidden_marks(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of hidden characters."""
    wanted = profile(batch).of("hidden") > 0 if len(batch) else np.zeros(0, np.bool_)
    return _marked(batch, wanted, hidden_in)


def injection_marks(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of orders to the model."""
    return marked(batch, injections(batch)) if len(batch) else None


def markup_marks(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of active markup."""
    if not len(batch):
        return None
    counts = profile(batch)
    return _marked(
        batch, turns_with(batch, NARROW, (counts.of("tags") > 0) | (counts.of("links") > 0)), active_markup
    )


def _marked(
    batch: SampleBatch, wanted: npt.NDArray[np.bool_], places: Callable[[str], Places]
) -> pa.Table | None:
    if not wanted.any():
        return None
    texts = candidate_turns(batch, wanted)
    return marked(batch, [Mark(turn, *place) for turn, text in texts for place in places(text)])
