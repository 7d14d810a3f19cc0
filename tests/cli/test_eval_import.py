"""`govern eval import`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.training.evaluation.importing.logs import (
    gsm8k_lines,
    inspect_sample,
    write_inspect,
    write_lm_eval,
)


def test_a_log_is_imported_once(run: Run, folder: Path):
    file = str(write_lm_eval(folder, "gsm8k", gsm8k_lines()))

    first = run("eval", "import", file)
    assert 0 == first.code
    assert "gsm8k  2      50.0 %" in first.out
    assert "left out: flexible-extract" in first.err

    again = run("eval", "import", file, "-f", "json")
    assert 0 == again.code
    assert "is this log; nothing was written" in again.err
    assert 1 == len(json.loads(again.out))


def test_samples_that_failed_end_in_exit_code_two(run: Run, folder: Path):
    write_inspect(
        folder / "log.eval", [inspect_sample("rec1", error={"message": "boom"}), inspect_sample("rec2")]
    )
    found = run("eval", "import", "log.eval", "--input-format", "inspect")

    assert 2 == found.code
    assert "failed: gpqa_diamond/rec1: the log says that this sample ended in an error" in found.err
    assert "boom" not in found.err + found.out


def test_mistakes_say_what_to_do(run: Run, folder: Path):
    (folder / "weights.pt").write_bytes(b"PK\x03\x04")

    for arguments in (["absent.jsonl"], ["weights.pt"], ["weights.pt", "--input-format", "inspect"]):
        found = run("eval", "import", *arguments)
        assert 2 == found.code
        assert "try: " in found.err
