"""`govern curate` and `govern splits` as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, clean_rows, train_rows, write_rows

MAIL = "anna.li@privatmail.de"


@pytest.fixture
def data(folder: Path) -> Path:
    """Six rows of which one repeats another, one with an address; a quick audit by default."""
    rows = [*train_rows(), {"prompt": "Whom do I ask?", "response": f"Write to {MAIL}, please."}]
    rows = [{**row, "category": "ab"[i % 2]} for i, row in enumerate(rows)]
    (folder / "govern.toml").write_text('select = ["INP", "DUP001", "PII", "SEC001", "TOK001", "TOK002"]\n')
    return write_rows(folder / "train.jsonl", rows)


def test_a_file_becomes_a_split(run: Run, data: Path):
    done = run("curate", "train.jsonl", "--name", "sft")

    assert 0 == done.code, done.err
    assert "duplicate  another row stands for it  -1    6     DUP001 1" in done.out
    assert "replaced by placeholders: email 1" in done.out
    assert "kept sft@1; run " in done.err
    assert "the same split is there already: sft@1" in run("curate", "train", "--name", "sft").err


def test_for_a_program(run: Run, data: Path):
    found = json.loads(run("curate", "train.jsonl", "--name", "sft", "-f", "json").out)

    assert (True, True, 1, 7) == (found["new"], found["audited"], found["version"], found["rows"])
    assert 7 == found["parts"]["train"]["rows"] + sum(s["excluded"] for s in found["funnel"])


def test_a_dry_run_keeps_nothing(run: Run, data: Path):
    done = run("curate", "train.jsonl", "--name", "sft", "--dry-run")

    assert (0, "nothing was kept\n") == (done.code, done.err)
    assert "duplicate" in done.out
    assert not Path(".govern").exists()


def test_options_come_before_the_file(run: Run, data: Path):
    text = Path("govern.toml").read_text()
    Path("govern.toml").write_text(text + '[curate]\nholdout = 0.3\nseed = 2\ndrop = ["error"]\n')
    run("curate", "train.jsonl", "--name", "sft")

    run("curate", "train", "--name", "sft", "--holdout", "0", "--drop", "PII001", "--representative", "first")

    one, two = (json.loads(run("splits", "show", f"sft@{n}", "-f", "json").out) for n in (1, 2))
    assert (0.3, 2, ["error"]) == tuple(one["policy"][n] for n in ("holdout", "seed", "drop"))
    assert (0.0, 2, ["PII001", "error"]) == tuple(two["policy"][n] for n in ("holdout", "seed", "drop"))
    assert {"rule": 1, "duplicate": 1} == {s["step"]: s["excluded"] for s in two["funnel"] if s["excluded"]}


def test_a_code_that_is_given_anew_leaves_the_other_lists(run: Run, data: Path):
    run("curate", "train.jsonl", "--name", "sft", "--drop", "PII", "--keep", "DUP001,SEC001")

    policy = json.loads(run("splits", "show", "sft", "-f", "json").out)["policy"]
    assert (["PII", "TOK001", "TOK002", "error"], []) == (policy["drop"], policy["redact"])
    assert (["DUP001", "SEC001"], ["DUP002", "DUP003", "DUP004"]) == (policy["keep"], policy["duplicates"])


def test_settings_show_where_they_stand(run: Run, data: Path):
    Path("govern.toml").write_text("[curate]\nholdout = 0.3\n")

    shown = run("config", "show", "--origin").out

    assert any("curate.holdout" in line and "govern.toml" in line for line in shown.splitlines())


@pytest.mark.parametrize(
    ("text", "said", "where"),
    [
        ("[curate]\nholdout = 1.5\n", "does not fit 'curate.holdout'", "govern.toml: curate.holdout"),
        ("[curate]\nhold = 0.5\n", "there is no setting 'hold'", "govern.toml: curate.hold"),
        (
            '[curate]\nrepresentative = "best"\n',
            "does not fit 'curate.representative'",
            "curate.representative",
        ),
        ('[curate]\ndrop = ["XYZ9"]\n', "there is no rule", "curate.drop"),
        ('[curate]\nredact = ["SEC001"]\n', "cannot be put into placeholders", "curate.redact"),
        ("[curate]\nweights = {a = 0}\n", "does not fit", "govern.toml: curate.weights"),
        ('[curate]\nmixture = "none.toml"\n', "the file cannot be read", "none.toml"),
    ],
)
def test_settings_that_do_not_fit(run: Run, data: Path, text: str, said: str, where: str):
    Path("govern.toml").write_text(text)

    done = run("curate", "train.jsonl", "--name", "sft")

    assert 2 == done.code
    assert said in done.err
    assert where in done.err
    assert not Path(".govern").exists()


def test_an_allocation_by_label(run: Run, data: Path):
    Path("next.json").write_text('{"a": 2, "b": 1}')

    run("curate", "train.jsonl", "--name", "sft", "--allocation", "next.json", "--labels", "none")

    found = json.loads(run("splits", "show", "sft", "-f", "json").out)
    assert {"a": 2, "b": 1} == found["labels"]
    assert {"by": "label", "unit": "rows", "amounts": {"a": 2.0, "b": 1.0}} == found["policy"]["allocation"]


def test_why_show_list_and_diff(run: Run, data: Path):
    run("curate", "train.jsonl", "--name", "sft")
    run("curate", "train", "--name", "sft", "--keep", "DUP001")

    why = run("splits", "why", "sft@1", "5").out
    answers = json.loads(run("splits", "why", "sft", "train:5", "-f", "json").out)
    listed = run("splits", "list").out.splitlines()
    diff = run("splits", "diff", "sft@1", "sft@2").out

    assert why.startswith(
        "row 5 of train@1 was left out at step duplicate: another row stands for it\n  rule DUP001"
    )
    assert "row 0 of train@1 stands for it" in why
    assert [("train", "")] == [(a["part"], a["step"]) for a in answers]
    assert 3 == len(listed)
    assert "added       1" in diff
    assert "row 5 of train@1" in diff


def test_export_and_verify(run: Run, data: Path):
    run("curate", "train.jsonl", "--name", "sft")
    done = run("splits", "export", "sft", "--out", "out")

    good = run("splits", "verify", "out")
    path = Path("out/data/train/train.parquet")
    changed = bytearray(path.read_bytes())
    changed[100] ^= 1
    path.write_bytes(changed)
    bad = run("splits", "verify", "out", "-f", "json")

    assert 0 == done.code, done.err
    assert "data/train/train.parquet    train  6" in done.out
    assert (0, "by the lake's event log") == (good.code, good.out.strip().split(", ")[1])
    assert 1 == bad.code
    assert ["data/train/train.parquet: its bytes are not those that were written"] == json.loads(bad.out)[
        "problems"
    ]
    assert 0 == run("splits", "verify", "sft").code
    assert 1 == run("splits", "verify", "./nowhere").code


def test_verify_without_a_lake(run: Run, data: Path):
    run("curate", "train.jsonl", "--name", "sft")
    run("splits", "export", "sft", "--out", "out")

    done = run("splits", "verify", "out", "--lake", "none")

    assert (0, "by its own seal") == (done.code, done.out.strip().split(", ")[1])


def test_runs_verify_looks_at_splits(run: Run, data: Path):
    run("curate", "train.jsonl", "--name", "sft")

    done = run("runs", "verify")

    assert 0 == done.code
    assert "1 split" in done.out


def test_waived_findings(run: Run, folder: Path, data: Path):
    where = ["--where", "rows < 5", "--reason", "wanted twice", "--expires", "30d"]
    assert 0 == run("waiver", "add", "--rule", "DUP001", *where, "--by", "ann").code
    assert 0 == run("waiver", "approve", "W-0001", "--by", "ben").code

    kept = json.loads(run("curate", "train.jsonl", "--name", "sft", "-f", "json").out)
    gone = json.loads(run("curate", "train.jsonl", "--name", "sft", "--drop-waived", "-f", "json").out)

    assert (7, 6) == (kept["parts"]["train"]["rows"], gone["parts"]["train"]["rows"])


def test_nothing_but_a_lake_yet(run: Run, folder: Path):
    write_rows(folder / "a.jsonl", clean_rows())
    run("ingest", "a.jsonl")

    assert "no split yet\n" == run("splits", "list").out
    assert "there is no split 'x'" in run("splits", "show", "x").err
