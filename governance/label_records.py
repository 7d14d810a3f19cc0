"""What training keeps of labels: their weights, what their prompts earned, and how each window judged them."""

from __future__ import annotations

import pyarrow as pa

TEXT, LONG, REAL = pa.string(), pa.int64(), pa.float64()

LABEL_WEIGHT = pa.schema(
    [
        pa.field("step", LONG, False),  # optimizer steps done when it was estimated
        pa.field("label", TEXT, False),
        pa.field("pass_cur", REAL),  # pass@k of the model in training; null where it was not measured
        pa.field("pass_ref", REAL),  # mean pass@k of reference models; null where there is none
        pa.field("raw", REAL),  # equation 12 of arXiv 2507.16802; null where pass_cur is
        pa.field("smoothed", REAL, False),  # what the next estimate goes on from
        pa.field("normalised", REAL, False),  # what samples are weighted by; mean 1 over labels
    ]
)
"""One label in one estimate of the label weights."""
LABEL_REWARD = pa.schema(
    [
        pa.field("step", LONG, False),  # 0-based optimizer step whose answers were judged
        pa.field("place", LONG, False),  # place among the prompts of the step
        pa.field("sample", LONG, False),  # number in the run's list of samples
        pa.field("label", TEXT, False),
        pa.field("answers", LONG, False),  # answers judged
        pa.field("reward", REAL, False),  # their mean, 0 to 1
        pa.field("weight", REAL, False),  # of the label in the objective at that step
    ]
)
"""One prompt of one step of training by reward."""
LABEL_WINDOW = pa.schema(
    [
        pa.field("label", TEXT, False),
        pa.field("window", LONG, False),  # 0-based
        pa.field("stop_step", LONG, False),  # the step after its last
        pa.field("prompts", LONG, False),
        pa.field("reward", REAL),  # mean over prompts; null where there were none
        pa.field("gain", REAL),  # over the window it is compared with; null where there is none
        pa.field("low", REAL),  # 95 % interval of the gain
        pa.field("high", REAL),
        pa.field("verdict", TEXT, False),  # waiting, improving, reached or taken_over
    ]
)
"""One label at the end of one window of training by reward, and what was decided."""
STAGE = pa.schema(
    [
        pa.field("position", LONG, False),  # 0-based, over the runs of the plan
        pa.field("stage", TEXT, False),  # its name in the stage file
        pa.field("kind", TEXT, False),  # sft or grpo
        pa.field("run", TEXT, False),
        pa.field("before", TEXT),  # the run whose model it goes on from; null for the first
        pa.field("labels", TEXT, False),  # JSON list; empty means every label
        pa.field("reason", TEXT, False),  # why these labels, in words
    ]
)
"""One run of a plan of stages."""
