"""Fictitious numbers that pass the checks of real ones.

Phone numbers are from ranges kept for fiction (NANP 555-01xx) or, where a country keeps none, from a block of zeros;
resident ids have birthdays of 1901 to 1909, so nobody alive bears them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

NAMES = {
    "en": (("ada", "nell", "oren", "petra", "silas"), ("fenwick", "holloway", "marsh", "quill", "thorne")),
    "zh": (("jiang", "yan", "wei", "qi", "huai"), ("lan", "shu", "min", "ting", "yue")),
}
DOMAINS = {"en": ("willowmere-post.net", "greyheron-mail.com"), "zh": ("yanhu-mail.cn", "weian-post.com.cn")}
PLACES = ("110101", "110105", "310101", "120101")  # districts of Beijing, Shanghai and Tianjin
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CARD_STARTS = {"en": ("453201", 16), "zh": ("622202", 19)}


def digits(count: int, rng: random.Random) -> str:
    """That many decimal digits."""
    return "".join(rng.choice("0123456789") for _ in range(count))


def mailbox(language: str, rng: random.Random) -> Mapping[str, str]:
    """An address of an invented person at an invented provider."""
    first, last = NAMES[language]
    who = f"{rng.choice(first)}.{rng.choice(last)}{rng.randrange(10, 99)}"
    return {"value": f"{who}@{rng.choice(DOMAINS[language])}"}


def phone(language: str, rng: random.Random) -> Mapping[str, str]:
    """A phone number."""
    if language == "en":
        return {"value": f"({rng.choice((212, 415, 617))}) 555-01{digits(2, rng)}"}
    return {"value": f"1390000{digits(4, rng)}"}


def resident_id(language: str, rng: random.Random) -> Mapping[str, str]:
    """An id with the check character of GB 11643, of somebody born before 1910."""
    born = f"190{rng.randrange(1, 10)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    body = f"{rng.choice(PLACES)}{born}{digits(3, rng)}"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True))
    return {"value": body + "10X98765432"[total % 11]}


def card(language: str, rng: random.Random) -> Mapping[str, str]:
    """A card number that ends in its Luhn digit, in groups of four."""
    start, length = _CARD_STARTS[language]
    body = start + digits(length - len(start) - 1, rng)
    number = body + str(-luhn(body + "0") % 10)
    return {"value": " ".join(number[i : i + 4] for i in range(0, length, 4))}


def luhn(number: str) -> int:
    """The sum of Luhn's test; a multiple of ten for a right number."""
    reversed_digits = [int(digit) for digit in reversed(number)]
    return sum(reversed_digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in reversed_digits[1::2])


def account(language: str, rng: random.Random) -> Mapping[str, str]:
    """A German IBAN with its check digits, and an account number that is no card."""
    body = digits(18, rng)
    check = 98 - int(f"{body}131400") % 97
    return {"iban": f"DE{check:02d}{body}", "account": f"0200{digits(15 if language == 'zh' else 8, rng)}"}


def home(language: str, rng: random.Random) -> Mapping[str, str]:
    """House, block and flat of a street that does not exist."""
    flat = f"{rng.randrange(1, 9)}{rng.choice('ABCD')}" if language == "en" else f"{rng.randrange(2, 9)}02"
    house, block = str(rng.randrange(11, 180)), str(rng.randrange(2, 9))
    return {"house": house, "block": block, "flat": flat, "zip": rng.choice(("12545", "02116", "94107"))}
