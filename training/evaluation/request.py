"""What the user asks for, carried out: suites found, items chosen, a model made ready, each suite evaluated."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.benchmarks import Suite
from governance.benchmarks.load import load_suite as read_suite
from governance.benchmarks.load import split_spec
from governance.errors import NotFound, UsageError
from governance.evaluations import Evaluation, ItemResult, ModelRecord
from governance.lake.evaluations import load_results
from governance.lake.suites import load_suite as stored_suite
from training.evaluation.asking import Backend
from training.evaluation.engine import Method, Work
from training.evaluation.plan import Choice, Plan, plan
from training.evaluation.server import without_credentials
from training.evaluation.session import Terms, evaluate
from training.evaluation.summary import Summary, summarise
from training.models.files import checkpoint_of, model_hash, refuse_pickles
from training.scoring.registry import scorers

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.evaluation.rendering import Renderer

LIBRARIES = ("torch", "transformers", "tokenizers", "peft", "math-verify", "httpx")
MOST_TOKENS = 1024
"""Tokens of an answer where the user names no number; half of what the model was made for, if that is less."""
Progress = Callable[[str, int, int], None]
"""(suite, items done, items in all)."""


@dataclass(frozen=True)
class Local:
    """A model in this process; see `generate.load_model`."""

    batch: int = 8
    dtype: str = "auto"
    device: str = "auto"
    allow_pickle: bool = False
    offline: bool = False


@dataclass(frozen=True)
class Remote:
    """A model behind a server; see `server.Address`."""

    base: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = 120.0
    retries: int = 5
    concurrency: int = 8


@dataclass(frozen=True)
class EvalRequest:
    """Everything `govern eval` is told.

    Attributes:
        model: a folder, a hub name, or with a server any name.
        max_new_tokens: 0 leaves it to the model; see `MOST_TOKENS`.
        thinking: None leaves it to the model's chat template.
    """

    model: str
    suites: tuple[str, ...]
    choice: Choice = field(default_factory=Choice)
    shots_from: str = ""
    method: Method = "generation"
    max_new_tokens: int = 0
    temperature: float = 0.0
    thinking: bool | None = None
    place: Local | Remote = field(default_factory=Local)
    resume: bool = False
    restart: bool = False


@dataclass(frozen=True)
class Evaluated:
    """One suite's evaluation with its figures and items."""

    evaluation: Evaluation
    summary: Summary
    results: Sequence[ItemResult]


def run(
    lake: Lake, request: EvalRequest, progress: Progress = lambda suite, done, total: None
) -> list[Evaluated]:
    """One evaluation for each suite, in the order they were named.

    Every mistake of the user's is found before a model is loaded.
    """
    plans = [_planned(lake, spec, request) for spec in request.suites]
    record = _model_record(request)
    with backend(request) as (answering, tokens):
        return [_evaluated(lake, one, request, record, answering, tokens, progress) for one in plans]


@contextmanager
def backend(request: EvalRequest) -> Iterator[tuple[Backend, int]]:
    """(who answers, tokens an answer may have)."""
    with ExitStack() as stack:
        if isinstance(request.place, Remote):
            from training.evaluation.server import Address, ServerModel, Wish

            at = request.place
            address = Address(at.base, at.model, at.key, at.timeout, at.retries, concurrency=at.concurrency)
            tokens = request.max_new_tokens or MOST_TOKENS
            wish = Wish(tokens, request.temperature, request.choice.seed, request.thinking)
            yield stack.enter_context(ServerModel(address, wish, _renderer(request))), tokens
        else:
            yield _local(request, request.place)


def _local(request: EvalRequest, place: Local) -> tuple[Backend, int]:
    from training.evaluation.generate import LocalModel, Sampling, load_model, quiet_libraries
    from training.evaluation.rendering import Renderer

    quiet_libraries()
    model, tokenizer = load_model(
        request.model,
        allow_pickle=place.allow_pickle,
        offline=place.offline,
        dtype=place.dtype,
        device=place.device,
    )
    found = LocalModel(model, Renderer(tokenizer, request.thinking), Sampling(1), place.batch)
    tokens = request.max_new_tokens or min(MOST_TOKENS, found.context // 2)
    return replace(found, sampling=Sampling(tokens, request.temperature, request.choice.seed)), tokens


def _renderer(request: EvalRequest) -> Renderer | None:
    """What writes prompts for log-likelihoods over a server; a model's folder tells how."""
    if request.method == "generation" or not Path(request.model).is_dir():
        return None
    from training.evaluation.generate import quiet_libraries
    from training.evaluation.rendering import Renderer, load_tokenizer

    quiet_libraries()
    return Renderer(load_tokenizer(request.model, offline=True), request.thinking)


def _evaluated(
    lake: Lake,
    one: Plan,
    request: EvalRequest,
    record: ModelRecord,
    answering: Backend,
    tokens: int,
    progress: Progress,
) -> Evaluated:
    work = Work(one, answering, scorers(one.how.benchmark), request.method)
    terms = Terms(record, _deciding(request, tokens), _around(request), request.resume, request.restart)
    ended = evaluate(lake, work, terms, lambda done, total: progress(one.suite.name, done, total))
    results = load_results(lake, ended.id)
    return Evaluated(ended, summarise(one.how.benchmark, results), results)


def _planned(lake: Lake, spec: str, request: EvalRequest) -> Plan:
    examples = find_suite(lake, request.shots_from) if request.shots_from else None
    return plan(find_suite(lake, spec), request.choice, examples)


def find_suite(lake: Lake, spec: str) -> Suite:
    """The suite of that name in the lake, or the one at NAME=PATH or PATH. A name with a version is NAME@2."""
    if Path(split_spec(spec)[1]).expanduser().exists():
        return read_suite(spec)
    name, at, number = spec.rpartition("@")
    try:
        return stored_suite(lake, name, int(number)) if at and number.isdigit() else stored_suite(lake, spec)
    except NotFound as error:
        hint = f"{error.hint}; or give a file, a folder, or NAME=PATH"
        raise NotFound(error.what, where=error.where, hint=hint) from error


def _model_record(request: EvalRequest) -> ModelRecord:
    folder = Path(request.model)
    local = folder.is_dir()
    if local and isinstance(request.place, Local):  # before its gigabytes are read for the hash
        refuse_pickles(folder, allowed=request.place.allow_pickle)
    run, step = checkpoint_of(folder) if local else ("", None)
    if not isinstance(request.place, Remote):
        return ModelRecord(request.model, "transformers", model_hash(folder) if local else "", "", run, step)
    where = without_credentials(request.place.base)
    return ModelRecord(request.place.model, "openai", model_hash(folder) if local else "", where, run, step)


def _deciding(request: EvalRequest, tokens: int) -> Mapping[str, Any]:
    choice, place = request.choice, request.place
    return {
        "limit": choice.limit,
        "items": choice.items,
        "seed": choice.seed,
        "shots": choice.shots,
        "shots_from": request.shots_from,
        "instruct": choice.instruct,
        "option_form": "text" if choice.option_text else "letter",
        "max_new_tokens": tokens,
        "temperature": request.temperature,
        "thinking": request.thinking,
        **({"dtype": place.dtype} if isinstance(place, Local) else {}),
    }


def _around(request: EvalRequest) -> Mapping[str, Any]:
    place = request.place
    how: dict[str, Any] = (
        {"batch_size": place.batch, "device": place.device}
        if isinstance(place, Local)
        else {"concurrency": place.concurrency, "timeout": place.timeout, "retries": place.retries}
    )
    return {**how, "python": platform.python_version(), "versions": _versions()}


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def need_libraries(*names: str) -> None:
    """Nothing, where the packages are installed.

    Raises:
        UsageError: one is missing; says how to install it.
    """
    import importlib.util

    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        hint = 'pip install "govern[train]"'
        raise UsageError(f"evaluation needs {', '.join(missing)}", where="this installation", hint=hint)
