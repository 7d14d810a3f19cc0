"""Labels: what a row is about and what it asks for, as a pair (scene, task) of a taxonomy that is data.

taxonomy.py   the file, checked           scan.py, evidence.py   what the words of a row speak for
given.py      labels the data bring       neighbours.py          what the nearest examples speak for
labeller.py   one label a row, or none    counts.py              rows and findings by label
"""
