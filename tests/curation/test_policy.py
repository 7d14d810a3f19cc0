"""What a policy does about a finding, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from governance.curation.policy import Policy, check_policy, load_quota
from governance.errors import ConfigError


@pytest.mark.parametrize(
    ("rule", "severity", "expected"),
    [
        ("CON001", "error", "drop"),
        ("CON002", "warning", "keep"),
        ("SEC001", "warning", "drop"),
        ("PII003", "error", "redact"),
        ("PII001", "warning", "redact"),
        ("DUP003", "warning", "duplicates"),
        ("DUP003", "error", "duplicates"),
        ("DUP005", "warning", "keep"),
        ("TOK002", "warning", "drop"),
        ("SEC001", "note", "keep"),
        ("PII001", "note", "keep"),
        ("DUP003", "note", "keep"),
    ],
)
def test_default_policy(rule: str, severity: str, expected: str):
    assert expected == Policy().action(rule, severity)[0]


def test_the_longest_code_that_names_a_rule_decides():
    policy = Policy(drop=("PII004",), redact=("PII",), keep=("PII0",))

    assert ("drop", "drop = PII004") == policy.action("PII004", "warning")
    assert ("keep", "keep = PII0") == policy.action("PII001", "error")


def test_a_severity_decides_where_no_code_does():
    policy = Policy(drop=("warning",), keep=("QLT",))

    assert ("drop", "drop = warning") == policy.action("TOX001", "warning")
    assert "keep" == policy.action("QLT002", "warning")[0]
    assert "keep" == policy.action("TOX001", "error")[0]


@pytest.mark.parametrize(
    ("policy", "where", "said"),
    [
        (Policy(drop=("XYZ001",)), "curate.drop", "severities are"),
        (Policy(redact=("SEC001",)), "curate.redact", "PII rules"),
        (Policy(redact=("error",)), "curate.redact", ""),
        (Policy(duplicates=("DUP005",)), "curate.duplicates", "DUP001"),
        (Policy(duplicates=("DUP",)), "curate.duplicates", "DUP001"),
    ],
)
def test_codes_that_cannot_do_what_is_asked(policy: Policy, where: str, said: str):
    with pytest.raises(ConfigError) as error:
        check_policy(policy)

    assert where == error.value.where
    assert said in error.value.hint


def test_the_default_policy_is_a_policy():
    assert Policy() == check_policy(Policy())


def test_the_order_of_codes_is_no_part_of_a_policy():
    one, other = Policy(drop=("error", "SEC001")), Policy(drop=("SEC001", "error"))

    assert json.dumps(one.as_mapping()) == json.dumps(other.as_mapping())


def test_quota_of_toml_and_of_plain_json(tmp_path: Path):
    mixture, allocation = tmp_path / "mix.toml", tmp_path / "labels.json"
    mixture.write_text('by = "label"\nunit = "rows"\n[shares]\n"a/b" = 0.25\n"*" = 0.75\n')
    allocation.write_text('{"a/b": 20, "保险/问答": 5}')

    mixed = load_quota(mixture, "source", "tokens", relative=True)
    allocated = load_quota(allocation, "label", "rows", relative=False)

    assert ("label", "rows", {"a/b": 0.25, "*": 0.75}) == (mixed.by, mixed.unit, mixed.amounts)
    assert ("label", "rows", {"a/b": 20.0, "保险/问答": 5.0}) == (
        allocated.by,
        allocated.unit,
        allocated.amounts,
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.toml", "[shares\n", "not valid TOML"),
        ("m.json", "{", "not valid JSON"),
        ("m.json", "[1]", "no table"),
        ("m.toml", "", "nothing is listed"),
        ("m.toml", "[shares]\na = -1\n", "does not fit 'a'"),
        ("m.toml", "[shares]\na = true\n", "does not fit 'a'"),
        ("m.toml", "[shares]\na = nan\n", "does not fit 'a'"),
        ("m.toml", "[shares]\na = 0\n", "all numbers are 0"),
        ("m.toml", 'by = "colour"\n[shares]\na = 1\n', "does not fit 'by'"),
        ("m.toml", "size = 1\n[shares]\na = 1\n", "no key 'size'"),
    ],
)
def test_files_of_shares_that_cannot_be_used(tmp_path: Path, name: str, text: str, said: str):
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(ConfigError, match=said) as error:
        load_quota(path, "source", "tokens", relative=True)

    assert str(path) == error.value.where


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_quota(tmp_path / "none.toml", "source", "tokens", relative=True)
