"""What a tracer refuses, rather than report amounts that do not add up.

GovernError
└── CannotTrace                a run cannot be traced as it is
    ├── ParametersNotCovered   trainable parameters whose per-sample gradients are not known
    ├── SharesDoNotAdd         the samples' shares do not sum to a parameter's gradient
    └── OptimizerNotCovered    an optimizer, or a setting of it, whose update is not taken apart
"""

from __future__ import annotations

from governance.errors import GovernError


class CannotTrace(GovernError):
    """The run cannot be traced as it is."""


class ParametersNotCovered(CannotTrace):
    """Some trainable parameters are of a kind whose per-sample gradients are not known."""


class SharesDoNotAdd(CannotTrace):
    """What was captured of the samples does not sum to the gradient the optimizer gets."""


class OptimizerNotCovered(CannotTrace):
    """The optimizer's update is not one that is taken apart exactly."""
