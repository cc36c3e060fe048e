"""Ten thousand manipulated RSAES-PKCS1-v1_5 RecipientInfos through the real vault process: one shape of answer.

`make soak-oracle` asks a hundred thousand, and compares how long the answers take.
"""

import random
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_der_x509_csr

from bridge.vault_client import VaultClient
from tests.bridge.padding import AES_256_CBC, CEK, good, manipulated, recipient_info
from tests.bridge.vaults import running_vault

MANIPULATED, AT_ONCE = 10_000, 64


@pytest.fixture
def vault() -> Iterator[VaultClient]:
    with running_vault() as client:
        yield client


@pytest.mark.slow
@pytest.mark.negative(29)
def test_ten_thousand_manipulated_recipients_are_answered_alike(vault: VaultClient) -> None:
    request = vault.call("make_keys", handle="m", address="a@b.example", encryption="rsa-3072", signature="p-256")
    vault.call("begin", handle="m")
    key = load_der_x509_csr(request["encryption_request"]).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    numbers, chance = key.public_numbers(), random.Random(29)

    def answers(blocks: list[bytes]) -> list[bytes]:
        items = [{"recipientInfo": recipient_info(block), "contentAlgorithm": AES_256_CBC} for block in blocks]
        found: list[bytes] = vault.call("unwrap", handle="m", item_class="message", items=items)
        return found

    opened = good(numbers)
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
