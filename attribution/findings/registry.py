"""The rules about attributions, by id, with their pages."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from functools import cache

import attribution.findings
from attribution.explaining.drivers import drivers
from attribution.findings.base import AttributionRule, Found, Subject
from governance.lake.contributions import Ledger, StoredAttribution

RULE_FILE = re.compile(r"att\d{3}_\w+")
LOOKED_AT = 50  # samples of either sign that rules look at, of each suite


@cache
def modules() -> Mapping[str, str]:
    """Module names by rule id."""
    names = sorted(m.name for m in pkgutil.iter_modules(attribution.findings.__path__))
    return {n[:6].upper(): f"attribution.findings.{n}" for n in names if RULE_FILE.fullmatch(n)}


@cache
def attribution_rules() -> Mapping[str, AttributionRule]:
    """Every rule by id, in order of id."""
    return {ident: importlib.import_module(name).RULE for ident, name in modules().items()}


def page(rule_id: str) -> str:
    """The rule's page, Markdown."""
    return (importlib.import_module(modules()[rule_id]).__doc__ or "").strip()


def findings_of(stored: StoredAttribution, ledger: Ledger) -> tuple[Found, ...]:
    """What the rules say of an attribution, by severity, rule and suite."""
    subject = Subject(stored, ledger, drivers(ledger, "sample", top=LOOKED_AT))
    found = [one for rule in attribution_rules().values() for one in rule.check(subject)]
    return tuple(sorted(found, key=lambda f: (f.severity.rank, f.rule, f.suite, f.functional, f.kind)))
