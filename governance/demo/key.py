"""The key to the planted faults, and how an audit did against it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from governance.report import AuditReport

VERSION = 1


@dataclass(frozen=True)
class Planted:
    """One planted fault.

    Attributes:
        kind: the name of the fault, e.g. near-duplicate.
        rule: the rule that must find it.
        rows: 0-based rows of the data file that the finding must name.
        peer: `row:N` for the original, `item:SUITE/ITEM` for an evaluation item, None where there is neither.
        also: further rules that are right to speak of these rows.
        finding: the sub-kind the finding must have, e.g. template; empty where the rule has only one.
    """

    kind: str
    rule: str
    rows: tuple[int, ...]
    peer: str | None = None
    also: tuple[str, ...] = ()
    finding: str = ""


@dataclass(frozen=True)
class HardNegative:
    """Rows that look suspicious and are not; no rule may speak of them."""

    kind: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class FaultKey:
    """All that was planted in a set of `rows` rows made from `seed`."""

    seed: int
    rows: int
    faults: tuple[Planted, ...]
    hard_negatives: tuple[HardNegative, ...]


@dataclass(frozen=True)
class KeyLine:
    """How one kind of fault was found.

    Attributes:
        planted, found: faults.
        missed: those not found.
        unexpected: rows of this rule's findings no planted fault explains; shown at its first kind.
    """

    kind: str
    rule: str
    planted: int
    found: int
    missed: tuple[Planted, ...]
    unexpected: tuple[int, ...]


@dataclass(frozen=True)
class FamilyScore:
    """How one family of rules did: CON, DUP and so on.

    Attributes:
        rules: those that faults were planted for, and those with findings that nothing explains.
        planted, found: faults.
        unexpected: rows of findings that no planted fault explains.
    """

    family: str
    rules: tuple[str, ...]
    planted: int
    found: int
    unexpected: int


@dataclass(frozen=True)
class KeyScore:
    """The table `govern demo` prints.

    Attributes:
        lines: one for each kind that was planted, then one for each rule with findings that nothing explains.
        hard_negatives: kind, rows, and which of them were spoken of.
    """

    lines: tuple[KeyLine, ...]
    hard_negatives: tuple[tuple[str, int, tuple[int, ...]], ...]

    @property
    def perfect(self) -> bool:
        """Whether everything planted was found and nothing else."""
        return all(not line.missed and not line.unexpected for line in self.lines)

    @property
    def families(self) -> tuple[FamilyScore, ...]:
        """The lines added up by family, in the order in which families first appear."""
        names = dict.fromkeys(line.rule[:3] for line in self.lines)
        return tuple(self._family(name) for name in names)

    def _family(self, name: str) -> FamilyScore:
        lines = [line for line in self.lines if line.rule.startswith(name)]
        planted, found = (sum(getattr(line, column) for line in lines) for column in ("planted", "found"))
        rules = tuple(sorted({line.rule for line in lines}))
        return FamilyScore(name, rules, planted, found, sum(len(line.unexpected) for line in lines))


def as_json(key: FaultKey) -> str:
    """The key as JSON text."""
    return json.dumps({"version": VERSION, **asdict(key)}, ensure_ascii=False, indent=1) + "\n"


def read_key(text: str) -> FaultKey:
    """The key that `as_json` wrote."""
    record = json.loads(text)
    faults = tuple(
        Planted(f["kind"], f["rule"], tuple(f["rows"]), f["peer"], tuple(f["also"]), f["finding"])
        for f in record["faults"]
    )
    decoys = tuple(HardNegative(h["kind"], tuple(h["rows"])) for h in record["hard_negatives"])
    return FaultKey(record["seed"], record["rows"], faults, decoys)


@dataclass(frozen=True)
class Spoken:
    """What one finding names: its rule and sub-kind, the rows in its evidence and the peers of these."""

    rule: str
    kind: str
    rows: frozenset[int]
    affected: frozenset[int]
    peers: frozenset[str]


def check_key(key: FaultKey, report: AuditReport) -> KeyScore:
    """How the audit did: planted, found, missed and unexpected, kind by kind.

    A fault counts as found if one finding of its rule names all of its rows and its peer: the item, or, for a
    duplicate, the original, whichever of the two the rule took as the representative.
    """
    spoken = tuple(_spoken(report))
    unexpected = _unexpected(key, spoken)
    lines = []
    for kind, rule in dict.fromkeys((fault.kind, fault.rule) for fault in key.faults):
        planted = [fault for fault in key.faults if fault.kind == kind]
        missed = tuple(fault for fault in planted if not _found(fault, spoken))
        lines.append(
            KeyLine(kind, rule, len(planted), len(planted) - len(missed), missed, unexpected.pop(rule, ()))
        )
    lines += [KeyLine("(not planted)", rule, 0, 0, (), rows) for rule, rows in sorted(unexpected.items())]
    touched = {row for finding in spoken for row in finding.affected}
    decoys = (
        (h.kind, len(h.rows), tuple(row for row in h.rows if row in touched)) for h in key.hard_negatives
    )
    return KeyScore(tuple(lines), tuple(decoys))


def _spoken(report: AuditReport) -> Iterator[Spoken]:
    """What each finding says, from its evidence."""
    columns = (report.findings.column(c).to_pylist() for c in ("fingerprint", "rule", "kind"))
    said = {fingerprint: (rule, kind) for fingerprint, rule, kind in zip(*columns, strict=True)}
    evidence: dict[str, list[tuple[int, str, str | None]]] = {}
    parts = (report.evidence.column(c).to_pylist() for c in ("fingerprint", "row", "role", "peer"))
    for fingerprint, row, role, peer in zip(*parts, strict=True):
        evidence.setdefault(fingerprint, []).append((row, role, peer))
    for fingerprint, lines in sorted(evidence.items()):
        rows, affected = (
            frozenset(r for r, _, _ in lines),
            frozenset(r for r, role, _ in lines if role == "affected"),
        )
        yield Spoken(*said[fingerprint], rows, affected, frozenset(peer for _, _, peer in lines if peer))


def _found(fault: Planted, spoken: tuple[Spoken, ...]) -> bool:
    return any(_explains(fault, finding) for finding in spoken)


def _explains(fault: Planted, finding: Spoken) -> bool:
    """Whether the finding is of the right rule and sub-kind and names what was planted."""
    if finding.rule != fault.rule or fault.finding not in {"", finding.kind}:
        return False
    named = set(fault.rows)
    if fault.peer is None:
        return named <= finding.rows
    if fault.peer.startswith("row:"):
        original = int(fault.peer.removeprefix("row:"))
        return named <= finding.rows and (original in finding.rows or fault.peer in finding.peers)
    return named <= finding.rows and fault.peer in finding.peers


def _unexpected(key: FaultKey, spoken: tuple[Spoken, ...]) -> dict[str, tuple[int, ...]]:
    """Per rule, affected rows that no planted fault of the rule explains."""
    right: dict[str, set[int]] = {}
    for fault in key.faults:
        rows = {*fault.rows, *_original(fault)}
        for rule in (fault.rule, *fault.also):
            right.setdefault(rule, set()).update(rows)
    wrong: dict[str, set[int]] = {}
    for finding in spoken:
        extra = finding.affected - right.get(finding.rule, set())
        if extra:
            wrong.setdefault(finding.rule, set()).update(extra)
    return {rule: tuple(sorted(rows)) for rule, rows in sorted(wrong.items())}


def _original(fault: Planted) -> tuple[int, ...]:
    """The row a duplicate was made from: either of the two may be the representative."""
    if fault.peer is None or not fault.peer.startswith("row:"):
        return ()
    return (int(fault.peer.removeprefix("row:")),)
