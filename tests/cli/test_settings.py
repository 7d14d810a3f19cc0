"""Where settings come from, which place wins, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import settings
from governance.config import Loaded, load
from governance.errors import ConfigError
from governance.readers.options import ReadLimits
from governance.settings import bytes_of, template, toml_value

PLACES = ("default", "pyproject.toml", "govern.toml", "GOVERN_FAIL_ON", "--fail-on")
LEVELS = ("error", "warning", "note", "never", "warning")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, *, govern: str = "", pyproject: str = "") -> None:
    if govern:
        (folder / "govern.toml").write_text(govern, encoding="utf-8")
    if pyproject:
        (folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")


@pytest.mark.parametrize("last", range(len(PLACES)))
def test_the_last_place_in_the_order_wins(home: Path, last: int) -> None:
    write(
        home,
        govern=f'fail_on = "{LEVELS[2]}"' if last >= 2 else "",
        pyproject=f'[tool.govern]\nfail_on = "{LEVELS[1]}"' if last >= 1 else "",
    )
    loaded = load(
        home,
        environment={"GOVERN_FAIL_ON": LEVELS[3]} if last >= 3 else {},
        options={"fail_on": (LEVELS[4], "--fail-on")} if last >= 4 else {},
    )

    assert (loaded.settings.fail_on, loaded.origins["fail_on"]) == (LEVELS[last], PLACES[last])


def test_every_setting_has_an_origin(home: Path) -> None:
    write(home, govern="jobs = 3\n[rules.DUP003]\nthreshold = 0.9\n")

    loaded = load(home)

    assert set(loaded.origins) == set(loaded.values)
    assert {k: o for k, o in loaded.origins.items() if o != "default"} == {
        "jobs": "govern.toml",
        "rules.DUP003.threshold": "govern.toml",
    }


def test_options_of_one_rule_merge_across_places(home: Path) -> None:
    write(
        home,
        govern="[rules.DUP003]\nthreshold = 0.9\n",
        pyproject="[tool.govern.rules.dup003]\nthreshold = 0.5\nshingle = 4\n",
    )

    loaded = load(home, environment={"GOVERN_RULES_DUP003_SEVERITY": "note"})

    assert loaded.settings.rules == {"DUP003": {"threshold": 0.9, "shingle": 4, "severity": "note"}}


def test_the_nearest_folder_with_a_file_is_used(home: Path) -> None:
    write(home, govern='fail_on = "note"')
    inner = home / "a" / "b"
    inner.mkdir(parents=True)
    write(home / "a", pyproject="[tool.other]\nx = 1\n")

    loaded = load(inner)

    assert (loaded.settings.fail_on, loaded.origins["fail_on"]) == ("note", "../../govern.toml")


def test_paths_in_a_file_are_relative_to_that_file(home: Path) -> None:
    (home / "eval.jsonl").touch()
    inner = home / "inner"
    inner.mkdir()
    write(home, govern='lake = "lake"\nwaivers = "w.toml"\neval = ["eval.jsonl", "x=suite.jsonl", "fineval"]')

    loaded = load(inner)

    assert loaded.settings.lake == "../lake"
    assert loaded.settings.waivers == "../w.toml"
    assert loaded.waiver_file(inner) == Path("../w.toml")
    assert loaded.settings.eval == ("../eval.jsonl", "x=../suite.jsonl", "fineval")


def test_an_address_in_a_file_stays_an_address(home: Path) -> None:
    inner = home / "inner"
    inner.mkdir()
    write(home, govern='lake = "postgresql://db/govern"')

    assert load(inner).settings.lake == "postgresql://db/govern"


def test_isolated_reads_no_file(home: Path) -> None:
    write(home, govern="this is not TOML")

    assert load(home, isolated=True).files == ()


def test_a_named_file_is_the_only_one_read(home: Path) -> None:
    write(home, govern='fail_on = "note"')
    other = home / "other.toml"
    other.write_text("jobs = 7", encoding="utf-8")

    loaded = load(home, config=other)

    assert (loaded.settings.fail_on, loaded.settings.jobs, loaded.origins["jobs"]) == (
        "error",
        7,
        "other.toml",
    )


def test_lists_in_the_environment_are_split_at_commas(home: Path) -> None:
    loaded = load(home, environment={"GOVERN_SELECT": "DUP, CON001,", "GOVERN_JOBS": "2"})

    assert (loaded.settings.select, loaded.settings.jobs) == (("DUP", "CON001"), 2)


def test_variables_of_other_programs_and_reserved_ones_are_left_alone(home: Path) -> None:
    load(home, environment={"HOME": "x", "GOVERN_COLOR": "never"}, reserved=("GOVERN_COLOR",))


@pytest.mark.parametrize(
    ("text", "what", "where", "hint"),
    [
        ("fail-on = 1", "there is no setting 'fail-on'", "govern.toml: fail-on", "did you mean 'fail_on'?"),
        ("[limits]\nx = 1", "there is no setting 'x'", "govern.toml: limits.x", "config schema"),
        (
            'fail_on = "eror"',
            "'eror' does not fit 'fail_on'",
            "govern.toml: fail_on",
            "input should be 'error'",
        ),
        ("jobs = 0", "0 does not fit 'jobs'", "govern.toml: jobs", "greater than or equal to 1"),
        ('memory = "lots"', "'lots' does not fit 'memory'", "govern.toml: memory", "512MB"),
        ("select = 3", "3 does not fit 'select'", "govern.toml: select", "a list of texts"),
        ("rules = 3", "3 does not fit 'rules'", "govern.toml: rules", "a table"),
        ("[rules.DUP003]\nx = [1]", "[1] does not fit", "govern.toml: rules.DUP003.x", "a list of texts"),
        ("[policy]\nx = 1", "there is no setting 'policy'", "govern.toml: policy", "config schema"),
        ("a = ", "not valid TOML", "govern.toml", "correct the file"),
    ],
)
def test_what_does_not_fit_is_refused(home: Path, text: str, what: str, where: str, hint: str) -> None:
    write(home, govern=text)

    with pytest.raises(ConfigError) as refused:
        load(home)

    assert refused.value.what.startswith(what)
    assert refused.value.where.endswith(where)
    assert hint in refused.value.hint


def test_a_bad_value_names_the_place_it_was_set(home: Path) -> None:
    write(home, govern='fail_on = "note"')

    with pytest.raises(ConfigError) as refused:
        load(home, environment={"GOVERN_FAIL_ON": "eror"})

    assert refused.value.where == "GOVERN_FAIL_ON: fail_on"


def test_a_misspelt_variable_is_refused(home: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, environment={"GOVERN_FAIL_ONN": "note"})

    assert "did you mean 'GOVERN_FAIL_ON'?" in refused.value.hint


def test_bytes_that_are_no_text_are_refused(home: Path) -> None:
    (home / "govern.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="not valid TOML"):
        load(home)


def test_a_named_file_that_is_not_there_is_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(home, config=home / "none.toml")


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("1", 1), ("1k", 1024), ("512MB", 512 << 20), ("1.5 GiB", 3 << 29), ("2g", 2 << 30), ("1TB", 1 << 40)],
)
def test_sizes(text: str, bytes_: int) -> None:
    assert bytes_of(text) == bytes_


@pytest.mark.parametrize("text", ["", "0", "-1", "1PB", "MB", "1e9", "1 2", "nan"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        bytes_of(text)


def test_limits_are_those_of_the_readers(home: Path) -> None:
    write(home, govern=f"[limits]\n{next(iter(ReadLimits.__dataclass_fields__))} = 7\n")

    assert load(home, isolated=True).read_limits() == ReadLimits()
    assert load(home).read_limits() == ReadLimits(**{next(iter(ReadLimits.__dataclass_fields__)): 7})


def test_the_template_holds_every_setting_at_its_default(home: Path) -> None:
    """Every line of the form `# key = value` uncommented gives the defaults."""
    lines = [line.removeprefix("# ") for line in template().splitlines()]
    settings = [line for line in lines if line.startswith("[") or " = " in line]
    text = "\n".join(line for line in settings if not line.startswith(("[rules", "severity", "max_r")))
    write(home, govern=text)

    loaded = load(home)

    assert loaded.settings == load(home, isolated=True).settings
    assert set(loaded.origins.values()) == {"govern.toml"}


def test_the_template_as_it_stands_sets_nothing(home: Path) -> None:
    write(home, govern=template())

    assert set(load(home).origins.values()) == {"default"}


def test_the_schema_describes_every_setting() -> None:
    described = settings.schema()["properties"]

    assert set(described) == set(settings.Settings.model_fields)
    assert all(part.get("description") for part in described.values())


@given(st.recursive(st.text() | st.integers(-(2**63), 2**63 - 1) | st.booleans(), st.lists, max_leaves=5))
def test_values_are_written_as_toml_reads_them(value: Any) -> None:
    text = f"x = {toml_value(value)}"
    if "\ud800" <= max(text) <= "\udfff":  # TOML has no way to write half a character
        return

    assert tomllib.loads(text)["x"] == value


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=12),
        st.integers() | st.text() | st.booleans() | st.lists(st.text()),
        max_size=4,
    )
)
def test_any_table_is_settings_or_a_config_error(table: dict[str, Any]) -> None:
    try:
        found = load(Path("/nonexistent"), options={key: (value, "--set") for key, value in table.items()})
    except ConfigError:
        return

    assert isinstance(found, Loaded)


def test_a_rule_option_may_be_a_list_of_texts(home: Path) -> None:
    write(home, govern='[rules.ABC001]\nallow = ["a.com", "b.com"]\n')

    loaded = load(home, options={"rules.ABC001.deny": ("c,d", "--set")})

    assert loaded.settings.rules == {"ABC001": {"allow": ("a.com", "b.com"), "deny": "c,d"}}
    assert loaded.values["rules.ABC001.allow"] == ["a.com", "b.com"]
    assert loaded.origins["rules.ABC001.allow"] == "govern.toml"


@pytest.mark.parametrize("place", ["", "inner"])
def test_waivers_stand_beside_the_configuration(home: Path, place: str) -> None:
    inner = home / place
    inner.mkdir(exist_ok=True)
    assert load(inner).waiver_file(inner) == inner / "waivers.toml"

    write(home, govern="jobs = 1")

    assert load(inner).waiver_file(inner) == home / "waivers.toml"
