"""Arithmetic as people write it in answers: read, recomputed exactly, compared as it was rounded.

`equations.equations(text)` gives every place where two readable sides stand around an equals sign, and whether they
agree. Nothing is ever evaluated by Python's own interpreter, and every number is bounded in size.
"""
