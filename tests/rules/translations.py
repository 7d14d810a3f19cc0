"""FinEval items (CC BY 4.0) rendered in English by hand: a name, the question and its options, tab-separated."""

from __future__ import annotations

from pathlib import Path


def rendered() -> dict[str, str]:
    """English text by item name (without the suite), options lettered below the question."""
    lines = (Path(__file__).parent / "translations.txt").read_text("utf-8").splitlines()
    found = {}
    for line in lines:
        name, question, options = line.split("\t")
        lettered = [f"{letter}. {text}" for letter, text in zip("ABCDEF", options.split("; "), strict=False)]
        found[name] = "\n".join([question, *lettered])
    return found
