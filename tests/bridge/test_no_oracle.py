"""Ten thousand manipulated RSAES-PKCS1-v1_5 RecipientInfos through the real vault process: one shape of answer."""

import asyncio
import os
import random
import threading
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_der_x509_csr

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.oid import encode_oid
from bridge.vault_client import VaultClient

MANIPULATED, AT_ONCE = 10_000, 64
CEK = bytes(range(32))
AES_256_CBC = "2.16.840.1.101.3.4.1.42"


@pytest.fixture
def vault() -> Iterator[VaultClient]:
    client, loop = VaultClient(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(client.start(), loop).result()
    yield client
    asyncio.run_coroutine_threadsafe(client.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def recipient_info(block: bytes) -> bytes:
    identifier = encode(ber.SEQUENCE, encode_oid(algorithms.RSA_ENCRYPTION), b"\x05\x00")
    rid = encode(0x80, bytes(20))
    return encode(ber.SEQUENCE, encode(ber.INTEGER, b"\2"), rid, identifier, encode(ber.OCTET_STRING, block))


def encrypted(numbers: rsa.RSAPublicNumbers, block: bytes) -> bytes:
    """Textbook RSA of a whole block, so that its padding is of our choice."""
    size = (numbers.n.bit_length() + 7) // 8
    return pow(int.from_bytes(block, "big") % numbers.n, numbers.e, numbers.n).to_bytes(size, "big")


def manipulated(numbers: rsa.RSAPublicNumbers, chance: random.Random) -> bytes:
    """Padding of every wrong kind, keys of every wrong length, and blocks that are no block."""
    size = (numbers.n.bit_length() + 7) // 8
    filler = bytes(chance.randrange(1, 256) for _ in range(size))
    length = chance.randrange(0, size - 11)
    kinds = (
        lambda: b"\0\2" + filler[: size - 3 - length] + b"\0" + os.urandom(length),  # a key of another length
        lambda: b"\0\1" + filler[: size - 35] + b"\0" + CEK,
        lambda: b"\1\2" + filler[: size - 35] + b"\0" + CEK,
        lambda: b"\0\2" + filler[: size - 2],  # never ends
        lambda: b"\0\2" + filler[:3] + b"\0" + os.urandom(size - 6),  # ends too soon
        lambda: os.urandom(size),
    )
    shape = chance.randrange(len(kinds) + 2)
    if shape < len(kinds):
        return encrypted(numbers, kinds[shape]())
    good = encrypted(numbers, b"\0\2" + filler[: size - 35] + b"\0" + CEK)
    return bytes(size)[: chance.randrange(size)] if shape == len(kinds) else good[:-1] + bytes((good[-1] ^ 1,))


@pytest.mark.slow
@pytest.mark.negative(29)
def test_ten_thousand_manipulated_recipients_are_answered_alike(vault: VaultClient) -> None:
    request = vault.call("make_keys", handle="m", address="a@b.example", encryption="rsa-3072", signature="p-256")
    key = load_der_x509_csr(request["encryption_request"]).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    numbers, chance = key.public_numbers(), random.Random(29)

    def answers(blocks: list[bytes]) -> list[bytes]:
        items = [{"recipientInfo": recipient_info(block), "contentAlgorithm": AES_256_CBC} for block in blocks]
        found: list[bytes] = vault.call("unwrap", handle="m", item_class="message", items=items)
        return found

    opened = encrypted(numbers, b"\0\2" + b"\xff" * (384 - 35) + b"\0" + CEK)
    assert answers([opened]) == [CEK]
    shapes = set()
    for start in range(0, MANIPULATED, AT_ONCE):
        blocks = [manipulated(numbers, chance) for _ in range(min(AT_ONCE, MANIPULATED - start))]
        found = answers(blocks)
        shapes |= {(type(one), len(one)) for one in found}
        assert CEK not in found
        if start == 0:
            assert answers(blocks) == found  # the same question has the same answer
    assert shapes == {(bytes, 32)}
    assert answers([opened]) == [CEK]
