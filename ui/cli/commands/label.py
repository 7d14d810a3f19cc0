"""`govern label`: what rows are about and what they ask for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import end_on_ctrl_c, visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option, input_options, labels_option, output_option
from ui.cli.output import put, put_json, put_table
from ui.cli.progress import moving_line
from ui.cli.request import read_options
from ui.cli.session import Session, pass_session
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.labels.files import Labelled
    from governance.labels.labeller import Labeller
    from governance.labels.neighbours import Embedder
    from governance.labels.taxonomy import Half, Taxonomy


@click.command(
    cls=Command,
    arguments={"[DATASET]": "Parquet, JSONL, CSV, Arrow, a folder, a glob, hf://NAME; - is JSONL of stdin"},
    examples=(
        Example("the rows with a label each, in a new file", "govern label train.jsonl -o labelled.jsonl"),
        Example("which labels there are", "govern label --show"),
    ),
)
@click.argument("dataset", required=False, metavar="[DATASET]")
@input_options
@labels_option
@option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    metavar="X",
    section="Labels",
    help="0 to 1: give no label below it (default: what the taxonomy says)",
)
@option(
    "--neighbours/--no-neighbours",
    default=True,
    section="Labels",
    help="let labelled examples of like meaning decide on rows whose words do not tell",
)
@option("--show", is_flag=True, section="Labels", help="print the taxonomy instead")
@output_option
@format_option("text", "json", default="text")
@pass_session
def command(
    session: Session, /, dataset: str | None, show: bool, output: str | None, format: str, **given: Any  # noqa: A002
) -> int:  # fmt: skip
    """Label the rows of a dataset by scene and task.

    A label is a scene and a task, such as banking/consultation. It comes from the data's own label column where the
    taxonomy knows its names, else from the words of the row; where these do not tell, from the nearest labelled
    examples, if an embedder is installed. Where nothing tells, the row gets none. Without -o the rows are only
    counted.
    """
    if show == bool(dataset):
        raise click.UsageError("name a dataset, or give --show", click.get_current_context())
    labeller = _labeller(session, given | {"show": show})
    if show:
        put_json(taxonomy_values(labeller.taxonomy)) if format == "json" else _show(labeller.taxonomy)
        return 0
    found = _label(session, str(dataset), output, labeller, given)
    put_json(_values(found, labeller)) if format == "json" else _table(found)
    if found.unreadable:
        session.note(f"{plural(found.unreadable, 'row')} could not be read and are left out")
    if output:
        session.note(visible_line(f"wrote {output}: {plural(found.rows, 'row')}"))
    return 0


def _labeller(session: Session, given: dict[str, Any]) -> Labeller:
    from governance.errors import UsageError
    from governance.labels.labeller import labeller_of

    options = {"labels": (given["labels"], "--labels")} if given["labels"] else {}
    settings = session.load(options).settings
    embedder = _embedder(session, settings.embedder) if given["neighbours"] and not given["show"] else None
    labeller = labeller_of(settings.labels or None, given["min_confidence"], embedder)
    if labeller is None:
        hint = 'give --labels FILE, or leave out labels = "none"'
        raise UsageError("the settings say that nothing is labelled", where="labels", hint=hint)
    return labeller


def _embedder(session: Session, name: str) -> Embedder | None:
    """What turns texts into vectors, named on stderr; None, with the reason, where nothing does."""
    from governance.embedding.model import load, missing

    reason = missing(name)
    if reason is not None:
        session.note(f"examples are not compared: {reason}")
        return None
    model = load(name)
    session.note(f"examples are compared by {model.info.name}")
    return model.encode


def _label(
    session: Session, dataset: str, output: str | None, labeller: Labeller, given: dict[str, Any]
) -> Labelled:
    from governance.labels.files import LabelRequest, label_dataset

    end_on_ctrl_c()
    read = read_options(session.load(), given)
    request = LabelRequest(dataset, read, Path(output) if output else None)
    with moving_line(session) as progress:
        return label_dataset(request, labeller, progress)


def _table(found: Labelled) -> None:
    """The counts, one label a line."""
    rows = [
        (count.label or "no label", f"{count.rows:,}", f"{100 * count.rows / found.rows:.1f} %",
         f"{count.characters:,}", ", ".join(f"{name} {n:,}" for name, n in count.basis.items()))
        for count in found.counts
    ]  # fmt: skip
    put_table(("label", "rows", "share", "characters", "rests on"), rows, "no row has a label")


def _values(found: Labelled, labeller: Labeller) -> dict[str, Any]:
    return {
        **labeller.settings(),
        "rows": found.rows,
        "unreadable": found.unreadable,
        "notes": list(found.notes),
        "labels": [
            {k: v for k, v in asdict(count).items() if k not in {"findings", "affected"}}
            for count in found.counts
        ],
    }


def _show(taxonomy: Taxonomy) -> None:
    """Scenes, tasks, and in how many pairs each of them is."""
    sizes = [len(taxonomy.scenes), len(taxonomy.tasks), len(taxonomy.pairs)]
    put(
        visible_line(
            f"{taxonomy.name}: {sizes[0]} scenes, {sizes[1]} tasks, {sizes[2]} labels (scene/task)\n"
        ).rstrip()
    )
    put("")
    for place, kind, halves in ((0, "scene", taxonomy.scenes), (1, "task", taxonomy.tasks)):
        rows = [
            (half.id, half.en, half.zh, sum(pair[place] == number for pair in taxonomy.pairs))
            for number, half in enumerate(halves)
        ]
        put_table((kind, "English", "Chinese", "labels"), rows, "none")
        if place == 0:
            put("")


def taxonomy_values(taxonomy: Taxonomy) -> dict[str, Any]:
    """The taxonomy as JSON values, without the words that the labeller looks for."""
    return {
        "name": taxonomy.name,
        "min_confidence": taxonomy.min_confidence,
        "sha256": taxonomy.digest,
        "scenes": [_half(half) for half in taxonomy.scenes],
        "tasks": [_half(half) for half in taxonomy.tasks],
        "labels": list(taxonomy.labels),
    }


def _half(half: Half) -> dict[str, Any]:
    return {"id": half.id, "en": half.en, "zh": half.zh, "names": list(half.names)}
