"""Texts of single rows are those that training reads, whatever shape the data came in."""

from __future__ import annotations

import json
from pathlib import Path

from governance.curation.open import open_split
from governance.curation.texts import texts_of
from governance.lake import Lake
from governance.lake.datasets import remove_version
from tests.curation.builders import bonds, curated, write


def trained(lake: Lake, reference: str) -> dict[tuple[str, int], str]:
    """What training reads, by dataset and row."""
    return {
        (member["dataset"], member["row"]): "\n".join(turn["content"] for turn in member["conversation"])
        for table in open_split(lake, reference).members(None)
        for member in table.to_pylist()
    }


def test_rows_of_several_files_read_as_training_reads_them(lake: Lake, tmp_path: Path):
    folder = tmp_path / "data"
    folder.mkdir()
    rows = bonds(30)
    rows[4]["response"] = "Write to ann.lee@northbank.com about it, please."
    write(folder / "a.jsonl", rows[:17])
    with (folder / "a.jsonl").open("a") as file:
        file.write('{"broken\\n')
    write(folder / "b.jsonl", rows[17:])
    record = curated(lake, str(folder)).record
    expected = trained(lake, record.reference)
    some = dict(sorted(expected.items())[::3]) | {k: v for k, v in expected.items() if "Write to" in v}

    found = texts_of(lake, record.split_id, some)

    assert some == found
    assert any("Write to [" in text for text in found.values())


def test_without_the_split_the_row_is_as_it_came(lake: Lake, tmp_path: Path):
    rows = bonds(6)
    rows[1]["response"] = "Write to ann.lee@northbank.com about it, please."
    record = curated(lake, write(tmp_path / "rows.jsonl", rows)).record
    dataset = next(iter(trained(lake, record.reference)))[0]

    found = texts_of(lake, "", [(dataset, 1)])

    assert {(dataset, 1): f"{rows[1]['prompt']}\n{rows[1]['response']}"} == found


def test_questions_of_one_record_are_told_apart(lake: Lake, tmp_path: Path):
    records = [
        {"paragraphs": [{"text": f"passage {n}"}], "table": {"table": [["a", str(n)]]},
         "questions": [{"question": f"what is {word} of {n}?", "answer": f"{word} {n}"} for word in ("yield", "price")]}
        for n in range(4)
    ]  # fmt: skip
    path = tmp_path / "tatqa.json"
    path.write_text(json.dumps(records, indent=1))
    record = curated(lake, str(path)).record
    expected = trained(lake, record.reference)

    assert len(expected) > 4
    assert expected == texts_of(lake, record.split_id, expected)


def test_what_is_gone_has_no_text(lake: Lake, tmp_path: Path):
    record = curated(lake, write(tmp_path / "rows.jsonl", bonds(4))).record
    dataset = next(iter(trained(lake, record.reference)))[0]
    name, _, version = dataset.rpartition("@")

    assert {} == texts_of(lake, record.split_id, [(dataset, 999), ("nothing@1", 0), ("no version", 0)])
    assert {} == texts_of(lake, record.split_id, [])

    remove_version(lake, name, int(version))
    assert {} == texts_of(lake, record.split_id, [(dataset, 0)])
