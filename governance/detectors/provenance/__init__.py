"""Where a row says it comes from, and whether that can be held against anything."""
