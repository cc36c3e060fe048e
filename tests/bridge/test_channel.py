"""Frames between listener and children."""

import io

import pytest

from bridge.channel import MAX_FRAME, FrameReader, Frames, frame_of


def test_a_stream_in_single_octets_gives_its_values_in_order() -> None:
    values = [{"result": b"\0\xff"}, {"result": None}, {"result": ["é", 1]}]
    frames, found = Frames(), []
    for octet in b"".join(map(frame_of, values)):
        frames.feed(bytes([octet]))
        found += frames.take()
    assert found == values


def test_two_values_that_arrive_together_are_taken_one_by_one() -> None:
    frames = Frames()
    frames.feed(frame_of(1) + frame_of(2))
    assert [frames.take(), frames.take(), frames.take()] == [[1], [2], []]


def test_a_reader_gives_value_after_value_each_with_its_own_octets() -> None:
    values = [{"result": [b"one", b"two"]}, {"result": {"$bytes": b"3", "more": 1}}, {"result": [b"four"]}]
    reader = FrameReader(io.BytesIO(b"".join(map(frame_of, values))))
    assert [reader.read() for _ in values] == values
    with pytest.raises(EOFError):
        reader.read()


def test_a_reader_ends_at_a_frame_that_is_cut() -> None:
    reader = FrameReader(io.BytesIO(frame_of(b"whole") + frame_of(b"cut")[:-1]))
    assert reader.read() == b"whole"
    with pytest.raises(EOFError):
        reader.read()


def test_an_absurd_length_ends_the_channel() -> None:
    frames = Frames()
    frames.feed((MAX_FRAME + 1).to_bytes(4, "big"))
    with pytest.raises(EOFError):
        frames.take()


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        (b'{"result": {"$bytes": 3}}', b"\0\0"),
        (b'{"result": {"$bytes": 1}}', b"\0\0"),
        (b'{"result": {"$bytes": "2"}}', b"\0\0"),
        (b'{"result": {"$bytes": true}}', b"\0"),
        (b'{"result": [{"$bytes": -1}, {"$bytes": 1}]}', b""),
        (b'{"result": 1', b""),
        (b'{"result": "\xff"}', b""),
        (b"[" * 100_000, b""),
    ],
)
def test_what_no_child_would_write_ends_the_channel(text: bytes, octets: bytes) -> None:
    body = len(text).to_bytes(4, "big") + text + octets
    frames = Frames()
    frames.feed(len(body).to_bytes(4, "big") + body)
    with pytest.raises(EOFError):
        frames.take()


def test_only_values_that_json_has_and_bytes_travel() -> None:
    with pytest.raises(TypeError, match="set"):
        frame_of({1, 2})
