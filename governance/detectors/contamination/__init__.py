"""The search for evaluation items in training rows, word for word."""
