"""Logs of Inspect, as .json and as .eval."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from governance.errors import InputError, LimitExceeded
from tests.training.evaluation.importing.logs import inspect_sample, write_inspect, zstandard_zip
from training.evaluation.importing import archive
from training.evaluation.importing.load import read_log

SAMPLES = [inspect_sample("rec1"), inspect_sample("rec2", "ANSWER: A", "I"), inspect_sample("rec3", "", "N")]


@pytest.mark.parametrize(
    ("name", "packed"), [("log.json", ""), ("log.eval", "deflate"), ("log.eval", "zstandard")]
)
def test_a_log_is_the_same_in_every_form(tmp_path, name, packed):
    log = read_log(write_inspect(tmp_path / name, SAMPLES, packed=packed))
    entry = log.entries[0]

    assert ("gpqa_diamond", "openai/qwen3", "2026-11-01T10:00:00+00:00") == (log.task, log.model, log.started)
    assert ["rec1", "rec2", "rec3"] == [e.key for e in log.entries]
    assert "secret" not in str(log.settings)
    assert [1.0, 0.0, 0.0] == [e.score for e in log.entries]
    assert ("B", "B", "Physics", "stop") == (entry.gold, entry.answer, entry.subject, entry.finish)
    assert (60, 7, 1.5) == (entry.prompt_tokens, entry.output_tokens, entry.seconds)
    assert "Entropy.\n\nANSWER: B" == entry.output
    assert ("energy", "entropy", "heat", "work") == entry.options


def read(tmp_path, *samples, **more):
    return read_log(write_inspect(tmp_path / "log.json", samples, **more))


def test_thoughts_are_kept_before_what_is_said(tmp_path):
    said = [{"type": "reasoning", "reasoning": "Maybe A."}, {"type": "text", "text": "ANSWER: B"}]

    assert "<think>Maybe A.</think>ANSWER: B" == read(tmp_path, inspect_sample(said=said)).entries[0].output


def test_attachments_are_put_back(tmp_path):
    sample = inspect_sample(said="attachment://ab12", attachments={"ab12": "ANSWER: B"})

    assert "ANSWER: B" == read(tmp_path, sample).entries[0].output


def test_what_was_asked_may_be_messages(tmp_path):
    asked = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Q?"}]},
    ]
    entry = read(tmp_path, inspect_sample(input=asked)).entries[0]

    assert "Q?" == entry.question
    assert ["system", "user"] == [m["role"] for m in json.loads(entry.messages)]


def test_further_epochs_and_scorers_are_named(tmp_path):
    scores = {"choice": {"value": "C"}, "judge": {"value": 0.25}}
    samples = [inspect_sample(scores=scores), inspect_sample(epoch=2, scores=scores)]
    file = write_inspect(tmp_path / "log.json", samples)

    assert any("1 further epochs" in note for note in read_log(file).notes)
    assert any("scores are those of choice; left out: judge" in note for note in read_log(file).notes)
    assert 0.25 == read_log(file, scorer="judge").entries[0].score
    with pytest.raises(InputError, match="no scorer 'human'"):
        read_log(file, scorer="human")


def test_samples_that_are_lost_or_failed(tmp_path):
    log = read(
        tmp_path, inspect_sample("rec1", error={"message": "boom"}), inspect_sample("rec2"), status="error"
    )

    assert ["the log says that this sample ended in an error", "", ""] == [e.error for e in log.entries]
    assert [None, "Entropy.\n\nANSWER: B", None] == [e.output for e in log.entries]
    assert any("1 samples of the data set are not in the log" in note for note in log.notes)
    assert any("status is error" in note for note in log.notes)


@pytest.mark.parametrize(
    ("value", "score"),
    [("P", 0.5), (True, 1.0), (0.75, 0.75), (7, None), ("maybe", None), ({"a": 1}, None), (None, None)],
)
def test_scores(tmp_path, value, score):
    assert score == read(tmp_path, inspect_sample(value=value)).entries[0].score


@pytest.mark.parametrize(
    "odd",
    [
        {"output": {}}, {"output": None}, {"scores": None}, {"choices": None}, {"metadata": None}, {"input": None},
        {"target": ["B", "C"]}, {"target": None}, {"attachments": None}, {"output": {"choices": [None]}},
    ],
)  # fmt: skip
def test_odd_samples_do_no_harm(tmp_path, odd):
    assert "rec1" == read(tmp_path, inspect_sample() | odd).entries[0].key


def test_a_log_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path):
    file = tmp_path / "log.eval"
    with zipfile.ZipFile(file, "w") as packed:
        start = {"version": 2, "eval": {"task": "t", "model": "m", "created": "2026-11-01"}, "plan": {}}
        packed.writestr("_journal/start.json", json.dumps(start))
        packed.writestr("samples/rec1_epoch_1.json", json.dumps(inspect_sample()))

    assert 1 == len(read_log(file).entries)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"\x80\x04\x95",
        b"{}",
        zstandard_zip({"header.json": b"not JSON"}),
        zstandard_zip({}),
    ],
    ids=["empty", "cut", "pickle", "json", "no json", "no members"],
)
def test_what_is_no_archive_is_an_error(tmp_path, content):
    file = tmp_path / "log.eval"
    file.write_bytes(content)

    with pytest.raises(InputError):
        read_log(file)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"eval": 1}', "{" * 5000])
def test_what_is_no_json_log_is_an_error(tmp_path, content):
    file = tmp_path / "log.json"
    file.write_text(content)

    with pytest.raises(InputError):
        read_log(file, "inspect")


def test_a_member_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST", 1000)
    with pytest.raises(LimitExceeded):
        read_log(write_inspect(tmp_path / "log.eval", [inspect_sample(said="x" * 2000)]))


def test_a_member_that_lies_about_its_size_is_no_bomb(tmp_path):
    data = zstandard_zip({"header.json": b" " * 10_000_000})
    small = data.replace((10_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    file = tmp_path / "log.eval"
    file.write_bytes(small)

    with pytest.raises(InputError):
        read_log(file)


def test_damaged_members_are_an_error(tmp_path):
    raw = bytearray(zstandard_zip({"header.json": b'{"eval": {}}'}))
    raw[45:50] = b"\0\0\0\0\0"
    file = tmp_path / "log.eval"
    file.write_bytes(bytes(raw))

    with pytest.raises(InputError):
        read_log(file)
    assert zipfile.is_zipfile(io.BytesIO(bytes(raw)))
