"""PII001: e-mail addresses of people."""

from __future__ import annotations

import pytest

from governance.rules.pii001_email_address import RULE
from tests.rules.personal import found, result_of

FIRES = [
    ("我的邮箱是zhang@qq.com", "zhang@qq.com"),
    ("邮箱a_b@例子.bank.com请回复", "a_b@例子.bank.com"),
    ("请联系ｌｉ＠ｑｑ．ｃｏｍ", "ｌｉ＠ｑｑ．ｃｏｍ"),
    ("13812345678/li.na@163.com", "li.na@163.com"),
    ("Jane <jane.roe+kyc@mail.bank.co.uk>, please", "jane.roe+kyc@mail.bank.co.uk"),
    ("write to o@x.io.", "o@x.io"),
    ('{"email":"BOB@Gmail.COM"}', "BOB@Gmail.COM"),
]


@pytest.mark.parametrize(("text", "expected"), FIRES)
def test_addresses_are_found(text: str, expected: str) -> None:
    assert [("email", expected)] == found(RULE, text)


NEAR_MISSES = [
    "客服邮箱service@bank.com.cn",
    "请勿回复noreply@icbc.com.cn",
    "info@acme.com or ir@acme.com",
    "jane@example.com and x@company.test",
    "git@github.com:org/repo.git",
    "logo@2x.png",
    "@招商银行 @property user@ @host.com",
    "https://lore.kernel.org/lkml/CA+55aFw@mail.gmail.com/",
    "mysql://reader@db.ebi.ac.uk:4497",
    "邮箱格式应为用户名@域名",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_what_leads_to_nobody_is_not_reported(text: str) -> None:
    assert [] == found(RULE, text)


def test_allowed_domains_may_stay_with_those_below_them() -> None:
    texts = ("li@mybank.cn", "li@hr.mybank.cn", "li@notmybank.cn")

    assert [("email", "li@notmybank.cn")] == found(RULE, *texts, allow="@mybank.cn, other.com")
    assert {"places": 1, "public": 2, "unsure": 0} == result_of(RULE, *texts, allow="mybank.cn").stats


def test_public_ones_are_notes_where_they_are_asked_for() -> None:
    findings = result_of(RULE, "service@bank.com", "li@bank.com", public=True).findings.to_pylist()

    assert {("public-email", "note"), ("email", "warning")} == {(f["kind"], f["severity"]) for f in findings}


def test_less_confidence_finds_rarer_endings() -> None:
    assert [] == found(RULE, "li@host.rareending")
    assert [("email", "li@host.rareending")] == found(RULE, "li@host.rareending", confidence=0.5)
