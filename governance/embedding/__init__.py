"""Texts as vectors of a sentence-transformers model, an index over them, and what is kept of them in the lake."""
