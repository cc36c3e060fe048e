"""Bytes that pages upload in pieces, for calls larger than a frame."""

from collections.abc import Iterable

from bridge.protocol import MAX_BLOB_NAMES, MAX_BLOBS, MAX_ORIGIN_BLOBS, InvalidParams, RpcError


class BlobSpace:
    """Octets that all sockets of one origin may fill together, those that calls are working with among them."""

    def __init__(self, octets: int = MAX_ORIGIN_BLOBS) -> None:
        self._left = octets

    def take(self, octets: int) -> None:
        """Raises RpcError BUSY where they do not fit now: other uploads or calls of this origin have to end first."""
        if octets > self._left:
            raise RpcError("BUSY")
        self._left -= octets

    def give_back(self, octets: int) -> None:
        self._left += octets


class Blobs:
    """The blobs of one socket. A blob is gone once a request has named it, unless to keep it."""

    def __init__(self, space: BlobSpace) -> None:
        self._space = space
        self._parts: dict[str, bytearray] = {}
        self._whole: set[str] = set()
        self._size = 0

    def put(self, id: str, offset: int, data: bytes, last: bool) -> dict[str, int]:  # noqa: A002 (the member's name)
        """The size so far, in bytes. Raises RpcError INVALID_PARAMS where a piece is not the next one, BLOB_TOO_LARGE, BUSY."""
        held = bytearray() if offset == 0 else self._parts.get(id, bytearray())
        if len(held) != offset or (offset and id in self._whole):
            raise InvalidParams("offset")
        size = self._size - len(self._parts.get(id, b"")) + offset + len(data)
        if size > MAX_BLOBS or (id not in self._parts and len(self._parts) >= MAX_BLOB_NAMES):
            raise RpcError("BLOB_TOO_LARGE")
        self._space.take(size - self._size)
        self._size = size
        held += data
        self._parts[id] = held
        (self._whole.add if last else self._whole.discard)(id)
        return {"size": len(held)}

    def read(self, name: str) -> bytes:
        """Raises RpcError BLOB_UNKNOWN, also where the last piece has not come."""
        if name not in self._whole:
            raise RpcError("BLOB_UNKNOWN")
        return bytes(self._parts[name])

    def forget(self, names: Iterable[str]) -> int:
        """How many octets they had: the space they take is given back by whoever goes on working with them."""
        octets = 0
        for name in names:
            octets += len(self._parts.pop(name, b""))
            self._whole.discard(name)
        self._size -= octets
        return octets

    def close(self) -> None:
        """The socket is gone."""
        self._space.give_back(self.forget(list(self._parts)))
