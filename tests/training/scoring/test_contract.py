"""Every scorer and every extractor is held by at least thirty cases, in English and in Chinese."""

from __future__ import annotations

import re

import pytest

from tests.answers import test_extract as extract
from tests.answers import test_structures as structures
from tests.training.scoring import test_choice as choice
from tests.training.scoring import test_finova as finova
from tests.training.scoring import test_generic as generic
from tests.training.scoring import test_numbers as numbers
from training.scoring.finova.tasks import Task
from training.scoring.registry import BENCHMARKS

SCORERS = {
    "fineval": choice.FINEVAL,
    "financeiq": choice.FINANCEIQ,
    "fineva": [*choice.FINEVA, *choice.YES_OR_NO],
    "gpqa": choice.GPQA,
    "gsm8k": numbers.GSM8K,
    "math500": numbers.MATH,
    "generic": [*generic.LETTERS, *generic.OTHERS],
    "finova": finova.REASONING,
}
TASKS = {
    Task.TOOLS: finova.TOOLS,
    Task.SLOTS: finova.SLOTS,
    Task.INTENT: finova.INTENT,
    Task.SAFETY: finova.SAFETY,
    Task.EXPRESSION: finova.SAFETY,
    Task.REASONING: finova.REASONING,
}
EXTRACTORS = {
    "letter": extract.LETTER,
    "letters": extract.LETTERS,
    "number": extract.NUMBER,
    "boolean": extract.BOOLEAN,
    "boxed": extract.BOXED,
    "listed": structures.LISTED,
    "named": structures.NAMED,
    "values": structures.VALUES,
    "stated": structures.STATED,
}
LEAST = 30


def test_no_scorer_is_forgotten():
    assert set(BENCHMARKS) == set(SCORERS)
    assert set(Task) == set(TASKS)


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        *((name, [case[1] for case in cases]) for name, cases in SCORERS.items()),
        *((task.name, [case[1] for case in cases]) for task, cases in TASKS.items()),
        *((name, list(cases)) for name, cases in EXTRACTORS.items()),
    ],
)
def test_thirty_cases_in_both_languages(name, outputs):
    english = [o for o in outputs if re.search("[A-Za-z]{2}", o.replace("think", "").replace("boxed", ""))]
    chinese = [o for o in outputs if re.search("[\u4e00-\u9fff]", o)]

    assert len(set(outputs)) >= LEAST, f"{name} has {len(set(outputs))} cases"
    assert min(len(english), len(chinese)) >= 3, f"{name}: {len(english)} English, {len(chinese)} Chinese"
