"""What labels earn reaches the lake in order, also where the lake was busy for a while."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from governance.errors import LakeBusy
from governance.label_records import LABEL_REWARD, LABEL_WINDOW
from training.difficulty.weights import LabelRate, WeightOptions, WeightState, estimated
from training.reward import label_keeping
from training.reward.label_keeping import RunKeeper


class Book:
    """A run's book that remembers weights."""

    def __init__(self) -> None:
        self.record = SimpleNamespace(run="r1")
        self.known: list[tuple[int, dict[str, float]]] = []

    def weights(self, step: int, weights: dict[str, float]) -> None:
        self.known.append((step, weights))


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A lake that takes rows, or is busy."""
    found = SimpleNamespace(busy=False, taken=[])

    def taking(kind: str) -> Any:
        def take(lake: Any, run: str, *rows: Any) -> None:
            if lake.busy:
                raise LakeBusy("another process is writing")
            lake.taken.append((kind, run, rows[0].num_rows))

        return take

    monkeypatch.setattr(label_keeping, "save_label_weights", taking("weights"))
    monkeypatch.setattr(label_keeping, "save_label_rewards", taking("rewards"))
    return found


STATE = estimated({"a": LabelRate(0.5), "b": LabelRate(1.0)}, WeightState(), WeightOptions())
NONE = (LABEL_REWARD.empty_table(), LABEL_WINDOW.empty_table())


def test_a_busy_lake_gets_everything_later_in_order(lake: Any):
    book = Book()
    keeper = RunKeeper(book, lake)  # type: ignore[arg-type]
    lake.busy = True
    keeper.weights(0, STATE)
    assert not keeper.rewards(*NONE)
    keeper.weights(10, STATE)
    with pytest.raises(LakeBusy):
        keeper.close()
    assert [] == lake.taken

    lake.busy = False
    assert keeper.rewards(*NONE)

    assert [("weights", "r1", 2), ("weights", "r1", 2), ("rewards", "r1", 0)] == lake.taken
    assert [(0, STATE.by_label), (10, STATE.by_label)] == book.known
    keeper.close()
    assert 3 == len(lake.taken)


def test_without_a_lake_only_the_book_knows():
    book = Book()
    keeper = RunKeeper(book, None)  # type: ignore[arg-type]

    keeper.weights(0, STATE)
    assert keeper.rewards(*NONE)
    keeper.close()

    assert [(0, STATE.by_label)] == book.known
