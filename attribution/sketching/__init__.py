"""Samples' gradients as sketches, for models whose exact shares are too large to hold: rankings, not amounts."""
