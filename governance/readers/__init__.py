"""Data files in, batches of samples out."""
