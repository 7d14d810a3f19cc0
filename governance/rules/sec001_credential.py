"""# credential

## What it does
Finds secrets that open something: keys that a vendor made recognisable (Amazon, Alibaba Cloud, Tencent Cloud,
Google, GitHub, GitLab, Slack, Stripe, SendGrid, Hugging Face, npm, PyPI, the `sk-` keys of model providers),
private key blocks, JSON Web Tokens and bearer tokens, passwords inside connection addresses, and values after
`password =`, `api_key:`, `密码：` and the like that are long and mixed enough to be real.

Placeholders, series (`123456`, `abcdef`), hashes, UUIDs, expressions of code, base64 of words and the
well-known keys of manuals are passed over. Reports show every secret as a placeholder; `--show-sensitive` lifts
that on a terminal.

## Why it matters
A model learns a key that it sees and gives it to whoever asks. Whoever reads the data set has it today.

## Example
`postgresql://audit:Hn7kQ2mzP4@db.internal/lake`

## Options
None.

## Known limits
- A value without a recognisable shape and without a telling name is not found.
- Passwords of words only (`correct-horse-battery`) or shorter than 8 characters are not found.
- Whether a key still works is not tried.

## References
- Meli, McNiece, Reaves 2019, How Bad Can It Git? Characterizing Secret Leakage in Public GitHub Repositories
- CWE-798, Use of Hard-coded Credentials
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import reported
from governance.samples import SampleBatch

MESSAGES = {
    "private-key": "a private key",
    "connection-password": "a password in the address of a connection",
    "access-token": "an access token",
    "api-key": "a key to a service",
    "aws-key": "an access key of Amazon Web Services",
    "aliyun-key": "an access key of Alibaba Cloud",
    "tencent-key": "an access key of Tencent Cloud",
    "google-key": "an API key of Google",
    "github-token": "a token of GitHub",
    "gitlab-token": "a token of GitLab",
    "slack-token": "a token of Slack",
    "stripe-key": "a live key of Stripe",
    "model-api-key": "an API key of a model provider",
    "hugging-face-token": "a token of Hugging Face",
    "registry-token": "a token of a package registry",
    "sendgrid-key": "a key of SendGrid",
    "assigned-secret": "a secret value after a name such as password or api_key",
}
"""What is said about each kind."""


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.security.marks import credential_marks

    return credential_marks(batch, setup)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("credentials", _map)
INFO = RuleInfo(
    "SEC001",
    "credential",
    Severity.ERROR,
    "a password, key or token stands in a row",
)
RULE = Rule(INFO, (MAPPER,), reduce)
