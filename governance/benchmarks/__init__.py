"""Evaluation sets as items, one adapter a format."""
