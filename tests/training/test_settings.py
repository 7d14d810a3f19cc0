"""Settings are typed, and each value knows where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.errors import ConfigError, UsageError
from training.settings import TrainSettings, chosen


def test_the_command_line_comes_before_the_file_and_the_file_before_defaults(tmp_path: Path) -> None:
    path = tmp_path / "train.toml"
    path.write_text("learning_rate = 2e-4\nbatch_size = 8\n[lora]\nrank = 8\n")

    found = chosen(path, ("batch_size=16", "lora.dropout=0.1"))

    assert (2e-4, 16, 8, 0.1) == (
        found.settings.learning_rate, found.settings.batch_size, found.settings.lora.rank,
        found.settings.lora.dropout,
    )  # fmt: skip
    assert [str(path), "--set", str(path), "--set", "default"] == [
        found.origins[k] for k in ("learning_rate", "batch_size", "lora.rank", "lora.dropout", "epochs")
    ]


def test_every_setting_has_a_value_and_an_origin() -> None:
    found = chosen()

    assert found.values.keys() == found.origins.keys()
    assert {"default"} == set(found.origins.values())
    assert {"lora.rank", "seed", "packing"} <= found.values.keys()


def test_an_option_comes_before_everything() -> None:
    found = chosen(None, ("lora.rank=4",), {"lora.rank": (16, "--lora")})

    assert (16, "--lora") == (found.settings.lora.rank, found.origins["lora.rank"])


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("learning_rat=1", "did you mean 'learning_rate'"),
        ("lora.rang=1", "did you mean 'lora.rank'"),
        ("batch_size=0", "greater than or equal to 1"),
        ("learning_rate=nan", "finite"),
        ("packing=perhaps", "valid boolean"),
        ("schedule=steps", "'cosine', 'linear' or 'constant'"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(assignment: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(assignments=(assignment,))

    assert said in caught.value.hint
    assert f"--set: {assignment.split('=', maxsplit=1)[0]}" == caught.value.where


def test_an_assignment_of_another_form_is_refused() -> None:
    with pytest.raises(UsageError, match="sets nothing"):
        chosen(assignments=("packing",))


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("a = = 1")

    with pytest.raises(ConfigError, match="not TOML"):
        chosen(tmp_path / "x.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        chosen(tmp_path / "y.toml")


def test_names_of_modules_are_a_list() -> None:
    assert ("q_proj", "v_proj") == chosen(assignments=("lora.targets=q_proj, v_proj",)).settings.lora.targets


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        TrainSettings().seed = 1  # type: ignore[misc]
