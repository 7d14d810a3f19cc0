"""A small finance set with planted faults, made from a seed."""
