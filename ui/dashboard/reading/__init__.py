"""What pages ask of the lake; every number comes from DuckDB, nothing is counted in Python."""
