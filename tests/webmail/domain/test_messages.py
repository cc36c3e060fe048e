"""Messages, folders and `/changes`: counters, paging, state strings."""

import random
from datetime import timedelta

import pytest

from webmail.domain import blobs, change, changes, folders, integrity, messages, objects, placing
from webmail.domain.change import Kind
from webmail.domain.errors import CannotCalculateChanges, FolderNotEmpty, InvalidProperties, NotFound
from webmail.domain.messages import MessageFilter, MessagePatch, NewMessage
from webmail.models import Blob, Folder, Message, MessageFolder


@pytest.fixture
def alice(practice):
    return practice.open("alice")


def role(owner, name):
    return folders.by_role(owner.account_id, name).id


def stored(owner, folder="inbox", count=1, start=0, **values):
    made = []
    for _ in range(count):
        blob = blobs.upload(owner.account_id, b"sealed")
        new = NewMessage(blob.id, b"summary", 1, frozenset({role(owner, folder)}), **values)
        made.append(messages.import_message(owner.account_id, new).id)
    return made


def consistent(owner):
    return list(integrity.check_account(owner.account_id)) == []


def test_import_counts(alice):
    stored(alice, count=2)
    stored(alice, keywords=frozenset({"$seen"}))
    inbox = folders.by_role(alice.account_id, "inbox")
    assert (inbox.total, inbox.unread) == (3, 2)
    assert consistent(alice)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"blob_id": "0" * 32}, "blobId"),
        ({"folder_ids": frozenset()}, "mailboxIds"),
        ({"folder_ids": frozenset({"0" * 32})}, "mailboxIds"),
        ({"summary": b""}, "sealedSummary"),
        ({"summary": b"x" * 9000}, "sealedSummary"),
        ({"keywords": frozenset({"cancer"})}, "keywords"),
    ],
)
def test_import_refuses(alice, wrong, named):
    blob = blobs.upload(alice.account_id, b"sealed")
    values = {"blob_id": blob.id, "summary": b"s", "epoch": 1, "folder_ids": frozenset({role(alice, "inbox")})}
    with pytest.raises(InvalidProperties) as refused:
        messages.import_message(alice.account_id, NewMessage(**{**values, **wrong}))
    assert refused.value.properties == (named,)
    assert not Message.objects.exists()
    assert Blob.objects.get(id=blob.id).expires_at is not None


def test_a_blob_is_taken_once(alice):
    [first] = stored(alice)
    blob_id = Message.objects.get(id=first).blob_id
    with pytest.raises(InvalidProperties):
        messages.import_message(alice.account_id, NewMessage(blob_id, b"s", 1, frozenset({role(alice, "inbox")})))


def test_seen_moves_and_destroy_keep_the_counters(alice):
    ids = stored(alice, count=3)
    outcome = messages.update(
        alice.account_id,
        [
            MessagePatch(ids[0], keywords=frozenset({"$seen"})),
            MessagePatch(ids[1], folder_ids=frozenset({role(alice, "archive"), role(alice, "inbox")})),
            MessagePatch(ids[2], keywords=frozenset({"$seen"}), folder_ids=frozenset({role(alice, "trash")})),
        ],
    )
    assert set(outcome.values()) == {None}
    assert consistent(alice)
    assert messages.destroy(alice.account_id, [*ids[1:], "0" * 32]) == ids[1:]
    assert consistent(alice)
    assert Blob.objects.count() == 1


def test_one_bad_patch_leaves_the_others(alice):
    ids = stored(alice, count=2)
    outcome = messages.update(
        alice.account_id,
        [
            MessagePatch(ids[0], keywords=frozenset({"douleur"})),
            MessagePatch(ids[1], folder_ids=frozenset()),
            MessagePatch("0" * 32, keywords=frozenset()),
        ],
    )
    kinds = [type(error) for error in outcome.values()]
    assert kinds == [InvalidProperties, InvalidProperties, NotFound]
    assert consistent(alice)


def test_random_walk_keeps_every_counter(alice):
    chance = random.Random(7)
    roles = [role(alice, name) for name in folders.DEFAULT_ROLES]
    ids = stored(alice, count=12)
    for _ in range(60):
        words = frozenset(chance.sample(["$seen", "$flagged", "$answered"], chance.randrange(3)))
        chosen = frozenset(chance.sample(roles, chance.randrange(1, 4)))
        messages.update(alice.account_id, [MessagePatch(chance.choice(ids), words, chosen)])
    messages.destroy(alice.account_id, ids[:4])
    assert consistent(alice)
    assert len(placing.recount(alice.account_id)) == 6


def test_pages_by_position_anchor_and_key_agree(alice):
    ids = stored(alice, count=7)
    first = Message.objects.get(id=ids[0])
    Message.objects.filter(id__in=ids[:3]).update(received_at=first.received_at)  # equal times: the id decides
    for row in Message.objects.all():
        MessageFolder.objects.filter(message_id=row.id).update(received_at=row.received_at)
    for wanted in (MessageFilter(in_folder=role(alice, "inbox")), MessageFilter(), MessageFilter(has_keyword=None)):
        whole = messages.query(alice.account_id, wanted, limit=50)
        assert whole.total == 7
        assert sorted(whole.ids) == sorted(ids)
        assert messages.query(alice.account_id, wanted, position=2, limit=2).ids == whole.ids[2:4]
        assert messages.query(alice.account_id, wanted, position=-2).ids == whole.ids[5:]
        anchored = messages.query(alice.account_id, wanted, anchor=whole.ids[3], anchor_offset=1, limit=2)
        assert (anchored.ids, anchored.position) == (whole.ids[4:6], 4)
        assert messages.query(alice.account_id, wanted, ascending=True).ids == whole.ids[::-1]


def test_filters(alice):
    [plain] = stored(alice)
    [seen] = stored(alice, keywords=frozenset({"$seen"}))
    [sent] = stored(alice, folder="sent")
    received = Message.objects.get(id=plain).received_at

    def found(**conditions):
        return set(messages.query(alice.account_id, MessageFilter(**conditions)).ids)

    assert found(has_keyword="$seen") == {seen}
    assert found(not_keyword="$seen") == {plain, sent}
    assert found(not_only_in=frozenset({role(alice, "inbox")})) == {sent}
    assert found(in_folder=role(alice, "inbox"), has_keyword="$SEEN") == {seen}
    assert found(before=received) == set()
    assert found(after=received + timedelta(hours=1)) == set()
    assert found(min_size=7) == set()
    assert len(found(max_size=7)) == 3


def test_an_anchor_outside_the_query_is_not_found(alice):
    stored(alice)
    with pytest.raises(NotFound):
        messages.query(alice.account_id, MessageFilter(), anchor="0" * 32)


def test_changes_can_stop_anywhere(alice):
    start = change.states(alice.account_id)[Kind.EMAIL]
    ids = stored(alice, count=5)
    messages.update(alice.account_id, [MessagePatch(ids[0], frozenset({"$seen"}))])
    messages.destroy(alice.account_id, [ids[1]])
    created, state = [], start
    while True:
        step = changes.changes(alice.account_id, Kind.EMAIL, state, limit=2)
        created += step.created
        assert set(step.destroyed) <= {ids[1]}  # never told as created, perhaps as destroyed (RFC 8620 §5.2)
        state = step.new_state
        if not step.has_more:
            break
    assert sorted(created) == sorted([ids[0], *ids[2:]])
    assert state == change.states(alice.account_id)[Kind.EMAIL]


def test_changes_tell_updates_and_destructions(alice):
    ids = stored(alice, count=2)
    state = change.states(alice.account_id)[Kind.EMAIL]
    messages.update(alice.account_id, [MessagePatch(ids[0], frozenset({"$flagged"}))])
    messages.destroy(alice.account_id, [ids[1]])
    step = changes.changes(alice.account_id, Kind.EMAIL, state)
    assert (step.created, step.updated, step.destroyed) == ([], [ids[0]], [ids[1]])


@pytest.mark.parametrize("state", ["", "x", "-1", "999999", "²"])
def test_changes_refuse_a_state_that_is_not_ours(alice, state):
    with pytest.raises(CannotCalculateChanges):
        changes.changes(alice.account_id, Kind.EMAIL, state)


def test_folders_with_a_role_stay(alice):
    with pytest.raises(InvalidProperties):
        folders.destroy(alice.account_id, role(alice, "inbox"))


def test_a_folder_needs_a_sealed_name(alice):
    with pytest.raises(InvalidProperties):
        folders.create(alice.account_id, name_object_id="0" * 32)
    assert Folder.objects.count() == 6


def test_folders_form_no_ring(alice):
    blob = blobs.upload(alice.account_id, b"sealed name")
    objects.create(alice.account_id, objects.NewObject("a" * 32, "folder", 1, blob.id))
    outer = folders.create(alice.account_id, name_object_id="a" * 32)
    inner = folders.create(alice.account_id, name_object_id="a" * 32, parent_id=outer.id)
    with pytest.raises(InvalidProperties):
        folders.update(alice.account_id, outer.id, folders.FolderChange(parent_id=inner.id))
    with pytest.raises(FolderNotEmpty):
        folders.destroy(alice.account_id, outer.id)
    folders.destroy(alice.account_id, inner.id)
    folders.destroy(alice.account_id, outer.id)


def test_accounts_do_not_see_each_other(practice, alice):
    bob = practice.open("bob")
    [identifier] = stored(alice)
    assert messages.find(bob.account_id, [identifier]) == []
    assert messages.destroy(bob.account_id, [identifier]) == []
    blob = blobs.upload(alice.account_id, b"sealed")
    with pytest.raises(NotFound):
        blobs.find(bob.account_id, blob.id)
    with pytest.raises(InvalidProperties):
        messages.import_message(bob.account_id, NewMessage(blob.id, b"s", 1, frozenset({role(bob, "inbox")})))
