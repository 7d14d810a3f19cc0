"""PRV001 to PRV005: where rows say they come from."""

from __future__ import annotations

import pytest

from governance.rules.prv001_missing_source import RULE as PRV001
from governance.rules.prv002_unpinned_revision import RULE as PRV002
from governance.rules.prv003_content_hash_mismatch import RULE as PRV003
from governance.rules.prv004_unlabelled_synthetic import RULE as PRV004
from governance.rules.prv005_opted_out_source import RULE as PRV005
from tests.builders import batch
from tests.rules.checksums import sha
from tests.rules.duplicates import fingerprints, run, shuffled


def test_no_source_is_one_finding_whatever_the_revision() -> None:
    assert [2] == run(PRV001, batch("a", "b", revision=["x", None])).findings["rows"].to_pylist()


CHAT = [("user", "利率是多少?"), ("assistant", "3%")]


def test_a_turn_or_all_turns_may_be_what_was_hashed() -> None:
    rows = batch(CHAT, CHAT, CHAT, checksum=[sha("利率是多少?"), sha("3%"), sha("利率是多少?\n3%")])

    assert {"rows_with_hash": 3, "rows_that_match": 3} == run(PRV003, rows).stats


def test_a_row_that_was_changed_is_found() -> None:
    rows = batch(
        "a text", "changed", "b", "四", checksum=[sha("a text"), sha("before"), sha("b", "md5"), sha("五")]
    )

    result = run(PRV003, rows)

    assert ["mismatch", "mismatch"] == result.findings["kind"].to_pylist()
    assert [1, 3] == sorted(result.evidence["row"].to_pylist())


def test_hashes_of_something_else_are_one_finding() -> None:
    result = run(PRV003, batch("a", "b", checksum=[sha("x"), sha("y")]))

    assert [("unverifiable", 2)] == [(f["kind"], f["rows"]) for f in result.findings.to_pylist()]


def test_a_generator_that_is_denied_is_a_contradiction() -> None:
    rows = batch("a", "b", generator=["qwen3", None], synthetic=["false", "false"])

    assert [("contradicted", 1)] == [(f["kind"], f["rows"]) for f in run(PRV004, rows).findings.to_pylist()]


def test_without_a_list_nothing_is_opted_out() -> None:
    assert 0 == run(PRV005, batch("t", source=["desk"])).findings.num_rows


@pytest.mark.parametrize("rule", [PRV001, PRV002, PRV003, PRV004])
def test_the_order_of_rows_changes_no_fingerprint(rule) -> None:
    some = batch(
        "a", "b", "As an AI language model, I cannot predict prices.", "d",
        source=[None, "hf://x/y", None, "hf://x/y"],
        checksum=[sha("a"), sha("a"), None, sha("d")],
    )  # fmt: skip

    assert fingerprints(run(rule, some)) == fingerprints(run(rule, shuffled(some, [3, 1, 0, 2]), spill=0))
    assert fingerprints(run(rule, some))
