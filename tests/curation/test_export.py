"""Exported splits: the user's columns, the same bytes, and every change detected."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.curation.export import Exported, export_split
from governance.curation.folder import verify_folder
from governance.curation.open import open_split
from governance.curation.policy import Policy
from governance.errors import InputError, UsageError
from governance.lake import Lake, open_lake
from governance.lake.events import events
from governance.readers import open_source
from tests.curation.builders import bonds, curated, write

MAIL = "anna.li@privatmail.de"
HALF = Policy(holdout=0.4)


def made(lake: Lake, folder: Path, policy: Policy = HALF, **more: Any) -> str:
    rows = [*bonds(10, n=1, when="2026-01-02"), {"prompt": "Whom?", "response": f"邮箱：{MAIL}", "n": None}]
    curated(lake, write(folder / "a.jsonl", rows), policy=policy, **more)
    return "sft"


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def read(reference: str, lake: Lake | None) -> list[dict[str, Any]]:
    tables = open_split(lake, reference).members(None)
    return sorted((row for table in tables for row in table.to_pylist()), key=lambda r: r["position"])


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def exported(lake: Lake, folder: Path, **more: Any) -> Exported:
    return export_split(lake, "sft", folder, **more)


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_folder_reads_as_the_lake_does(lake: Lake, tmp_path: Path, kind: str):
    made(lake, tmp_path)

    exported(lake, tmp_path / "out", kind=kind)

    assert read("sft", lake) == read(str(tmp_path / "out"), lake) == read(str(tmp_path / "out"), None)


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_the_same_split_gives_the_same_bytes_in_any_lake(lake: Lake, tmp_path: Path, kind: str):
    made(lake, tmp_path)
    exported(lake, tmp_path / "one", kind=kind)
    exported(lake, tmp_path / "two", kind=kind)
    with open_lake(str(tmp_path / "other")) as other:
        made(other, tmp_path)
        exported(other, tmp_path / "three", kind=kind)

    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "three")


def test_json_records_become_columns_with_their_own_names(lake: Lake, tmp_path: Path):
    made(lake, tmp_path, Policy())

    exported(lake, tmp_path / "out")

    table = pq.read_table(tmp_path / "out/data/train/a.parquet")
    kinds = {"prompt": pa.string(), "response": pa.string(), "n": pa.int64(), "when": pa.string()}
    assert pa.schema(kinds) == table.schema.remove_metadata()
    assert "2026-01-02" == table.column("when")[0].as_py()
    assert "邮箱：[EMAIL]" == table.column("response")[10].as_py()


def test_json_lines_keep_records_as_they_were(lake: Lake, tmp_path: Path):
    made(lake, tmp_path, Policy())

    exported(lake, tmp_path / "out", kind="jsonl")

    lines = (tmp_path / "out/data/train/a.jsonl").read_text(encoding="utf-8").splitlines()
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()[:10] == lines[:10]
    assert {"prompt": "Whom?", "response": "邮箱：[EMAIL]", "n": None} == json.loads(lines[10])


def test_records_without_common_types_stay_json_lines(lake: Lake, tmp_path: Path):
    rows = [{**row, "extra": 1 if i else "one"} for i, row in enumerate(bonds(4))]
    curated(lake, write(tmp_path / "a.jsonl", rows))

    found = exported(lake, tmp_path / "out")

    assert (
        "a@1 was written as JSON lines: its records do not have the same types throughout",
    ) == found.notes
    assert rows == records(tmp_path / "out/data/train/a.jsonl")


def test_numbers_that_columns_would_change_stay_json_lines(lake: Lake, tmp_path: Path):
    rows = [{"prompt": row["prompt"], "response": 5 if i else 2.5} for i, row in enumerate(bonds(3))]
    curated(lake, write(tmp_path / "a.jsonl", rows))

    exported(lake, tmp_path / "out")

    assert [2.5, 5, 5] == [r["response"] for r in records(tmp_path / "out/data/train/a.jsonl")]
    assert read("sft", lake) == read(str(tmp_path / "out"), None)


def test_parquet_keeps_types_names_and_metadata(lake: Lake, tmp_path: Path):
    turn = pa.struct([("role", pa.string()), ("content", pa.string())])
    chats = [
        [{"role": "user", "content": r["prompt"]}, {"role": "assistant", "content": r["response"]}]
        for r in bonds(5)
    ]
    schema = pa.schema(
        [("messages", pa.list_(turn)), ("n", pa.int8()), ("当日", pa.date32())], metadata={"k": "v"}
    )
    table = pa.table([chats, [1, 2, None, 4, 5], [None] * 5], schema=schema)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    curated(lake, str(tmp_path / "a.parquet"))

    exported(lake, tmp_path / "out")

    found = pq.read_table(tmp_path / "out/data/train/a.parquet")
    assert table.equals(found)
    assert {b"k": b"v"} == found.schema.metadata


def test_weights_are_a_column_where_asked_for(lake: Lake, tmp_path: Path):
    rows = bonds(4, category="a")
    curated(lake, write(tmp_path / "a.jsonl", rows), policy=Policy(weights={"a": 0.5}))

    exported(lake, tmp_path / "p", with_weights=True)
    exported(lake, tmp_path / "j", kind="jsonl", with_weights=True)

    assert [0.5] * 4 == pq.read_table(tmp_path / "p/data/train/a.parquet").column("weight").to_pylist()
    assert [0.5] * 4 == [r["weight"] for r in records(tmp_path / "j/data/train/a.jsonl")]


def test_a_column_of_that_name_is_not_overwritten(lake: Lake, tmp_path: Path):
    curated(lake, write(tmp_path / "a.jsonl", bonds(4, weight=3)))

    with pytest.raises(UsageError, match="a column 'weight' of their own"):
        exported(lake, tmp_path / "out", kind="jsonl", with_weights=True)
    assert not (tmp_path / "out").exists()
    assert [] == list(tmp_path.glob(".govern-export-*"))


def test_a_record_with_several_questions_is_a_record_with_one_each(lake: Lake, tmp_path: Path):
    asked = [
        {"id": f"q{i}", "question": r["prompt"], "answer": r["response"]} for i, r in enumerate(bonds(6))
    ]
    data = [
        {"context": f"Ask {MAIL} about report {n}.", "unit": n, "questions": asked[3 * n : 3 * n + 3]}
        for n in range(2)
    ]
    curated(lake, write(tmp_path / "a.jsonl", data))

    exported(lake, tmp_path / "out", kind="jsonl")

    lines = records(tmp_path / "out/data/train/a.jsonl")
    assert [1] * 6 == [len(line["questions"]) for line in lines]
    assert "Ask [EMAIL] about report 1." == lines[5]["context"]
    assert read("sft", lake) == read(str(tmp_path / "out"), None)


def test_row_groups_do_not_depend_on_how_rows_came(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    curated(lake, write(tmp_path / "a.jsonl", bonds(50)))
    monkeypatch.setattr("governance.curation.sinks.GROUP_ROWS", 16)
    exported(lake, tmp_path / "one")
    monkeypatch.setattr("governance.readers.columnar.BATCH_ROWS", 7)
    exported(lake, tmp_path / "two")

    assert files(tmp_path / "one") == files(tmp_path / "two")
    groups = pq.ParquetFile(tmp_path / "one/data/train/a.parquet")
    assert [16, 16, 16, 2] == [groups.metadata.row_group(i).num_rows for i in range(groups.num_row_groups)]


def test_an_audit_of_the_folder_reads_the_rows_only(lake: Lake, tmp_path: Path):
    made(lake, tmp_path)

    exported(lake, tmp_path / "out")

    source = open_source(str(tmp_path / "out"))
    batches = list(source.batches())
    assert 11 == sum(len(batch) for batch in batches)
    assert {"train", "holdout"} == {s for b in batches for s in b.table.column("split").to_pylist()}


def test_the_log_knows_the_manifest(lake: Lake, tmp_path: Path):
    made(lake, tmp_path)

    found = exported(lake, tmp_path / "out")
    exported(lake, tmp_path / "again")

    said = [e for e in events(lake) if e.action == "split.export"]
    assert [("sft@1", found.manifest)] == [(e.subject, e.data["manifest"]) for e in said]


def test_a_folder_with_something_in_it_is_left_alone(lake: Lake, tmp_path: Path):
    made(lake, tmp_path)
    (tmp_path / "out").mkdir()
    exported(lake, tmp_path / "out")
    before = files(tmp_path / "out")

    with pytest.raises(UsageError, match="something in the folder already"):
        exported(lake, tmp_path / "out")
    assert before == files(tmp_path / "out")


def flipped(folder: Path, name: str, at: int = -10) -> None:
    data = bytearray((folder / name).read_bytes())
    data[at] ^= 1
    (folder / name).write_bytes(data)


def edited(folder: Path, *, sealed: bool) -> None:
    from governance.lake.canonical import canonical_json, digest

    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["split"]["rows"] = 7
    if sealed:
        del manifest["seal"]
        manifest["seal"] = digest(canonical_json(manifest))
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    (folder / "manifest.json").write_text(text)


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "rows": (lambda d: flipped(d, "data/train/a.parquet"), "data/train/a.parquet: its bytes are not"),
    "first byte": (
        lambda d: flipped(d, "data/holdout/a.parquet", 0),
        "data/holdout/a.parquet: its bytes are not",
    ),
    "index": (lambda d: flipped(d, ".govern/members.parquet"), ".govern/members.parquet: its bytes are not"),
    "reasons": (
        lambda d: flipped(d, ".govern/exclusions.parquet"),
        ".govern/exclusions.parquet: its bytes are not",
    ),
    "shorter": (
        lambda d: (d / "data/train/a.parquet").write_bytes(b"x"),
        "data/train/a.parquet: it has 1 bytes",
    ),
    "missing": (lambda d: (d / "data/train/a.parquet").unlink(), "data/train/a.parquet: it is missing"),
    "more": (
        lambda d: (d / "data/train/b.parquet").write_bytes(b""),
        "data/train/b.parquet: it is not in the manifest",
    ),
    "link": (lambda d: (d / "data/more").symlink_to("/tmp"), "data/more: it is not in the manifest"),
    "manifest": (lambda d: edited(d, sealed=False), "manifest.json: it was changed after it was written"),
    "no manifest": (
        lambda d: (d / "manifest.json").write_text("{"),
        "manifest.json: the manifest cannot be read",
    ),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake and an export of its split."""
    folder = tmp_path_factory.mktemp("whole")
    with open_lake(str(folder / "lake")) as lake:
        made(lake, folder)
        exported(lake, folder / "out")
    return folder


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_detected(whole: Path, tmp_path: Path, name: str):
    folder = shutil.copytree(whole / "out", tmp_path / "out")
    change, said = CHANGES[name]
    assert verify_folder(folder).ok

    change(folder)

    found = verify_folder(folder)
    assert said in "\n".join(found.problems)
    assert not found.ok
    if name != "no manifest":
        with pytest.raises(InputError, match="the exported split was changed"):
            open_split(None, str(folder))


def test_a_manifest_that_was_sealed_anew_is_caught_by_the_lake(whole: Path, tmp_path: Path):
    folder = shutil.copytree(whole / "out", tmp_path / "out")
    edited(folder, sealed=True)

    assert verify_folder(folder).ok
    with open_lake(str(whole / "lake"), read_only=True) as lake:
        found = verify_folder(folder, lake)

    assert ("manifest.json: the lake's event log knows no such export of sft@1",) == found.problems


def test_what_a_folder_was_held_against_is_said(whole: Path, tmp_path: Path):
    with open_lake(str(whole / "lake"), read_only=True) as lake:
        by_own = verify_folder(whole / "out", lake)
    with open_lake(str(tmp_path / "other")) as other:
        by_other = verify_folder(whole / "out", other)

    assert ("the lake's event log", True) == (by_own.against, by_own.ok)
    assert ("its own seal; the lake does not know sft@1", True) == (by_other.against, by_other.ok)


def test_datasets_of_one_name_have_files_of_their_own(lake: Lake, tmp_path: Path):
    curated(lake, write(tmp_path / "a b.jsonl", bonds(3)), write(tmp_path / "A-b.jsonl", bonds(6)[3:]))

    found = exported(lake, tmp_path / "out")

    paths = sorted(f.path for f in found.files if f.part)
    assert ["data/train/A-b-1-2.parquet", "data/train/a-b-1-1.parquet"] == paths
    assert 6 == len(read(str(tmp_path / "out"), None))
