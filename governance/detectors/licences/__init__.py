"""What a licence field says, as SPDX expressions, and whether a policy lets it pass."""
