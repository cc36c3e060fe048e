"""Object keys: one per object, and none for a class that does not exist; what opens is in test_vectors."""

import os

import pytest

from bridge.cms.errors import ObjectRefused
from bridge.cms.objects import derive_object_key, open_object, seal_object

STORAGE_KEY = bytes(range(32))


def test_every_object_has_its_own_key() -> None:
    keys = {
        derive_object_key(storage_key, object_class, object_id)
        for storage_key in (STORAGE_KEY, bytes(32))
        for object_class in ("draft", "pack")
        for object_id in ("1", "2", "", "é")
    }
    assert len(keys) == 16
    assert {len(key) for key in keys} == {32}


def test_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="no such class"):
        derive_object_key(STORAGE_KEY, "draft\0", "1")


def test_sealing_twice_differs() -> None:
    what = {"object_class": "draft", "mailbox_id": bytes(16), "object_id": "1", "epoch": 1, "version": 1}
    first, second = (seal_object(b"text", STORAGE_KEY, **what) for _ in range(2))  # type: ignore[arg-type]
    assert first != second
    assert b"text" not in first


def test_noise_is_refused() -> None:
    what = {"object_class": "draft", "mailbox_id": bytes(16), "object_id": "1", "epoch": 1, "version": 1}
    for size in (0, 1, 28, 29, 100):
        with pytest.raises(ObjectRefused):
            open_object(b"\1" * min(size, 1) + os.urandom(max(size - 1, 0)), STORAGE_KEY, **what)  # type: ignore[arg-type]
