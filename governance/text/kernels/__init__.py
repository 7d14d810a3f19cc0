"""Compiled code of the search for near-duplicates; `native.Kernel` is the way to it.

A kernel allocates nothing: it works in arrays that its caller gives it, so that its machine code needs nothing of
numba when it runs.
"""
