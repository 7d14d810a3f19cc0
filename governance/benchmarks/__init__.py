"""Evaluation sets as items, one adapter a format."""

from governance.benchmarks.load import detect, load_suite
from governance.benchmarks.suite import Suite

__all__ = ["Suite", "detect", "load_suite"]
