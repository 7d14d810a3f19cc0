"""What can go wrong in training.

GovernError
└── TrainingError         a run cannot begin or go on
    ├── TemplateError     conversations cannot be rendered for this model
    ├── ModelError        a model cannot be loaded, or must not be
    ├── ResumeError       what is on disk is not the run that was asked for
    ├── LossNotFinite     the loss or a gradient is not a number
    └── MemoryExhausted   the device has no room for a step
"""

from __future__ import annotations

from governance.errors import GovernError


class TrainingError(GovernError):
    """A run cannot begin or go on."""


class TemplateError(TrainingError):
    """Conversations cannot be rendered for this model."""


class ModelError(TrainingError):
    """A model cannot be loaded, or must not be."""


class ResumeError(TrainingError):
    """What is on disk is not the run that was asked for."""


class LossNotFinite(TrainingError):
    """The loss or a gradient is not a number; nothing was updated by it."""


class MemoryExhausted(TrainingError):
    """The device has no room for a step."""
