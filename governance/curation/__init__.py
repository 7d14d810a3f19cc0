"""Findings, policy and decisions become a split; whatever is left out keeps the reason."""
