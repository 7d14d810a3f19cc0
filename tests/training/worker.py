"""A run in a process of its own, to be killed: `python -m tests.training.worker FOLDER LAKE resume|begin`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import torch

from governance.lake import open_lake
from tests.training.builders import request, sums
from training.supervised.sft import train_sft

SETTINGS = (
    *("max_steps=14", "batch_size=2", "accumulation=2", "packing=true", "max_length=160"),
    *("save_every=4", "lora.rank=4", "lora.dropout=0.2"),  # dropout draws random numbers at every step
)
ROWS = 21


def asked(folder: Path, **more: Any) -> Any:
    """The request: four epochs or so, in an order that the seed decides."""
    return request(folder, sums(ROWS), *SETTINGS, label_weights={"even": 0.5, "odd": 1.5}, **more)


def main() -> None:
    folder, lake, how = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    torch.set_num_threads(1)
    with open_lake(lake) as opened:
        train_sft(asked(folder, lake=opened, resume=how == "resume", progress=lambda *a: time.sleep(0.05)))


if __name__ == "__main__":
    main()
