"""Files that are not what they should be: a clear error, or a finding; nothing lost in silence."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
import zstandard

from governance.errors import InputError, LimitExceeded
from governance.readers import ReadLimits, ReadOptions, open_source
from tests.readers.build import conversations, everything, problems, write_table

TEXTS = pa.table({"text": [f"row {i} " + "x" * (i % 50) for i in range(1_000)]})


def refused(path: Path | str, **options: object) -> InputError:
    """The error of reading a file to its end, which says what, where and what to do."""
    with pytest.raises(InputError) as raised:
        for _ in open_source(str(path), ReadOptions(**options)).batches():
            pass
    error = raised.value
    assert error.what and error.where and error.hint
    assert "\n" not in error.what
    return error


def parquet(path: Path, **kwargs: object) -> bytes:
    write_table(path, TEXTS, **kwargs)
    return path.read_bytes()


def edited_footer(data: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    size = int.from_bytes(data[-8:-4], "little")
    footer = edit(data[-8 - size : -8])
    return data[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


# ---- Parquet -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.csv", "a.arrow", "a.json", "a"])
def test_an_empty_file_is_refused(name: str, tmp_path: Path):
    (tmp_path / name).touch()

    assert refused(tmp_path / name).what == "the file is empty (0 bytes)"


@pytest.mark.parametrize("keep", [4, 100, 5_000, -1, -8, -100])
def test_a_truncated_parquet_file_is_refused(keep: int, tmp_path: Path):
    data = parquet(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes(data[:keep])

    assert "footer" in refused(tmp_path / "a.parquet").what


def test_a_damaged_row_group_refuses_the_whole_file_and_is_named(tmp_path: Path):
    data = bytearray(parquet(tmp_path / "a.parquet", row_group_size=250, compression="zstd"))
    start = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(2).column(0).dictionary_page_offset
    data[start + 20 : start + 400] = b"\xa5" * 380
    (tmp_path / "a.parquet").write_bytes(bytes(data))

    assert refused(tmp_path / "a.parquet").what.startswith("row group 3 cannot be read")


def test_a_damaged_page_that_decodes_is_refused_too(tmp_path: Path):
    data = bytearray(
        parquet(tmp_path / "a.parquet", compression="none", use_dictionary=False, write_page_checksum=True)
    )
    at = bytes(data).find(b"row 500 ")
    data[at : at + 4] = b"sow!"
    (tmp_path / "a.parquet").write_bytes(bytes(data))

    assert refused(tmp_path / "a.parquet").what.startswith("row group 1 cannot be read")


def zigzag(n: int) -> bytes:
    n, out = n << 1, bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*out, n])


@pytest.mark.parametrize("claimed", [1_001, 50_000_000])
def test_a_footer_that_lies_about_rows_is_refused(claimed: int, tmp_path: Path):
    data = parquet(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes(
        edited_footer(data, lambda f: f.replace(b"\x16" + zigzag(1_000), b"\x16" + zigzag(claimed)))
    )

    assert re.search("row group 1|footer", refused(tmp_path / "a.parquet").what)


def test_a_footer_that_hides_rows_is_refused(tmp_path: Path):
    data = parquet(tmp_path / "a.parquet")
    count = b"\x16" + zigzag(1_000)

    def edit(footer: bytes) -> bytes:  # rows of the file stand first, those of the group last, values between
        first, last = footer.find(count), footer.rfind(count)
        less = b"\x16" + zigzag(999)
        return footer[:first] + less + footer[first + 3 : last] + less + footer[last + 3 :]

    (tmp_path / "a.parquet").write_bytes(edited_footer(data, edit))

    assert "999 rows and a column of 1000 values" in refused(tmp_path / "a.parquet").what


def test_a_footer_whose_total_disagrees_with_its_groups_is_refused(tmp_path: Path):
    data = parquet(tmp_path / "a.parquet")
    total = b"\x16" + zigzag(1_000) + b"\x19"  # num_rows of the file stands before the list of row groups

    def edit(footer: bytes) -> bytes:
        assert 1 == footer.count(total)
        return footer.replace(total, b"\x16" + zigzag(1_007) + b"\x19")

    (tmp_path / "a.parquet").write_bytes(edited_footer(data, edit))

    assert refused(tmp_path / "a.parquet").what == "the footer says 1007 rows, its row groups have 1000"


def test_a_footer_that_points_outside_the_file_is_refused(tmp_path: Path):
    data = parquet(tmp_path / "a.parquet")
    size = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(0).total_compressed_size
    (tmp_path / "a.parquet").write_bytes(
        edited_footer(data, lambda f: f.replace(zigzag(size), zigzag(size << 20)))
    )

    assert refused(tmp_path / "a.parquet").what == "the footer places row group 1 outside the file"


def test_bytes_that_are_not_utf8_in_parquet_text_are_replaced_and_reported(tmp_path: Path):
    bad = pa.array([b"good", b"caf\xe9", None, b"\xff\xfe"], pa.binary())
    write_table(tmp_path / "a.parquet", pa.table({"text": bad.view(pa.string())}))
    write_table(tmp_path / "b.parquet", pa.table({"text": bad}))

    for path in (tmp_path / "a.parquet", tmp_path / "b.parquet"):
        assert [[("text", "good")], [("text", "caf\ufffd")], [], [("text", "\ufffd\ufffd")]] == conversations(
            path
        )
        assert [(1, 2, "INP003"), (2, 3, "INP002"), (3, 4, "INP003")] == problems(path)


def test_original_rows_are_valid_utf8_too(tmp_path: Path):
    bad = pa.array([b"good", b"caf\xe9"], pa.binary()).view(pa.string())
    nested = pa.StructArray.from_arrays([bad], ["x"])
    write_table(tmp_path / "a.parquet", pa.table({"text": bad, "more": nested}))

    (batch,) = open_source(str(tmp_path / "a.parquet"), ReadOptions(keep_original=True)).batches()

    assert batch.original is not None
    batch.original.validate(full=True)
    assert {"text": "caf\ufffd", "more": {"x": "caf\ufffd"}} == batch.original.to_pylist()[1]


def test_bad_bytes_in_the_turns_of_parquet_are_replaced_and_reported(tmp_path: Path):
    said = pa.array([b"hi", b"\xff"], pa.binary()).view(pa.string())
    turns = pa.StructArray.from_arrays([pa.array(["user", "assistant"]), said], ["role", "content"])
    write_table(tmp_path / "a.parquet", pa.table({"messages": pa.ListArray.from_arrays([0, 2], turns)}))

    assert [[("user", "hi"), ("assistant", "\ufffd")]] == conversations(tmp_path / "a.parquet")
    assert [(0, 1, "INP003")] == problems(tmp_path / "a.parquet")


# ---- Arrow ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.arrow", "a.stream"])
@pytest.mark.parametrize("keep", [20, 300, -600])
def test_a_truncated_arrow_file_is_refused(name: str, keep: int, tmp_path: Path):
    path = write_table(tmp_path / name, TEXTS)
    path.write_bytes(path.read_bytes()[:keep])

    refused(path)


def test_arrow_offsets_that_point_outside_are_refused(tmp_path: Path):
    path = tmp_path / "a.arrow"
    offsets = pa.py_buffer((0).to_bytes(4, "little") + (1 << 30).to_bytes(4, "little"))
    with ipc.new_file(path, pa.schema([("text", pa.string())])) as writer:
        writer.write_batch(pa.record_batch([pa.array(["x" * 64])], names=["text"]))
    data = path.read_bytes()
    good = (0).to_bytes(4, "little") + (64).to_bytes(4, "little")
    at = data.rfind(good)
    path.write_bytes(data[:at] + offsets.to_pybytes() + data[at + 8 :])

    assert refused(path).what.startswith("record batch 1 cannot be read")


# ---- what a file is ------------------------------------------------------------------------------------------------


def test_a_wrong_extension_is_read_by_content_with_a_note(tmp_path: Path):
    (tmp_path / "a.parquet").write_text('{"text": "x"}\n')
    write_table(tmp_path / "real.parquet", TEXTS).rename(tmp_path / "b.jsonl")

    for path, kind in ((tmp_path / "a.parquet", "jsonl"), (tmp_path / "b.jsonl", "parquet")):
        source = open_source(str(path))
        assert any(f"was read as {kind}" in note for note in source.notes)
        assert [("text", "x")] == conversations(path)[0] or kind == "parquet"


FOREIGN = {
    "a.jsonl": b"\xff\xfe{\x00",
    "b.parquet": b"just words, no data at all",
    "c.csv": b"PK\x03\x04" + b"\0" * 100,
    "d.jsonl": b"question,answer\nq,a\n",
    "e.bin": os.urandom(300),
    "f.txt": b"some words\n",
    "g.pkl": b"\x80\x04\x95junk",
    "h.json": b'{\n  "data": [{"text": "x"}]\n}\n',
}


@pytest.mark.parametrize(("name", "data"), FOREIGN.items(), ids=FOREIGN)
def test_what_is_no_data_file_is_refused(name: str, data: bytes, tmp_path: Path):
    (tmp_path / name).write_bytes(data)

    refused(tmp_path / name)


def test_a_format_the_content_contradicts_is_refused(tmp_path: Path):
    path = write_table(tmp_path / "a.parquet", TEXTS)

    assert refused(path, input_format="jsonl").what == "the file is not jsonl, it is parquet"


def test_parquet_from_a_pipe_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Stdin:
        buffer = io.BytesIO(parquet(tmp_path / "a.parquet"))

    monkeypatch.setattr(sys, "stdin", Stdin)

    assert refused("-").what == "parquet cannot be read from a pipe"


def test_chinese_text_in_gb18030_is_refused_with_the_remedy(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes("question,answer\n什么是债券,一种借款凭证而已\n".encode("gb18030") * 5)

    error = refused(tmp_path / "a.csv")

    assert ("the text is not UTF-8, it looks like GB18030", True) == (error.what, "iconv" in error.hint)


def test_latin_1_text_is_not_taken_for_chinese(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes("text\nl'économie déjà prévue à été\n".encode("latin-1") * 50)

    assert 50 == len([rule for _, _, rule in problems(tmp_path / "a.csv") if rule == "INP003"])


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x"}\n')
    batches = open_source(str(path)).batches()
    next(batches)
    path.write_text('{"text": "x"}\n{"text": "y"}\n')

    with pytest.raises(InputError, match="changed while it was read"):
        list(batches)


def test_standard_input_cannot_be_read_twice(monkeypatch: pytest.MonkeyPatch):
    class Stdin:
        buffer = io.BytesIO(b'{"text": "x"}\n')

    monkeypatch.setattr(sys, "stdin", Stdin)
    source = open_source("-")
    list(source.batches())

    with pytest.raises(InputError, match="only once"):
        list(source.batches())


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.csv"])
def test_two_columns_of_one_name_are_refused(name: str, tmp_path: Path):
    if name.endswith("csv"):
        (tmp_path / name).write_text("text,text\nx,y\n")
    else:
        write_table(
            tmp_path / name, pa.Table.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["text", "text"])
        )

    assert refused(tmp_path / name).what == "two columns are called 'text'"


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n')
    (tmp_path / "a.jsonl").chmod(0)
    user = os.geteuid()
    os.seteuid(user or 65_534)  # root may read everything
    try:
        error = refused(tmp_path / "a.jsonl")
    finally:
        os.seteuid(user)

    assert error.what == "the file cannot be read: Permission denied"


def test_a_folder_in_place_of_a_shard_or_a_dangling_link_is_refused(tmp_path: Path):
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")

    assert refused(tmp_path / "gone.jsonl").what == "there is no such file"


# ---- JSON ----------------------------------------------------------------------------------------------------------


def test_nulls_everywhere_are_missing_text(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(
        '{"question": "q", "answer": "a"}\n{"question": null, "answer": null}\n{}\n'
    )

    assert [(1, 2, "INP002"), (2, 3, "INP002")] == problems(tmp_path / "a.jsonl")


def test_a_trailing_partial_line_is_reported(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n{"text": "cut he')

    assert [(1, 2, "INP001")] == problems(tmp_path / "a.jsonl")


def test_a_row_of_ten_megabytes_is_read(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "x" * 10_000_000}) + "\n" + '{"text": "y"}\n')

    assert [10_000_000, 1] == [len(turns[0][1]) for turns in conversations(tmp_path / "a.jsonl")]


def test_a_conversation_of_100_000_turns_is_read(tmp_path: Path):
    turns = [{"role": ("user", "assistant")[i % 2], "content": str(i)} for i in range(100_000)]
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": turns}) + "\n")

    (found,) = conversations(tmp_path / "a.jsonl")

    assert (100_000, ("assistant", "99999")) == (len(found), found[-1])


@pytest.mark.parametrize("depth", [65, 1_000, 200_000])
def test_deep_nesting_is_reported_and_harms_nobody(depth: int, tmp_path: Path):
    deep = '{"text": "x", "more": ' + "[" * depth + "]" * depth + "}"
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n' + deep + '\n{"text": "b"}\n')

    source = open_source(str(tmp_path / "a.jsonl"))
    samples, found = everything(source)

    assert 2 == samples.num_rows
    assert ["the record is nested deeper than 64 levels (limit nesting)"] == found.column(
        "message"
    ).to_pylist()


def test_a_record_beyond_the_limit_is_reported_and_not_held_in_memory(tmp_path: Path):
    lines = ['{"text": "a"}', json.dumps({"text": "x" * 30_000_000}), '{"text": "b"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    options = {"limits": ReadLimits(row_mb=1)}

    assert [[("text", "a")], [("text", "b")]] == conversations(tmp_path / "a.jsonl", **options)
    assert [(1, 2, "INP001")] == problems(tmp_path / "a.jsonl", **options)


@pytest.mark.parametrize("tail", ['{"text": "b"', '{"text": "b"},', ""])
def test_an_array_that_is_not_closed_is_refused(tail: str, tmp_path: Path):
    (tmp_path / "a.json").write_text('[{"text": "a"}, ' + tail)

    assert refused(tmp_path / "a.json").what == "the JSON array is not closed"


def test_what_follows_an_array_is_refused(tmp_path: Path):
    (tmp_path / "a.json").write_text('[\n{"text": "a"}\n]\n[{"text": "b"}]')

    assert refused(tmp_path / "a.json").what == "something follows the end of the JSON array"


def test_a_bad_element_of_an_array_costs_only_itself(tmp_path: Path):
    (tmp_path / "a.json").write_text('[\n{"text": "a"},\n{"text": 01},\n5,\n{"text": "b"}\n]')

    assert [[("text", "a")], [("text", "b")]] == conversations(tmp_path / "a.json")
    assert [(1, 3, "INP001"), (2, 4, "INP001")] == problems(tmp_path / "a.json")


def test_a_newline_inside_a_string_of_an_array_costs_one_element(tmp_path: Path):
    (tmp_path / "a.json").write_text('[{"text": "a"},\n{"text": "cut\nhere"},\n{"text": "b"}]')

    assert [[("text", "a")], [("text", "b")]] == conversations(tmp_path / "a.json")
    assert [(1, 2, "INP001")] == problems(tmp_path / "a.json")


def test_strict_input_ends_at_the_first_row_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n{"text": \n')

    error = refused(tmp_path / "a.jsonl", strict=True)

    assert error.where == f"{tmp_path / 'a.jsonl'}, line 2"


# ---- packing -------------------------------------------------------------------------------------------------------

BOMB = b'{"text": "' + b"\0" * 100_000_000 + b'"}\n'
PACK = {"gz": lambda data: gzip.compress(data, 1), "zst": lambda data: zstandard.compress(data, 3)}


@pytest.mark.parametrize("kind", PACK)
def test_a_bomb_is_refused_by_its_ratio(kind: str, tmp_path: Path):
    (tmp_path / f"a.jsonl.{kind}").write_bytes(PACK[kind](BOMB))

    with pytest.raises(LimitExceeded) as raised:
        list(open_source(str(tmp_path / f"a.jsonl.{kind}")).batches())

    assert "more than 200 times its size" in raised.value.what
    assert "expansion_ratio" in raised.value.hint


@pytest.mark.parametrize("kind", PACK)
def test_a_file_is_refused_by_its_unpacked_size(kind: str, tmp_path: Path):
    (tmp_path / f"a.jsonl.{kind}").write_bytes(PACK[kind](b'{"text": "x"}\n' * 4_000_000))
    options = ReadOptions(limits=ReadLimits(expansion_mb=20))

    with pytest.raises(LimitExceeded, match="more than 20 MiB"):
        list(open_source(str(tmp_path / f"a.jsonl.{kind}"), options).batches())


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("keep", [-1, -9, 30])
def test_packed_data_that_end_early_are_refused(kind: str, keep: int, tmp_path: Path):
    data = PACK[kind](b"".join(b'{"text": "%d"}\n' % i for i in range(9_999)))
    (tmp_path / f"a.jsonl.{kind}").write_bytes(data[:keep])

    assert refused(tmp_path / f"a.jsonl.{kind}").what == "the packed data end early"


@pytest.mark.parametrize("kind", PACK)
def test_damaged_packed_data_are_refused(kind: str, tmp_path: Path):
    data = bytearray(PACK[kind](b"".join(b'{"text": "%d"}\n' % i for i in range(99_999))))
    data[len(data) // 2 : len(data) // 2 + 50] = b"\x00" * 50
    (tmp_path / f"a.jsonl.{kind}").write_bytes(bytes(data))

    assert "packed data" in refused(tmp_path / f"a.jsonl.{kind}").what


@pytest.mark.parametrize("kind", PACK)
def test_members_and_padding_are_read_and_other_bytes_refused(kind: str, tmp_path: Path):
    part = PACK[kind](b'{"text": "x"}\n')
    path = tmp_path / f"a.jsonl.{kind}"

    path.write_bytes(part * 3 + (b"\0" * 100 if kind == "gz" else b""))
    assert 3 == len(conversations(path))
    path.write_bytes(part + b"garbage")
    assert refused(path).what == "other bytes follow the packed data"


# ---- CSV -----------------------------------------------------------------------------------------------------------


def test_csv_rows_of_the_wrong_width_are_reported_with_their_lines(tmp_path: Path):
    (tmp_path / "a.csv").write_text('question,answer\nq1,a1\n"two\nlines",a2\nq3\nq4,a4,more\n\nq5,a5\n')

    assert [
        [("user", "q1"), ("assistant", "a1")],
        [("user", "two\nlines"), ("assistant", "a2")],
        [("user", "q5"), ("assistant", "a5")],
    ] == conversations(tmp_path / "a.csv")
    assert [(2, 5, "INP001"), (3, 6, "INP001")] == problems(tmp_path / "a.csv")


def test_a_csv_quote_that_is_never_closed_names_the_lines_it_took(tmp_path: Path):
    (tmp_path / "a.csv").write_text('text\nfine\n"open\nlost\nlost too\n')
    samples, found = everything(open_source(str(tmp_path / "a.csv")))

    assert 1 == samples.num_rows
    assert ["lines 3 to 5: unexpected end of data"] == found.column("message").to_pylist()


def test_csv_with_marks_returns_bad_bytes_and_another_separator(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfid;text\r\n1;caf\xe9\r\n2;b\r\n")
    source = open_source(str(tmp_path / "a.csv"))

    assert [[("text", "caf\ufffd")], [("text", "b")]] == conversations(tmp_path / "a.csv")
    assert [(0, 2, "INP003")] == problems(tmp_path / "a.csv")
    assert any("separated by ';'" in note for note in source.notes)


def test_a_csv_field_of_ten_megabytes_is_read_and_a_longer_line_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_text("text,id\n" + "x" * 10_000_000 + ",1\n")

    assert 10_000_000 == len(conversations(tmp_path / "a.csv")[0][0][1])
    assert "line 2 is longer than 1 MiB" in refused(tmp_path / "a.csv", limits=ReadLimits(row_mb=1)).what


def test_a_csv_file_without_rows_has_no_rows(tmp_path: Path):
    (tmp_path / "a.csv").write_text("question,answer\n")

    assert [] == conversations(tmp_path / "a.csv")
