"""Fits the weights of `governance/detectors/paraphrase/score.py`; says how well they do on the half held out.

    python -m benchmarks.paraphrase.fit ../shared/data [--write]

Positives are the rewritten GSM8K test items, negatives the GSM8K training problems, both searched against the GSM8K
test items. Rows of even number are fitted on; those of odd number are only reported. For the weights without numbers
every number is taken out of items and rows first.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import governance.detectors.paraphrase.score as score
from governance.benchmarks.suite import RawItem, Reading, build_suite
from governance.detectors.contamination.items import prepare
from governance.detectors.paraphrase.cosine import item_vectors, nearness
from governance.detectors.paraphrase.index import build
from governance.detectors.paraphrase.numerals import ENGLISH
from governance.detectors.paraphrase.scan import scan
from governance.embedding.model import load
from tests.builders import batch

RIDGE = 1e-4
CUT = 0.0006
"""Share of the fitted negatives that may pass; 0.001 is what is promised."""
CUT_WORDS = 0.004
"""The same without numbers, where the problems of one kind are the hardest negatives there are."""
NUMBERS = re.compile(r"\$?\d[\d,.]*%?|\b(?:" + "|".join(ENGLISH) + r")\b", re.IGNORECASE)
SOURCE = Path(score.__file__)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    lines = []
    embedder = load("auto")
    for name, strip, shape, cut in (
        ("WITH_NUMBERS", False, score.shaped, CUT),
        ("WORDS_ONLY", True, score.shaped_words, CUT_WORDS),
    ):
        found = measured(given.data, strip, embedder)
        lines.append(written(name, fitted(name, found, lambda f, near, shape=shape: shape(f), cut)))
        near = fitted(f"{name}_NEAR", found, lambda f, near, shape=shape: score.beside(shape(f), near), cut)
        lines.append(written(f"{name}_NEAR", near))
    text = "\n".join(lines)
    if not given.write:
        print(text)
        return
    source = SOURCE.read_text("utf-8")
    head, rest = source.split("# fit: begin\n")
    SOURCE.write_text(
        f"{head}# fit: begin\n{text}\n# fit: end\n{rest.split('# fit: end')[1].lstrip()}", "utf-8"
    )


def measured(data: Path, strip: bool, embedder: Any) -> tuple[Any, ...]:
    """(features, nearness, rows, count) of the positives, then of the negatives."""

    def said(text: str) -> str:
        return NUMBERS.sub(" ", text) if strip else text

    test = lines(data / "gsm8k/test.jsonl")
    items = [RawItem(str(i), said(r["question"])) for i, r in enumerate(test)]
    index = build(prepare(build_suite("gsm8k", "", Reading(items)).items))
    number = np.array([int(names[0].rpartition("/")[2]) for names in index.items.names])
    rewritten = [said(row["text"]) for row in lines(data / "contamination/rephrase_gsm8k.jsonl")]
    training = [said(row["question"]) for row in lines(data / "gsm8k/train.jsonl")]
    items = item_vectors(index, embedder)
    parts = []
    for texts, positive in ((rewritten, True), (training, False)):
        rows = batch(*texts)
        found = scan(rows.turns, index.arrays)
        near = nearness(rows, found, items, embedder)
        own = (number[found.items] == found.turns) | (not positive)
        parts += [found.features[own], near[own], found.turns[own], len(texts)]
    return tuple(parts)


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def written(name: str, model: score.Logistic) -> str:
    """The model as the source has it."""
    values = ", ".join(f"{f}={getattr(model, f)!r}" for f in ("mean", "scale", "weights", "bias"))
    return f"{name} = Logistic({values})"


def fitted(name: str, found: tuple[Any, ...], shape: Callable[..., Any], cut: float) -> score.Logistic:
    """The model, its cut at score 0.5; its recall goes to stdout."""
    positive, near, rows, n, negative, other_near, others, m = found
    a, b = shape(positive, near), shape(negative, other_near)
    x = np.concatenate([a[rows % 2 == 0], b[others % 2 == 0]])
    y = np.concatenate([np.ones((rows % 2 == 0).sum()), np.zeros((others % 2 == 0).sum())])
    mean, scale = x.mean(0), x.std(0) + 1e-9
    weights = newton((x - mean) / scale, y)
    raw = [
        best(((z - mean) / scale) @ weights[:-1] + weights[-1], at, k)
        for z, at, k in ((a, rows, n), (b, others, m))
    ]
    at = threshold(raw[1][::2], cut)
    for half, part in (("fitted", 0), ("held out", 1)):
        p, q = raw[0][part::2], raw[1][part::2]
        rates = {f: float((p > threshold(q, f)).mean()) for f in (0.001, 0.005, 0.01)}
        print(
            f"# {name} {half}: recall {(p >= at).mean():.3f} at the cut, {(q >= at).sum()} of {len(q)} negatives;",
            rates,
        )
    rounded = [tuple(float(f"{v:.5g}") for v in values) for values in (mean, scale, weights[:-1])]
    return score.Logistic(*rounded, float(f"{weights[-1] - at:.5g}"))


def newton(x: Any, y: Any) -> Any:
    """Weights, the bias last, of a logistic regression with a small ridge."""
    z = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    ridge = np.eye(z.shape[1]) * RIDGE * len(y)
    ridge[-1, -1] = 0
    w = np.zeros(z.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        w += np.linalg.solve(z.T @ (z * (p * (1 - p) + 1e-9)[:, None]) + ridge, z.T @ (y - p) - ridge @ w)
    return w


def best(sums: Any, rows: Any, count: int) -> Any:
    """(count,) the highest sum of each row."""
    out = np.full(count, -99.0)
    np.maximum.at(out, rows, sums)
    return out


def threshold(sums: Any, rate: float) -> float:
    """The lowest cut that at most this share of the rows reach."""
    ordered = np.sort(sums)[::-1]
    k = int(rate * len(sums))
    return float((ordered[k] + ordered[max(k - 1, 0)]) / 2) if k else float(ordered[0] + 0.05)


if __name__ == "__main__":
    main()
