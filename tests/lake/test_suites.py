from __future__ import annotations

import pytest

from governance.errors import NotFound
from governance.lake import Lake
from governance.lake.suites import find_suite, list_suites, load_suite, remove_suite, save_suite
from governance.lake.verify import verify_lake
from tests.lake.builders import suite


def test_a_suite_comes_back_equal(lake: Lake):
    save_suite(lake, suite("fineval", "q1", "q2"))

    assert suite("fineval", "q1", "q2") == load_suite(lake, "fineval")


def test_the_same_content_is_one_version_and_new_content_the_next(lake: Lake):
    first = save_suite(lake, suite("fineval", "q1"))
    again = save_suite(lake, suite("fineval", "q1"))
    second = save_suite(lake, suite("fineval", "q1", "q2"))

    assert first == again
    assert [1, 2] == [s.version for s in list_suites(lake)]
    assert suite("fineval", "q1") == load_suite(lake, "fineval", 1)
    assert second == find_suite(lake, "fineval")
    assert () == verify_lake(lake).orphans


def test_saving_earlier_content_again_gives_that_version(lake: Lake):
    first = save_suite(lake, suite("fineval", "q1"))
    save_suite(lake, suite("fineval", "q2"))

    assert first == save_suite(lake, suite("fineval", "q1"))


def test_a_removed_suite_is_gone_and_its_numbers_are_not_used_again(lake: Lake):
    save_suite(lake, suite("fineval", "q1"))
    save_suite(lake, suite("other", "q1"))

    assert ["fineval"] == [s.name for s in remove_suite(lake, "fineval")]

    assert ["other"] == [s.name for s in list_suites(lake)]
    assert [(1,)] == lake.fetch("SELECT count(*) FROM lake.suite_items")
    assert 2 == save_suite(lake, suite("fineval", "q1")).version
    assert verify_lake(lake).ok


def test_a_wrong_name_says_what_there_is(lake: Lake):
    save_suite(lake, suite("fineval", "q1"))

    with pytest.raises(NotFound, match="did you mean 'fineval'"):
        load_suite(lake, "finevl")
    with pytest.raises(NotFound, match="has no version 3"):
        load_suite(lake, "fineval", 3)
    with pytest.raises(NotFound):
        remove_suite(lake, "finevl")


def test_an_empty_suite_is_a_suite(lake: Lake):
    save_suite(lake, suite("nothing"))

    assert suite("nothing") == load_suite(lake, "nothing")
