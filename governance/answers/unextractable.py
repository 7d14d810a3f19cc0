"""Rows whose question demands a form that their answer does not have."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from governance.answers.posed import LIKELY, MARKERS, gives, posed
from governance.answers.questions import answered
from governance.rules.marks import marked_turns
from governance.samples import USER, SampleBatch


def unextractable(batch: SampleBatch) -> pa.Table | None:
    """MARKS of answers that give nothing of what was demanded; an empty answer is not one."""
    rows, last = answered(batch)
    if not len(rows):
        return None
    turns = batch.turns
    asked = last - 1
    fits = turns.roles[asked] == USER
    rows, last, asked = rows[fits], last[fits], asked[fits]
    questions = pl.Series(values=turns.contents.take(pa.array(asked)))
    marked = np.flatnonzero(questions.str.contains_any(MARKERS).to_numpy())
    wanted = marked[questions.gather(marked).str.contains(LIKELY).to_numpy()]
    bad, kinds = [], []
    answers = turns.contents.take(pa.array(last[wanted])).to_pylist()
    for place, question, answer in zip(wanted, questions.gather(wanted).to_list(), answers, strict=True):
        demand = posed(question)
        if demand is not None and answer.strip() and not gives(answer, demand):
            bad.append(int(last[place]))
            kinds.append(demand.kind)
    return marked_turns(batch, np.array(bad, np.int64), kinds)
