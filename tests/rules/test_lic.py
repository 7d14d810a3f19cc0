"""LIC001 to LIC003: what licence fields say and leave open."""

from __future__ import annotations

import json

import pytest

from governance.detectors.licences.expressions import read, satisfied
from governance.rules.lic001_missing_licence import RULE as LIC001
from governance.rules.lic002_disallowed_licence import RULE as LIC002
from governance.rules.lic003_conflicting_licences import RULE as LIC003
from tests.rules.duplicates import fingerprints, run, shuffled
from tests.rules.licences import kinds, rows


def test_rows_of_one_word_are_one_finding_with_a_few_rows_as_evidence() -> None:
    result = run(LIC001, rows(*[None] * 50, "unknown"))

    assert [("empty", 50), ("unknown", 1)] == kinds(result)
    assert 21 == result.evidence.num_rows
    assert [{"licence": "unknown"}, {"licence": None}] == sorted(
        (json.loads(d)["fields"] for d in result.findings["details"].to_pylist()), key=str
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mit", "MIT"),
        ("Apache 2.0", "Apache-2.0"),
        ("apache license, version 2.0", "Apache-2.0"),
        ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"),
        ("cc-by-sa-3.0", "CC-BY-SA-3.0"),
        ("Creative Commons BY 4.0 International", "CC-BY-4.0"),
        ("GPLv3", "GPL-3.0-only"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("openrail", "LicenseRef-openrail"),
        ("LicenseRef-acme-1", "LicenseRef-acme-1"),
        ("public domain", "CC0-1.0"),
        ("all rights reserved", None),
        ("MIT OR", None),
        ("free for research", None),
        ("'; DROP TABLE entries; --", None),
        ("(" * 500, None),
    ],
)
def test_fields_are_read_as_spdx_expressions(text: str, expected: str | None) -> None:
    assert expected == read(text).expression


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("CC-BY-NC-4.0", False),
        ("MIT OR CC-BY-NC-4.0", True),
        ("MIT AND CC-BY-NC-4.0", False),
        ("(CC-BY-NC-4.0 OR MIT) AND Apache-2.0", True),
    ],
)
def test_or_needs_one_side_and_and_needs_both(expression: str, expected: bool) -> None:
    assert expected == satisfied(expression, lambda key: "NC" not in key)


@pytest.mark.parametrize("rule", [LIC001, LIC002, LIC003])
def test_the_order_of_rows_changes_no_fingerprint(rule) -> None:
    some = rows(
        "MIT", None, "cc-by-nc-4.0", "GPLv3", texts=["a", "b", "a", "c"], sources=["x", "x", "y", "x"]
    )

    assert fingerprints(run(rule, some)) == fingerprints(run(rule, shuffled(some, [3, 1, 0, 2]), spill=0))
    assert fingerprints(run(rule, some))
