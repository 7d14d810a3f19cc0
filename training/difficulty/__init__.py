"""Label weights by difficulty, and the pass rates they are made from."""
