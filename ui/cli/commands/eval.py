"""`govern eval`: what a model makes of each item of a benchmark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.commands.eval_import import command as import_
from ui.cli.evaluated import as_json, as_table, say_notes, write_items
from ui.cli.exit import UNUSABLE, end_on_ctrl_c
from ui.cli.lazy import DefaultGroup, Example, option
from ui.cli.options import format_option, output_option
from ui.cli.output import atomic, deliver
from ui.cli.progress import moving_line
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from training.evaluation.request import EvalRequest, Local, Remote

BENCHMARKS = ("fineval", "financeiq", "fineva", "finova", "math500", "gpqa", "gsm8k", "generic")
BACKENDS = ("transformers", "openai")
METHODS = ("generation", "loglik", "both")


@click.group(
    cls=DefaultGroup,
    default="run",
    examples=(
        Example("a model in a folder", "govern eval model --suite finance --max-new-tokens 16"),
        Example("which options there are", "govern eval run --help"),
    ),
)
def command() -> None:
    """Evaluate a model item by item, and keep every answer.

    `govern eval MODEL --suite NAME` is short for `govern eval run MODEL --suite NAME`.
    """


@command.command(
    arguments={"MODEL": "a folder, an adapter's folder, or a name on the hub; with a server any name"},
    examples=(
        Example("a model in a folder", "govern eval run model --suite finance --max-new-tokens 16"),
        Example(
            "the likeliest answer, for a program",
            "govern eval run model --suite eval.jsonl --method loglik -f json",
        ),
    ),
)
@click.argument("model", metavar="MODEL")
@option(
    "--suite",
    "suites",
    multiple=True,
    required=True,
    metavar="SUITE",
    section="Items",
    help="a suite of the lake, a file or folder, or NAME=PATH; may be repeated",
)
@option(
    "--benchmark",
    type=click.Choice(BENCHMARKS),
    metavar="NAME",
    section="Items",
    help="ask and score as " + "|".join(BENCHMARKS) + " (default: what the suite looks like)",
)
@option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    section="Items",
    help="N items, drawn by the seed; the report says so",
)
@option("--items", metavar="GLOB", section="Items", help="only items whose id matches, e.g. 'test/*'")
@option(
    "--shots",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    section="Items",
    help="examples before each question",
)
@option(
    "--shots-from",
    metavar="SUITE",
    section="Items",
    help="where examples come from (default: the dev part of the benchmark)",
)
@option(
    "--method",
    type=click.Choice(METHODS),
    default="generation",
    metavar="|".join(METHODS),
    section="Asking",
    help="let the model answer, or measure the log-likelihood of gold and options (default generation)",
)
@option(
    "--max-new-tokens",
    type=click.IntRange(min=1),
    metavar="N",
    section="Asking",
    help="where an answer is cut (default 1024, or half of the model's context)",
)
@option(
    "--temperature",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="T",
    section="Asking",
    help="0 is deterministic (default 0)",
)
@option(
    "--seed",
    type=int,
    default=0,
    metavar="N",
    section="Asking",
    help="of --limit and of --temperature (default 0)",
)
@option(
    "--thinking/--no-thinking",
    default=None,
    section="Asking",
    help="let the model think first, or not (default: as its chat template has it)",
)
@option("--bare", is_flag=True, section="Asking", help="ask the question alone, without instructions")
@option(
    "--option-text",
    is_flag=True,
    section="Asking",
    help="log-likelihoods of the options' texts, asked without options, not of their letters",
)
@option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="transformers",
    metavar="|".join(BACKENDS),
    section="Model",
    help="in this process, or a server that speaks OpenAI's protocol (default transformers)",
)
@option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=8,
    metavar="N",
    section="Model",
    help="items at a time in process (default 8)",
)
@option(
    "--dtype",
    type=click.Choice(("auto", "float32", "bfloat16", "float16")),
    default="auto",
    metavar="TYPE",
    section="Model",
    help="auto|float32|bfloat16|float16 (default: the weights' own; float32 on a CPU)",
)
@option(
    "--device",
    default="auto",
    metavar="NAME",
    section="Model",
    help="cpu, cuda, cuda:1 (default: a GPU if there is one)",
)
@option(
    "--allow-pickle",
    is_flag=True,
    section="Model",
    help="load pickled weights, which can run code; only if you trust who made them",
)
@option("--base-url", metavar="URL", section="Server", help="e.g. http://127.0.0.1:8000/v1")
@option(
    "--model-name", metavar="NAME", section="Server", help="what the server calls the model (default MODEL)"
)
@option(
    "--api-key-env",
    metavar="VARIABLE",
    section="Server",
    help="environment variable with the key; the key is never kept",
)
@option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=8,
    metavar="N",
    section="Server",
    help="requests at a time (default 8)",
)
@option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=120.0,
    metavar="SECONDS",
    section="Server",
    help="for one whole answer (default 120)",
)
@option(
    "--retries",
    type=click.IntRange(0, 100),
    default=5,
    metavar="N",
    section="Server",
    help="further tries of a request (default 5)",
)
@option(
    "--resume", is_flag=True, section="Resuming", help="go on with an unfinished evaluation, if there is one"
)
@option(
    "--restart", is_flag=True, section="Resuming", help="throw an unfinished evaluation away and begin anew"
)
@format_option("text", "json", default="text")
@output_option
@option(
    "--results", metavar="FILE", section="Output", help="write every item's result to FILE too, as JSON lines"
)
@pass_session
def run(session: Session, /, format: str, output: str | None, results: str | None, **given: Any) -> int:  # noqa: A002
    """Ask a model every item of one or more benchmarks, and keep each answer with its scores.

    Scores are the benchmark's own (official) and strict ones; with --method loglik, whether the likeliest
    option is right. Every mean has a 95 % interval. Answers are kept as they come: after an interruption,
    --resume asks no item again. The exit code is 2 where items have failed.
    """
    from training.evaluation import request as requests

    end_on_ctrl_c()
    wanted = _request(session, given)
    with session.open_lake(create=True) as lake, moving_line(session) as progress:
        found = requests.run(lake, wanted, progress)
    for one in found:
        say_notes(session, one)
    if results:
        with atomic(Path(results)) as out:
            write_items(found, out)
    text = as_json(found) if format == "json" else as_table(found)
    deliver(lambda out: out.write(text), output)
    return UNUSABLE if any(one.evaluation.counts.get("failed") for one in found) else 0


def _request(session: Session, given: dict[str, Any]) -> EvalRequest:
    from training.evaluation.plan import Choice
    from training.evaluation.request import EvalRequest

    if given["resume"] and given["restart"]:
        raise click.UsageError("--resume and --restart exclude each other", click.get_current_context())
    choice = Choice(
        benchmark=given["benchmark"] or "",
        limit=given["limit"] or 0,
        items=given["items"] or "",
        seed=given["seed"],
        shots=given["shots"],
        instruct=not given["bare"],
        option_text=given["option_text"],
    )
    return EvalRequest(
        model=given["model"],
        suites=given["suites"],
        choice=choice,
        shots_from=given["shots_from"] or "",
        method=given["method"],
        max_new_tokens=given["max_new_tokens"] or 0,
        temperature=given["temperature"],
        thinking=given["thinking"],
        place=_remote(given) if given["backend"] == "openai" else _local(session, given),
        resume=given["resume"],
        restart=given["restart"],
    )


def _local(session: Session, given: dict[str, Any]) -> Local:
    from training.evaluation.request import Local, need_libraries

    if given["base_url"]:
        raise click.UsageError("--base-url goes with --backend openai", click.get_current_context())
    need_libraries("torch", "transformers")
    return Local(given["batch_size"], given["dtype"], given["device"], given["allow_pickle"], session.offline)


def _remote(given: dict[str, Any]) -> Remote:
    from governance.errors import UsageError
    from training.evaluation.request import Remote, need_libraries

    if not given["base_url"]:
        raise click.UsageError("--backend openai needs --base-url", click.get_current_context())
    need_libraries("httpx")
    variable = given["api_key_env"]
    key = os.environ.get(variable, "") if variable else ""
    if variable and not key:
        hint = f"export {variable}=..., or leave out --api-key-env"
        raise UsageError(f"the variable {variable} is empty", where="--api-key-env", hint=hint)
    name = given["model_name"] or given["model"]
    return Remote(given["base_url"], name, key, given["timeout"], given["retries"], given["concurrency"])


command.add_command(import_)
