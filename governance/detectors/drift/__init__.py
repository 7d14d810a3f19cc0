"""Drift: what a dataset is made of, in a few kilobytes, and how far two such profiles are apart."""
