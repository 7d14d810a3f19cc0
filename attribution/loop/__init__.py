"""What was measured of each label, and how many rows of it the next split shall hold."""
