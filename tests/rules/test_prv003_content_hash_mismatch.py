"""PRV003: texts that are not what was hashed; what the family shares is in test_prv."""

from __future__ import annotations

import pytest

from governance.rules.prv003_content_hash_mismatch import RULE
from tests.builders import Turn, batch
from tests.rules.checksums import sha
from tests.rules.duplicates import run

CHAT = [("user", "利率是多少?"), ("assistant", "3%")]
FIRES = [
    ("changed", sha("before")),
    ("changed", sha("before", "md5")),
    ("changed", sha("before", "sha1")),
    ("changed", f"sha256:{sha('before')}"),
    ("a text ", sha("a text")),
    ("四", sha("五")),
    (CHAT, sha("利率是多少?3%")),
]
"""(row, the hash it states); another row beside it states the right one."""
NEAR_MISSES = [
    ("a text", sha("a text")),
    ("a text", sha("a text").upper()),
    ("a text", f"sha256:{sha('a text')}"),
    ("a text", sha("a text", "md5")),
    ("a text", sha("a text", "sha1")),
    ("利率", sha("利率")),
    (CHAT, sha("利率是多少?")),
    (CHAT, sha("3%")),
    (CHAT, sha("利率是多少?\n3%")),
    ("a", None),
    ("a", ""),
    ("a", "abc"),
    ("a", "z" * 64),
    ("a", "12345"),
    ("a", sha("x")[:50]),
]


@pytest.mark.parametrize(("row", "stated"), FIRES)
def test_a_row_that_is_not_what_was_hashed_is_found(row: str | list[Turn], stated: str) -> None:
    result = run(RULE, batch("right", row, checksum=[sha("right"), stated]))

    assert (["mismatch"], [1]) == (result.findings["kind"].to_pylist(), result.evidence["row"].to_pylist())


@pytest.mark.parametrize(("row", "stated"), NEAR_MISSES)
def test_a_hash_that_fits_or_is_none_is_not(row: str | list[Turn], stated: str | None) -> None:
    assert 0 == run(RULE, batch("right", row, checksum=[sha("right"), stated])).findings.num_rows
    assert 0 == run(RULE, batch(row, checksum=[stated])).findings.num_rows
