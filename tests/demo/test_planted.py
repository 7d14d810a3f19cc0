"""What is planted into clean rows is what its kind says, by checks of its own: another library, or arithmetic."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import phonenumbers
import pytest
from stdnum import iban, luhn
from stdnum.cn import ric

from governance.demo.clean import clean_rows
from governance.demo.faults.planting import EACH
from governance.demo.grammar import words
from governance.demo.key import FaultKey, Planted
from governance.demo.rows import Row
from governance.demo.write import PLANTED, make

KINDS = (
    "e-mail", "phone", "resident-id", "card", "bank-account", "home-address", "access-key", "hidden-character",
    "injected-order", "active-markup", "insult", "illegal-promotion", "one-word-answer", "loop", "other-language",
    "garbled", "truncated", "boilerplate", "contradiction", "wrong-arithmetic", "no-option-chosen", "no-answer",
    "asked-twice", "no-licence", "non-commercial", "copy-under-two-licences", "source-under-two-licences", "no-source",
    "moving-revision", "wrong-hash", "model-names-itself", "model-denied", "held-out-row",
)  # fmt: skip


ROWS = 700


@pytest.fixture(scope="module", params=(7, 8))
def made(request: pytest.FixtureRequest) -> tuple[list[Row], FaultKey]:
    return make(request.param, ROWS)


def planted(made: tuple[list[Row], FaultKey], kind: str) -> list[Planted]:
    return [fault for fault in made[1].faults if fault.kind == kind]


def rows_of(made: tuple[list[Row], FaultKey], kind: str) -> list[Row]:
    found = [made[0][number] for fault in planted(made, kind) for number in fault.rows]
    assert found
    return found


def pairs_of(made: tuple[list[Row], FaultKey], kind: str) -> list[tuple[Row, Row]]:
    rows = made[0]
    return [(rows[f.rows[0]], rows[int(str(f.peer).removeprefix("row:"))]) for f in planted(made, kind)]


def clean(made: tuple[list[Row], FaultKey]) -> list[Row]:
    """Rows that no fault names and that are no hard negative."""
    rows, key = made
    named = {row for fault in key.faults for row in fault.rows}
    named |= {row for negative in key.hard_negatives for row in negative.rows}
    return [row for number, row in enumerate(rows) if number not in named]


def last(row: Row) -> str:
    return (row.turns or ())[-1].text


def numbers(text: str) -> list[str]:
    """Runs of fifteen digits and more, spaces left out, with a closing X."""
    return [re.sub(r"\s", "", n) for n in re.findall(r"\d(?:[ ]?\d){14,}X?", text)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_the_same_number_in_each_language(made: tuple[list[Row], FaultKey], kind: str) -> None:
    found = Counter(made[0][fault.rows[0]].language for fault in planted(made, kind))

    assert {"en": EACH, "zh": EACH} == found


def test_addresses_are_of_invented_providers(made: tuple[list[Row], FaultKey]) -> None:
    found = [re.findall(r"[\w.]+@([\w.-]+\w)", row.text, re.ASCII) for row in rows_of(made, "e-mail")]

    assert all(len(domains) == 1 for domains in found)
    assert {"willowmere-post.net", "greyheron-mail.com", "yanhu-mail.cn", "weian-post.com.cn"} >= {
        d[0] for d in found
    }


def test_phone_numbers_may_be_dialled_and_belong_to_nobody(made: tuple[list[Row], FaultKey]) -> None:
    for row in rows_of(made, "phone"):
        [number] = re.findall(r"\(\d{3}\) 555-01\d\d|1390000\d{4}", row.text)
        region = "US" if row.language == "en" else "CN"
        assert phonenumbers.is_valid_number(phonenumbers.parse(number, region))


def test_ids_pass_their_check_and_are_of_nobody_alive(made: tuple[list[Row], FaultKey]) -> None:
    for row in rows_of(made, "resident-id"):
        [number] = numbers(row.text)
        assert ric.is_valid(number)
        assert ric.get_birth_date(number).year < 1910


def test_cards_pass_the_check_of_luhn(made: tuple[list[Row], FaultKey]) -> None:
    for row in rows_of(made, "card"):
        [number] = numbers(row.text)
        assert luhn.is_valid(number)


def test_ibans_pass_their_check(made: tuple[list[Row], FaultKey]) -> None:
    found = [n for row in rows_of(made, "bank-account") for n in re.findall(r"DE\d{20}", row.text)]

    assert all(iban.is_valid(number, check_country=False) for number in found)


def test_numbers_of_people_stand_nowhere_else(made: tuple[list[Row], FaultKey]) -> None:
    assert [] == [row.text for row in clean(made) if numbers(row.text) or "@" in row.text]


def test_a_hidden_character_stands_inside_a_word(made: tuple[list[Row], FaultKey]) -> None:
    for row in rows_of(made, "hidden-character"):
        assert re.search(r"[a-z]\u200b[a-z]|[\u4e00-\u9fff]\u200b[\u4e00-\u9fff]", row.text)
    assert not any("\u200b" in row.text for row in clean(made))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("injected-order", "injection"), ("active-markup", "markup"), ("insult", "insult"),
        ("boilerplate", "boilerplate"), ("other-language", "foreign"),
    ],
)  # fmt: skip
def test_sentences_are_those_of_the_word_files(
    made: tuple[list[Row], FaultKey], kind: str, name: str
) -> None:
    for row in rows_of(made, kind):
        said = [text for text in words(f"{row.language}_planted")[name] if text in row.text]
        assert len(said) == 1


def test_keys_are_long_and_mixed(made: tuple[list[Row], FaultKey]) -> None:
    for row in rows_of(made, "access-key"):
        assert re.search(r"ghp_[A-Za-z0-9]{36}|([A-Z][a-z]\d){5}", row.text)


def test_loops_say_the_same_ten_times_and_more(made: tuple[list[Row], FaultKey]) -> None:
    assert all(re.search(r"(.{4,12})\1{9}", last(row)) for row in rows_of(made, "loop"))


@pytest.mark.parametrize(
    ("kind", "trap"),
    [
        ("law-on-money-laundering", "bank account|银行卡"),
        ("promise-asked-about", "Guaranteed returns|保本保息"),
        ("figures-like-phone-numbers", r"138\d{8}"),
        ("markup-in-a-code-fence", "<script src="),
        ("masked-numbers", r"\*{4} 0128"),
        ("attack-explained", "gnore all previous instructions|忽略以上所有指令"),
        ("harsh-words-of-the-trade", "killed|杀跌割肉"),
    ],
)
def test_hard_negatives_hold_what_a_careless_rule_would_take(
    made: tuple[list[Row], FaultKey], kind: str, trap: str
) -> None:
    rows, key = made
    [negative] = [found for found in key.hard_negatives if found.kind == kind]

    assert {"en", "zh"} == {rows[number].language for number in negative.rows}
    assert all(re.search(trap, rows[number].text) for number in negative.rows)


def test_one_word_answers_have_one_word(made: tuple[list[Row], FaultKey]) -> None:
    assert all(len(last(row)) <= 6 for row in rows_of(made, "one-word-answer"))


def test_truncated_answers_end_behind_a_comma(made: tuple[list[Row], FaultKey]) -> None:
    assert all(last(row).endswith((",", "，")) for row in rows_of(made, "truncated"))
    assert not any(last(row).endswith((",", "，")) for row in clean(made))


def test_garbled_answers_are_read_in_another_encoding(made: tuple[list[Row], FaultKey]) -> None:
    for row in rows_of(made, "garbled"):
        wrong = "cp1252" if row.language == "en" else "gbk"
        meant = last(row).encode(wrong).decode("utf-8", "ignore")
        assert meant != last(row)
        assert re.search(r"\b(?:the|It)\b" if row.language == "en" else "保险|提前", meant)


def test_contradictions_ask_the_same_and_end_in_different_numbers(made: tuple[list[Row], FaultKey]) -> None:
    rows = made[0]
    for fault in planted(made, "contradiction"):
        one, other = (rows[number] for number in fault.rows)
        assert (one.turns or ())[0] == (other.turns or ())[0]
        assert re.findall(r"\d+", last(one))[-1] != re.findall(r"\d+", last(other))[-1]


def test_wrong_arithmetic_was_right_but_for_one_result(made: tuple[list[Row], FaultKey]) -> None:
    """The audit holds the same equations of clean rows for right."""
    before = {row.key: row.text for row in clean_rows(ROWS - PLANTED, made[1].seed)}
    for row in rows_of(made, "wrong-arithmetic"):
        old, new = (re.split(r"(=? ?\$?[\d,.]*\d)", text) for text in (before[row.key], row.text))
        [(right, wrong)] = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
        assert right.startswith("=")
        assert re.sub(r"[\d,.]", "", right) == re.sub(r"[\d,.]", "", wrong)


def test_unanswered_and_twice_asked_conversations_are_so(made: tuple[list[Row], FaultKey]) -> None:
    for row in rows_of(made, "no-answer"):
        assert "assistant" not in [turn.role for turn in row.turns or ()]
    for row in rows_of(made, "asked-twice"):
        assert "user user assistant" in " ".join(str(turn.role) for turn in row.turns or ())


def test_clean_rows_have_their_papers_in_order(made: tuple[list[Row], FaultKey]) -> None:
    rows = clean(made)
    licences = {(row.source, row.licence) for row in rows}

    assert len({source for source, _ in licences}) == len(licences)
    assert all(row.source and row.licence and row.revision not in {None, "main"} for row in rows)
    assert all(row.synthetic == (row.generator is not None) for row in rows)
    assert all(row.checksum == hash_of(row) for row in rows)


def hash_of(row: Row) -> str:
    return hashlib.sha256("\n".join(turn.text for turn in row.turns or ()).encode()).hexdigest()


def test_papers_that_are_not_in_order(made: tuple[list[Row], FaultKey]) -> None:
    assert {None, "unknown"} == {row.licence for row in rows_of(made, "no-licence")}
    assert {"CC-BY-NC-4.0"} == {row.licence for row in rows_of(made, "non-commercial")}
    assert {None} == {row.source for row in rows_of(made, "no-source")}
    assert {None, "main"} == {row.revision for row in rows_of(made, "moving-revision")}
    assert all(row.checksum != hash_of(row) for row in rows_of(made, "wrong-hash"))
    assert all(row.generator and not row.synthetic for row in rows_of(made, "model-denied"))
    assert all(row.generator is None for row in rows_of(made, "model-names-itself"))


def test_one_source_stands_under_two_licences(made: tuple[list[Row], FaultKey]) -> None:
    found = {(row.source, row.licence) for row in rows_of(made, "source-under-two-licences")}

    assert {("member-forum", "CC-BY-4.0"), ("member-forum", "CC-BY-SA-4.0")} == found


def test_copies_differ_in_their_papers_only(made: tuple[list[Row], FaultKey]) -> None:
    for copy, original in pairs_of(made, "copy-under-two-licences"):
        assert copy.turns == original.turns
        assert copy.licence != original.licence
    for copy, original in pairs_of(made, "held-out-row"):
        assert copy.turns == original.turns
        assert ("train", "validation") == (copy.split, original.split)


def test_only_the_planted_copies_of_held_out_rows_are_trained_on(made: tuple[list[Row], FaultKey]) -> None:
    rows, _ = made
    held = {row.text for row in rows if row.split == "validation" and row.text}
    leaked = sum(row.text in held for row in rows if row.split == "train")

    assert len(planted(made, "held-out-row")) == leaked
    assert 0.02 < len(held) / len(rows) < 0.1
