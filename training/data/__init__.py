"""Members of a split become tokens, rows and batches that know whose token is where."""
