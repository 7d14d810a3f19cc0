"""Evaluation items told again in other words: what is left of a text when wording is set aside, and what it scores."""
