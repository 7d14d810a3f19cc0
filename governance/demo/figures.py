"""Worked examples: what is given and what follows from it, in exact decimal arithmetic.

Each function returns the words of one example for both languages. Money is rounded to cents at each step, as
the texts show it, so that every line of an answer can be checked with a pocket calculator.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

from governance.demo.say import Language, between, rounded

Figures = dict[str, str]


def deposit(rng: random.Random, say: Language) -> Figures:
    """Simple and yearly compound interest on a deposit."""
    principal, rate = between(rng, 5_000, 200_000, 500), between(rng, "0.0120", "0.0360", "0.0005")
    years = rng.randrange(2, 8)
    factor = (1 + rate) ** years
    total, simple = rounded(principal * factor), rounded(principal * rate * years)
    return {
        "principal": say.money(principal), "rate": say.rate(rate), "years": str(years),
        "factor": str(rounded(factor, "0.000001")), "total": say.money(total),
        "interest": say.money(total - principal), "simple": say.money(simple),
        "yearly": say.money(rounded(principal * rate)), "extra": say.money(total - principal - simple),
    }  # fmt: skip


def loan(rng: random.Random, say: Language) -> Figures:
    """Level payments: P i (1 + i)^n / ((1 + i)^n - 1)."""
    principal, rate = between(rng, 60_000, 1_200_000, 5_000), between(rng, "0.0300", "0.0564", "0.0012")
    years = rng.choice((5, 8, 10, 12, 15, 20, 25, 30))
    months, monthly = 12 * years, rate / 12
    growth = (1 + monthly) ** months
    payment = rounded(principal * monthly * growth / (growth - 1))
    first = rounded(principal * monthly)
    return {
        "principal": say.money(principal), "rate": say.rate(rate), "years": str(years), "months": str(months),
        "monthly_rate": say.rate(monthly), "payment": say.money(payment), "first_interest": say.money(first),
        "first_capital": say.money(payment - first), "total": say.money(payment * months),
        "interest": say.money(payment * months - principal),
    }  # fmt: skip


def exchange(rng: random.Random, say: Language) -> Figures:
    """Foreign money for an amount, after a charge in per cent of the amount."""
    currency, unit, low, high = rng.choice(say.values["currencies"])
    amount, fee_rate = between(rng, 800, 30_000, 50), between(rng, "0.0025", "0.0200", "0.0025")
    price = between(rng, f"{low:.4f}", f"{high:.4f}", "0.0001")
    fee = rounded(amount * fee_rate)
    bought = rounded((amount - fee) / price)
    return {
        "amount": say.money(amount), "currency": currency, "unit": unit, "price": say.price(price),
        "fee_rate": say.rate(fee_rate), "fee": say.money(fee), "net": say.money(amount - fee),
        "bought": f"{bought:,}", "effective": say.price(amount / bought),
    }  # fmt: skip


def instalments(rng: random.Random, say: Language) -> Figures:
    """Instalments with a monthly fee; yearly cost 24 n f / (n + 1), the fee over the average debt."""
    amount, count = between(rng, 900, 24_000, 60), rng.choice((6, 9, 12, 18, 24))
    fee_rate = between(rng, "0.0040", "0.0080", "0.0005")
    part, fee = rounded(amount / count), rounded(amount * fee_rate)
    return {
        "amount": say.money(amount), "count": str(count), "fee_rate": say.rate(fee_rate),
        "part": say.money(part), "fee": say.money(fee), "payment": say.money(part + fee),
        "total_fee": say.money(fee * count),
        "annual_rate": say.rate(rounded(24 * count * fee_rate / (count + 1), "0.0001")),
    }  # fmt: skip


def valuation(rng: random.Random, say: Language) -> Figures:
    """Price-earnings ratio against a peer multiple."""
    earnings, peer = between(rng, "0.40", "6.00", "0.05"), between(rng, 8, 30, 1)
    fair = rounded(earnings * peer)
    price = rounded(fair * (1 + rng.choice((-1, 1)) * between(rng, "0.03", "0.40", "0.01")))
    above = price > fair
    english = say.code == "en"
    return {
        "firm": say.firm(rng), "price": say.money(price), "earnings": say.money(earnings), "peer": str(peer),
        "multiple": str(rounded(price / earnings, "0.1")), "fair": say.money(fair),
        "gap": say.rate(rounded(abs(price / fair - 1), "0.001")),
        "side": ("above" if above else "below") if english else ("高于" if above else "低于"),
        "side_word": "高" if above else "低",
    }  # fmt: skip


def bond(rng: random.Random, say: Language) -> Figures:
    """Coupon, current yield and the return of a year."""
    face, coupon_rate = Decimal(rng.choice((100, 1_000))), between(rng, "0.0200", "0.0650", "0.0005")
    price = rounded(face * between(rng, "0.930", "1.020", "0.001"))
    later = rounded(price + face * between(rng, "0.004", "0.030", "0.001"))
    coupon = face * coupon_rate
    return {
        "face": say.money(face), "coupon_rate": say.rate(coupon_rate), "price": say.money(price),
        "later": say.money(later), "coupon": say.money(rounded(coupon)), "change": say.money(later - price),
        "current_yield": say.rate(rounded(coupon / price, "0.0001")), "firm": say.firm(rng),
        "holding_return": say.rate(rounded((coupon + later - price) / price, "0.0001")),
    }  # fmt: skip


def trade(rng: random.Random, say: Language) -> Figures:
    """A purchase and a sale of shares with commission on both and duty on the sale."""
    shares, buy = 100 * rng.randrange(12, 90), between(rng, "18.00", "96.00", "0.05")
    sell = rounded(buy * (1 + between(rng, "0.02", "0.30", "0.01")))
    commission, duty_rate = (
        between(rng, "0.00025", "0.00100", "0.00005"),
        between(rng, "0.0005", "0.0010", "0.0005"),
    )
    paid, received = buy * shares, sell * shares
    inward, outward, duty = (
        rounded(paid * commission),
        rounded(received * commission),
        rounded(received * duty_rate),
    )
    cost = inward + outward + duty
    level = buy * (1 + commission) / (1 - commission - duty_rate)
    return {
        "firm": say.firm(rng), "shares": f"{shares:,}", "buy": say.money(buy), "sell": say.money(sell),
        "commission_rate": say.rate(commission), "duty_rate": say.rate(duty_rate), "bought": say.money(paid),
        "sold": say.money(received), "gross_profit": say.money(received - paid), "duty": say.money(duty),
        "commission_in": say.money(inward), "commission_out": say.money(outward), "cost": say.money(cost),
        "net": say.money(received - paid - cost), "break_even": say.money(rounded(level)),
    }  # fmt: skip


def claim(rng: random.Random, say: Language) -> Figures:
    """Refund of a bill above an excess."""
    bill, excess = between(rng, 3_000, 60_000, 10), between(rng, 200, 2_000, 100)
    excluded = rounded(bill * between(rng, "0.04", "0.20", "0.01"))
    share = between(rng, "0.60", "0.95", "0.05")
    covered = bill - excluded
    refund = rounded((covered - excess) * share)
    return {
        "bill": say.money(bill), "excluded": say.money(excluded), "excess": say.money(excess),
        "share": say.rate(share), "covered": say.money(covered), "above": say.money(covered - excess),
        "refund": say.money(refund), "own_share": say.money(bill - refund),
    }  # fmt: skip


def motor(rng: random.Random, say: Language) -> Figures:
    """A premium of a base times a no-claim factor times a pricing factor."""
    years, bonus = rng.choice(((2, "0.80"), (3, "0.70"), (4, "0.60"), (5, "0.50")))
    base, factor = between(rng, 640, 3_800, 10), between(rng, "0.65", "1.35", "0.01")
    premium, full = rounded(base * Decimal(bonus) * factor), rounded(base * factor)
    return {
        "base": say.money(base), "claim_free": str(years), "bonus": bonus, "factor": str(factor),
        "premium": say.money(premium), "full": say.money(full), "saved": say.money(full - premium),
    }  # fmt: skip


def shares(rng: random.Random, say: Language) -> Figures:
    """Trust income after a fee, split among three beneficiaries."""
    income, fee_rate = between(rng, 24_000, 900_000, 100), between(rng, "0.0030", "0.0200", "0.0010")
    first_share, second_share = between(rng, "0.30", "0.50", "0.05"), between(rng, "0.15", "0.30", "0.05")
    first, second, third = rng.sample(say.values["heirs"], 3)
    fee = rounded(income * fee_rate)
    net = income - fee
    one, two = rounded(net * first_share), rounded(net * second_share)
    return {
        "income": say.money(income), "fee_rate": say.rate(fee_rate), "fee": say.money(fee),
        "net": say.money(net), "first": first, "second": second, "third_name": third,
        "first_share": say.rate(first_share), "second_share": say.rate(second_share),
        "first_amount": say.money(one), "second_amount": say.money(two),
        "third_amount": say.money(net - one - two),
    }  # fmt: skip


def plan(rng: random.Random, say: Language) -> Figures:
    """Income of a trust plan over a number of days, actual/365."""
    principal, rate = between(rng, 300_000, 5_000_000, 50_000), between(rng, "0.0380", "0.0680", "0.0005")
    days = rng.randrange(95, 720)
    income = rounded(principal * rate * days / 365)
    return {
        "principal": say.money(principal), "rate": say.rate(rate), "days": str(days),
        "income": say.money(income), "yearly": say.money(rounded(principal * rate)),
        "total": say.money(principal + income),
    }  # fmt: skip


def subscribe(rng: random.Random, say: Language) -> Figures:
    """Fund units for an amount, the fee counted on the net amount."""
    amount, fee_rate = between(rng, 1_000, 80_000, 100), between(rng, "0.0010", "0.0150", "0.0005")
    nav = between(rng, "0.7000", "3.9000", "0.0001")
    net = rounded(amount / (1 + fee_rate))
    return {
        "fund": say.one("funds", rng), "amount": say.money(amount), "fee_rate": say.rate(fee_rate),
        "nav": say.price(nav), "net": say.money(net), "fee": say.money(amount - net),
        "units": f"{rounded(net / nav):,}",
    }  # fmt: skip


def redeem(rng: random.Random, say: Language) -> Figures:
    """Proceeds of fund units after an exit fee, against what they cost."""
    units, nav = between(rng, 800, 40_000, "0.25"), between(rng, "0.8000", "3.9000", "0.0001")
    fee_rate = between(rng, "0.0010", "0.0075", "0.0005")
    cost = rounded(units * nav * between(rng, "0.82", "1.12", "0.01"))
    gross = rounded(units * nav)
    fee = rounded(gross * fee_rate)
    profit = gross - fee - cost
    return {
        "units": f"{rounded(units):,}", "fund": say.one("funds", rng), "nav": say.price(nav),
        "cost": say.money(cost), "held": say.one("held", rng), "fee_rate": say.rate(fee_rate),
        "gross": say.money(gross), "fee": say.money(fee), "net": say.money(gross - fee),
        "profit": say.money(profit),
        "profit_rate": say.rate(rounded(profit / cost, "0.0001")),
    }  # fmt: skip


def averaging(rng: random.Random, say: Language) -> Figures:
    """A savings plan at three to five prices: average cost against average price."""
    amount, count = between(rng, 100, 4_000, 50), rng.randrange(3, 6)
    middle = between(rng, "0.9000", "3.2000", "0.0001")
    navs = [rounded(middle * between(rng, "0.82", "1.18", "0.01"), "0.0001") for _ in range(count)]
    navs[0] = rounded(
        middle * Decimal("1.2"), "0.0001"
    )  # prices that differ, so that the plan gains something
    units = [rounded(amount / nav) for nav in navs]
    held, mean = sum(units, Decimal(0)), sum(navs, Decimal(0)) / count
    cost, mean = rounded(amount * count / held, "0.0001"), rounded(mean, "0.0001")
    return {
        "amount": say.money(amount), "fund": say.one("funds", rng),
        "navs": say.listed([say.price(n) for n in navs]),
        "unit_list": say.listed([f"{u:,}" for u in units]), "units": f"{held:,}",
        "paid": say.money(amount * count), "average_cost": say.price(cost), "mean_price": say.price(mean),
        "below": say.price(mean - cost),
    }  # fmt: skip


def portfolio(rng: random.Random, say: Language) -> Figures:
    """The return of three holdings by weight, one of which contributed most."""
    names = rng.sample(say.values["assets"], 3)
    first, second = between(rng, "0.20", "0.50", "0.05"), between(rng, "0.15", "0.35", "0.05")
    weights = [first, second, 1 - first - second]
    returns = [between(rng, "-0.04", "0.06", "0.001") for _ in names]
    top = rng.randrange(3)
    returns[top] = between(rng, "0.14", "0.22", "0.001")
    parts = [w * r for w, r in zip(weights, returns, strict=True)]
    top = parts.index(max(parts))
    words = {"total": say.rate(sum(parts, Decimal(0))), "top": names[top]}
    for letter, name, weight, change, part in zip("abc", names, weights, returns, parts, strict=True):
        words |= {letter: name, f"{letter}_weight": say.rate(weight), f"{letter}_return": say.rate(change)}
        words[f"{letter}_part"] = say.rate(part)
    return words


SUMS: dict[str, tuple[str, str, Callable[[random.Random, Language], Figures]]] = {
    "deposit": ("Banking", "Financial Calculation", deposit),
    "loan": ("Banking", "Financial Calculation", loan),
    "exchange": ("Banking", "Financial Calculation", exchange),
    "instalments": ("Banking", "Financial Calculation", instalments),
    "valuation": ("Securities", "Financial Calculation", valuation),
    "bond": ("Securities", "Financial Calculation", bond),
    "trade": ("Securities", "Financial Calculation", trade),
    "claim": ("Insurance", "Financial Calculation", claim),
    "motor": ("Insurance", "Financial Calculation", motor),
    "shares": ("Trusts", "Financial Calculation", shares),
    "plan": ("Trusts", "Financial Calculation", plan),
    "subscribe": ("Mutual Funds", "Financial Calculation", subscribe),
    "redeem": ("Mutual Funds", "Financial Calculation", redeem),
    "averaging": ("Mutual Funds", "Financial Calculation", averaging),
    "portfolio": ("Mutual Funds", "Portfolio Analysis", portfolio),
}
"""Per example: scene, task and the function that makes its figures."""
