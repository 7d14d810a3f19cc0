"""What is written down of a run, and how one that was killed goes on."""
