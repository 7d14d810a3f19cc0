"""The audit of the demonstration set against its key: everything planted is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.audit import AuditRequest, audit
from governance.demo import KeyScore, check_key, read_key, write_demo
from governance.demo.faults import FAULTS, HARD_NEGATIVES
from governance.lake import open_lake
from governance.report import Verdict


def score(folder: Path, seed: int, rows: int) -> KeyScore:
    files = write_demo(folder / "demo", seed, rows)
    request = AuditRequest((str(files.dataset),), evals=(str(files.suite),))
    with open_lake(str(folder / "lake")) as lake:
        report = audit(request, lake)
    assert report.verdict is Verdict.FAIL
    return check_key(read_key(files.key.read_text("utf-8")), report)


@pytest.mark.parametrize(("seed", "rows"), [(21, 700), pytest.param(7, 2000, marks=pytest.mark.slow)])
def test_the_audit_finds_what_was_planted_and_nothing_else(tmp_path: Path, seed: int, rows: int) -> None:
    found = score(tmp_path, seed, rows)

    assert [(fault.kind, fault.rule) for fault in FAULTS] == [(line.kind, line.rule) for line in found.lines]
    assert [line.missed for line in found.lines if line.missed] == []
    assert [(line.rule, line.unexpected) for line in found.lines if line.unexpected] == []
    assert [(kind, touched) for kind, _, touched in found.hard_negatives if touched] == []
    assert [fault.kind for fault in HARD_NEGATIVES] == [kind for kind, _, _ in found.hard_negatives]
