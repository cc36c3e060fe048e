"""The listener: RFC 2033 as conversations."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from tests.webmail.ledger import Ledger
from webmail.domain import deliver
from webmail.models import Blob, Message
from webmail.transport import lmtp as lmtp_module
from webmail.transport.dialogue import Protocol


async def opened(practice, *names):
    return [await sync_to_async(practice.open)(name) for name in names]


async def stored(owner):
    return [message async for message in Message.objects.filter(account_id=owner.account_id).order_by("modseq")]


async def content_of(owner, message):
    return await sync_to_async(owner.open)(message)


def rotate(owner, holder):
    ledger = Ledger(owner, holder)
    ledger.append(ledger.rotation())


async def test_one_reply_for_each_recipient(live_practice, lmtp, connect, clear_mail):
    alice, bob = await opened(live_practice, "alice", "bob")
    client = await connect(lmtp)
    replies = await client.begin("alice@pli.example", "nobody@pli.example", "bob@pli.example")
    assert [reply[:9] for reply in replies] == ["250 2.1.5", "550 5.1.1", "250 2.1.5"]
    assert await client.send(clear_mail(), 2) == ["250 2.0.0 stored", "250 2.0.0 stored"]
    assert len(await stored(alice)) == len(await stored(bob)) == 1
    assert await client.say("QUIT") == ["221 2.0.0 goodbye"]


async def test_stored_bytes_are_the_sent_bytes(live_practice, lmtp, connect, clear_mail):
    [alice] = await opened(live_practice, "alice")
    content = clear_mail(text="..\r\n.\r\n.leading\r\n\r\nlast")
    client = await connect(lmtp)
    await client.begin(alice.address)
    assert (await client.send(content))[0].startswith("250")
    [message] = await stored(alice)
    assert (await content_of(alice, message)).split(b"\r\n", 1)[1] == content + b"\r\n"


async def test_pipelining_and_two_messages_in_one_packet(live_practice, lmtp, connect):
    [alice] = await opened(live_practice, "alice")
    one = "MAIL FROM:<a@b.example>\r\nRCPT TO:<alice@pli.example>\r\nDATA\r\nSubject: {0}\r\n\r\n{0}\r\n.\r\n"
    client = await connect(lmtp)
    client.writer.write(("LHLO x\r\n" + one.format(1) + one.format(2) + "NOOP\r\n").encode())
    replies = [(await client.reply())[:3] for _ in range(10)]
    assert replies == ["250", "250", "250", "354", "250", "250", "250", "354", "250", "250"]
    assert len(await stored(alice)) == 2


async def test_a_bare_lf_dot_lf_ends_nothing(live_practice, lmtp, connect):
    [alice] = await opened(live_practice, "alice")
    client = await connect(lmtp)
    await client.begin(alice.address)
    smuggled = b"Subject: x\r\n\r\none\n.\nMAIL FROM:<evil@x>\n.\r\ntwo"
    await client.say("DATA")
    assert (await client.say(smuggled + b"\r\n."))[0].startswith("250")
    [message] = await stored(alice)
    assert (await content_of(alice, message)).endswith(b"two\r\n")


@pytest.mark.parametrize("chunk", [1, 3, 7])
async def test_any_cut_of_the_stream_gives_the_same_message(live_practice, lmtp, connect, chunk):
    [alice] = await opened(live_practice, "alice")
    client = await connect(lmtp)
    await client.begin(alice.address)
    await client.say("DATA")
    wire = b".. dotted\r\nSubject: x\r\n\r\na\r\n..\r\n.\r\n"
    for start in range(0, len(wire), chunk):
        client.writer.write(wire[start : start + chunk])
        await client.writer.drain()
        await asyncio.sleep(0)
    assert (await client.reply()).startswith("250")
    [message] = await stored(alice)
    assert (await content_of(alice, message)).endswith(b"\r\n. dotted\r\nSubject: x\r\n\r\na\r\n.\r\n")


async def test_too_large_is_refused_and_the_connection_goes_on(live_practice, lmtp, connect, clear_mail, monkeypatch):
    [alice] = await opened(live_practice, "alice")
    monkeypatch.setattr(lmtp_module.deliver, "MAX_MESSAGE", 10_000)
    client = await connect(lmtp)
    await client.begin(alice.address)
    assert await client.send(b"x" * 400_000) == ["552 5.3.4 message too large"]
    await client.begin(alice.address)
    assert (await client.send(clear_mail()))[0].startswith("250")
    assert len(await stored(alice)) == 1


async def test_a_declared_size_is_believed(live_practice, lmtp, connect):
    client = await connect(lmtp)
    await client.say("LHLO x")
    assert await client.say("MAIL FROM:<a@b.example> SIZE=60000000") == ["552 5.3.4 message too large"]
    assert await client.say("MAIL FROM:<a@b.example> SIZE=100 BODY=8BITMIME") == ["250 2.1.0 ok"]


async def test_a_seal_that_fails_defers_and_stores_nothing(live_practice, lmtp, connect, clear_mail, monkeypatch):
    [alice] = await opened(live_practice, "alice")

    def fail(*_):
        raise ValueError("broken")

    monkeypatch.setattr(deliver, "seal", fail)
    client = await connect(lmtp)
    await client.begin(alice.address)
    assert await client.send(clear_mail()) == ["451 4.3.0 try again"]
    assert not await stored(alice)


@pytest.mark.parametrize("protocol", list(Protocol))
async def test_keys_that_just_changed_defer_nothing(live_practice, lmtp, connect, clear_mail, server, protocol):
    """What was sealed to the keys of before, which somebody who left may hold, is sealed anew."""
    alice, bob = await opened(live_practice, "alice", "bob")
    lmtp.known.seconds, lmtp.protocol = 3600, protocol
    client = await connect(lmtp)
    greeting = {Protocol.LMTP: "LHLO test", Protocol.SMTP: "EHLO test"}[protocol]
    await client.begin(alice.address, bob.address, greeting=greeting)
    await sync_to_async(rotate)(alice, live_practice.holder("alice"))
    replies = await client.send(clear_mail(text="x" * 300_000), 2 if protocol is Protocol.LMTP else 1)
    assert {reply[:3] for reply in replies} == {"250"}
    assert [[one.epoch for one in await stored(owner)] for owner in (alice, bob)] == [[2], [1]]
    assert len(list((server / "blobs").glob("*/*"))) == 2
    await client.begin(alice.address, greeting=greeting)
    assert (await client.send(clear_mail(message_id="<2@x.example>")))[0].startswith("250")
    assert [one.epoch for one in await stored(alice)] == [2, 2]


async def test_a_database_that_fails_defers_and_leaves_no_file(
    live_practice, lmtp, connect, clear_mail, monkeypatch, server
):
    [alice] = await opened(live_practice, "alice")

    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr(lmtp.writer, "_commit", fail)
    client = await connect(lmtp)
    await client.begin(alice.address)
    assert await client.send(clear_mail(text="x" * 300_000)) == ["451 4.3.0 try again"]
    assert not list((server / "blobs").glob("*/*"))
    assert not await Blob.objects.aexists()


async def test_one_failing_delivery_does_not_hold_up_its_neighbours(
    live_practice, lmtp, connect, clear_mail, monkeypatch
):
    alice, bob = await opened(live_practice, "alice", "bob")
    real = deliver.commit

    def fail_for_alice(deliveries):
        if any(delivery.message.account_id == alice.account_id for delivery in deliveries):
            raise OSError("broken")
        return real(deliveries)

    monkeypatch.setattr(lmtp.writer, "_commit", fail_for_alice)
    client = await connect(lmtp)
    await client.begin(alice.address, bob.address)
    assert [reply[:3] for reply in await client.send(clear_mail(), 2)] == ["451", "250"]
    assert (len(await stored(alice)), len(await stored(bob))) == (0, 1)


async def test_a_retry_is_answered_and_not_stored_twice(live_practice, lmtp, connect, clear_mail):
    [alice] = await opened(live_practice, "alice")
    client = await connect(lmtp)
    for _ in range(2):
        await client.begin(alice.address)
        assert (await client.send(clear_mail()))[0].startswith("250")
    assert len(await stored(alice)) == 1


async def test_many_connections_at_once(live_practice, lmtp, connect, clear_mail):
    [alice] = await opened(live_practice, "alice")

    async def one(number):
        client = await connect(lmtp)
        await client.begin(alice.address)
        return (await client.send(clear_mail(message_id=f"<{number}@x>", text=str(number))))[0]

    replies = await asyncio.gather(*(one(number) for number in range(20)))
    assert replies == ["250 2.0.0 stored"] * 20
    assert len(await stored(alice)) == 20


async def test_smtp_answers_once_and_takes_all_or_nothing(live_practice, smtp, connect, clear_mail, monkeypatch):
    alice, bob = await opened(live_practice, "alice", "bob")
    client = await connect(smtp)
    await client.begin(alice.address, bob.address, greeting="EHLO x")
    assert await client.send(clear_mail()) == ["250 2.0.0 stored"]
    assert await client.say("NOOP") == ["250 2.0.0 ok"]
    assert len(await stored(bob)) == 1


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("EHLO x", "500"),
        ("LHLO", "501"),
        ("MAIL FROM:<a@b>", "503"),
        ("DATA", "503"),
        ("RCPT TO:<a@b>", "503"),
        ("WIZ", "500"),
        ("VRFY alice", "252"),
        (b"\xff\xfe", "500"),
    ],
)
async def test_out_of_order_or_malformed(live_practice, lmtp, connect, line, reply):
    client = await connect(lmtp)
    assert (await client.say(line))[0].startswith(reply)


@pytest.mark.parametrize("path", ["FROM:a@b", "FROM:<a b>", "FROM:<a@b> SIZE=x", "FROM:<a@b> X=1", "TO:<a@b>", ""])
async def test_a_malformed_sender_is_refused(live_practice, lmtp, connect, path):
    client = await connect(lmtp)
    await client.say("LHLO x")
    assert (await client.say(f"MAIL {path}"))[0].startswith("5")


async def test_a_line_without_end_closes(live_practice, lmtp, connect):
    client = await connect(lmtp)
    client.writer.write(b"NOOP " + b"x" * 10_000)
    assert (await client.reply()).startswith("500")
    assert await client.reader.read() == b""


async def test_a_connection_cut_in_the_middle_stores_nothing(live_practice, lmtp, connect):
    [alice] = await opened(live_practice, "alice")
    client = await connect(lmtp)
    await client.begin(alice.address)
    await client.say("DATA")
    client.writer.write(b"Subject: half\r\n")
    client.writer.close()
    await asyncio.sleep(0.1)
    assert not await stored(alice)
