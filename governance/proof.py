"""The proof that nothing was changed: audits, splits, trainings, evaluations, attributions, files, events, waivers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from governance.lake import Lake, events
from governance.lake.allocations import verify_allocations
from governance.lake.audits import find_run, list_audits, missing_audits, verify_audit
from governance.lake.contributions import list_attributions, missing_attributions, verify_attribution
from governance.lake.evaluations import list_evaluations, missing_evaluations, verify_evaluation
from governance.lake.proposals import verify_proposals
from governance.lake.splits import list_splits, missing_splits, verify_split
from governance.lake.training_proof import missing_trainings, verify_training
from governance.lake.trainings import list_trainings
from governance.lake.verify import verify_lake
from governance.waivers.check import verify_waivers


@dataclass(frozen=True)
class WholeCheck:
    """What a look at audits, splits, trainings, evaluations, attributions, files, event log and waivers found.

    Attributes:
        end: number and hash of the last event, as the log has it.
        problems: each names the event, file, run or waiver that is not as it was written.
    """

    runs: tuple[str, ...]
    files: int
    events: int
    end: str
    problems: tuple[str, ...]
    splits: tuple[str, ...] = ()
    evaluations: tuple[str, ...] = ()
    trainings: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True where nothing was changed."""
        return not self.problems


def verify_all(lake: Lake, run: str | None, waivers: Path | None, approvals: str) -> WholeCheck:
    """Everything the lake keeps against its own record, and the file of waivers against the log.

    Args:
        run: check this audit only, by the words of `find_run`, or this evaluation or attribution, by the beginning of
            its id; None checks every one, and every split.
    """
    evaluations = [e.id for e in list_evaluations(lake) if e.id.startswith(run or "")]
    attributions = [a.id for a in list_attributions(lake) if a.id.startswith(run or "")]
    if run and len(evaluations) + len(attributions) == 1:
        runs = []
    else:
        runs = [find_run(lake, run)] if run else [audit.run for audit in list_audits(lake)]
        evaluations, attributions = ([], []) if run else (evaluations, attributions)
    whole = verify_lake(lake)
    problems = [f"{p.where}: {p.what}" if p.where else p.what for p in whole.problems]
    problems += [f"run {r}: {problem}" for r in runs for problem in verify_audit(lake, r).problems]
    problems += [f"run {r}: it was committed, and is not in the lake" for r in missing_audits(lake)]
    problems += _attribution_problems(lake, attributions)
    problems += [*verify_allocations(lake), *verify_proposals(lake)]
    problems += [f"evaluation {e}: {p}" for e in evaluations for p in verify_evaluation(lake, e).problems]
    problems += [
        f"evaluation {e}: it was committed, and is not in the lake" for e in missing_evaluations(lake)
    ]
    trained = [] if run else [training.run for training in list_trainings(lake)]
    problems += [f"training {t}: {problem}" for t in trained for problem in verify_training(lake, t)]
    problems += [f"training {t}: it was started, and is not in the lake" for t in missing_trainings(lake)]
    problems += verify_waivers(lake, waivers, approvals)
    splits = [] if run else list_splits(lake)
    problems += [f"split {s.reference}: {p}" for s in splits for p in verify_split(lake, s).problems]
    problems += [f"split {s}: it was committed, and is not in the lake" for s in missing_splits(lake)]
    head = events.logged_head(lake)
    return WholeCheck(
        tuple(runs),
        whole.files,
        whole.events,
        f"event {head.seq} {head.hash}",
        tuple(problems),
        tuple(s.reference for s in splits),
        tuple(evaluations),
        tuple(trained),
        tuple(attributions),
    )


def _attribution_problems(lake: Lake, attributions: list[str]) -> list[str]:
    checks = [verify_attribution(lake, ident) for ident in attributions]
    problems = [f"attribution {c.attribution}: {problem}" for c in checks for problem in c.problems]
    gone = missing_attributions(lake)
    return [*problems, *(f"attribution {a}: it was committed, and is not in the lake" for a in gone)]
