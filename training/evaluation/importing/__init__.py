"""Evaluations made by other programs, as evaluations of the lake.

entries.py      what a log holds, in one form
lm_eval.py      samples_*.jsonl of lm-evaluation-harness
inspect_log.py  .eval and .json logs of Inspect
archive.py      the members of an Inspect archive, within bounds
match.py        which item of a suite an entry of a log is
convert.py      a log as an evaluation with its items
load.py         files found and read, whatever program wrote them
"""
