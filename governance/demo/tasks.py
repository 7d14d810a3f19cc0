"""Tasks on language: each function returns the scene and the words of one exchange."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from governance.demo.figures import SUMS
from governance.demo.grammar import Words, choose, expand
from governance.demo.say import Language, between

Draw = tuple[str, dict[str, Any]]


def intent(rng: random.Random, say: Language) -> Draw:
    """A customer's message, the intents to choose from and the right one."""
    cases = say.pages["intent"]["case"]
    case = rng.choice(cases)
    others = [c["label"] for c in cases if c is not case]
    labels = [case["label"], *rng.sample(others, rng.randrange(3, 6))]
    rng.shuffle(labels)
    facts = {name: say.one(f"{name}s", rng) for name in ("spot", "month", "town")} | {"firm": say.firm(rng)}
    return case["scene"], {**case, **facts, "choices": say.listed(labels)}


def slots(rng: random.Random, say: Language) -> Draw:
    """A request and the JSON object that holds its details."""
    case = rng.choice(say.pages["slots"]["case"])
    values = {slot: slot_value(slot, rng, say) for slot in case["slots"]}
    answer = json.dumps(values, ensure_ascii=False)
    return case["scene"], {**case, **values, "slot_names": say.listed(case["slots"]), "json": answer}


def slot_value(slot: str, rng: random.Random, say: Language) -> str:
    """A value that fits the slot."""
    if slot in {"amount", "limit"}:
        return say.money(between(rng, 150, 48_000, 50) if slot == "amount" else between(rng, 8, 240, "0.50"))
    if slot in {"date", "security"}:
        return say.day(rng) if slot == "date" else say.firm(rng)
    if slot == "quantity":
        return str(100 * rng.randrange(1, 60))
    if slot == "currency":
        return str(rng.choice(say.values["currencies"])[0])
    names = {"beneficiary": "heirs", "frequency": "frequencies"}
    return say.one(names.get(slot, f"{slot}s"), rng)


ENTITY_TYPES = {
    "ORG": "机构", "PERSON": "人物", "PLACE": "地点", "MONEY": "金额", "DATE": "日期", "RATE": "比率",
}  # fmt: skip


def names(rng: random.Random, say: Language) -> Draw:
    """A passage of two to four sentences and its entities in the order of appearance."""
    sentences = rng.sample(say.pages["names"]["sentence"], rng.randrange(2, 5))
    found: list[str] = []
    passage = say.space.join(_annotated(s, found, rng, say) for s in sentences)
    scene = rng.choice(("Banking", "Securities", "Insurance", "Trusts", "Mutual Funds"))
    return scene, {"passage": passage, "entities": say.listed(found)}


def _annotated(sentence: str, found: list[str], rng: random.Random, say: Language) -> str:
    """The sentence with entities put in; what was put in is added to `found`."""
    while "{" in sentence:
        start, end = sentence.index("{"), sentence.index("}")
        kind = sentence[start + 1 : end]
        value = _entity(kind, rng, say)
        found.append(f"{value} ({kind})" if say.code == "en" else f"{value}（{ENTITY_TYPES[kind]}）")
        sentence = f"{sentence[:start]}{value}{sentence[end + 1 :]}"
    return sentence


def _entity(kind: str, rng: random.Random, say: Language) -> str:
    if kind == "DATE":
        return say.day(rng)
    if kind == "RATE":
        return say.rate(between(rng, "0.011", "0.089", "0.001"))
    if kind == "MONEY":
        millions = between(rng, 2, 940, 1)
        return f"${millions} million" if say.code == "en" else f"{millions}万元"
    return say.one({"ORG": "houses", "PERSON": "persons", "PLACE": "towns"}[kind], rng)


def sense(rng: random.Random, say: Language) -> Draw:
    """A sentence with a word of two meanings, and the meaning it has there."""
    case = rng.choice(say.pages["sense"]["case"])
    meanings = list(case["senses"])
    meant = rng.choice(meanings)
    facts = {
        "firm": say.firm(rng), "town": say.one("towns", rng), "owner": say.one("owners", rng),
        "date": say.day(rng), "amount": say.money(between(rng, 200, 90_000, 100)),
        "rate": say.rate(between(rng, "0.012", "0.148", "0.001")),
    }  # fmt: skip
    sentence = choose(case["senses"][meant]["said"], facts, rng)
    rng.shuffle(meanings)
    said = {
        "term": case["term"],
        "one": meanings[0],
        "other": meanings[1],
        "sense": meant,
        "sentence": sentence,
    }
    return rng.choice(("Banking", "Securities", "Insurance")), {**said, "clue": case["senses"][meant]["clue"]}


def conduct(rng: random.Random, say: Language) -> Draw:
    """A statement to a customer and whether the rules of conduct allow it."""
    case = rng.choice(say.pages["conduct"]["case"])
    scene = rng.choice(list(say.scenes))
    facts = _amounts(rng, say)
    ruling = say.values["compliant" if case["verdict"] == "yes" else "not_compliant"]
    told = {"statement": choose(case["statement"], facts, rng), "ruling": ruling}
    product = rng.choice(say.scenes[scene]["products"])
    return scene, {**case, **told, "product": product}


def fraud(rng: random.Random, say: Language) -> Draw:
    """A suspicious or harmless case and how to handle it."""
    case = rng.choice(say.pages["fraud"]["case"])
    return "Banking", {**case, **_amounts(rng, say), "story": choose(case["story"], _amounts(rng, say), rng)}


def _amounts(rng: random.Random, say: Language) -> dict[str, str]:
    return {
        "amount": say.money(between(rng, 2_000, 180_000, 100)), "years": str(rng.randrange(3, 15)),
        "rate": say.rate(between(rng, "0.031", "0.092", "0.001")), "date": say.day(rng),
        "month": say.one("months", rng), "town": say.one("towns", rng),
    }  # fmt: skip


def suitability(rng: random.Random, say: Language) -> Draw:
    """Scores of a questionnaire, the class they give, and whether a product fits."""
    parts = ("age", "income", "knowledge", "horizon", "loss")
    points = {f"{part}_points": rng.randrange(2, 21) for part in parts}
    score = sum(points.values())
    client, product = -(-score // 20), rng.randrange(1, 6)
    scene = rng.choice(("Banking", "Securities", "Trusts", "Mutual Funds"))
    return scene, {
        **{name: str(value) for name, value in points.items()},
        "score": str(score), "client_class": str(client), "product_class": str(product),
        "product": rng.choice(say.scenes[scene]["products"]),
        "decision": say.values["suitable" if product <= client else "unsuitable"],
    }  # fmt: skip


def consult(rng: random.Random, say: Language) -> Draw:
    """A question of understanding and three or four points that answer it."""
    topic = rng.choice(say.pages["consult"]["topic"])
    points = rng.sample(topic["points"], len(topic["points"]))
    used = rng.randrange(3, 5)
    rest = {"rest": say.space.join(points[used : used + 2])}
    return topic["scene"], {"question": topic["question"], "points": say.space.join(points[:used]), **rest}


TASKS: dict[str, tuple[str, Callable[[random.Random, Language], Draw]]] = {
    "intent": ("Intent Classification", intent),
    "slots": ("Slot Filling", slots),
    "names": ("Named Entity Recognition", names),
    "sense": ("Entity Disambiguation", sense),
    "conduct": ("Regulatory Compliance", conduct),
    "fraud": ("Fraud Detection", fraud),
    "suitability": ("Risk Assessment", suitability),
    "consult": ("Consultation-style Question Answering", consult),
}
"""Per recipe: its task, and the function that draws the words of one exchange."""

WEIGHTS = {
    **dict.fromkeys(SUMS, 3),
    "intent": 6, "slots": 5, "names": 6, "sense": 3,
    "conduct": 6, "fraud": 4, "suitability": 4, "consult": 11,
}  # fmt: skip
"""How often a recipe is used, relative to the others."""


def draw(recipe: str, rng: random.Random, say: Language) -> tuple[str, str, dict[str, Any]]:
    """(scene, task, words) of one exchange of the recipe."""
    if recipe in SUMS:
        scene, task, figures = SUMS[recipe]
        return scene, task, dict(figures(rng, say))
    task, function = TASKS[recipe]
    scene, found = function(rng, say)
    return scene, task, found


def spoken(recipe: str, part: str, known: Words, rng: random.Random, say: Language) -> str:
    """One turn of the recipe's page: `user`, `assistant` or `again`."""
    return expand(rng.choice(say.pages[recipe][part]), known, rng)
