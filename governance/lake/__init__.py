"""Everything that persists, one module a noun."""
