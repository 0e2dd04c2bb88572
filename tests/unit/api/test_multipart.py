"""Uploads: whatever the pieces in which a body arrives, the same files come out, or a reason."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.errors import BodyTooLarge
from api.imports.multipart import Limits, ReceivedFile, Receiver
from clientnest.errors import BadInput

TYPE = "multipart/form-data; boundary=BoUnDaRy"
ROOMY = Limits(files=20, file_bytes=1_000_000)
CONTENT = st.binary(max_size=300) | st.sampled_from([b"\r\n--BoUnDaR", b"--BoUnDaRy-", b"\r\n\r\n--", b"\n" * 50])
FIELD = st.tuples(st.just("account"), st.none(), st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace")))
FILE = st.tuples(st.just("files"), st.sampled_from(["a.csv", "ü ñ.csv", "x"]), CONTENT)
PARTS = st.lists(FIELD | FILE, max_size=6)


def _encoded(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    body = b""
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
        body += b"--BoUnDaRy\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + b"--BoUnDaRy--\r\n"


def _received(body: bytes, cuts: list[int], limits: Limits = ROOMY) -> tuple[list[tuple[str, bytes]], list[str]]:
    with TemporaryDirectory() as folder:
        receiver = Receiver(TYPE, Path(folder), limits)
        try:
            edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
            for start, end in pairwise(edges):
                receiver.write(body[start:end])
            receiver.finish()
        finally:
            receiver.abandon()
        files = [(file.name, file.path.read_bytes()) for file in receiver.files]
        return files, [value for values in receiver.fields.values() for value in values]


@given(PARTS.filter(bool), st.lists(st.integers(min_value=0), max_size=8))
@settings(deadline=None)
def test_files_and_fields_come_out_as_they_were_put_in(
    parts: list[tuple[str, str | None, bytes]], cuts: list[int]
) -> None:
    parts = [part for part in parts if b"\r\n--BoUnDaRy" not in b"\r\n" + part[2]]
    if not parts:
        return
    files, fields = _received(_encoded(parts), cuts)
    assert files == [(filename, content) for _, filename, content in parts if filename is not None]
    assert fields == [content.decode() for _, filename, content in parts if filename is None]


@given(st.binary(max_size=400), st.lists(st.integers(min_value=0), max_size=4))
@settings(deadline=None)
def test_any_other_bytes_get_a_reason(noise: bytes, cuts: list[int]) -> None:
    with pytest.raises(BadInput):
        _received(noise, cuts)


def test_an_upload_that_stops_in_the_middle_is_refused() -> None:
    whole = _encoded([("files", "a.csv", b"a,b\n1,2\n")])
    for length in range(len(whole) - len("--\r\n")):
        with pytest.raises(BadInput):
            _received(whole[:length], [])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\me\\März.csv", "März.csv"), ("a\x00b\x1b[31m.csv", "ab[31m.csv"),
        ("", "file 1"), ("..", ".."), ("x" * 500 + ".csv", "x" * 196 + ".csv"),
    ],
)  # fmt: skip
def test_a_name_keeps_no_folder_and_nothing_unprintable(tmp_path: Path, sent: str, kept: str) -> None:
    receiver = Receiver(TYPE, tmp_path, ROOMY)
    receiver.write(_encoded([("files", sent, b"x")]))
    assert receiver.files == [ReceivedFile(tmp_path / "00001", kept)]


def test_limits_name_what_is_over_them() -> None:
    tight = Limits(files=2, file_bytes=10)
    with pytest.raises(BodyTooLarge, match=r"big\.csv is larger than the 10 bytes"):
        _received(_encoded([("files", "big.csv", b"x" * 11)]), [], tight)
    with pytest.raises(BadInput, match="more than 2 files"):
        _received(_encoded([("files", "a.csv", b"x")] * 3), [], tight)
    with pytest.raises(BadInput, match="more than 100 fields"):
        _received(_encoded([("account", None, b"x")] * 101), [])
    with pytest.raises(BadInput, match="too long"):
        _received(_encoded([("account", None, b"x" * 70_000)]), [])
    with pytest.raises(BadInput, match="came as the part 'document'"):
        _received(_encoded([("document", "a.csv", b"x")]), [])


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data", "multipart/form-data; x=y"])
def test_anything_but_multipart_is_told_what_to_send(tmp_path: Path, content_type: str) -> None:
    with pytest.raises(BadInput, match="multipart/form-data"):
        Receiver(content_type, tmp_path, ROOMY)
