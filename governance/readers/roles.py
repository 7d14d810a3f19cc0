"""Names of roles: one spelling for each of the usual ones, any other plausible name as it is."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa

UNKNOWN = "unknown"
"""The role of a turn that names none, or something that is no name."""

ALIASES = {
    "human": "user",
    "prompter": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "ai": "assistant",
    "function_call": "assistant",  # ShareGPT: the assistant asks for a call, `observation` is what came back
    "tool_call": "assistant",
    "function": "tool",
    "function_response": "tool",
    "tool_response": "tool",
    "observation": "tool",
    "ipython": "tool",
    "developer": "system",
}
USUAL = frozenset({"system", "user", "assistant", "tool", "text"})
PLAUSIBLE = re.compile(r"\w[\w .-]{0,31}")


def normal_roles(names: pa.Array) -> tuple[pa.StringArray, npt.NDArray[np.bool_]]:
    """(role of each turn, whether it was a plausible name); null and implausible names become `unknown`.

    Only distinct names are looked at one by one.
    """
    codes = names.dictionary_encode(null_encoding="encode")
    distinct = [_normal(name) for name in codes.dictionary.to_pylist()]
    indices = codes.indices.to_numpy(zero_copy_only=False)
    plausible = np.array([name is not None for name in distinct], bool)
    known = pa.array([name or UNKNOWN for name in distinct], pa.string())
    return known.take(codes.indices), plausible[indices] if len(indices) else np.empty(0, bool)


def _normal(name: str | None) -> str | None:
    """One role name normalised; None where it is no name."""
    word = (name or "").strip()
    lowered = word.lower()
    if lowered in USUAL or lowered in ALIASES:
        return ALIASES.get(lowered, lowered)
    return word if PLAUSIBLE.fullmatch(word) else None
