"""Training: a split becomes a model, a model becomes results kept per item."""
