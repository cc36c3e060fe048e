"""Sealed objects: compare-and-set."""

import pytest

from webmail.domain import blobs, deliver, integrity, objects
from webmail.domain.errors import AlreadyExists, InvalidProperties, NotFound, VersionMismatch
from webmail.domain.objects import NewObject, NewVersion
from webmail.models import Blob, Message, SealedObject

ID = "ab" * 16


@pytest.fixture
def alice(practice):
    return practice.open("alice")


def blob(owner, data=b"ciphertext"):
    return blobs.upload(owner.account_id, data).id


def create(owner, **values):
    fields = {"id": ID, "object_class": "draft", "epoch": 1, "blob_id": blob(owner)} | values
    return objects.create(owner.account_id, NewObject(**fields))


def test_versions_grow_by_one(alice):
    create(alice)
    row = objects.update(alice.account_id, NewVersion(ID, 2, blob(alice, b"second")))
    assert (row.version, row.size) == (2, 6)
    assert Blob.objects.count() == 1
    assert list(integrity.check_account(alice.account_id)) == []


@pytest.mark.parametrize("version", [0, 1, 3])
def test_the_loser_of_a_race_is_told(alice, version):
    create(alice)
    with pytest.raises(VersionMismatch):
        objects.update(alice.account_id, NewVersion(ID, version, blob(alice)))
    assert SealedObject.objects.get().version == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"id": "AB" * 16}, "id"),
        ({"id": "short"}, "id"),
        ({"object_class": "history"}, "class"),
        ({"version": 2}, "version"),
        ({"epoch": 0}, "epoch"),
        ({"blob_id": "0" * 32}, "blobId"),
        ({"message_ids": []}, "messageIds"),
    ],
)
def test_create_refuses(alice, wrong, named):
    with pytest.raises(InvalidProperties) as refused:
        create(alice, **wrong)
    assert named in refused.value.properties
    assert not SealedObject.objects.exists()


def test_an_id_is_used_once(alice):
    create(alice)
    with pytest.raises(AlreadyExists):
        create(alice)


def test_packs_say_which_messages_they_cover(alice, clear_mail):
    for number in range(3):
        deliver.deliver("x@y.example", [alice.address], clear_mail(text=str(number)))
    ids = list(Message.objects.values_list("id", flat=True))
    create(alice, object_class="pack", message_ids=ids[:2])
    objects.update(alice.account_id, NewVersion(ID, 2, blob(alice), message_ids=ids[1:]))
    assert dict(Message.objects.values_list("id", "pack_id")) == {ids[0]: "", ids[1]: ID, ids[2]: ID}
    objects.destroy(alice.account_id, ID)
    assert set(Message.objects.values_list("pack_id", flat=True)) == {""}
    assert list(integrity.check_account(alice.account_id)) == []


def test_nobody_writes_to_another_account(practice, alice):
    bob = practice.open("bob")
    create(alice)
    with pytest.raises(NotFound):
        objects.update(bob.account_id, NewVersion(ID, 2, blob(bob)))
    with pytest.raises(NotFound):
        objects.destroy(bob.account_id, ID)
