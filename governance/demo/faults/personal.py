"""Personal data that a customer let slip into a question."""

from __future__ import annotations

import random

from governance.demo.bench import Bench, Draft
from governance.demo.faults import numbers
from governance.demo.faults.planting import said


def emails(bench: Bench, rng: random.Random) -> list[Draft]:
    """E-mail addresses."""
    return said(bench, rng, "email", "user", numbers.mailbox)


def phones(bench: Bench, rng: random.Random) -> list[Draft]:
    """Phone numbers."""
    return said(bench, rng, "phone", "user", numbers.phone)


def ids(bench: Bench, rng: random.Random) -> list[Draft]:
    """Resident ids."""
    return said(bench, rng, "person_id", "user", numbers.resident_id)


def cards(bench: Bench, rng: random.Random) -> list[Draft]:
    """Payment cards."""
    return said(bench, rng, "card", "user", numbers.card)


def accounts(bench: Bench, rng: random.Random) -> list[Draft]:
    """Bank accounts."""
    return said(bench, rng, "account", "user", numbers.account)


def homes(bench: Bench, rng: random.Random) -> list[Draft]:
    """Postal addresses down to the flat."""
    return said(bench, rng, "home", "user", numbers.home)
