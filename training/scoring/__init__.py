"""Scoring: whether an output answers an item, as the benchmark's own scorer sees it and strictly."""
