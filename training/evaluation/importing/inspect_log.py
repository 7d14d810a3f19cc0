"""Logs of Inspect (inspect_ai): `.eval`, a zip with a JSON file a sample, and `.json`, all in one.

Both hold the same: `eval` says which task, model and data set, each sample has id, epoch, input, choices, target,
output and scores. They are read here as JSON, so Inspect need not be installed, and no code of a log is ever run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from governance.errors import InputError
from training.evaluation.importing.archive import opened
from training.evaluation.importing.entries import Entry, Log, number_of, text_of

NAME = "inspect"
VALUES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""What its scorers say in letters: correct, partly, incorrect, no answer."""
KEPT = ("task_args", "packages")
"""What is kept of how the log was made; arguments of the model are not, since keys of servers stand there."""
ATTACHED = "attachment://"


def read(path: Path, sha256: str, wanted: str = "") -> Log:
    """The log of one file; `wanted` names the scorer.

    Raises:
        InputError: it is no such log, or no sample has the scorer.
    """
    header, samples = _parts(path)
    about = header.get("eval")
    if not isinstance(about, Mapping):
        raise InputError("this is no Inspect log", where=str(path), hint="give a .eval or .json log")
    notes: list[str] = []
    first = _first_epochs(samples, notes)
    scorer = _scorer(first.values(), wanted, path, notes)
    entries = [_entry(key, sample, scorer) for key, sample in first.items()]
    entries += _lost(about, set(first), notes)
    if header.get("status") not in ("success", None):
        notes.append(f"the log's status is {text_of(header.get('status'))}")
    return Log(
        NAME,
        text_of(about.get("task")) or path.stem,
        text_of(about.get("model")) or "unknown",
        path.name,
        sha256,
        text_of(about.get("created")) or "",
        tuple(entries),
        {"scorer": scorer, **{k: about[k] for k in KEPT if about.get(k)}},
        tuple(notes),
    )


def _parts(path: Path) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """(the log without its samples, its samples)."""
    if path.suffix == ".eval":
        with opened(path) as archive:
            names = archive.names()
            head = next((n for n in ("header.json", "_journal/start.json") if n in names), "header.json")
            header = archive.json(head)
            samples = [archive.json(n) for n in names if n.startswith("samples/") and n.endswith(".json")]
    else:
        try:
            header = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError("this is not JSON", where=str(path), hint="give a .eval or .json log") from error
        samples = list(header.get("samples") or []) if isinstance(header, dict) else []
    if not isinstance(header, dict):
        raise InputError("this is no Inspect log", where=str(path), hint="give a .eval or .json log")
    return header, [s for s in samples if isinstance(s, dict) and "id" in s]


def _first_epochs(samples: Iterable[Mapping[str, Any]], notes: list[str]) -> dict[str, Mapping[str, Any]]:
    """The first epoch of each sample, by id; ids that are numbers in their order."""
    ordered = sorted(samples, key=lambda s: (_place(s["id"]), s.get("epoch") or 0))
    first: dict[str, Mapping[str, Any]] = {}
    for sample in ordered:
        first.setdefault(str(text_of(sample["id"])), sample)
    if len(first) < len(ordered):
        notes.append(f"{len(ordered) - len(first):,} further epochs of samples are left out")
    return first


def _place(key: Any) -> tuple[bool, int, str]:
    number = key if isinstance(key, int) else int(key) if isinstance(key, str) and key.isdecimal() else None
    return (number is None, number or 0, str(key))


def _scorer(samples: Iterable[Mapping[str, Any]], wanted: str, path: Path, notes: list[str]) -> str:
    """The scorer whose scores are taken: the one that is wanted, else the first."""
    names = list(dict.fromkeys(name for s in samples for name in (s.get("scores") or {})))
    if wanted and wanted not in names:
        raise InputError(
            f"the log has no scorer {wanted!r}", where=str(path), hint=f"scorers are: {', '.join(names[:20])}"
        )
    taken = wanted or (names[0] if names else "")
    if len(names) > 1:
        notes.append(f"scores are those of {taken}; left out: {', '.join(n for n in names if n != taken)}")
    return taken


def _entry(key: str, sample: Mapping[str, Any], scorer: str) -> Entry:
    attached = sample.get("attachments") or {}
    score = (sample.get("scores") or {}).get(scorer) or {}
    choices = tuple(text_of(c) or "" for c in sample.get("choices") or [])
    output = sample.get("output") or {}
    usage = output.get("usage") or {}
    target = sample.get("target")
    return Entry(
        key=key,
        question=_question(sample.get("input"), attached),
        options=choices,
        gold="; ".join(map(str, target)) if isinstance(target, list) else text_of(target),
        subject=text_of((sample.get("metadata") or {}).get("subject")),
        messages=_messages(sample.get("input"), attached),
        output=None if sample.get("error") else _said(output, attached),
        answer=text_of(score.get("answer")),
        score=_value(score.get("value")),
        finish=_finish(output),
        error="the log says that this sample ended in an error" if sample.get("error") else "",
        prompt_tokens=_count(usage.get("input_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
        seconds=float(output.get("time") or 0.0) if isinstance(output.get("time"), int | float) else 0.0,
    )


def _lost(about: Mapping[str, Any], known: set[str], notes: list[str]) -> list[Entry]:
    """Samples of the data set that the log has nothing of."""
    ids = (about.get("dataset") or {}).get("sample_ids") or []
    lost = [str(text_of(i)) for i in ids if str(text_of(i)) not in known]
    if lost:
        notes.append(f"{len(lost):,} samples of the data set are not in the log")
    return [Entry(key, "") for key in dict.fromkeys(lost)]


def _question(value: Any, attached: Mapping[str, Any]) -> str:
    """The input, or what the last message of the user says."""
    if isinstance(value, list):
        asked = [m for m in value if isinstance(m, dict) and m.get("role") == "user"]
        return _content(asked[-1].get("content"), attached) if asked else ""
    return _resolved(value, attached)


def _messages(value: Any, attached: Mapping[str, Any]) -> str:
    messages = value if isinstance(value, list) else [{"role": "user", "content": value}]
    sent = [
        {"role": str(m.get("role")), "content": _content(m.get("content"), attached)}
        for m in messages
        if isinstance(m, dict)
    ]
    return json.dumps(sent, ensure_ascii=False)


def _said(output: Mapping[str, Any], attached: Mapping[str, Any]) -> str | None:
    """What the model said; thoughts that the log keeps apart stand before it in <think>."""
    choices = output.get("choices") or []
    message = (choices[0].get("message") or {}) if choices and isinstance(choices[0], dict) else {}
    content = message.get("content")
    if content is None:
        content = output.get("completion")
    if content is None or (not choices and not content):
        return None
    thoughts = [
        _resolved(part.get("reasoning"), attached)
        for part in (content if isinstance(content, list) else [])
        if isinstance(part, dict) and part.get("type") == "reasoning"
    ]
    said = _content(content, attached)
    return f"<think>{''.join(thoughts)}</think>{said}" if any(thoughts) else said


def _content(content: Any, attached: Mapping[str, Any]) -> str:
    """The texts of a message: a text, or a list of parts."""
    if isinstance(content, list):
        parts = (p for p in content if isinstance(p, dict) and p.get("type", "text") == "text")
        return "\n".join(_resolved(p.get("text"), attached) for p in parts)
    return _resolved(content, attached)


def _resolved(value: Any, attached: Mapping[str, Any]) -> str:
    """A text; one that stands among the attachments is taken from there."""
    found = text_of(value) or ""
    if found.startswith(ATTACHED):
        return text_of(attached.get(found[len(ATTACHED) :])) or ""
    return found


def _value(value: Any) -> float | None:
    if isinstance(value, str):
        return VALUES.get(value)
    return number_of(value)


def _finish(output: Mapping[str, Any]) -> str:
    choices = output.get("choices") or []
    reason = choices[0].get("stop_reason") if choices and isinstance(choices[0], dict) else None
    return {"stop": "stop", "max_tokens": "length", "model_length": "length"}.get(str(reason), "")


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
