"""Our settings as those of TRL's trainer."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from training.models.placement import Placement
from training.settings import TrainSettings

NEVER = 10**9  # as a number of steps; the last state is saved all the same


def arguments(settings: TrainSettings, placement: Placement, folder: Path) -> Any:
    """The SFTConfig of a run. Its preparation of data is off: samples come as tokens."""
    from trl.trainer.sft_config import SFTConfig

    warm = settings.schedule == "constant" and settings.warmup > 0
    with warnings.catch_warnings():  # TRL's own default sets the name that transformers 5.24 lets go
        warnings.filterwarnings("ignore", "`gradient_checkpointing`", FutureWarning)
        return SFTConfig(
            output_dir=str(folder),
            num_train_epochs=settings.epochs,
            max_steps=settings.max_steps or -1,
            per_device_train_batch_size=settings.batch_size,
            gradient_accumulation_steps=settings.accumulation,
            learning_rate=settings.learning_rate,
            lr_scheduler_type="constant_with_warmup" if warm else settings.schedule,
            warmup_steps=settings.warmup,
            weight_decay=settings.weight_decay,
            adam_beta1=settings.beta1,
            adam_beta2=settings.beta2,
            adam_epsilon=settings.epsilon,
            max_grad_norm=settings.max_grad_norm,
            seed=settings.seed,
            bf16=placement.bf16,
            fp16=False,
            use_cpu=placement.device == "cpu",
            gradient_checkpointing=placement.checkpointing,
            save_strategy="steps",
            save_steps=settings.save_every or NEVER,
            save_total_limit=settings.keep,
            logging_strategy="no",  # steps are recorded by callbacks of our own
            logging_nan_inf_filter=False,  # a loss that is not a number stops the run; it is not averaged away
            ddp_find_unused_parameters=False,  # every trained weight is in every forward pass
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,  # rows are sample numbers, which the collator makes into tokens
            dataloader_pin_memory=placement.device == "cuda",
            max_length=None,
            packing=False,  # rows are packed already
            dataset_kwargs={"skip_prepare_dataset": True},
        )
