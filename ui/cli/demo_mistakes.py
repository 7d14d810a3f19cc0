"""The end of `govern demo`: mistakes that an audit cannot see, what they do to a model, and who they were.

The model goes on with a small set of questions of which some have a wrong key. While it trains, items of the
evaluation set are traced that the wrong keys can spoil; of the one that lost most it is said which rows did that, and
how it ends without them. All that is said is worked out here: on another machine it may come out otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.cli.demo_learning import SETTINGS, Learnt, curate, says, train_and_trace
from ui.cli.output import put, to_stdout
from ui.cli.progress import moving_line
from ui.cli.session import Session
from ui.cli.words import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attribution.reports.model import WhyReport
    from attribution.tracing.keeping import Traced
    from governance.demo import DemoFiles
    from governance.demo.quiz import QuizKey
    from governance.evaluations import ItemResult
    from governance.lake import Lake

SPLIT = "quiz"
STEPS = 40  # eight epochs of the quiz: enough to learn which letter the key likes
TRACED = 2  # items that wrong keys can spoil
NAMED = 12  # rows that are named, and left out to test it


def learn(session: Session, files: DemoFiles, learnt: Learnt, seed: int, steps: int) -> None:
    """Train on the quiz, traced, and put to the test which rows turned an answer wrong."""
    from governance.demo.quiz import read_quiz_key, write_quiz
    from training.failures import only_our_words

    quiz = write_quiz(files.dataset.parent, seed)
    key = read_quiz_key(quiz.key.read_text(encoding="utf-8"))
    session.note(f"wrote {quiz.dataset} and {quiz.key}")
    put("\nNow mistakes that no rule can see: questions with options, and a key that is wrong for some.")
    split = curate(session, quiz.dataset, files.suite, SPLIT, None)
    settings = files.dataset.parent / "demo-quiz.toml"
    settings.write_text(SETTINGS.format(steps=min(steps, STEPS)), "utf-8")
    with only_our_words(), session.open_lake() as lake:
        items = {
            "suites": (learnt.suite,),
            "named": spoilable(learnt.after.results, key.letter),
            "evaluations": (learnt.after.evaluation.id,),
            "every": 1,
        }
        _, traced = train_and_trace(session, lake, split, learnt.model, settings, items)
        if traced is not None:
            _explain(session, lake, learnt.suite, traced, key)


def spoilable(results: Sequence[ItemResult], letter: str) -> tuple[str, ...]:
    """Items whose likeliest wrong option is the one that wrong keys point at: first those that are right, by little."""
    measured = [r for r in results if r.margin is not None and r.competitor]
    fitting = [r for r in measured if r.competitor == letter] or measured

    def order(result: ItemResult) -> tuple[bool, float, str]:
        margin = result.margin or 0.0
        return (margin <= 0, abs(margin), result.item)

    return tuple(r.item for r in sorted(fitting, key=order)[:TRACED])


def _explain(session: Session, lake: Lake, suite: str, traced: Traced, key: QuizKey) -> None:
    """The item whose lead shrank most: which rows did it, and what becomes of it without them."""
    from attribution.entries import MARGIN
    from attribution.explaining.reading import why_report
    from attribution.reports import render
    from attribution.testing.verifying import verified

    margins = [one for one in traced.coverage.items if one.functional == MARGIN]
    worst = min(margins, key=lambda one: (one.change, one.item), default=None)
    if worst is None or worst.change >= 0:
        put("no traced item lost to the option that the wrong keys point at")
        return
    words = (
        "--run",
        traced.stored.record.run,
        "--functional",
        MARGIN,
        "--top",
        str(NAMED),
        "--no-overlap",
        "--verify",
    )
    says("why", suite, worst.item, *words)
    report = why_report(lake, traced.stored.id, suite, worst.item, MARGIN, NAMED, None)
    with moving_line(session) as progress:
        report = verified(lake, report, NAMED, progress, offline=True)
    to_stdout(lambda out: render(report, "text", out))
    put("\n" + outcome(report, _rows(lake, traced), key))


def outcome(report: WhyReport, rows: dict[int, int], key: QuizKey) -> str:
    """How many of the rows that are named have a wrong key, and what training without them came to.

    Args:
        rows: row of the quiz by number of the sample.
    """
    (part,) = report.parts
    named = [rows[cause.sample] for cause in part.harmed]
    wrong = sum(row in key.wrong for row in named)
    claim = (
        f"{wrong} of the {plural(len(named), 'row')} named first have a wrong key, as {len(key.wrong)} of all "
        f"{len(rows)} rows do"
    )
    record: dict[str, Any] = dict(report.stored.checks[-1].record)
    moved = float(record["without"]) - float(record["after"])
    by = f"without them the margin ends {abs(moved):.2f} nats {'higher' if moved > 0 else 'lower'}"
    side = [record[when] > 0 for when in ("before", "after", "without")]
    if side[1]:
        end = "the answer was right all the same"
    elif side[2]:
        end = "and the answer is right" + (" again" if side[0] else "")
    else:
        end = "and the answer is still wrong"
    return f"{claim};\n{by}, {end}"


def _rows(lake: Lake, traced: Traced) -> dict[int, int]:
    """Row of the data set by number of the sample."""
    from governance.lake.contributions import load_ledger

    samples = load_ledger(lake, traced.stored.id).samples
    numbers, rows = (samples.column(name).to_pylist() for name in ("sample", "row"))
    return dict(zip(numbers, rows, strict=True))
