"""Each sample's share of the real gradient, taken while backward runs."""
