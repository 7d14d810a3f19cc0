"""Vector operations that compiled Python cannot say: unaligned loads, masks of 64 bytes, many minima at once.

Each is written as vectors in LLVM's own language, which lowers them to what the machine has (AVX-512, AVX2, SSE2,
NEON). None of them checks bounds; their callers do.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

BLOCK = 64
"""Bytes that `masks64` looks at."""

GROUP = 64
"""Values that `least` finds at once; 4 vectors of 16, measured 1.6 times a plain loop."""

_WORD = ir.IntType(64)
_LANES = 16


def _place(context: Any, builder: Any, kind: Any, value: Any, at: Any) -> Any:
    """Pointer to element `at` of an array."""
    array = context.make_array(kind)(context, builder, value)
    return cgutils.gep_inbounds(builder, array.data, at)


def _load(builder: Any, place: Any, kind: Any, align: int = 1) -> Any:
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=align, typ=kind)


@intrinsic
def load64(typing: Any, data: Any, at: Any) -> Any:
    """The 8 bytes at `at` as a little-endian word."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _load(builder, _place(context, builder, signature.args[0], args[0], args[1]), _WORD)

    return types.uint64(data, types.int64), generate


@intrinsic
def masks64(typing: Any, data: Any, at: Any) -> Any:
    """(bit i set where byte at + i is an ASCII letter, digit or underscore; ... where it is not ASCII)."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), BLOCK)

        def every(value: int) -> Any:
            return ir.Constant(vector, [value] * BLOCK)

        block = _load(builder, _place(context, builder, signature.args[0], args[0], args[1]), vector)
        lower = builder.or_(block, every(0x20))
        letter = builder.icmp_unsigned("<=", builder.sub(lower, every(ord("a"))), every(25))
        digit = builder.icmp_unsigned("<=", builder.sub(block, every(ord("0"))), every(9))
        underscore = builder.icmp_unsigned("==", block, every(ord("_")))
        word = builder.or_(builder.or_(letter, digit), underscore)
        high = builder.icmp_signed("<", block, every(0))
        found = [builder.bitcast(word, _WORD), builder.bitcast(high, _WORD)]
        return context.make_tuple(builder, signature.return_type, found)

    return types.UniTuple(types.uint64, 2)(data, types.int64), generate


@intrinsic
def leads64(typing: Any, data: Any, at: Any) -> Any:
    """(bit i set where byte at + i begins a character of U+4E00 to U+9FFF; ... another one beyond ASCII).

    Reads 65 bytes.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), BLOCK)

        def every(value: int) -> Any:
            return ir.Constant(vector, [value] * BLOCK)

        place = _place(context, builder, signature.args[0], args[0], args[1])
        block = _load(builder, place, vector)
        following = _load(builder, cgutils.gep_inbounds(builder, place, 1), vector)
        lead = builder.icmp_unsigned(">=", block, every(0xC0))
        later = builder.icmp_unsigned("<=", builder.sub(block, every(0xE5)), every(4))
        first = builder.icmp_unsigned("==", block, every(0xE4))
        first = builder.and_(first, builder.icmp_unsigned(">=", following, every(0xB8)))
        ideograph = builder.or_(later, first)
        other = builder.and_(lead, builder.not_(ideograph))
        found = [builder.bitcast(ideograph, _WORD), builder.bitcast(other, _WORD)]
        return context.make_tuple(builder, signature.return_type, found)

    return types.UniTuple(types.uint64, 2)(data, types.int64), generate


SIGNS = b"+<>=^$%&"
"""ASCII signs that may be operators or currencies wherever they stand."""

LEADS = (0xC2, 0xC3, 0xEF, 0xF0)
"""First bytes of the characters beyond ASCII that may be signs: Latin-1, full-width, emoji."""


@intrinsic
def marks64(typing: Any, data: Any, at: Any) -> Any:
    """(bit i set where byte at + i may begin a sign; ... where it is a digit or may begin a full-width one).

    An operator that is punctuation elsewhere (- * /) counts before a digit or a space, and of U+2000 to U+2FFF all
    but general punctuation does. Reads 65 bytes.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), BLOCK)

        def every(value: int) -> Any:
            return ir.Constant(vector, [value] * BLOCK)

        def is_digit(block: Any) -> Any:
            return builder.icmp_unsigned("<=", builder.sub(block, every(ord("0"))), every(9))

        def equals(block: Any, *values: int) -> Any:
            found = builder.icmp_unsigned("==", block, every(values[0]))
            for value in values[1:]:
                found = builder.or_(found, builder.icmp_unsigned("==", block, every(value)))
            return found

        place = _place(context, builder, signature.args[0], args[0], args[1])
        block = _load(builder, place, vector)
        following = _load(builder, cgutils.gep_inbounds(builder, place, 1), vector)
        number = is_digit(following)
        apart = builder.or_(number, equals(following, ord(" "), 0xEF))
        operator = builder.and_(equals(block, *b"-*/"), apart)
        punctuation = equals(following, 0x80)
        beyond = builder.and_(equals(block, 0xE2), builder.not_(punctuation))
        sign = builder.or_(builder.or_(equals(block, *SIGNS, *LEADS), operator), beyond)
        digit = builder.or_(is_digit(block), equals(block, 0xEF))
        found = [builder.bitcast(sign, _WORD), builder.bitcast(digit, _WORD)]
        return context.make_tuple(builder, signature.return_type, found)

    return types.UniTuple(types.uint64, 2)(data, types.int64), generate


@intrinsic
def trailing_zeros(typing: Any, word: Any) -> Any:
    """Zero bits below the lowest set bit; 64 for zero."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@intrinsic
def least(typing: Any, values: Any, count: Any, a: Any, b: Any, out: Any, at: Any) -> Any:
    """Writes out[k] = min over values of a[k] * value + b[k] modulo 2**32, for the `GROUP` k from `at` on.

    There is at least one value. The permutations stay in registers while the values go by.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        vector = ir.VectorType(ir.IntType(32), _LANES)
        lanes = range(0, GROUP, _LANES)

        def group(which: int) -> list[Any]:
            places = [builder.add(args[5], ir.Constant(_WORD, k)) for k in lanes]
            return [_place(context, builder, kinds[which], args[which], p) for p in places]

        factors = [_load(builder, p, vector, 4) for p in group(2)]
        terms = [_load(builder, p, vector, 4) for p in group(3)]
        targets = group(4)
        zero, one = ir.Constant(_WORD, 0), ir.Constant(_WORD, 1)
        before, loop, after = builder.block, builder.append_basic_block(), builder.append_basic_block()
        builder.branch(loop)
        builder.position_at_end(loop)
        index, minima = builder.phi(_WORD), [builder.phi(vector) for _ in lanes]
        index.add_incoming(zero, before)
        value = builder.load(_place(context, builder, kinds[0], args[0], index), typ=ir.IntType(32))
        spread = _spread(builder, value, vector)
        following = builder.add(index, one)
        index.add_incoming(following, loop)
        found = []
        for factor, term, minimum in zip(factors, terms, minima, strict=True):
            permuted = builder.add(builder.mul(spread, factor), term)
            found.append(builder.select(builder.icmp_unsigned("<", permuted, minimum), permuted, minimum))
            minimum.add_incoming(ir.Constant(vector, [0xFFFFFFFF] * _LANES), before)
            minimum.add_incoming(found[-1], loop)
        builder.cbranch(builder.icmp_signed("<", following, args[1]), loop, after)
        builder.position_at_end(after)
        for place, minimum in zip(targets, found, strict=True):
            builder.store(minimum, builder.bitcast(place, vector.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(values, types.int64, a, b, out, types.int64), generate


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    """A vector with `value` in every lane."""
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(vector, [0] * _LANES))
