"""A whole number cut into whole shares in proportion to weights: largest remainder, with upper bounds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


def largest_remainder(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Shares that add up to `total` exactly, each less than 1 away from its proportional part.

    Everyone gets the whole part of the quota; what is left goes to the largest fractional parts, one each. Of equal
    fractions the larger weight comes first, then the name, so the result never depends on the order of the weights.
    Worked out in fractions, so no rounding of floats can lose or invent a unit. Where all weights are 0, nobody
    gets anything.
    """
    exact = {name: Fraction(weight) for name, weight in weights.items()}
    whole = sum(exact.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    quotas = {name: total * weight / whole for name, weight in exact.items()}
    shares = {name: quota.numerator // quota.denominator for name, quota in quotas.items()}
    left = total - sum(shares.values())
    order = sorted(quotas, key=lambda name: (shares[name] - quotas[name], -exact[name], name))
    for name in order[:left]:
        shares[name] += 1
    return shares


def bounded_shares(total: int, weights: Mapping[str, float], most: Mapping[str, int]) -> dict[str, int]:
    """The same with at most `most[name]` for each name that is in it.

    Whoever would get more than the bound gets the bound, and the rest is shared among the others, again in
    proportion, until nobody is above a bound. The shares add up to `total` unless everyone with a weight is at a bound.
    """
    shares: dict[str, int] = dict.fromkeys(weights, 0)
    open_weights = {name: weight for name, weight in weights.items() if weight > 0}
    while open_weights and total > 0:
        proposed = largest_remainder(total, open_weights)
        full = [name for name, share in proposed.items() if share > most.get(name, share)]
        if not full:
            return shares | proposed
        for name in full:
            shares[name] = most[name]
            total -= most[name]
            del open_weights[name]
    return shares
