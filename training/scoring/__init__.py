"""Scores of outputs: as benchmarks publish them, and what answers are worth; how sure they are; rewards.

registry.py     which scorers a suite has, by its name, else by the shape of each item
base.py         what a scorer is; one file a benchmark beside it
symbolic.py     whether two mathematical answers mean the same, in a process of its own
statistics.py   intervals of accuracies and of differences
rewards.py      strict scorers as rewards that can be verified
leaderboard.py  published figures to compare with
"""
