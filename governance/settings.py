"""What may be set: the settings as pydantic models with their defaults, as a template, as a JSON schema."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from governance.readers.options import ReadLimits
from governance.rules.base import Value

TABLES = ("rules", "limits", "curate", "ui")
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


Share = Annotated[float, Field(ge=0, lt=1)]
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Curate(Strict):
    """What decides which rows a curated split holds; `governance.curation.policy.Policy` says more of each."""

    drop: tuple[str, ...] = ("error", "SEC001", "TOK001", "TOK002")
    """rules whose findings drop a row: ids, families, or the severities error and warning; notes never drop"""
    redact: tuple[str, ...] = ("PII",)
    """rules of personal data whose findings are replaced by placeholders"""
    keep: tuple[str, ...] = ()
    """rules whose findings leave their rows alone"""
    duplicates: tuple[str, ...] = ("DUP001", "DUP002", "DUP003", "DUP004")
    """rules of whose clusters one row stays"""
    representative: Literal["", "longest", "quality", "licence", "source", "first"] = ""
    """which row of a cluster stays: longest, quality, licence, source or first; empty means as in audits"""
    licence_order: tuple[str, ...] = ()
    """licences from most to least preferred, such as CC-BY-*, where the representative is chosen by licence"""
    keep_waived: bool = True
    """a waived finding leaves its rows alone"""
    exclude: tuple[str, ...] = ()
    """samples to leave out, by their ids"""
    include: tuple[str, ...] = ()
    """samples to keep whatever the findings say, by their ids"""
    max_tokens: Annotated[int, Field(ge=0)] = 0
    """most tokens of a row; 0 is no bound"""
    tokenizer: str = ""
    """folder with tokenizer.json to count tokens with; empty means an estimate"""
    tokens: Annotated[int, Field(ge=0)] = 0
    """tokens to train on; 0 means all there are"""
    mixture: str = ""
    """file with the share of each source or label"""
    holdout: Share = 0.0
    """share of rows that is held out from training, by group"""
    group_by: str = ""
    """column of what belongs together; empty means the one that is recognised"""
    time_column: str = ""
    """column of the time of a row; where it is set, the latest rows are held out"""
    seed: int = 0
    """seed of every choice by chance"""
    weights: dict[str, Weight] = Field(default_factory=dict)
    """label -> weight of its rows in the loss; * stands for all others"""


class Dashboard(Strict):
    """Who may do what in the dashboard. Names are compared without letter case.

    Where people sign in, a name is the e-mail address that the provider vouches for, or the subject it gives them.
    """

    role: Literal["viewer", "reviewer", "approver"] = "approver"
    """role of people in neither list, on this machine: viewer looks, reviewer asks for waivers, approver decides"""
    reviewers: tuple[str, ...] = ()
    """people who may ask for waivers"""
    approvers: tuple[str, ...] = ()
    """people who may approve, reject and revoke what others asked for"""
    revealers: tuple[str, ...] = ()
    """people who may see personal data unmasked, one row at a time, each with a reason and an event"""
    viewers: tuple[str, ...] = ()
    """people who may look, where people sign in"""
    unlisted: Literal["none", "viewer"] = "none"
    """role of people who signed in and are in no list; none sees nothing"""
    session_hours: Annotated[int, Field(ge=1, le=720)] = 12
    """hours after which people sign in again"""


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
    labels: str = ""
    """file of the label taxonomy; empty means finance, none means no labels"""
    embedder: str = "auto"
    """sentence-transformers model of rules that compare meanings: a name, a folder, or auto"""
    jobs: Count = Field(default_factory=lambda: min(4, os.cpu_count() or 1))
    """batches worked on at the same time"""
    memory: Size = "256MB"
    """memory that intermediate results may take before they go to disk"""
    waivers: str = ""
    """file of waivers; empty means waivers.toml beside govern.toml, where there is one"""
    waiver_approvals: Literal["log", "file"] = "log"
    """where an approval has to stand: log, the lake's event log; file, the file alone, where others review that"""
    limits: Limits = Field(default_factory=Limits)
    """bounds on what readers accept"""
    curate: Curate = Field(default_factory=Curate)
    """what a curated split holds"""
    ui: Dashboard = Field(default_factory=Dashboard)
    """who may do what in the dashboard"""
    rules: dict[str, dict[str, Value]] = Field(default_factory=dict)
    """per rule id: its options, `severity`, and `max_rows` and `max_rate`, up to which the gate lets it pass"""


STRICT: dict[str, Any] = {"fail_on": "warning", "waiver_approvals": "log"}
"""What the strict policy sets: warnings fail too, and a waiver needs a second person and a record of that."""
STRICT_RULES = (
    "# Leaks and expired waivers fail also where somebody gives --fail-on error.",
    *(line for code in ("CON002", "GOV001") for line in (f"[rules.{code}]", 'severity = "error"')),
    "# Some repetition is normal. Up to one row in a thousand the gate lets it pass; it is reported all the same.",
    "[rules.DUP003]",
    "max_rate = 0.001",
    "[rules.DUP005]",
    "max_rate = 0.001",
)
STARTER_RULES = (
    "# Options of a rule (`govern rule DUP003` lists them), its severity, and how much of it the gate lets pass",
    "# [rules.DUP003]",
    '# severity = "warning"',
    "# max_rows = 20",
    "# max_rate = 0.001",
)
POLICIES = ("starter", "strict")


def template(lake: str | None = None, policy: str = "starter") -> str:
    """A govern.toml in which every setting stands, as a comment with its default where the policy sets none.

    Args:
        lake: set where given.
        policy: starter, which sets nothing, or strict.
    """
    given = {**(STRICT if policy == "strict" else {}), **({"lake": lake} if lake else {})}
    lines = [
        "# Settings of govern. A line that is uncommented is in force; `govern config show` tells what is.",
        "",
    ]
    for name, known in Settings.model_fields.items():
        if name not in TABLES:
            default = known.get_default(call_default_factory=True)
            sign, value = ("", given[name]) if name in given else ("# ", default)
            lines += [f"# {known.description}", f"{sign}{name} = {toml_value(value)}", ""]
    lines += [*(STRICT_RULES if policy == "strict" else STARTER_RULES), ""]
    lines += ["# Bounds on what readers accept", "# [limits]"]
    lines += [f"# {name} = {toml_value(known.default)}" for name, known in Limits.model_fields.items()]
    lines += ["", "# What a curated split holds", "# [curate]"]
    for name, known in Curate.model_fields.items():
        default = known.get_default(call_default_factory=True)
        value = "{}" if isinstance(default, dict) else toml_value(default)
        lines += [f"# {name} = {value}  # {known.description}"]
    lines += ["", "# Who may do what in the dashboard", "# [ui]"]
    lines += [f"# {name} = {toml_value(known.default)}" for name, known in Dashboard.model_fields.items()]
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
