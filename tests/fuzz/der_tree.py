"""BER as a tree that can be broken on purpose: read from good bytes, changed at one place, written again with every length around it right.

Also written wrong where that is wanted: lengths that lie, indefinite or too long forms, strings in segments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

CONSTRUCTED = 0x20
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
_MAX_NODES = 3_000
_MAX_SIZE = 300_000


@dataclass
class Node:
    """One element: contents are octets, or children. `form` is how its length is written."""

    tag: int
    octets: bytes = b""
    children: list[Node] | None = None
    form: str = "definite"
    wraps: bool = False  # a string whose contents are an element again

    def walk(self) -> Iterator[Node]:
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children or []

    def encode(self) -> bytes:
        contents = b"".join(child.encode() for child in self.children) if self.children is not None else self.octets
        head = bytes((self.tag,))
        if self.form == "indefinite" and self.tag & CONSTRUCTED:
            return head + b"\x80" + contents + b"\0\0"
        return head + _length(len(contents), self.form) + contents


def _length(size: int, form: str) -> bytes:
    if form.startswith("lie "):
        return bytes.fromhex(form[4:])
    octets = size.to_bytes(max(1, (size.bit_length() + 7) // 8))
    if form == "long":
        return bytes((0x84,)) + size.to_bytes(4)
    return octets if size < 0x80 else bytes((0x80 | len(octets),)) + octets


@dataclass
class _Reading:
    data: bytes
    nodes: int = field(default=0)

    def element(self, offset: int, limit: int, depth: int) -> tuple[Node, int]:
        """The element at `offset` and where it ends. Raises ValueError for what is not one."""
        self.nodes += 1
        tag, start, length = self._header(offset, limit)
        if self.nodes > _MAX_NODES or depth > 40:
            raise ValueError("too much")
        if length < 0:
            children, end = self._until_end(start, limit, depth)
            return Node(tag, children=children, form="indefinite"), end
        end = start + length
        if tag & CONSTRUCTED:
            return Node(tag, children=self._all(start, end, depth)), end
        return self._leaf(tag, start, end, depth), end

    def _header(self, offset: int, limit: int) -> tuple[int, int, int]:
        if offset + 2 > limit or self.data[offset] & 0x1F == 0x1F:
            raise ValueError("no element")
        first, start = self.data[offset + 1], offset + 2
        if first == 0x80:
            return self.data[offset], start, -1
        if first > 0x80:
            start += first & 0x7F
            first = int.from_bytes(self.data[offset + 2 : start])
        if start + first > limit:
            raise ValueError("no element")
        return self.data[offset], start, first

    def _all(self, start: int, end: int, depth: int) -> list[Node]:
        children = []
        while start < end:
            child, start = self.element(start, end, depth + 1)
            children.append(child)
        return children

    def _until_end(self, start: int, limit: int, depth: int) -> tuple[list[Node], int]:
        children = []
        while self.data[start : start + 2] != b"\0\0":
            child, start = self.element(start, limit, depth + 1)
            children.append(child)
        return children, start + 2

    def _leaf(self, tag: int, start: int, end: int, depth: int) -> Node:
        """Strings that hold one whole element (extensions, nested signatures) are read on."""
        octets = self.data[start:end]
        if tag == OCTET_STRING and len(octets) > 2 and octets[0] in (0x30, 0x31, 0x04):
            try:
                inner, stop = self.element(start, end, depth + 1)
            except (ValueError, IndexError):
                inner, stop = None, -1
            if inner is not None and stop == end:
                return Node(tag, children=[inner], wraps=True)
        return Node(tag, octets)


def read(data: bytes) -> Node:
    """The tree of one element. Raises ValueError."""
    try:
        node, end = _Reading(data).element(0, len(data), 0)
    except (IndexError, RecursionError) as error:
        raise ValueError("no element") from error
    if end != len(data):
        raise ValueError("more than an element")
    return node


_TAGS = (
    0x01,
    0x02,
    0x03,
    0x04,
    0x05,
    0x06,
    0x0A,
    0x0C,
    0x13,
    0x17,
    0x18,
    0x30,
    0x31,
    0x80,
    0xA0,
    0xA1,
    0xA2,
    0xA3,
    0xA4,
    0x24,
    0x1F,
    0x00,
)
_LENGTHS = ("80", "ff", "84ffffffff", "8480000000", "8400000000", "88ffffffffffffffff", "00", "01", "7f", "8180", "81")
_CONTENTS = (
    b"",
    b"\0",
    b"\xff",
    b"\x80",
    b"\0\0",
    b"\x7f" * 9,
    b"\xff" * 9,
    b"\0" * 40,
    b"\x80" * 70,
    b"\xff" * 1200,
    b"99991231235959Z",
    b"000000000000Z",
)


def mutate(tree: Node, rng: Random, others: list[bytes]) -> bytes:
    """One to three changes to the tree, and sometimes to the bytes written from it."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        nodes = list(tree.walk())
        _CHANGES[rng.randrange(len(_CHANGES))](nodes, rng, others)
    try:
        data = tree.encode()[:_MAX_SIZE]
    except RecursionError:
        return b"\x30\x80" * 3_000
    if rng.random() < 0.1:
        data = _damage(data, rng)
    return data


def _contents(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    leaves = [node for node in nodes if node.children is None]
    if not leaves:
        return
    leaf = rng.choice(leaves)
    if rng.random() < 0.6 and leaf.octets:
        octets = bytearray(leaf.octets)
        octets[rng.randrange(len(octets))] ^= 1 << rng.randrange(8)
        leaf.octets = bytes(octets)
    else:
        leaf.octets = rng.choice(_CONTENTS)


def _tag(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    node = rng.choice(nodes)
    node.tag = rng.choice(_TAGS) if rng.random() < 0.8 else rng.randrange(256)


def _length_form(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    node = rng.choice(nodes)
    node.form = rng.choice(("indefinite", "indefinite", "long", f"lie {rng.choice(_LENGTHS)}"))


def _drop(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    if parents := [node for node in nodes if node.children]:
        children = rng.choice(parents).children
        assert children is not None
        del children[rng.randrange(len(children))]


def _double(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    if parents := [node for node in nodes if node.children]:
        children = rng.choice(parents).children
        assert children is not None
        again = rng.choice(children)
        children[rng.randrange(len(children) + 1) : 0] = [again] * rng.choice((1, 1, 2, 70))


def _swap(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    if parents := [node for node in nodes if node.children and len(node.children) > 1]:
        children = rng.choice(parents).children
        assert children is not None
        i, j = rng.randrange(len(children)), rng.randrange(len(children))
        children[i], children[j] = children[j], children[i]


def _splice(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    """A node of another sample, or of this one, in the place of a node; one of the same tag if there is one."""
    source = nodes if rng.random() < 0.4 else _nodes_of(rng.choice(others))
    node = rng.choice(nodes)
    fitting = [other for other in source if other.tag == node.tag and other is not node] or source
    other = _copy(rng.choice(fitting))
    node.tag, node.octets, node.children, node.form = other.tag, other.octets, other.children, other.form


def _identifier(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    """One object identifier for another, which is how algorithms are confused."""
    mine = [node for node in nodes if node.tag == OBJECT_IDENTIFIER]
    theirs = mine + [node for node in _nodes_of(rng.choice(others)) if node.tag == OBJECT_IDENTIFIER]
    if mine:
        rng.choice(mine).octets = rng.choice(theirs).octets


def _wrap(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    node = rng.choice(nodes)
    inner = _copy(node)
    for _ in range(rng.choice((1, 1, 2, 29, 31, 40, 200))):
        inner = Node(
            rng.choice((0x30, 0x31, 0xA0, 0x24)), children=[inner], form=rng.choice(("definite", "indefinite"))
        )
    node.tag, node.octets, node.children, node.form = inner.tag, inner.octets, inner.children, inner.form


def _segments(nodes: list[Node], rng: Random, others: list[bytes]) -> None:
    """A string in pieces (X.690 §8.7.3)."""
    if not (strings := [node for node in nodes if node.tag & 0x1F in (OCTET_STRING, 0) and node.children is None]):
        return
    node = rng.choice(strings)
    size = rng.choice((1, 7, 64))
    pieces = [node.octets[i : i + size] for i in range(0, min(len(node.octets), 400), size)]
    node.children = [Node(OCTET_STRING, piece) for piece in pieces]
    node.tag |= CONSTRUCTED
    node.form = rng.choice(("definite", "indefinite"))


_CHANGES = (
    _contents, _contents, _contents, _tag, _length_form, _drop, _double, _swap, _splice, _splice, _identifier, _wrap, _segments,
)  # fmt: skip


def _nodes_of(data: bytes) -> list[Node]:
    try:
        return list(read(data).walk())
    except ValueError:
        return [Node(0x05)]


def _copy(node: Node) -> Node:
    children = None if node.children is None else [_copy(child) for child in node.children]
    return Node(node.tag, node.octets, children, node.form, node.wraps)


def _damage(data: bytes, rng: Random) -> bytes:
    cut = rng.randrange(len(data) + 1)
    return rng.choice((
        data[:cut], data + b"\0" * rng.choice((1, 64, 65)), data + b"\r\n", data + data, b"\x30\x80" * 5_000 + data,
        data[:cut] + rng.randbytes(rng.randrange(1, 9)) + data[cut:],
    ))  # fmt: skip
