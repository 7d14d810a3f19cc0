"""Finova: six tasks, each scored as the authors publish it and by what the answer is worth.

`official.py` behaves as antgroup/Finova at commit d30d4b2 does, `strict.py` asks for the whole answer and nothing else.
Both read what is said after the thinking. The published code searches the whole response and takes what it finds
first, thoughts included; only the mark that the thinking has ended is kept for it, since some of its patterns
look for that mark.
"""

from training.scoring.finova.official import official
from training.scoring.finova.strict import strict

__all__ = ["official", "strict"]
