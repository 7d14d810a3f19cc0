"""A sample's identity is decided by its content and by nothing else."""

from __future__ import annotations

import hashlib

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from governance.census import content_hash
from governance.samples import canonical_text, flatten, hex_ids, sample_ids
from tests.builders import batch

TURNS = st.lists(
    st.tuples(st.sampled_from(["system", "user", "assistant", "critic"]), st.text(max_size=20)), max_size=4
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def expected_id(conversation: list[tuple[str, str]]) -> str:
    return sha("\n".join(f"{role}:{sha(content)}" for role, content in conversation))


@given(st.lists(TURNS, max_size=5))
def test_the_id_is_a_hash_of_the_turns_hashes(conversations: list[list[tuple[str, str]]]):
    made = hex_ids(batch(*conversations).sample_ids).to_pylist()

    assert [expected_id(c) for c in conversations] == made


@given(st.lists(TURNS, min_size=2, max_size=5), st.data())
def test_a_slice_has_the_ids_of_its_rows(conversations: list[list[tuple[str, str]]], data: st.DataObject):
    cut = data.draw(st.integers(0, len(conversations)))
    whole = batch(*conversations)

    part = sample_ids(flatten(whole.table.slice(cut).column("conversation")))

    assert whole.sample_ids.to_pylist()[cut:] == part.to_pylist()


def test_newlines_and_composition_do_not_matter():
    decomposed = pa.array(["a\r\nb\rc", "cafe\u0301", "plain"], pa.large_string())

    assert ["a\nb\nc", "caf\u00e9", "plain"] == canonical_text(decomposed).to_pylist()


def test_a_text_cannot_imitate_a_turn_boundary():
    one = batch([("user", "a\nassistant:b")])
    two = batch([("user", "a"), ("assistant", "b")])

    assert one.sample_ids[0] != two.sample_ids[0]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=8), st.randoms())
def test_the_content_hash_ignores_order_and_shards(texts: list[str], rng: object):
    shuffled = sorted(texts, key=lambda _: rng.random())  # type: ignore[attr-defined]
    whole = content_hash([batch(*texts).sample_ids])

    assert whole == content_hash([batch(t).sample_ids for t in shuffled])


def test_the_content_hash_sees_a_repeated_row():
    assert content_hash([batch("a").sample_ids]) != content_hash([batch("a", "a").sample_ids])
