"""Rows with licences, and what a rule says of them, as plain values."""

from __future__ import annotations

from governance.rules.base import RuleResult
from governance.samples import SampleBatch
from tests.builders import batch


def rows(
    *licences: str | None, texts: list[str] | None = None, sources: list[str | None] | None = None
) -> SampleBatch:
    return batch(
        *(texts or [f"text {i}" for i in range(len(licences))]),
        licence=list(licences),
        source=sources or [None] * len(licences),
    )


def kinds(result: RuleResult) -> list[tuple[str, int]]:
    return sorted(zip(result.findings["kind"].to_pylist(), result.findings["rows"].to_pylist(), strict=True))
