"""What may be set: the settings as pydantic models with their defaults, as a template, as a JSON schema."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from governance.readers.options import ReadLimits
from governance.rules.base import Scalar

TABLES = ("rules", "limits")
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)


def bytes_of(size: str) -> int:
    """Bytes of a size such as `512MB`, `2G` or `1000000`; units are powers of 1,024.

    Raises:
        ValueError: the text is not a size.
    """
    found = SIZE.fullmatch(size)
    if found is None or not float(found[1]):
        raise ValueError("not a size; write for example 512MB or 2GB")
    return int(float(found[1]) * UNITS[found[2].lower()])


def _size(text: str) -> str:
    bytes_of(text)
    return text


Size = Annotated[str, AfterValidator(_size)]
Count = Annotated[int, Field(ge=1)]


class Strict(BaseModel):
    """A table of settings in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _limits() -> type[Strict]:
    """A table with the fields of `ReadLimits`, which is where they are declared."""
    kinds = get_type_hints(ReadLimits)
    known: dict[str, Any] = {
        f.name: (Annotated[kinds[f.name], Field(ge=1)], f.default) for f in fields(ReadLimits)
    }
    return create_model("Limits", __base__=Strict, **known)


if TYPE_CHECKING:
    Limits = Strict
else:
    Limits = _limits()


class Settings(Strict):
    """Everything that can be set outside the command line."""

    lake: str = ".govern"
    """folder of the lake, or a postgres:// address"""
    fail_on: Literal["error", "warning", "note", "never"] = "error"
    """lowest severity that fails an audit"""
    select: tuple[str, ...] = ()
    """rules to run: ids, names, families such as DUP, or ALL; empty means every stable rule"""
    extend_select: tuple[str, ...] = ()
    """rules to run besides the selected ones"""
    ignore: tuple[str, ...] = ()
    """rules not to run"""
    format: str = "text"
    """format of reports on stdout"""
    eval: tuple[str, ...] = ()
    """evaluation sets to search for: a registered name, a path, or NAME=PATH"""
    representative: Literal["first", "longest", "source"] = "longest"
    """which member of a duplicate cluster stays"""
    source_order: tuple[str, ...] = ()
    """sources from most to least preferred, where the representative is chosen by source"""
    embedder: str = "auto"
    """sentence-transformers model of rules that compare meanings: a name, a folder, or auto"""
    jobs: Count = Field(default_factory=lambda: min(4, os.cpu_count() or 1))
    """batches worked on at the same time"""
    memory: Size = "256MB"
    """memory that intermediate results may take before they go to disk"""
    limits: Limits = Field(default_factory=Limits)
    """bounds on what readers accept"""
    rules: dict[str, dict[str, Scalar]] = Field(default_factory=dict)
    """per rule id: its options, and `severity`"""


def template(lake: str | None = None) -> str:
    """A govern.toml in which every setting is a comment with its default; `lake` is set where given."""
    lines = [
        "# Settings of govern. A line that is uncommented is in force; `govern config show` tells what is.",
        "",
    ]
    for name, known in Settings.model_fields.items():
        if name not in TABLES:
            default = known.get_default(call_default_factory=True)
            line = (
                f"lake = {toml_value(lake)}"
                if name == "lake" and lake
                else f"# {name} = {toml_value(default)}"
            )
            lines += [f"# {known.description}", line, ""]
    lines += [
        "# Options of a rule: `govern rule DUP003` lists them",
        "# [rules.DUP003]",
        '# severity = "warning"',
        "",
    ]
    lines += ["# Bounds on what readers accept", "# [limits]"]
    lines += [f"# {name} = {toml_value(known.default)}" for name, known in Limits.model_fields.items()]
    return "\n".join(lines) + "\n"


def toml_value(value: Any) -> str:
    """A setting as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def schema() -> dict[str, Any]:
    """The JSON schema of the settings."""
    return Settings.model_json_schema()
