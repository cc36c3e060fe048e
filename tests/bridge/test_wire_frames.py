"""Frames as they stand on the wire, written by `websockets` itself as a browser would."""

import secrets

import pytest
from websockets.frames import Frame, Opcode

from bridge.wire_frames import FrameEdges, whole_message

SIZES = [0, 1, 125, 126, 127, 65_535]


def frame(data: bytes, opcode: Opcode = Opcode.BINARY, *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=mask)


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_binary_message_is_seen_at_once(size: int) -> None:
    message = secrets.token_bytes(size)
    assert whole_message(frame(message)) == message


@pytest.mark.negative(60)
@pytest.mark.parametrize("size", SIZES)
def test_what_is_more_or_less_than_one_frame_is_left_to_the_library(size: int) -> None:
    whole = frame(bytes(size))
    for other in (whole[:-1], whole + b"\x82", whole + whole, whole[:1], whole[:3], b""):
        assert whole_message(other) is None


@pytest.mark.negative(60)
@pytest.mark.parametrize(
    "other",
    [
        frame(b"abc", Opcode.TEXT),
        frame(b"abc", Opcode.PING),
        frame(b"abc", Opcode.CONT),
        frame(b"abc", fin=False),
        frame(b"abc", mask=False),
        frame(bytes(65_536)),
        b"\xc2" + frame(b"abc")[1:],  # a bit of an extension that nobody agreed on
    ],
)
def test_what_is_no_masked_binary_message_of_one_frame_is_left_to_the_library(other: bytes) -> None:
    assert whole_message(other) is None


def test_the_edges_of_frames_are_found_however_they_arrive() -> None:
    frames = [frame(bytes(size), mask=mask) for size in SIZES[:-1] for mask in (True, False)] + [frame(bytes(70_000))]
    stream, ends, seen = b"".join(frames), {sum(map(len, frames[: count + 1])) for count in range(len(frames))}, set()
    edges = FrameEdges()
    for position in range(len(stream)):
        edges.pass_over(stream[position : position + 1])
        if edges.here:
            seen.add(position + 1)
    assert seen == ends
    edges.pass_over(stream)
    assert edges.here
