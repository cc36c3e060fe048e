"""What the bridge adds to an operation of a key: a mailbox's in the vault, and a card's in SoftHSM2, called as PKCS#11.

Both sides of a pair do the same private-key operation. A page's call that ends at a card asks a person each time, so that a card's
operation is measured from the desk on; a page's whole call is measured where the key is in the vault, beside the library the vault uses.
SoftHSM's decryption is slower than that library's and would make the bridge look better. The goal is in milliseconds; the peer of such
a call says what a machine as busy as this one adds to the same decryption in the plainest chain of as many processes.

`bridge_added` begins when the caller hands the sealed frame to its socket and ends when the whole sealed answer is there: both ways over
the socket, the bridge's end of the channel, every check, the journal, the vault's process. What the caller does before and after, JSON and
AES-GCM, is in a browser JavaScript's and WebCrypto's (`open_100kb_chromium` has it), and says nothing of the bridge when Python does it.
`bridge_added_with_caller` has it all the same, as this figure had until 22 November 2026.
"""

import base64
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pkcs11
from cryptography.hazmat.primitives.asymmetric import rsa
from measuring import line, median, percentile
from plain_chain import LABEL, OAEP, PlainChain
from plain_socket import PlainSocket

from bridge.card.card import Mechanism
from bridge.cms.enveloped import parse_enveloped
from bridge.cms.seal import seal
from bridge.desk import Caller, CardDesk
from bridge.modules import Module
from bridge.pki.certificates import load_certificate
from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki
from bridge.policy import Limits
from bridge.prompts.pin import Pin
from bridge.prompts.requests import Purpose
from tests.bridge.card.conftest import LIBRARY, PIN, HsmToken, rsa_token
from tests.bridge.operator_side import Account, open_account
from tests.bridge.running import Page, RunningBridge, running_bridge

FIGURES = ("bridge_added", "bridge_added_with_caller", "bridge_added_card")
NAMES = tuple(f"{figure}_{percent}" for figure in FIGURES for percent in ("p50", "p99"))
Result = TypeVar("Result")
CALLS, WARM_UP, CEK_BYTES = 400, 20, 32


def measure(names: set[str]) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="pli-bench-") as folder:
        pki = issue_sample_pki(Path(folder) / "pki")
        if names & set(NAMES[:4]):
            with running_bridge(below(folder, "bridge"), pki.directory) as bridge, bridge.page() as page:
                yield from in_vault(bridge, page, pki)
        if names & set(NAMES[4:]):
            token = rsa_token(pki, below(folder, "token"), uses=("authentication",))
            os.environ.update(token.environment)
            yield from on_card(token)


def below(folder: str, name: str) -> Path:
    made = Path(folder) / name
    made.mkdir()
    return made


def on_card(token: HsmToken) -> Iterator[dict[str, object]]:
    """A signature through the desk and the worker process of the module, beside C_Sign with the same key in this process."""
    module = Module("softhsm", "pkcs11", str(LIBRARY), Limits().module_seconds)
    desk = CardDesk([module], PinKnown(), Limits(card_uses=10_000), secrets.token_bytes(32))
    desk.start()
    caller, data = Caller("https://mail.pli.example"), secrets.token_bytes(96)
    try:
        card = next(card for card in desk.cards() if card.serial == token.serial)
        key = next(key for key in card.content.keys if key.use == "authentication")
        perform = lambda: desk.perform(caller, card, key, Mechanism.RSA_PKCS1_SHA256, data, Purpose("login"))  # noqa: E731
        perform()
        with pkcs11.lib(str(LIBRARY)).get_token(token_label="card").open(user_pin=PIN) as session:
            raw_key = next(
                session.get_objects(
                    {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.Attribute.ID: b"\1"}
                )
            )
            raw = lambda: raw_key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS)  # noqa: E731
            (ours,), plain = compared([lambda: timed(perform)[0]], lambda: timed(raw)[0])
            yield from lines("bridge_added_card", [one - plain for one in ours], "softhsm2 C_Sign", [plain])
    finally:
        desk.stop()


class PinKnown:
    """A prompter that needs nobody."""

    def ask_pin(self, _request: object, _cancelled: object) -> Pin:
        return Pin(bytearray(PIN, "ascii"))


def in_vault(bridge: RunningBridge, page: Page, pki: SamplePki) -> Iterator[dict[str, object]]:
    """`key.unwrap` of one item, beside the same decryption with a key of the same kind: in this process, and behind a plain chain."""
    holder = {"card": page.card("Alice")}
    account = open_account(page, pki.directory, "alice@pli.example", holder, encryptionAlgorithm="rsa-3072")
    socket = PlainSocket(bridge.port, bridge.origin)
    items = iter([sealed_item(account) for _ in range(WARM_UP + CALLS)])
    key = rsa.generate_private_key(65537, 3072)
    block, chain = key.public_key().encrypt(secrets.token_bytes(32), OAEP), PlainChain(key)
    whole: list[float] = []

    def call() -> float:
        begin = time.perf_counter()
        request = socket.request("key.unwrap", handle=account.handle, **{"class": "message"}, items=[next(items)])
        took, answer = timed(lambda: socket.exchange(request))
        assert len(base64.b64decode(socket.result(answer)["items"][0]["cek"])) == CEK_BYTES
        whole.append((time.perf_counter() - begin) * 1000)
        return took

    (ours, chained), plain = compared(
        [call, lambda: timed(lambda: chain.decrypt(block))[0]], lambda: timed(lambda: key.decrypt(block, OAEP))[0]
    )
    above, least, both = ([one - plain for one in times] for times in (ours, chained, whole[WARM_UP:]))
    yield from lines("bridge_added", above, "the same behind a plain socket and pipe", least)
    yield from lines("bridge_added_with_caller", both, "without the caller's own part", above)
    socket.close()
    chain.close()


def sealed_item(account: Account) -> dict[str, str]:
    envelope = parse_enveloped(
        seal(b"x" * 100, load_certificate(account.sealed["encryptionCertificate"]), LABEL.decode())
    )
    recipient = base64.b64encode(envelope.recipients[0].der).decode()
    return {"recipientInfo": recipient, "contentAlgorithm": envelope.content_algorithm.oid}


def compared(calls: Sequence[Callable[[], float]], raw: Callable[[], float]) -> tuple[list[list[float]], float]:
    """The times of calls that take turns, each followed by a raw one, and the median of those: all in milliseconds, as they say."""
    turns = [[(call(), raw()) for call in calls] for _ in range(WARM_UP + CALLS)][WARM_UP:]
    plain = median([pair[1] for turn in turns for pair in turn])
    return [[turn[position][0] for turn in turns] for position in range(len(calls))], plain


def lines(figure: str, above: Sequence[float], peer: str, theirs: Sequence[float]) -> Iterator[dict[str, object]]:
    yield line(f"{figure}_p50", median(above), "ms", peer, median(theirs))
    yield line(f"{figure}_p99", percentile(above, 99), "ms", peer, percentile(theirs, 99))


def timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """Milliseconds, and what it returned."""
    begin = time.perf_counter()
    result = call()
    return (time.perf_counter() - begin) * 1000, result
