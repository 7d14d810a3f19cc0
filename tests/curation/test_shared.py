"""Real data: the funnel adds up, a second run gives the same bytes, a flipped byte is found."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from governance.curation.export import export_split
from governance.curation.folder import verify_folder
from governance.curation.open import open_split
from governance.curation.policy import Policy
from governance.ingest import IngestRequest, ingest
from governance.lake import Lake, open_lake
from governance.readers import ReadOptions
from tests.curation.builders import curated, write

pytestmark = pytest.mark.shared
SETS = ("gsm8k/train.jsonl", "disc-finllm")
ROWS = 150


def exported(lake: Lake, data: Path, folder: Path) -> dict[str, bytes]:
    """The files of a split of some rows of each set."""
    names = []
    for place in SETS:
        name = place.split("/", maxsplit=1)[0]
        ingest(IngestRequest(str(data / place), name, ReadOptions(sample=ROWS, seed=1)), lake)
        names.append(name)
    some = json.loads(next((data / "tatqa").glob("*.json")).read_text(encoding="utf-8"))[:30]
    names.append(write(folder.with_name("tatqa.jsonl"), some))
    record = curated(lake, *names, policy=Policy(holdout=0.1)).record
    left = [record.rows, *(stage.left for stage in record.funnel)]
    assert [s.excluded for s in record.funnel] == [a - b for a, b in itertools.pairwise(left)]
    assert record.members == left[-1] == sum(t.num_rows for t in open_split(lake, "sft").members(None))
    export_split(lake, "sft", folder)
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_real_data(shared_data: Path, tmp_path: Path, lake: Lake):
    first = exported(lake, shared_data, tmp_path / "one")
    with open_lake(str(tmp_path / "other")) as other:
        second = exported(other, shared_data, tmp_path / "two")

    assert first == second
    assert verify_folder(tmp_path / "one", lake).ok
    for name, content in first.items():
        changed = bytearray(content)
        changed[len(changed) // 2] ^= 1
        (tmp_path / "one" / name).write_bytes(changed)
        assert any(p.startswith(f"{name}: ") for p in verify_folder(tmp_path / "one", lake).problems), name
        (tmp_path / "one" / name).write_bytes(content)
