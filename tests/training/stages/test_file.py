"""The stage file: what it says, and what is wrong with one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.errors import ConfigError, InputError, UsageError
from tests.conftest import REPOSITORY
from training.difficulty.answering import Sampling
from training.difficulty.weights import WeightOptions
from training.stages.file import GrpoStage, SftStage, read_stages
from training.stages.takeover import TakeoverOptions

WHOLE = """
[weights]
alpha = 2
rho = 0.25
answers = 4
k = 2
max_new_tokens = 64
reference = "rates.csv"

[[stage]]
name = "learn"
kind = "sft"
weighted = true
settings = {epochs = 2, lora = {rank = 8}}

[[stage]]
name = "reward"
kind = "grpo"
split = "other@2"
weak_below = 0.6
rates = "rates.csv"
settings = {steps = 3}
takeover = {window = 5}
targeted = {epochs = 3}
rehearsal = 0.5
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "stages.toml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "rates.csv").write_text("label,pass_rate\na,0.5\n", encoding="utf-8")
    return read_stages(path)


def test_a_whole_file_is_read_with_defaults_and_origins(tmp_path: Path):
    plan = read(tmp_path, WHOLE)

    assert WeightOptions(alpha=2.0, rho=0.25, answers=4, k=2) == plan.weights
    assert Sampling(max_new_tokens=64) == plan.sampling
    assert {"a": 0.5} == plan.imported
    learn, earn = plan.stages
    assert isinstance(learn, SftStage)
    assert isinstance(earn, GrpoStage)
    assert (True, 2, 8) == (learn.weighted, learn.chosen.settings.epochs, learn.chosen.settings.lora.rank)
    where = f"{tmp_path / 'stages.toml'}: stage learn"
    assert (where, "default") == tuple(learn.chosen.origins[k] for k in ("lora.rank", "seed"))
    assert ("other@2", 0.6, {"a": 0.5}, 0.5) == (earn.split, earn.weak_below, earn.rates, earn.rehearsal)
    assert TakeoverOptions(window=5) == earn.rule
    assert earn.targeted is not None
    assert (3, 3) == (earn.chosen.settings.steps, earn.targeted.settings.epochs)


def test_the_example_of_the_page_is_a_stage_file(tmp_path: Path):
    page = read_stages.__globals__["__doc__"]
    text = "\n".join(line.removeprefix("    ") for line in page.splitlines() if line.startswith("    "))

    assert ["learn", "reward"] == [s.name for s in read(tmp_path, text).stages]


def test_the_example_of_the_documentation_is_a_stage_file(tmp_path: Path):
    page = (REPOSITORY / "docs" / "stages.md").read_text(encoding="utf-8")

    plan = read(tmp_path, page.partition("```toml\n")[2].partition("```")[0])

    assert ["learn", "reward"] == [s.name for s in plan.stages]


def test_the_defaults_of_the_documentation_are_those_of_the_program():
    page = (REPOSITORY / "docs" / "stages.md").read_text(encoding="utf-8")
    known = WeightOptions()

    for line in (
        f"| `alpha`, `beta` | {known.alpha:g}, {known.beta:g} |",
        f"| `gamma` | {known.gamma:g} |",
        f"| `rho` | {known.rho:g} |",
        f"| `k`, `answers` | {known.k}, {known.answers} |",
        f"| `instances` | {known.instances} |",
        f"| {Sampling().max_new_tokens}, 1, 1, {Sampling().batch} |",
    ):
        assert line in page


STAGE = '[[stage]]\nname = "a"\nkind = "{}"\n'
SFT, GRPO = STAGE.format("sft"), STAGE.format("grpo")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'stage' is missing"),
        ("stage = []", "at least 1"),
        ("stages = []\n" + SFT, "there is no key 'stages'"),
        ("[[stage", "not TOML"),
        (SFT + SFT, "two stages are called 'a'"),
        (STAGE.format("ppo"), "'sft' or 'grpo'"),
        ('[[stage]]\nkind = "sft"\n', "'name' is missing"),
        ('[[stage]]\nkind = "sft"\nname = "../up"\n', "cannot be a stage's name"),
        (SFT + "nmae = 3", "there is no key 'nmae'"),
        (SFT + "takeover = {}", "does not belong to a stage of kind 'sft'"),
        (GRPO + "weighted = true", "does not belong to a stage of kind 'grpo'"),
        (GRPO + 'weak_below = 0.5\nlabels = ["x"]', "exclude each other"),
        (GRPO + "weak_below = 1.5", "less than or equal to 1"),
        (GRPO + 'rates = "rates.csv"', "only with 'weak_below'"),
        (GRPO + 'evaluation = "e1"', "'evaluation' says which labels are weak only with 'weak_below'"),
        (GRPO + 'evaluation = "e1"\nrates = "rates.csv"', "exclude each other"),
        (GRPO + "targeted = {}", "needs 'takeover'"),
        (GRPO + "takeover = {window = 0}", "does not fit 'window'"),
        (GRPO + "takeover = {patiance = 1}", "did you mean 'patience'"),
        (GRPO + "settings = {stepz = 1}", "did you mean 'steps'"),
        (GRPO + "takeover = {}\ntargeted = {epoch = 1}", "there is no setting 'epoch'"),
        (SFT + "settings = {epochs = 0}", "does not fit 'epochs'"),
        ("[weights]\nalpha = -1\n" + SFT, "does not fit 'alpha'"),
        ("[weights]\nk = 9\n" + SFT, "does not fit 'k'"),
        ("[weights]\ngama = 1\n" + SFT, "did you mean 'gamma'"),
        ("[weights]\nmax_new_tokens = 'x'\n" + SFT, "max_new_tokens"),
        ("[weights]\nreference = 3\n" + SFT, "not the name of a file"),
        ("[weights]\nmodels = 'one'\n" + SFT, "does not fit 'models'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, said: str):
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)

    assert said in str(refused.value)
    assert "stages.toml" in refused.value.where
    assert refused.value.hint


def test_files_that_are_named_must_be_there(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path, '[weights]\nreference = "none.csv"\n' + SFT)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_stages(tmp_path / "none.toml")


def test_answers_that_cannot_be_dealt_out_are_found_before_any_work(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be dealt out"):
        read(tmp_path, GRPO + "settings = {prompts = 3, generations = 2, micro_batch = 4}")
