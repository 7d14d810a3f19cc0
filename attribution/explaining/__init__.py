"""One item explained, all of it rolled up, and words that stand in both."""
