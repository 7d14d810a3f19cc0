"""Types of the arrays that kernels take; `READ` for those they only read."""

from __future__ import annotations

from numba import types

U8_READ = types.Array(types.uint8, 1, "C", readonly=True)
B1 = types.Array(types.boolean, 1, "C")
B1_READ = types.Array(types.boolean, 1, "C", readonly=True)
I32 = types.Array(types.int32, 1, "C")
I32_READ = types.Array(types.int32, 1, "C", readonly=True)
U32 = types.Array(types.uint32, 1, "C")
U32_READ = types.Array(types.uint32, 1, "C", readonly=True)
U32_2 = types.Array(types.uint32, 2, "C")
U32_2_READ = types.Array(types.uint32, 2, "C", readonly=True)
I64 = types.Array(types.int64, 1, "C")
I64_READ = types.Array(types.int64, 1, "C", readonly=True)
I64_2 = types.Array(types.int64, 2, "C")
U64 = types.Array(types.uint64, 1, "C")
U64_READ = types.Array(types.uint64, 1, "C", readonly=True)
U64_2 = types.Array(types.uint64, 2, "C")
F64 = types.Array(types.float64, 1, "C")
F64_READ = types.Array(types.float64, 1, "C", readonly=True)
