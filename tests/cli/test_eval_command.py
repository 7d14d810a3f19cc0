"""`govern eval`: in process, over a server, killed and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from governance.evaluations import results_hash
from governance.lake import open_lake
from governance.lake.evaluations import list_evaluations, load_results
from tests.cli.conftest import COMMAND, Result, Run, environment, process, write_rows
from tests.training.evaluation.builders import saved_model, suite_file
from tests.training.evaluation.edge import Edge, asked, edge, good, says

QUIET = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_model(tmp_path_factory.mktemp("models") / "tiny")


def choices(path: Path) -> Path:
    rows = [
        {
            "id": str(n),
            "question": f"Number {n}?",
            "options": [str(n), str(n + 1)],
            "answer": "A",
            "subject": f"s{n % 2}",
        }
        for n in range(4)
    ]
    return write_rows(path, rows)


def over(at: Edge, *more: str) -> tuple[str, ...]:
    return ("eval", "small", "--backend", "openai", "--base-url", at.url, *more)


def test_a_model_is_evaluated_and_the_table_has_intervals(run: Run, folder: Path, model: Path) -> None:
    choices(folder / "mine.jsonl")

    ended = run(
        "eval", str(model), "--suite", "mine.jsonl", "--method", "both", "--max-new-tokens", "4", "--offline"
    )

    assert 0 == ended.code, ended.err
    lines = ended.out.splitlines()
    assert ["suite", "items", "official", "strict", "choice", "gold,", "nats"] == lines[0].split()
    assert lines[1].startswith("mine")
    assert "%" in lines[1] and " to " in lines[1]
    assert ["s0", "2"] == lines[2].split()[:2]
    assert "4 items, 4 scored; kept as" in ended.out
    assert ended.out.rstrip().endswith("complete")


def test_the_same_as_json_and_items_in_a_file(run: Run, folder: Path, model: Path) -> None:
    choices(folder / "mine.jsonl")

    ended = run(
        "eval", "run", str(model), "--suite", "mine.jsonl", "--method", "loglik", "-f", "json",
        "--limit", "3", "--results", "items.jsonl", "--offline",
    )  # fmt: skip

    assert 0 == ended.code, ended.err
    found = json.loads(ended.out)[0]
    items = [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]
    assert ("complete", 3, "3 of 4 items with an answer, drawn with seed 0") == (
        found["state"], found["counts"]["scored"], found["suite"]["sampled"],
    )  # fmt: skip
    assert 64 == len(found["model"]["hash"])
    assert 3 == len(items)
    assert all(len(i["option_logliks"]) == 2 and i["margin"] is not None for i in items)
    mean = sum(i["choice_score"] for i in items) / 3
    assert pytest.approx(mean) == found["summary"]["whole"]["scores"]["choice"]["mean"]
    assert "note: mine: sampled" in ended.err


def test_a_server_is_asked_and_its_key_is_kept_nowhere(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite_file(folder / "gsm8k.jsonl")
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    with edge() as at:
        ended = run(*over(at, "--suite", "gsm8k.jsonl", "--api-key-env", "MY_KEY", "-f", "json"))

        assert 0 == ended.code, ended.err
        assert {"Bearer sk-very-secret"} == {
            {k.lower(): v for k, v in h.items()}["authorization"] for h in at.headers
        }
    found = json.loads(ended.out)[0]
    assert 1.0 == found["scores"]["strict"]
    assert ("small", "openai", at.url) == tuple(found["model"][k] for k in ("name", "backend", "where"))
    kept = b"".join(p.read_bytes() for p in (folder / ".govern").rglob("*") if p.is_file())
    assert b"sk-very-secret" not in kept
    assert "sk-very-secret" not in ended.out + ended.err


def test_failed_items_are_listed_and_the_code_says_so(run: Run, folder: Path) -> None:
    suite_file(folder / "gsm8k.jsonl", 3)
    with edge() as at:
        at.script = (_not_the_first,)
        first = run(*over(at, "--suite", "gsm8k.jsonl", "--retries", "0"))
        refused = run(*over(at, "--suite", "gsm8k.jsonl", "--retries", "0"))
        at.script = ()
        second = run(*over(at, "--suite", "gsm8k.jsonl", "--resume"))

    assert (2, 2, 0) == (first.code, refused.code, second.code)
    assert "failed: gsm8k/1: the server answered 500" in first.err
    assert "2 scored, 1 failed" in first.out
    assert "--resume goes on with it" in refused.err
    assert "3 items, 3 scored" in second.out


def _not_the_first(handler: Any, body: dict[str, Any]) -> None:
    reply = says(b"no", 500) if "twice 1" in asked(body) else good
    reply(handler, body)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("eval", "m", "--suite", "nothing"), "no evaluation suite 'nothing'"),
        (("eval", "m", "--suite", "gsm8k.jsonl", "--backend", "openai"), "needs --base-url"),
        (("eval", "m", "--suite", "gsm8k.jsonl", "--base-url", "http://h/v1"), "goes with --backend openai"),
        (("eval", "m", "--suite", "gsm8k.jsonl", "--resume", "--restart"), "exclude each other"),
        (("eval", "m", "--suite", "gsm8k.jsonl", "--offline"), "no such model"),
        (("eval", "m", "--suite", "gsm8k.jsonl", "--items", "train*"), "no item of gsm8k is left"),
        (("eval", "m"), "missing option"),
        (
            ("eval", "m", "--suite", "gsm8k.jsonl", "--backend", "openai", "--base-url", "h:1"),
            "no address of a server",
        ),
        (
            ("eval", "m", "--suite", "gsm8k.jsonl", "--backend", "openai", "--base-url", "http://127.0.0.1:9/v1",
             "--api-key-env", "NO_SUCH_KEY"),
            "the variable NO_SUCH_KEY is empty",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_anything_is_done(
    run: Run, folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    suite_file(folder / "gsm8k.jsonl")

    ended = run(*arguments)

    assert 2 == ended.code
    assert words in ended.err.lower() or words in ended.err


def test_a_folder_with_pickles_is_refused(run: Run, folder: Path) -> None:
    suite_file(folder / "gsm8k.jsonl")
    (folder / "model").mkdir()
    (folder / "model" / "pytorch_model.bin").write_bytes(b"")

    ended = run("eval", "model", "--suite", "gsm8k.jsonl")

    assert 2 == ended.code
    assert "weights are pickles (pytorch_model.bin)" in ended.err
    assert "--allow-pickle" in ended.err


def test_options_may_stand_before_the_model(run: Run, folder: Path) -> None:
    suite_file(folder / "gsm8k.jsonl")
    with edge() as at:
        ended = run(
            "eval", "--suite", "gsm8k.jsonl", "--backend", "openai", "--base-url", at.url, "small", "-q"
        )

    assert 0 == ended.code, ended.err
    assert "" == ended.err


def test_a_client_that_was_killed_goes_on_and_asks_no_item_twice(folder: Path) -> None:
    """The server answers six items and holds the others; then the client is killed with signal 9."""
    suite_file(folder / "gsm8k.jsonl", 20)
    with edge() as at:
        at.hold = 6
        client = subprocess.Popen(
            [*COMMAND, *over(at, "--suite", "gsm8k.jsonl", "--concurrency", "3")],
            cwd=folder,
            env=environment(**QUIET),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert at.held.wait(60)
            _wait_for_lines(folder, 7)  # the heading and six results
        finally:
            os.kill(client.pid, signal.SIGKILL)
            client.wait()
        assert 6 == sum(at.answered.values())
        at.hold = 0
        at.release.set()
        ended = process(*over(at, "--suite", "gsm8k.jsonl", "--resume"), cwd=folder, env=QUIET)

        assert 0 == ended.code, ended.err
        assert 20 == len(at.answered)
        assert {1} == set(at.answered.values())
        heading = next(iter(_kept(folder)))
        (folder / "again").mkdir()
        suite_file(folder / "again" / "gsm8k.jsonl", 20)
        whole = process(*over(at, "--suite", "gsm8k.jsonl"), cwd=folder / "again", env=QUIET)
        assert 0 == whole.code, whole.err

    assert _outcome(folder) == _outcome(folder / "again")
    assert "complete" == heading.state


def _wait_for_lines(folder: Path, lines: int) -> None:
    import time

    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = list((folder / ".govern" / "evaluations").glob("*.jsonl"))
        if found and found[0].read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.02)
    raise AssertionError("the journal does not grow")


def _kept(folder: Path) -> list[Any]:
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        return list(list_evaluations(lake))


def _outcome(folder: Path) -> tuple[int, str, str]:
    """(evaluations, their state, hash over results)."""
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        found = list_evaluations(lake)
        return len(found), found[0].state.value, results_hash(load_results(lake, found[0].id))


def test_interrupted_by_hand_it_ends_with_130_and_keeps_what_it_has(folder: Path) -> None:
    suite_file(folder / "gsm8k.jsonl", 8)
    with edge() as at:
        at.hold = 3
        client = subprocess.Popen(
            [
                *COMMAND,
                *over(at, "--suite", "gsm8k.jsonl", "--concurrency", "2", "--timeout", "5", "--retries", "0"),
            ],
            cwd=folder,
            env=environment(**QUIET),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert at.held.wait(60)
        _wait_for_lines(folder, 4)
        client.send_signal(signal.SIGINT)
        out, err = client.communicate(timeout=60)

    assert Result(130, "", err) == Result(client.returncode, out, err)
    assert "interrupted" in err
    assert "running" == _kept(folder)[0].state.value
    assert 2 <= _kept(folder)[0].counts["scored"] <= 3  # the signal may come while the third is being noted


def test_evaluations_are_listed_shown_verified_and_removed(run: Run, folder: Path) -> None:
    suite_file(folder / "gsm8k.jsonl", 3)
    with edge() as at:
        kept = json.loads(run(*over(at, "--suite", "gsm8k.jsonl", "-f", "json")).out)[0]["id"]

    listed, shown, checked = run("runs", "list"), run("runs", "show", kept), run("runs", "verify")
    alone = run("runs", "verify", kept[:-1])

    assert [kept, "evaluation", "complete"] == [listed.out.splitlines()[1].split()[i] for i in (0, 1, 3)]
    assert "strict 100.0 %" in listed.out
    assert kept == json.loads(run("runs", "list", "-f", "json").out)[0]["run"]
    assert "max_new_tokens = 1024" in shown.out
    assert "3 items, 3 scored" in shown.out
    assert 3 == json.loads(run("runs", "show", kept, "-f", "json").out)[0]["counts"]["scored"]
    assert (0, 0) == (checked.code, alone.code), checked.out
    assert "1 evaluation" in checked.out and "1 evaluation" in alone.out

    with open_lake(str(folder / ".govern")) as lake:
        lake.db.execute("UPDATE lake.evaluation_items SET strict = 0 WHERE item = 'gsm8k/1'")
    broken = run("runs", "verify")
    assert 1 == broken.code
    assert f"evaluation {kept}: the stored results are not what was committed" in broken.out

    assert f"would remove evaluation {kept}" in run("runs", "rm", kept, "--dry-run").out
    assert 0 == run("runs", "rm", kept, "--yes").code
    assert "no run yet" in run("runs", "list").out
