"""SEC001: what fires, what stays quiet, and that no report shows a secret."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest

from governance.detectors.security.credentials import KEYS
from governance.findings import EVIDENCE, FINDINGS
from governance.redaction import redact
from governance.rules.sec001_credential import MESSAGES, RULE
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled
from tests.rules.places import kinds, quiet, spans

BASE62 = string.ascii_letters + string.digits
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def drawn(seed: int, length: int, signs: str = BASE62) -> str:
    """Random characters; made here, so that no file of this project looks as if it held a key."""
    rng = random.Random(seed)
    return "".join(rng.choice(signs) for _ in range(length))


def web_token(seed: int) -> str:
    return f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiJ9.{drawn(seed, 43)}"


def private_key(seed: int, break_: str = "\n") -> str:
    lines = [drawn(seed + i, 64, BASE62 + "+/") for i in range(12)]
    return break_.join(["-----BEGIN RSA " + "PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----"])


SECRETS = {
    "AKIA" + drawn(1, 16, BASE32): "aws-key",
    "LTAI5t" + drawn(2, 18): "aliyun-key",
    "AKID" + drawn(3, 32): "tencent-key",
    "AIza" + drawn(4, 35): "google-key",
    "ghp_" + drawn(5, 36): "github-token",
    "glpat-" + drawn(6, 20): "gitlab-token",
    f"xoxb-{drawn(7, 12, string.digits)}-{drawn(8, 24)}": "slack-token",
    "sk_live_" + drawn(9, 24): "stripe-key",
    "sk-proj-" + drawn(10, 48): "model-api-key",
    "sk-ant-api03-" + drawn(11, 80): "model-api-key",
    "hf_" + drawn(12, 34): "hugging-face-token",
    "npm_" + drawn(13, 36): "registry-token",
    "pypi-AgEIcHlwaS5vcmc" + drawn(14, 70): "registry-token",
    f"SG.{drawn(15, 22)}.{drawn(16, 43)}": "sendgrid-key",
    web_token(17): "access-token",
    private_key(18): "private-key",
    private_key(40, "\\n"): "private-key",
}


@pytest.mark.parametrize(("secret", "kind"), SECRETS.items(), ids=lambda v: v[:8])
@pytest.mark.parametrize(
    ("before", "after"), [("use ", " for the feed"), ("密钥如下，", "请妥善保管"), ("", "")]
)
def test_a_key_of_known_shape_fires_in_either_language(
    secret: str, kind: str, before: str, after: str
) -> None:
    text = f"{before}{secret}{after}"

    assert [kind] == kinds(RULE, text)
    assert [secret] == spans(RULE, text)


FIRES = [
    *((f"use {secret} for the feed", secret) for secret in list(SECRETS)[::2]),
    *((f"密钥如下，{secret}请妥善保管", secret) for secret in list(SECRETS)[1::2]),
    ("postgresql://audit:Hn7kQ2mzP4@db.internal/lake", "Hn7kQ2mzP4"),
    ("连接串 mysql://root:Zhang@1988@10.0.0.5:3306/fund 已更新", "Zhang@1988"),
    ("password = 'Tr0ub4dor&3'", "Tr0ub4dor&3"),
    ("数据库密码：Wjq8#kd92x，请勿外传", "Wjq8#kd92x"),
    ("初始口令为Hn7kQ2mzP4", "Hn7kQ2mzP4"),
    ('"api_key": "9f86d081884c7d659a2feaa0c55ad015"', "9f86d081884c7d659a2feaa0c55ad015"),
    ("client_secret: " + drawn(21, 40), drawn(21, 40)),
    ("AWS_SECRET_ACCESS_KEY=" + drawn(22, 40), drawn(22, 40)),
    ("curl -H 'Authorization: Bearer " + drawn(23, 40) + "'", drawn(23, 40)),
]


@pytest.mark.parametrize(("text", "secret"), FIRES, ids=range(len(FIRES)))
def test_a_secret_with_a_telling_name_fires(text: str, secret: str) -> None:
    assert [secret] == spans(RULE, text)


NEAR_MISSES = [
    "api_key = 'YOUR_API_KEY'",
    "export OPENAI_API_KEY=sk-your-key-here-1234567890",
    "请填写 sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx 或 sk-...",
    "AKIAIOSFODNN7EXAMPLE is the key of the manual",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "password hash: 5f4dcc3b5aa765d61d8327deb882cf99",
    "request id 550e8400-e29b-41d4-a716-446655440000",
    "client_secret = 550e8400-e29b-41d4-a716-446655440000",
    "password: required",
    "password = getpass('DB1')",
    "password=os.environ['DB_PASSWORD1']",
    "secret_key = config.settings2.SECRET",
    "密码为8-16位数字和字母",
    "密码是什么？请输入6位数字密码",
    "请输入密码: ******",
    "password = 'VGhpcyBpcyBhIHNlY3JldCBtZXNzYWdl'",
    "postgres://user:password@localhost/db",
    "mysql://root:Xk29dkqmz@127.0.0.1/test",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "task-based-learning-2018-report-of-the-year",
    "sk-2018-annual-report-of-the-company",
    "-----BEGIN RSA PRIVATE KEY----- is how the file begins",
    "password = Password123!",
    "pwd=12345678",
    "the secret: chapter-2-the-garden",
    "cpwd: wd0_timeout: watchdog timeout",
    "stripe.api_key = sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "财付通密钥的长度是128位，密钥为K",
    "股票代码600519，ISIN US0378331005，CUSIP 037833100",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_placeholders_hashes_identifiers_and_documentation_stay_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)


@pytest.mark.parametrize("text", [*(f"a {s} b" for s in SECRETS), "密码：Wjq8#kd92x", "x://a:Hn7kQ2mzP4@b"])
def test_all_that_is_found_is_hidden_in_reports(text: str) -> None:
    (found,) = spans(RULE, text)

    assert found not in redact(text)


def test_every_kind_has_its_words() -> None:
    assert set(KEYS) <= set(MESSAGES)


def test_offsets_count_characters_of_the_turn() -> None:
    key = "ghp_" + drawn(5, 36)
    row = [("user", "看😀这个"), ("assistant", f"好的😀：{key}")]

    (line,) = run(RULE, batch(row)).evidence.to_pylist()

    assert (1, 4, 44) == (line["turn"], line["start"], line["end"])


def test_order_and_batches_do_not_matter() -> None:
    rows = batch(*(f"row {i} {secret}" for i, secret in enumerate(SECRETS)), "nothing")
    order = random.Random(1).sample(range(len(rows)), len(rows))
    result = run(RULE, rows)

    assert len(SECRETS) == result.findings.num_rows
    assert fingerprints(result) == fingerprints(run(RULE, shuffled(rows, order), spill=0))
    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)
    assert {"error"} == set(result.findings["severity"].to_pylist())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀" * 1000,
        "password=" * 20_000,
        "://a:" * 20_000,
        "-----BEGIN PRIVATE KEY-----" * 3000,
        "eyJ" * 30_000,
    ],
)
def test_degenerate_and_hostile_input_is_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)


def test_a_row_of_nothing_but_keys_is_one_finding_in_time_in_proportion_to_its_length() -> None:
    (finding,) = run(RULE, batch(" ".join("ghp_" + drawn(i, 36) for i in range(5000)))).findings.to_pylist()

    assert json.loads(finding["details"])["places"] > 4980  # one drawn key in a thousand spells a placeholder


def test_an_empty_batch_is_quiet() -> None:
    assert 0 == run(RULE, batch()).findings.num_rows


@pytest.mark.shared
def test_laws_and_financial_instructions_hold_no_key(shared_data: Path) -> None:
    laws = [
        line
        for f in sorted((shared_data / "laws").glob("*.md"))
        for line in f.read_text("utf-8").splitlines()
    ]
    instructions = [
        "\n".join(str(value) for value in row.values())
        for f in sorted((shared_data / "disc-finllm").glob("*.json"))
        for row in json.loads(f.read_text("utf-8"))
    ]

    assert [] == quiet(RULE, laws + instructions)
