"""PII005: bank accounts."""

from __future__ import annotations

import pytest

from governance.rules.pii005_bank_account import RULE
from tests.rules.personal import found

FIRES = [
    ("账号：6217 0000 1234 5678 901", ("account", "6217 0000 1234 5678 901")),
    ("对公账户110146136430071", ("account", "110146136430071")),
    ("户名王芳，帐号是0200001234567890123", ("account", "0200001234567890123")),
    ("account no. 1234567890 at First National", ("account", "1234567890")),
    ("The account number is 000123456789", ("account", "000123456789")),
    ("收款人IBAN：DE89370400440532013000。", ("iban", "DE89370400440532013000")),
    ("to GB82 WEST 1234 5698 7654 32 BIC", ("iban", "GB82 WEST 1234 5698 7654 32")),
    ("FR76 3043 8000 0836 8300 3000 905", ("iban", "FR76 3043 8000 0836 8300 3000 905")),
]


@pytest.mark.parametrize(("text", "expected"), FIRES)
def test_accounts_are_found(text: str, expected: tuple[str, str]) -> None:
    assert [expected] == found(RULE, text)


NEAR_MISSES = [
    "账户余额1234567890.12元",
    "QQ账号：893716015",
    "证券账户1234567890",
    "账户数量达到13600000000户",
    "账号和密码不得告知他人",
    "account balance 1234567890",
    "account 4000-1000 in the ledger",
    "GB82 WEST 1234 5698 7654 33",
    "ISIN US0378331005",
    "bank accounts: 12,345,678",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_other_numbers_are_not(text: str) -> None:
    assert [] == found(RULE, text)
