"""One of several processes that train and trace together: started by `torch.distributed.run`, writes what it has."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attribution.ledger.refresh import Refresh
from attribution.tracing.tracer import Tracer, TraceSettings
from tests.attribution.builders import Loop, items, tiny_qwen3, train

LOOP = Loop(steps=8, rows=4, parts=2, max_norm=0.3)
SETTINGS = TraceSettings(refresh=Refresh(every=2, ceiling=None), interval=4, tail=0.8, sketch=101)


def traced(loop: Loop, wrap: Any = lambda model: model) -> Tracer:
    """The run's tracer, once it is done."""
    model = tiny_qwen3()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)
    tracer = Tracer(items(2), SETTINGS)
    train(model, optimizer, loop, [tracer], forward=wrap(model))
    return tracer


def written(tracer: Tracer, path: Path) -> None:
    """Amounts, what is not explained, removal scores and transfers, as arrays."""
    assert tracer.removal is not None
    assert tracer.pushes is not None
    np.savez(
        path,
        starts=[i.start for i in tracer.intervals],
        amounts=np.concatenate([i.amounts for i in tracer.intervals]),
        samples=np.concatenate([i.samples for i in tracer.intervals]),
        forgotten=np.stack([i.forgotten for i in tracer.intervals]),
        gap=np.stack([i.gap for i in tracer.intervals]),
        scores=tracer.removal.scores()[1],
        given=tracer.pushes.transfers()[1],
    )


def main() -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    loop = Loop(**{**vars(LOOP), "process": (rank, torch.distributed.get_world_size())})
    tracer = traced(loop, torch.nn.parallel.DistributedDataParallel)
    written(tracer, Path(sys.argv[1]) / f"process-{rank}.npz")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
