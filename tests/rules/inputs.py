"""What the tests of the input rules share: lines of a file in, findings out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.readers import open_source
from governance.rules.base import Rule, RuleResult, Setup
from governance.samples import SampleBatch


@dataclass(frozen=True)
class Memory:
    """Partials that were never spilled."""

    parts: list[pa.Table]

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        yield from (part.select(columns) if columns else part for part in self.parts)

    def read(self, columns: list[str] | None = None) -> pa.Table:
        return pa.concat_tables(self.tables(columns)) if self.parts else pa.table({})

    @property
    def rows(self) -> int:
        return sum(part.num_rows for part in self.parts)


def run(rule: Rule, batches: list[SampleBatch]) -> RuleResult:
    setup = Setup(options={}, scratch=Path(), severities={rule.info.id: rule.info.severity})
    partials = {
        mapper.name: Memory([p for b in batches if (p := mapper.map(b, setup)) is not None])
        for mapper in rule.mappers
    }
    return rule.reduce(partials, setup)


def on_lines(rule: Rule, path: Path, *lines: str | bytes) -> RuleResult:
    path.write_bytes(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))
    return run(rule, list(open_source(str(path)).batches()))


def messages(result: RuleResult) -> list[str]:
    return result.findings.column("message").to_pylist()


def chat(*turns: Mapping[str, Any]) -> str:
    return json.dumps({"messages": turns}, ensure_ascii=False)


GOOD = '{"text": "a bond is a loan"}'
ASK = {"role": "user", "content": "What is a bond?"}
ANSWER = {"role": "assistant", "content": "A loan."}
