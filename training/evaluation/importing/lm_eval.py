"""Sample logs of lm-evaluation-harness: `samples_TASK_DATE.jsonl`, and `results_DATE.json` beside them.

A line is one document under one filter: doc_id, doc, target, arguments, resps, filtered_resps, the names of its metrics
and their values. A task with several filters (gsm8k: strict-match, flexible-extract) has a line for each; one of them
is taken. Scores that are log-likelihoods come as texts, `[["-1.5", "False"]]`, an entry an option.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

from governance.benchmarks.files import Row, read_jsonl
from governance.benchmarks.generic import item_of
from governance.benchmarks.suite import LETTERS
from governance.errors import InputError
from training.evaluation.importing.entries import Entry, Log, number_of, text_of

NAME = "lm-eval"
METRICS = ("exact_match", "acc", "em", "acc_norm", "f1")
"""In this order one of a document's metrics is its score; without them the first that is from 0 to 1."""
_FILE = re.compile(r"samples_(.+?)(?:_(\d{4}-\d{2}-\d{2}T[\d.-]+))?\.jsonl")


def looks_like(row: Row) -> bool:
    """Whether an object is a line of such a log."""
    return {"doc_id", "doc", "resps"} <= set(row)


def read(path: Path, sha256: str, wanted: str = "") -> Log:
    """The log of one file; `wanted` names the filter.

    Raises:
        InputError: no line is one of a sample log, or the filter is not there.
    """
    notes: list[str] = []
    lines = [row for _, row in read_jsonl(path, notes)]
    rows = [row for row in lines if looks_like(row)]
    if len(rows) < len(lines):
        notes.append(f"{len(lines) - len(rows):,} lines are no samples")
    if not rows:
        raise InputError(
            "this holds no samples of lm-evaluation-harness",
            where=str(path),
            hint="give samples_*.jsonl, which --log_samples writes",
        )
    kept = _of_one_filter(rows, wanted, path, notes)
    named = _FILE.fullmatch(path.name)
    about = _about(path, named.group(2) if named else None)
    return Log(
        NAME,
        named.group(1) if named else path.stem,
        _model(about, path),
        path.name,
        sha256,
        _started(about),
        tuple(_entry(row) for row in kept),
        _settings(about),
        tuple(_counted(notes)),
    )


def _of_one_filter(rows: Sequence[Row], wanted: str, path: Path, notes: list[str]) -> list[Row]:
    """A line for each document: of the filter that is wanted, else of the first; a later line replaces an earlier."""
    filters = list(dict.fromkeys(str(row.get("filter", "none")) for row in rows))
    if wanted and wanted not in filters:
        raise InputError(
            f"the log has no filter {wanted!r}",
            where=str(path),
            hint=f"filters are: {', '.join(filters[:20])}",
        )
    taken = wanted or filters[0]
    if len(filters) > 1:
        others = ", ".join(f for f in filters if f != taken)
        notes.append(f"scores are those of the filter {taken}; left out: {others}")
    chosen = [row for row in rows if str(row.get("filter", "none")) == taken]
    by_document = {str(row["doc_id"]): row for row in chosen}
    if len(by_document) < len(chosen):
        notes.append(
            f"{len(chosen) - len(by_document)} documents are there more than once; the last one counts"
        )
    return list(by_document.values())


def _entry(row: Row) -> Entry:
    doc = row["doc"] if isinstance(row["doc"], dict) else {"text": text_of(row["doc"])}
    known = item_of("doc", doc)
    requests = _requests(row.get("arguments"))
    logliks = _logliks(row.get("resps"))
    asked = text_of(requests[0][0]) if requests and requests[0] else None
    texts = tuple(text_of(r[1]) or "" for r in requests if len(r) > 1) if logliks else ()
    options = known.options if known and known.options else (texts if len(texts) > 1 else ())
    output = None if _is_likelihood(_first_of(row.get("resps"))) else _first_text(row.get("resps"))
    return Entry(
        key=str(row["doc_id"]),
        question=known.question if known and known.question else asked or "",
        options=options,
        gold=_gold(row.get("target"), known.answer if known else None, options, bool(logliks)),
        subject=known.subject if known else None,
        messages=_messages(asked),
        output=output,
        answer=None if output is None else _first_text(row.get("filtered_resps")),
        score=_score(row),
        logliks=logliks,
        texts=texts if len(texts) == len(logliks) else (),
    )


def _requests(arguments: Any) -> list[list[Any]]:
    """What each request was given: [prompt, continuation or settings]; two ways of writing it are in use."""
    if isinstance(arguments, Mapping):
        return [list(a.values()) for a in arguments.values() if isinstance(a, Mapping)]
    if isinstance(arguments, list):
        return [list(a) for a in arguments if isinstance(a, list | tuple)]
    return []


def _logliks(resps: Any) -> tuple[float, ...]:
    """The log-likelihood of each request; () where the responses are texts."""
    if not isinstance(resps, list) or not resps:
        return ()
    found = []
    for responses in resps:
        first = responses[0] if isinstance(responses, list) and responses else None
        if not _is_likelihood(first):
            return ()
        try:
            value = float(first[0])
        except (TypeError, ValueError):
            return ()
        if math.isnan(value):
            return ()
        found.append(value)
    return tuple(found)


def _is_likelihood(response: Any) -> TypeGuard[list[Any]]:
    """Whether a response is a log-likelihood and whether it was the likeliest, `["-1.5", "False"]`."""
    return isinstance(response, list) and len(response) == 2 and str(response[1]) in ("True", "False")


def _first_of(resps: Any) -> Any:
    """The first response to the first request."""
    first = resps[0] if isinstance(resps, list) and resps else None
    return first[0] if isinstance(first, list) and first else None


def _first_text(value: Any) -> str | None:
    """The first text of nested lists; None where there is none."""
    for _ in range(4):
        if not isinstance(value, list):
            break
        value = value[0] if value else None
    return text_of(value) if isinstance(value, str) else None


def _gold(target: Any, answer: str | None, options: tuple[str, ...], by_likelihood: bool) -> str | None:
    """The gold as it was asked: a letter where the target is the number of an option."""
    named = text_of(target)
    numbered = named is not None and named.strip().isdecimal() and int(named) < len(options)
    if numbered and named is not None and (by_likelihood or named not in options):
        return LETTERS[int(named)]
    if options and answer is not None:
        return answer
    return answer if named is None or (answer and named.strip() in answer) else named


def _score(row: Row) -> float | None:
    names = row.get("metrics")
    offered = [n for n in names if isinstance(n, str)] if isinstance(names, list) else list(row)
    order = [*(m for m in METRICS if m in offered), *(m for m in offered if m not in METRICS)]
    usable = order if isinstance(names, list) else [m for m in order if m in METRICS]
    return next((s for m in usable if (s := number_of(row.get(m))) is not None), None)


def _messages(prompt: str | None) -> str:
    """The prompt as chat messages; one that is JSON messages already stays so."""
    if prompt is None:
        return ""
    if prompt.startswith("["):
        try:
            found = json.loads(prompt)
            if isinstance(found, list) and all(isinstance(m, dict) and "role" in m for m in found):
                return prompt
        except (ValueError, RecursionError):
            pass
    return json.dumps([{"role": "user", "content": prompt}], ensure_ascii=False)


def _about(path: Path, date: str | None) -> Mapping[str, Any]:
    """The results file of the same date, else the only one beside the samples; {} without."""
    beside = sorted(path.parent.glob("results_*.json"))
    same = [f for f in beside if date and f.name == f"results_{date}.json"]
    file = (same or (beside if len(beside) == 1 else []))[:1]
    if not file:
        return {}
    try:
        found = json.loads(file[0].read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _model(about: Mapping[str, Any], path: Path) -> str:
    """The model's name: in the results, else the folder's, which the program names after it."""
    config = about.get("config") if isinstance(about.get("config"), dict) else {}
    args = str((config or {}).get("model_args") or "")
    pretrained = re.search(r"(?:^|[,{' ])(?:pretrained|model)'?\s?[=:]\s?'?([^,'}]+)", args)
    name = about.get("model_name") or (pretrained.group(1) if pretrained else None)
    return text_of(name) or path.resolve().parent.name.replace("__", "/") or "unknown"


def _settings(about: Mapping[str, Any]) -> dict[str, Any]:
    """How the log was made, without the model's arguments: keys of servers stand there."""
    config = about.get("config")
    kept = {k: about[k] for k in ("n-shot", "n-samples", "lm_eval_version", "git_hash") if k in about}
    if isinstance(config, dict):
        kept |= {k: config[k] for k in ("model", "limit", "gen_kwargs", "fewshot_seed") if k in config}
    return kept


def _started(about: Mapping[str, Any]) -> str:
    date = about.get("date")
    if not isinstance(date, int | float) or not 0 < date < 1e11:
        return ""
    return datetime.fromtimestamp(date, UTC).isoformat(timespec="seconds")


def _counted(notes: Sequence[str]) -> list[str]:
    """Equal notes once, with how often."""
    counts: dict[str, int] = {}
    for note in notes:
        counts[note] = counts.get(note, 0) + 1
    return [note if n == 1 else f"{note} ({n:,} times)" for note, n in counts.items()][:50]
