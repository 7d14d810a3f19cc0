"""Fits the weights of `governance/detectors/translation/score.py` and says how they do on the half that was held out.

    python -m benchmarks.paraphrase.fit_translation ../shared/data MODEL_FOLDER [--write]

Positives are the FinEval items that tests/rules/translations.txt renders in English, negatives questions of FinQA,
TAT-QA and GSM8K in English, all against the whole of FinEval. The built-in glossary was written after a look at these
items, so the figures say more about finance exams than about other texts.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

import governance.detectors.translation.score as score
from benchmarks.paraphrase.fit import best, newton, threshold
from governance.benchmarks import load_suite
from governance.detectors.contamination.items import prepare
from governance.detectors.translation import search
from governance.detectors.translation.items import sides
from governance.detectors.translation.probe import probe
from governance.embedding.model import load
from governance.embedding.rows import side
from governance.readers import ReadOptions, open_source
from governance.samples import OTHER, TEXT, USER
from tests.builders import batch
from tests.rules.translations import rendered

CUT = 0.003
SOURCE = Path(score.__file__)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("model")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    embedder = load(given.model)
    languages = probe(embedder)
    items = prepare(load_suite(str(given.data / "fineval")).items)
    chinese = sides(items, embedder, languages)[0]
    place = {names[0].partition("/")[2]: i for i, names in enumerate(items.names)}
    pairs = [(place[name], text) for name, text in rendered().items()]
    own = np.array([item for item, _ in pairs])
    p, q = (
        measured(texts, embedder, languages.english, chinese)
        for texts in ([t for _, t in pairs], negatives(given.data))
    )
    right = chinese.items[p[1]] == own[p[0]]
    a, b, wrong = p[2][right], q[2], p[2][~right]
    even = p[0][right] % 2 == 0, q[0] % 2 == 0, p[0][~right] % 2 == 0
    x = np.concatenate([a[even[0]], b[even[1]], wrong[even[2]]])
    y = np.concatenate([np.ones(even[0].sum()), np.zeros(even[1].sum() + even[2].sum())])
    mean, scale = x.mean(0), x.std(0) + 1e-9
    weights = newton((x - mean) / scale, y)
    ps = best(((a - mean) / scale) @ weights[:-1] + weights[-1], p[0][right], len(pairs))
    qs = best(((b - mean) / scale) @ weights[:-1] + weights[-1], q[0], q[3])
    at = threshold(qs[::2], CUT)
    for half, part in (("fitted", 0), ("held out", 1)):
        rates = {
            f: round(float((ps[part::2] > threshold(qs[part::2], f)).mean()), 3) for f in (0.001, 0.003, 0.01)
        }
        print(
            f"# {half}: recall {(ps[part::2] >= at).mean():.3f}, false {(qs[part::2] >= at).mean():.4f};",
            rates,
        )
    rounded = [tuple(float(f"{v:.5g}") for v in values) for values in (mean, scale, weights[:-1])]
    text = f"MODEL = {score.Logistic(*rounded, float(f'{weights[-1] - at:.5g}'))!r}"
    print(text)
    if given.write:
        head, rest = SOURCE.read_text("utf-8").split("# fit: begin\n")
        SOURCE.write_text(
            f"{head}# fit: begin\n{text}\n# fit: end\n{rest.split('# fit: end')[1].lstrip()}", "utf-8"
        )


def negatives(data: Path) -> list[str]:
    """English questions, half of the tables and passages with the text, half the question alone."""
    found: list[str] = []
    for name in ("finqa", "tatqa"):
        for part in open_source(str(data / name), ReadOptions()).batches():
            found += side(part.turns, (USER, TEXT, OTHER)).to_pylist()
    alone = [text.strip().split("\n")[-1] for text in found[1::2]]
    return [
        *found[::2],
        *alone,
        *(
            json.loads(line)["question"]
            for line in (data / "gsm8k/train.jsonl").read_text("utf-8").splitlines()
        ),
    ]


def measured(texts: list[str], embedder: Any, mean: Any, items: Any) -> tuple[Any, Any, Any, int]:
    """(rows, items by place, features with numbers compared, rows in all)."""
    table = search.map_terms(batch(*texts), frozenset({True}))
    rows = table.column("row").to_numpy()
    vectors = embedder.encode([texts[r] for r in rows]).astype(np.float16)
    found: list[tuple[Any, ...]] = []

    def keep(features: Any) -> Any:
        return np.ones(len(features))

    for start in range(0, len(rows), search.PORTION):
        part = table.slice(start, search.PORTION)
        lines, places, features = search._portion(
            part, vectors[start : start + search.PORTION], mean, items, start
        )
        numbers = table.column("numbers").combine_chunks().take(lines).to_pylist()
        for k, (mine, item) in enumerate(zip(numbers, places.tolist(), strict=True)):
            theirs = items.numbers[item]
            known = bool(mine or theirs)
            features[k, 3] = search.agreement(mine, theirs) if known else search.NO_NUMBERS
            features[k, 4] = float(known)
        found.append((rows[lines], places, features))
    return (*(np.concatenate([f[i] for f in found]) for i in range(3)), len(texts))


if __name__ == "__main__":
    main()
