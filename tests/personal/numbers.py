"""Numbers as their issuers make them, from a seed; the checksums here are written anew, from the standards."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

Draw = Callable[[random.Random], str]

PROVINCES = [
    "110105",
    "310115",
    "440305",
    "320106",
    "330106",
    "510107",
    "420111",
    "610113",
    "370202",
    "500112",
    "210102",
    "130102",
    "650102",
    "540102",
]
CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
IBAN_FORMS = {
    "DE": "nnnnnnnnnnnnnnnnnn",
    "GB": "aaaannnnnnnnnnnnnn",
    "FR": "nnnnnnnnnnnnnnnnnnnnnnn",
    "NL": "aaaannnnnnnnnn",
}


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def resident_id(rng: random.Random) -> str:
    born = f"{rng.randint(1940, 2012)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = rng.choice(PROVINCES) + born + f"{rng.randint(1, 999):03}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def wrong_resident_id(rng: random.Random) -> str:
    right = resident_id(rng)
    return right[:-1] + rng.choice([c for c in "0123456789" if c != right[-1]])


def hong_kong_id(rng: random.Random) -> str:
    letter, body = rng.choice("ABCDEGKMPRVYZ"), digits(rng, 6)
    total = (
        36 * 9 + (ord(letter) - 55) * 8 + sum(int(d) * w for d, w in zip(body, range(7, 1, -1), strict=True))
    )
    return f"{letter}{body}({'0123456789A'[-total % 11]})"


def ssn(rng: random.Random) -> str:
    return f"{rng.choice([*range(1, 666), *range(667, 900)]):03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def company_code(rng: random.Random) -> str:
    body = rng.choice(["91", "92", "93", "12", "51"]) + rng.choice(PROVINCES)
    body += "".join(rng.choice(CODE_SIGNS) for _ in range(9))
    total = sum(CODE_SIGNS.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + CODE_SIGNS[-total % 31]


def luhn_digit(body: str) -> str:
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body))]
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def card(rng: random.Random) -> str:
    prefix, length = rng.choice(
        [
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("2300", 16),
            ("6222", 19),
            ("6217", 19),
            ("6225", 16),
            ("356", 16),
            ("6011", 16),
            ("622848", 19),
            ("37", 15),
            ("34", 15),
        ]
    )
    body = prefix + digits(rng, length - len(prefix) - 1)
    return body + luhn_digit(body)


def wrong_card(rng: random.Random) -> str:
    right = card(rng)
    return right[:-1] + str((int(right[-1]) + rng.randint(1, 9)) % 10)


def grouped_card(rng: random.Random) -> str:
    number = card(rng)
    while len(number) == 15:
        number = card(rng)
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def iban(rng: random.Random) -> str:
    country = rng.choice(list(IBAN_FORMS))
    body = "".join(
        rng.choice(string.ascii_uppercase) if c == "a" else rng.choice(string.digits)
        for c in IBAN_FORMS[country]
    )
    number = "".join(str(int(c, 36)) for c in body + country + "00")
    return f"{country}{98 - int(number) % 97:02}{body}"


def account(rng: random.Random) -> str:
    return rng.choice("123456789") + digits(rng, rng.choice([11, 14, 16, 18]))


MOBILE_PREFIXES = [
    "130",
    "131",
    "135",
    "136",
    "138",
    "139",
    "150",
    "152",
    "158",
    "159",
    "166",
    "176",
    "177",
    "180",
    "186",
    "188",
    "189",
    "191",
    "198",
    "199",
]


def mobile(rng: random.Random) -> str:
    return rng.choice(MOBILE_PREFIXES) + digits(rng, 8)


def spaced_mobile(rng: random.Random) -> str:
    number, mark = mobile(rng), rng.choice(" -")
    return mark.join([number[:3], number[3:7], number[7:]])


def abroad_mobile(rng: random.Random) -> str:
    return rng.choice(["+86", "+86 ", "+86-"]) + mobile(rng)


def landline(rng: random.Random) -> str:
    area, size = rng.choice(
        [("010", 8), ("021", 8), ("0755", 8), ("0571", 8), ("025", 8), ("0519", 8), ("028", 8)]
    )
    return f"{area}-{rng.choice('5678')}{digits(rng, size - 1)}"


def american_phone(rng: random.Random) -> str:
    area = rng.choice(["212", "312", "415", "617", "206", "303", "404", "512", "713", "305"])
    exchange, line = f"{rng.randint(3, 9)}{rng.randint(2, 9)}{rng.randint(0, 9)}", digits(rng, 4)
    return rng.choice(
        [f"({area}) {exchange}-{line}", f"{area}-{exchange}-{line}", f"+1 {area} {exchange} {line}"]
    )


def british_phone(rng: random.Random) -> str:
    return f"+44 20 7{digits(rng, 3)} {digits(rng, 4)}"


LOCALS = [
    "zhang.wei",
    "li_na",
    "wangxm",
    "chen.jie",
    "liuyang88",
    "john.smith",
    "mary-jane",
    "bob99",
    "a.petrov",
    "sunny_2020",
]
HOSTS = [
    "qq.com",
    "163.com",
    "gmail.com",
    "outlook.com",
    "sina.com.cn",
    "bank-of-x.cn",
    "mail.tsinghua.edu.cn",
    "yahoo.co.uk",
    "proton.me",
]


def email(rng: random.Random) -> str:
    return f"{rng.choice(LOCALS)}{rng.randint(1, 999)}@{rng.choice(HOSTS)}"
