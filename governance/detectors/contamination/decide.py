"""Which candidates are contamination: decided over the whole dataset, where document frequencies are known.

The order of questions, each of which a candidate has to pass:
1. Are enough of the question's words there, the rare ones counting more? (all of them: verbatim)
2. Is what it asks there, with its numbers, and is no blank filled in? Otherwise the text only shares a
passage. 3. Can the question be recognised by itself? If not, its options, its context or its answer have to
be there too. 4. Does the text list other options? Then it is another item with the same stem.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.detectors.contamination.asks import BLANK, NO_ASK, QUESTION_MARK, REQUEST
from governance.detectors.contamination.backing import (
    all_options,
    corroborated,
    flags,
    one_chunk,
    options_found,
)
from governance.detectors.contamination.index import ItemIndex, rarities, token_weights
from governance.detectors.contamination.items import IDEOGRAPH, SHORT
from governance.detectors.contamination.scan import OVERLAP, SHORTEST_OVERLAP, VERBATIM
from governance.detectors.contamination.search import ALL_ROWS, CUT_SHORT, PARTIAL
from governance.detectors.contamination.spans import CLOSED, SPACED
from governance.text.compiled import kept

THRESHOLD = 0.8
ASK = 0.75  # share of the asking part that an overlap has to cover
SPECIFICS = 0.95  # share of its numbers and symbols: with other numbers it is another problem
SPOKEN = 0.7  # share of its words: a formula alone is not the question
FEW_WORDS = 12  # tokens up to which a question is also a phrase of ordinary prose
A_PASSAGE = 60  # tokens from which on a text that asks nothing is a passage rather than a question
ALONE_FROM = 0.8  # share of a turn from which on the turn is about the match
INSERTED = 0.1  # words put in between, as a share of a question of fewer than 50 words
INCOMPLETE = 25  # content words up to which a question about a passage says nothing without the passage
PRIOR_ROWS = 1000  # rows that are taken to exist besides the audited ones, so that ten rows have weights too
OFTEN = 20  # rows from which on a short question may be a common phrase,
OFTEN_SHARE = 0.01  # ... if they are more than this part of all rows


@dataclass(frozen=True)
class Decided:
    """What was found.

    Attributes:
        table: accepted candidates, one a (row, item), sorted by (item, row), with the columns of `PARTIAL`
            and
            `score`, the weighted share of the question that is covered.
        rows: rows that were searched.
        candidates: (row, item) pairs that were looked at.
        rejected: how many pairs each reason turned away.
        cut: turns too repetitive to be searched to their end.
        known: every (row, item) pair that was looked at and recognised, accepted or turned away for more than too
            little in common; sorted (pairs, 2) int64.
    """

    table: pa.Table
    rows: int
    candidates: int
    rejected: dict[str, int]
    cut: int
    known: npt.NDArray[np.int64]


def decide(partials: Iterable[pa.Table], index: ItemIndex, threshold: float = THRESHOLD) -> Decided:
    """What the partials of all batches add up to."""
    found, frequencies, rows, cut = _merged(partials, len(index.gram_weights))
    weights = _corpus_weights(index, frequencies, rows)
    scores = _scores(found, index, weights)
    reasons = _verdicts(found, index, scores, threshold)
    table = found.append_column("score", pa.array(scores)).append_column("reason", pa.array(reasons))
    table = _best_of_each_pair(table)
    table = _without_common_phrases(table, index, rows)
    table = _without_explained(table)
    texts = table.column("reason").to_numpy()
    counts = {REASONS[code]: int((texts == code).sum()) for code in range(1, len(REASONS))}
    accepted = table.filter(pa.array(texts == 0)).drop_columns(["reason"])
    known = _recognised(table.filter(pa.array(texts != TOO_LITTLE)))
    return Decided(accepted, rows, table.num_rows, {k: v for k, v in counts.items() if v}, cut, known)


def _recognised(table: pa.Table) -> npt.NDArray[np.int64]:
    pairs = np.stack([table.column(n).to_numpy().astype(np.int64) for n in ("row", "item")], axis=1)
    return np.unique(pairs.reshape(-1, 2), axis=0)


REASONS = (
    "",
    "too little of the question is covered",
    "what it asks is not covered",
    "its numbers or its words differ",
    "a blank is filled in",
    "it stands inside another sentence",
    "the question is generic, recurring or incomplete, and neither options, context nor answer are there",
    "other options are listed",
    "a passage without the question",
    "a common phrase of this dataset",
    "another item explains it better",
)
(
    ACCEPTED,
    TOO_LITTLE,
    NOT_ASKED,
    DIFFERS,
    FILLED,
    INSIDE,
    ALONE,
    OTHER_OPTIONS,
    PASSAGE,
    PHRASE,
    EXPLAINED,
) = range(11)


def _merged(partials: Iterable[pa.Table], grams: int) -> tuple[pa.Table, npt.NDArray[np.int64], int, int]:
    """(candidates, rows that hold each n-gram, all rows, turns cut short)."""
    frequencies = np.zeros(grams, np.int64)
    rows = cut = 0
    found = [PARTIAL.empty_table()]
    for partial in partials:
        known = pc.is_valid(partial.column("gram"))
        counts = partial.filter(known)
        numbers, held = counts.column("gram").to_numpy(), counts.column("rows").to_numpy()
        rows += int(held[numbers == ALL_ROWS].sum())
        cut += int(held[numbers == CUT_SHORT].sum())
        np.add.at(frequencies, numbers[numbers >= 0], held[numbers >= 0])
        found.append(partial.filter(pc.invert(known)))
    table = pa.concat_tables(found).combine_chunks()
    keys = [("item", "ascending"), ("row", "ascending"), ("turn", "ascending"), ("start", "ascending")]
    return table.sort_by(keys).combine_chunks(), frequencies, rows, cut


def _corpus_weights(
    index: ItemIndex, frequencies: npt.NDArray[np.int64], rows: int
) -> npt.NDArray[np.float32]:
    """(question tokens,) weights: what is common among the items, or in the dataset, weighs little."""
    in_corpus = rarities(frequencies, rows + PRIOR_ROWS)
    joint = np.minimum(index.gram_weights, in_corpus)
    items = index.items
    found: npt.NDArray[np.float32] = token_weights(
        index.grams, joint, items.arrays.bounds[: items.table.num_rows + 1]
    )
    return found


def _scores(found: pa.Table, index: ItemIndex, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(n,) weighted share of the question that is covered; 1 for verbatim and whole turns."""
    scores = np.ones(found.num_rows)
    lists = one_chunk(found.column("runs"))
    if not found.num_rows:
        return scores
    flat = lists.flatten()
    _covered(
        found.column("item").to_numpy(),
        found.column("how").to_numpy(),
        lists.offsets.to_numpy().astype(np.int64) - lists.offsets[0].as_py(),
        flat.field("item_token").to_numpy(),
        flat.field("tokens").to_numpy(),
        index.items.arrays.bounds,
        weights,
        scores,
    )
    return scores


@kept
def _covered(items, how, offsets, places, lengths, bounds, weights, out):  # type: ignore[no-untyped-def]
    longest = 0
    for i in items:
        longest = max(longest, bounds[i + 1] - bounds[i])
    covered = np.zeros(longest, np.bool_)
    for c in range(len(items)):
        if how[c] != OVERLAP:
            continue
        base, size = bounds[items[c]], bounds[items[c] + 1] - bounds[items[c]]
        covered[:size] = False
        for k in range(offsets[c], offsets[c + 1]):
            covered[places[k] : places[k] + lengths[k]] = True
        whole = mass = 0.0
        for q in range(size):
            whole += weights[base + q]
            mass += weights[base + q] if covered[q] else 0.0
        out[c] = mass / whole


def required(
    lengths: npt.NDArray[np.int64], threshold: float, backed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """(n,) share that has to be covered: more below 50 tokens, up to 0.15 less above 100.

    In a short question one changed word changes what is asked, unless options, context or answer say that it
    is the same item; in a long one the story may be retold a little. decon too tightens between 50 and 20
    tokens.
    """
    short = np.clip((50 - lengths) / 30, 0, 1) * (1 - threshold) * 0.75
    long = np.clip((lengths - 100) / 300, 0, 1) * 0.15
    return np.minimum(1.0, threshold + np.where(backed, 0.0, short) - long)


def _inserted(found: pa.Table, length: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """(n,) whether more than a few words stand between the runs of a short question."""
    extra = np.zeros(found.num_rows, np.int64)
    if found.num_rows:
        lists = one_chunk(found.column("runs"))
        flat = lists.flatten()
        first = lists.offsets.to_numpy().astype(np.int64)
        _between(
            first - first[0], flat.field("turn_token").to_numpy(), flat.field("tokens").to_numpy(), extra
        )
    return np.asarray((length < 50) & (extra > np.maximum(1, INSERTED * length)), np.bool_)


@kept
def _between(first, places, lengths, out):  # type: ignore[no-untyped-def]
    """Tokens of the turn between the runs of each candidate; runs come in ascending order and may overlap."""
    for c in range(len(out)):
        reached = -1
        for k in range(first[c], first[c + 1]):
            if reached >= 0 and places[k] > reached:
                out[c] += places[k] - reached
            reached = max(reached, places[k] + lengths[k])


def _verdicts(
    found: pa.Table, index: ItemIndex, scores: npt.NDArray[np.float64], threshold: float
) -> npt.NDArray[np.int8]:
    """(n,) code of `REASONS`; the first test that a candidate fails names the reason."""
    items = index.items
    item = found.column("item").to_numpy()
    how = found.column("how").to_numpy()
    length, ask_kind = items.lengths[item], items.arrays.how[item]
    overlap = how == OVERLAP
    backed = corroborated(found, index)
    verdict = np.zeros(len(item), np.int8)

    def fail(where: npt.NDArray[np.bool_], code: int) -> None:
        verdict[where & (verdict == ACCEPTED)] = code

    columns = {n: found.column(n).to_numpy() for n in ("ask", "specifics", "spoken")}
    fail(overlap & (scores < required(length, threshold, backed)), TOO_LITTLE)
    fail(overlap & (length < SHORTEST_OVERLAP), TOO_LITTLE)
    fail(overlap & (columns["ask"] < ASK), NOT_ASKED)
    fail(overlap & ((columns["specifics"] < SPECIFICS) | (columns["spoken"] < SPOKEN)), DIFFERS)
    fail(overlap & _inserted(found, length) & ~backed, DIFFERS)
    fail(~flags(found, "blanks_kept") & ~backed, FILLED)
    fail(_conflict(found, index), OTHER_OPTIONS)
    contexts = np.diff(items.arrays.bounds)[items.table.num_rows :][item]
    incomplete = (contexts > 0) & ((items.arrays.telling[item] == 0) | (items.content[item] < INCOMPLETE))
    fail((items.generic[item] | items.shared[item] | incomplete | (length < SHORT)) & ~backed, ALONE)
    backed |= np.asarray(pc.is_valid(found.column("answer_turn"))) | all_options(found, index)
    fail(_passage(found, index) & ~backed, PASSAGE)
    fail(_inside(found, index, ask_kind, length) & ~backed, INSIDE)
    return verdict


def _passage(found: pa.Table, index: ItemIndex) -> npt.NDArray[np.bool_]:
    """(n,) whether the question asks nothing and the text goes on around it.

    A statement to be judged, an article to be summarised, a label to be classified: their words alone are no item.
    """
    items = index.items
    item = found.column("item").to_numpy()
    length, choice = items.lengths[item], items.arrays.filled[item] > 1
    silent = items.arrays.how[item] == NO_ASK
    outside = (
        items.judged[item] | (length < np.where(choice, 2 * FEW_WORDS, FEW_WORDS)) | (length >= A_PASSAGE)
    )
    alone = (found.column("fills").to_numpy() >= ALONE_FROM) & ~choice
    return np.asarray(silent & outside & ~alone, np.bool_)


def _inside(
    found: pa.Table, index: ItemIndex, ask_kind: npt.NDArray[np.uint8], length: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Verbatim words that are only part of a longer sentence, where that is likely to happen by chance."""
    before, behind = found.column("before").to_numpy(), found.column("behind").to_numpy()
    item = found.column("item").to_numpy()
    open_end = (behind != CLOSED) & ~((behind == SPACED) & _ideographic(index)[item])
    open_start = (before < SPACED) & (length < 2 * FEW_WORDS)
    short = length < FEW_WORDS
    chinese = _ideographic(index)[item]
    statement = (ask_kind == NO_ASK) & (open_end | open_start)
    request = (ask_kind == REQUEST) & short & chinese & (open_end | open_start)
    question = (ask_kind == QUESTION_MARK) & short & chinese & open_end
    whole = found.column("how").to_numpy() == VERBATIM
    return np.asarray(
        whole & (statement | request | question | ((ask_kind == BLANK) & short & open_end & chinese)),
        np.bool_,
    )


def _ideographic(index: ItemIndex) -> npt.NDArray[np.bool_]:
    """(K,) whether more than half of a question's tokens are ideographs."""
    bounds = index.items.arrays.bounds[: index.items.table.num_rows + 1]
    before = np.concatenate([[0], np.cumsum(index.items.arrays.classes == IDEOGRAPH)])
    return np.asarray((before[bounds[1:]] - before[bounds[:-1]]) * 2 > np.diff(bounds), np.bool_)


def _conflict(found: pa.Table, index: ItemIndex) -> npt.NDArray[np.bool_]:
    """(n,) whether a lettered list follows that holds too few of the item's options: fewer than half.

    Exactly half are too few too where the question recurs, or is about a passage.
    """
    items = index.items
    item = found.column("item").to_numpy()
    filled, matched = items.arrays.filled[item].astype(np.int64), options_found(found)
    strict = items.shared[item] | (np.diff(items.arrays.bounds)[items.table.num_rows :][item] > 0)
    strict |= items.arrays.how[item] == NO_ASK
    few = np.where(strict, 2 * matched <= filled, 2 * matched < filled)
    return np.asarray(flags(found, "lists") & (filled > 1) & few, np.bool_)


def _best_of_each_pair(table: pa.Table) -> pa.Table:
    """One candidate a (row, item): accepted before rejected, then by what was found, then the earliest."""
    if not table.num_rows:
        return table
    item, row = table.column("item").to_numpy(), table.column("row").to_numpy()
    reason, score = table.column("reason").to_numpy(), table.column("score").to_numpy()
    part = (table.column("how").to_numpy() == OVERLAP).astype(np.int8)
    unanswered = ~np.asarray(pc.is_valid(table.column("answer_turn")))
    place = np.arange(len(item))
    order = np.lexsort((place, -options_found(table), unanswered, -score, part, reason, row, item))
    first = np.concatenate([[True], (np.diff(item[order]) != 0) | (np.diff(row[order]) != 0)])
    return table.take(pa.array(order[first]))


def _without_common_phrases(table: pa.Table, index: ItemIndex, rows: int) -> pa.Table:
    """Short questions that very many rows hold without options or answer are phrases, not leaks."""
    item = table.column("item").to_numpy()
    reason = table.column("reason").to_numpy().copy()
    accepted = reason == ACCEPTED
    often = np.bincount(item[accepted], minlength=index.items.table.num_rows)
    common = (often > max(OFTEN, OFTEN_SHARE * rows)) & (index.items.lengths < 2 * FEW_WORDS)
    reason[accepted & common[item] & ~corroborated(table, index)] = PHRASE
    return _with_reason(table, reason)


def _without_explained(table: pa.Table) -> pa.Table:
    """Overlaps inside a stretch that another item explains verbatim are about that item."""
    reason = table.column("reason").to_numpy().copy()
    how = table.column("how").to_numpy()
    row, turn = table.column("row").to_numpy(), table.column("turn").to_numpy()
    start, end = table.column("start").to_numpy(), table.column("end").to_numpy()
    whole = np.flatnonzero((reason == ACCEPTED) & (how != OVERLAP))
    part = np.flatnonzero((reason == ACCEPTED) & (how == OVERLAP))
    if not len(whole) or not len(part):
        return table
    places: dict[tuple[int, int], list[int]] = {}
    for k in whole:
        places.setdefault((int(row[k]), int(turn[k])), []).append(int(k))
    for k in part:
        for w in places.get((int(row[k]), int(turn[k])), ()):
            shared = min(end[k], end[w]) - max(start[k], start[w])
            if 2 * shared > end[k] - start[k]:
                reason[k] = EXPLAINED
                break
    return _with_reason(table, reason)


def _with_reason(table: pa.Table, reason: npt.NDArray[np.int8]) -> pa.Table:
    return table.set_column(table.column_names.index("reason"), "reason", pa.array(reason))
