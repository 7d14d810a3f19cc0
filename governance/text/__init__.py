"""The compiled and columnar core: tokens, signatures, candidates, clusters, n-grams."""
