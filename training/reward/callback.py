"""What happens between the steps of a training by reward: weights are estimated, labels judged, rewards kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from training.callback import checkpoint_folder
from training.errors import ResumeError
from training.reward.request import STATE

if TYPE_CHECKING:
    from training.difficulty.estimating import Estimator
    from training.reward.request import GrpoRequest
    from training.stages.course import Course


class CourseCallback(TrainerCallback):
    """Keeps the course of labels. A checkpoint has its state before the lake has its rows, so a kill loses none."""

    def __init__(self, course: Course, estimator: Estimator | None, request: GrpoRequest) -> None:
        self.course = course
        self.estimator = estimator
        self.request = request
        self._every = request.settings.reestimate_steps

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A resumed run gives the lake what the kill may have kept from it."""
        if self.estimator is not None:
            self.estimator.state = self.course.weights
        if state.global_step:
            self.keep(first=state.is_world_process_zero)

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Label weights are estimated where it is time."""
        if self.estimator is None or state.global_step % self._every:
            return
        self.course.weights = self.estimator.estimate(without=self.course.taken)
        if self.request.keeper is not None and state.is_world_process_zero:
            self.request.keeper.weights(state.global_step, self.course.weights)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Labels are judged at the end of a window; without any left to train the run ends, with a checkpoint."""
        self.course.step_done(state.global_step)
        if self.course.over or state.global_step >= state.max_steps:
            control.should_training_stop = True
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The course is written beside the checkpoint, then its rows go to the lake."""
        if state.is_world_process_zero:
            folder = checkpoint_folder(args.output_dir, state.global_step)
            whole = folder / f"{STATE}.part"
            whole.write_text(self.course.state(), encoding="utf-8")
            whole.replace(folder / STATE)
        self.keep(first=state.is_world_process_zero)

    def keep(self, *, first: bool = True) -> None:
        """What labels earned is given to the keeper; only the first process has one."""
        keeper = self.request.keeper
        if keeper is None or not first or keeper.rewards(*self.course.pending()):
            self.course.kept()


def restored(course: Course, checkpoint: Path) -> None:
    """The course as it was at the checkpoint.

    Raises:
        ResumeError: the course is not there, or has other labels.
    """
    try:
        course_before = (checkpoint / STATE).read_text(encoding="utf-8")
    except OSError as error:
        raise ResumeError(
            "the checkpoint has no course of labels; it is of another kind of run or was cut off",
            where=str(checkpoint),
            hint="resume from the checkpoint before it",
        ) from error
    labels = course.labels
    try:
        course.restore(course_before)
    except (ValueError, KeyError, TypeError) as error:
        raise ResumeError(
            "the course of labels is damaged",
            where=str(checkpoint / STATE),
            hint="resume from the one before",
        ) from error
    if course.labels != labels:
        raise ResumeError(
            "the checkpoint is of a run with other labels",
            where=str(checkpoint),
            hint="resume with the same split",
        )
