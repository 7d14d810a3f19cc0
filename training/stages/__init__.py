"""Runs one after another, and when examples take over from rewards."""
