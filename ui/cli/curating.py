"""What the options of `curate` ask for, and a split as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.cli.options import INPUT_NAMES
from ui.cli.output import put, put_columns, put_table
from ui.cli.request import audit_request, waiver_book
from ui.cli.session import Session
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.config import Loaded
    from governance.curation.policy import Policy
    from governance.curation.record import SplitRecord
    from governance.curation.request import CurateRequest
    from governance.settings import Curate

LISTS = ("drop", "redact", "keep")
OPTIONS = {
    "keep_waived": "--keep-waived",
    "representative": "--representative",
    "tokens": "--tokens",
    "mixture": "--mixture",
    "max_tokens": "--max-tokens",
    "tokenizer": "--tokenizer",
    "holdout": "--holdout",
    "group_by": "--group-by",
    "time_column": "--time-column",
    "seed": "--seed",
}
"""Options that are settings of the table [curate]."""


def curate_request(session: Session, datasets: Sequence[str], given: Mapping[str, Any]) -> CurateRequest:
    """The curation that a command line and the settings describe; mistakes are found here, before any work."""
    from governance.curation.policy import check_policy
    from governance.curation.request import CurateRequest

    loaded = loaded_for(session, given)
    loaded.check_codes()
    policy = check_policy(policy_of(loaded, given["allocation"]))
    defaults: dict[str, Any] = dict.fromkeys(INPUT_NAMES) | {"seed": 0, "strict_input": False, "name": None}
    plain = {"preview": False, "allow_incomplete": True, "new_only": False, "cache": True}
    audit = audit_request(loaded, (), defaults | plain, None, waiver_book(session, loaded))
    labels = loaded.settings.labels or None
    asked = tuple(datasets), given["name"], policy, audit, given["run"], labels
    return CurateRequest(*asked, proposals=given["proposals"])


def loaded_for(session: Session, given: Mapping[str, Any]) -> Loaded:
    """The settings, where the options come first. A code that is given anew is taken out of the other lists."""
    options: dict[str, tuple[Any, str]] = {
        f"curate.{name}": (given[name], long) for name, long in OPTIONS.items() if given[name] is not None
    }
    if given["evals"]:
        options["eval"] = (given["evals"], "--eval")
    if given["labels"]:
        options["labels"] = (given["labels"], "--labels")
    new = {name: _codes(given[name]) for name in LISTS}
    if any(new.values()):
        before = session.load(options).settings.curate
        for name in (*LISTS, "duplicates"):
            others = {code for other in LISTS if other != name for code in new[other]}
            kept = [code for code in getattr(before, name) if code not in others]
            codes = list(dict.fromkeys([*kept, *new.get(name, ())]))
            if codes != list(getattr(before, name)):
                options[f"curate.{name}"] = (codes, f"--{name}" if new.get(name) else "the other lists")
    return session.load(options)


def _codes(given: Sequence[str]) -> list[str]:
    return [code.strip() for part in given for code in part.split(",") if code.strip()]


def policy_of(loaded: Loaded, allocation: str | None) -> Policy:
    """The policy that the settings describe."""
    from governance.curation.policy import Policy, load_quota

    found, settings = loaded.settings.curate, loaded.settings
    mixture = load_quota(found.mixture, "source", "tokens", relative=True) if found.mixture else None
    amounts = load_quota(allocation, "label", "rows", relative=False) if allocation else None
    return Policy(
        **_plain(found),
        representative=found.representative or settings.representative,
        source_order=settings.source_order,
        mixture=mixture,
        allocation=amounts,
        latest=bool(found.time_column),
        weights=dict(found.weights),
    )


def _plain(found: Curate) -> dict[str, Any]:
    names = ("drop", "redact", "keep", "duplicates", "licence_order", "keep_waived", "exclude", "include")
    more = ("max_tokens", "tokenizer", "tokens", "holdout", "group_by", "time_column", "seed")
    return {name: getattr(found, name) for name in (*names, *more)}


def describe_split(record: SplitRecord) -> None:
    """Print what a split is and the funnel it came through."""
    from governance.curation.record import STEPS

    inputs = [("from", f"{i.reference}  {plural(i.rows, 'row')}") for i in record.inputs]
    kept = [("kept", f"{record.created_at[:19]} by {record.created_by}")] if record.created_at else []
    put_columns([("split", record.reference if record.version else record.name), *kept, *inputs])
    put("")
    rows: list[tuple[object, ...]] = [("rows", "", "", f"{record.rows:,}", "")]
    for stage in record.funnel:
        if stage.excluded:
            by = ", ".join(f"{rule} {count:,}" for rule, count in stage.by.items())
            rows.append((stage.step, STEPS[stage.step], f"-{stage.excluded:,}", f"{stage.left:,}", by))
    put_table(("step", "what it leaves out", "rows", "left", "by rule"), rows, "")
    put("")
    put_table(("part", "rows", "tokens", "groups"), _parts(record), "")
    for line in _more(record):
        put(line)


def _parts(record: SplitRecord) -> list[tuple[object, ...]]:
    about = "about " if record.counted_by == "estimate" else ""
    return [
        (n, f"{p.rows:,}", f"{about}{p.tokens:,}", f"{p.groups:,}") for n, p in record.parts.items() if p.rows
    ]


def _more(record: SplitRecord) -> list[str]:
    replaced = ", ".join(f"{kind} {count:,}" for kind, count in record.redactions.items())
    return [
        *([f"replaced by placeholders: {replaced}"] if replaced else []),
        *(f"note: {n}" for n in record.notes),
    ]


def lake_or_none(session: Session) -> Any:
    """The lake, read only, as a context; None where there is none."""
    from contextlib import nullcontext

    from governance.errors import NotFound

    try:
        return session.open_lake(read_only=True)
    except NotFound:
        return nullcontext(None)


def is_folder(reference: str) -> bool:
    """Whether a reference can only mean an exported folder."""
    return Path(reference).is_dir() or "/" in reference
