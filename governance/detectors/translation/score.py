"""How likely it is that a row tells an item in another language: a logistic score of what `search` measured.

Seven measures in this order: cosine of the centred vectors, likeness of terms, logarithm of shared terms, agreement of
numbers (0.6 where neither side has any), whether there are numbers, ratio of lengths, lead over the next best item.
Fitted by `benchmarks/paraphrase/fit_translation.py`; the score is 0.5 where 3 in 1,000 English finance and school
problems pass against the whole of FinEval.
"""

from __future__ import annotations

from governance.detectors.paraphrase.score import Logistic

# fit: begin
MODEL = Logistic(
    mean=(0.24186, 0.28069, 1.4354, 0.067276, 0.96738, 0.52377, -0.026573),
    scale=(0.1227, 0.063186, 0.5245, 0.14192, 0.17765, 0.25495, 0.065741),
    weights=(0.42948, 0.93378, 0.25179, 1.0035, -0.10322, 1.2677, 0.97545),
    bias=-6.6433,
)
# fit: end
