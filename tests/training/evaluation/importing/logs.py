"""Small logs as lm-evaluation-harness 0.4.13 and Inspect 0.3.285 write them, made by hand."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DATE = "2026-11-01T10-00-00.123456"
DUCKS = "Janet's ducks lay 16 eggs per day. How much does she make?"
ROBES = (
    "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts in total does it take?"
)


def gsm8k_lines(said: Mapping[int, str] | None = None) -> list[dict[str, Any]]:
    """Two documents of gsm8k under two filters, as `--log_samples` writes them."""
    texts = {0: "9 * 2 = 18\n#### 18", 1: "It takes 2 bolts, so 2."} | dict(said or {})
    docs = {
        0: {"question": DUCKS, "answer": "She makes 9 * 2 = $<<9*2=18>>18.\n#### 18"},
        1: {"question": ROBES, "answer": "It takes 2/2=<<2/2=1>>1 bolt.\n#### 3"},
    }
    found = {0: ("18", "18"), 1: ("[invalid]", "2")}
    right = {0: (1.0, 1.0), 1: (0.0, 0.0)}
    return [
        {
            "doc_id": i,
            "doc": docs[i],
            "target": docs[i]["answer"],
            "arguments": {
                "gen_args_0": {
                    "arg_0": f"Question: {docs[i]['question']}\nAnswer:",
                    "arg_1": {"until": ["Question:"], "do_sample": False, "temperature": 0.0},
                }
            },
            "resps": [[texts[i]]],
            "filtered_resps": [found[i][n]],
            "filter": name,
            "metrics": ["exact_match"],
            "doc_hash": "a" * 64,
            "prompt_hash": "b" * 64,
            "target_hash": "c" * 64,
            "exact_match": right[i][n],
        }
        for n, name in enumerate(("strict-match", "flexible-extract"))
        for i in docs
    ]


def choice_lines() -> list[dict[str, Any]]:
    """A document of a multiple-choice task, scored by log-likelihoods, which are written as texts."""
    doc = {
        "question": "利率上升时债券价格如何变化？",
        "choices": ["上升", "下降", "不变", "无法判断"],
        "answer": 1,
    }
    return [
        {
            "doc_id": 0,
            "doc": doc,
            "target": "1",
            "arguments": {
                f"gen_args_{i}": {"arg_0": f"{doc['question']}\n答案：", "arg_1": f" {letter}"}
                for i, letter in enumerate("ABCD")
            },
            "resps": [[["-3.5", "False"]], [["-0.25", "True"]], [["-2.0", "False"]], [["-4.0", "False"]]],
            "filtered_resps": [["-3.5", "False"], ["-0.25", "True"], ["-2.0", "False"], ["-4.0", "False"]],
            "filter": "none",
            "metrics": ["acc", "acc_norm"],
            "doc_hash": "a" * 64,
            "prompt_hash": "b" * 64,
            "target_hash": "c" * 64,
            "acc": 1.0,
            "acc_norm": 0.0,
        }
    ]


def write_lm_eval(folder: Path, task: str, lines: Iterable[Any], *, results: bool = True) -> Path:
    """The samples of a task and, if wanted, the results beside them."""
    place = folder / "Qwen__Qwen3-8B"
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"samples_{task}_{DATE}.jsonl"
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    file.write_text(text, encoding="utf-8")
    if results:
        about = {
            "results": {task: {"alias": task}},
            "config": {
                "model": "hf",
                "model_args": "pretrained=Qwen/Qwen3-8B,api_key=sk-secret",
                "limit": 2.0,
            },
            "n-shot": {task: 5},
            "date": 1793527200.5,
            "model_name": "Qwen/Qwen3-8B",
            "model_name_sanitized": "Qwen__Qwen3-8B",
        }
        (place / f"results_{DATE}.json").write_text(json.dumps(about), encoding="utf-8")
    return file


def inspect_header(**more: Any) -> dict[str, Any]:
    """An Inspect log without its samples."""
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": "e",
            "run_id": "r",
            "created": "2026-11-01T10:00:00+00:00",
            "task": "gpqa_diamond",
            "task_id": "t",
            "task_version": 0,
            "task_args": {"cot": True},
            "dataset": {
                "name": "gpqa",
                "samples": 3,
                "sample_ids": ["rec1", "rec2", "rec3"],
                "shuffled": False,
            },
            "model": "openai/qwen3",
            "model_args": {"api_key": "sk-secret"},
            "config": {"epochs": 1},
            "packages": {"inspect_ai": "0.3.285"},
        },
        "plan": {"name": "plan", "steps": []},
        "results": {"total_samples": 3, "completed_samples": 3, "scores": []},
        "stats": {},
    } | more


def inspect_sample(
    key: Any = "rec1", said: Any = "Entropy.\n\nANSWER: B", value: Any = "C", **more: Any
) -> dict[str, Any]:
    """A sample of a multiple-choice task."""
    message = {"role": "assistant", "content": said, "source": "generate"}
    return {
        "id": key,
        "epoch": 1,
        "input": "Which quantity never falls in a closed system?",
        "choices": ["energy", "entropy", "heat", "work"],
        "target": "B",
        "messages": [{"role": "user", "content": "Which ...?"}, message],
        "output": {
            "model": "qwen3",
            "choices": [{"message": message, "stop_reason": "stop"}],
            "completion": said if isinstance(said, str) else "",
            "usage": {"input_tokens": 60, "output_tokens": 7, "total_tokens": 67},
            "time": 1.5,
        },
        "scores": {"choice": {"value": value, "answer": "B", "explanation": "..."}},
        "metadata": {"subject": "Physics"},
        "store": {},
        "events": [],
        "attachments": {},
    } | more  # fmt: skip


def write_inspect(
    path: Path, samples: Iterable[Mapping[str, Any]], *, packed: str = "deflate", **more: Any
) -> Path:
    """A .json log, or a .eval archive packed with deflate or Zstandard."""
    header, samples = inspect_header(**more), list(samples)
    if path.suffix == ".json":
        path.write_text(json.dumps(header | {"samples": samples}), encoding="utf-8")
        return path
    members = {
        "_journal/start.json": {k: header[k] for k in ("version", "eval", "plan")},
        **{f"samples/{s['id']}_epoch_{s['epoch']}.json": s for s in samples},
        "summaries.json": [],
        "header.json": header,
    }
    if packed == "zstandard":
        path.write_bytes(zstandard_zip({n: json.dumps(v).encode() for n, v in members.items()}))
        return path
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in members.items():
            archive.writestr(name, json.dumps(value))
    return path


def zstandard_zip(members: Mapping[str, bytes]) -> bytes:
    """A zip whose members are packed with method 93, which Python before 3.14 cannot write."""
    import binascii

    import zstandard

    body, index = b"", b""
    for name, data in members.items():
        packed, raw = zstandard.compress(data), name.encode()
        common = struct.pack(
            "<HHHHHIIIHH", 63, 0, 93, 0, 33, binascii.crc32(data), len(packed), len(data), len(raw), 0
        )
        index += (
            b"PK\x01\x02"
            + struct.pack("<H", 63)
            + common
            + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
            + raw
        )
        body += b"PK\x03\x04" + common + raw + packed
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(members), len(members), len(index), len(body), 0)
    return body + index + end
