"""Supervised runs: TRL's trainer with a weight for every sample, and exact counts."""
