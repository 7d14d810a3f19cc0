"""A run on several processes, and the same taken up again in the middle of an epoch: `crew.py FOLDER`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from governance.lake import open_lake
from tests.training.builders import Eyes, request, sums
from training.processes import is_first
from training.supervised.sft import train_sft

SETTINGS = ("epochs=2", "batch_size=2", "save_every=3", "keep=9", "max_grad_norm=1.0")
ROWS = 16


def main() -> None:
    folder = Path(sys.argv[1])
    torch.set_num_threads(1)
    opened: Any = open_lake(str(folder / "lake"), create=True) if is_first() else nullcontext()
    with opened as lake:
        asked = request(folder / "run", sums(ROWS), *SETTINGS, "accumulation=1", lake=lake)
        eyes = Eyes()
        whole = train_sft(asked, [eyes])
        torch.distributed.barrier()
        if is_first():
            shutil.rmtree(folder / "run" / "checkpoint-8")
            shutil.rmtree(folder / "run" / "checkpoint-6")
        torch.distributed.barrier()
        again = train_sft(replace(asked, resume=True))
    found = {
        "whole": whole.losses,
        "again": again.losses,
        "first_step": again.first_step,
        "seen": [[*at, rows] for at, rows in eyes.seen.items()],
    }
    (folder / f"process-{os.environ['RANK']}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
