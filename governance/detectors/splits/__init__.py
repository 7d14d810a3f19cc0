"""Training rows and held-out rows: which is which, and when each came to be."""
