"""A moving line on stderr while something long goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from ui.cli.session import Session

Progress = Callable[[str, int, int | None], None]


@contextlib.contextmanager
def moving_line(session: Session) -> Iterator[Progress]:
    """A function to call with (words, done, total or None); it draws only where a person watches."""
    if not session.shows_progress:
        yield lambda words, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def report(words: str, done: int, total: int | None) -> None:
            bar.update(task, description=words, completed=done, total=total)

        yield report
