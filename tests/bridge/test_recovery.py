"""Recovery with a real bridge, vault and software cards: the code on its sheet, and officers with their shares."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bridge.cms import algorithms
from bridge.cms.grants import parse_grant
from bridge.cms.holder_keys import derive_login_key
from bridge.cms.recovery import RecoveryRequest, build_request
from bridge.cms.recovery_code import parse_code
from bridge.cms.recovery_policy import RecoveryPolicy
from bridge.cms.statements import verify_statement
from bridge.pki.sample_health_pki import SamplePki
from bridge.prompts.wording import Wording
from tests.bridge.acting import encrypted_and_sealed, make, read, refused
from tests.bridge.conftest import ALICE
from tests.bridge.log_keeper import LogKeeper, card_of, granted, octets
from tests.bridge.running import BridgeError, Page, RunningBridge
from tests.bridge.test_delegate import card_signer, validator


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


@contextlib.contextmanager
def sheet_at(bridge: RunningBridge, url: str) -> Iterator[tuple[ClientConnection, dict[str, Any]]]:
    """What the sheet's own page does: it shows its ticket and gets the code."""
    own = f"http://127.0.0.1:{bridge.port}"
    address = f"ws://127.0.0.1:{bridge.port}/sheet/socket"
    with connect(address, origin=own, subprotocols=["pli-sheet.1"], compression=None) as socket:  # type: ignore[arg-type,list-item]
        socket.send(json.dumps({"ticket": url.partition("#")[2]}))
        yield socket, json.loads(socket.recv(timeout=5))["sheet"]


class Making:
    """`recovery.make` under way, in a page of its own."""

    def __init__(self, page: Page, kept: LogKeeper, sheet: str, card: str) -> None:
        self.answer: dict[str, Any] = {}
        self.error: BridgeError | None = None
        params = {"handle": kept.handle, "sheet": sheet, "evidence": kept.evidence(), "card": card}
        self._thread = threading.Thread(target=self._run, args=(page, params), daemon=True)
        self._thread.start()

    def _run(self, page: Page, params: dict[str, Any]) -> None:
        try:
            self.answer = page.call("recovery.make", 60, **params)
        except BridgeError as error:
            self.error = error

    def over(self) -> "Making":
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self


def made_code(bridge: RunningBridge, page: Page, kept: LogKeeper, card: str) -> tuple[bytes, dict[str, Any]]:
    """A recovery code that counts: its secret, and the answer."""
    begun = page.call("recovery.sheet", handle=kept.handle)
    making = Making(page, kept, begun["sheet"], card)
    with sheet_at(bridge, begun["url"]) as (socket, sheet):
        typed = [sheet["groups"][place].lower() for place in sheet["asked"]]
        socket.send(json.dumps({"typed": typed}))
        assert json.loads(socket.recv(timeout=5)) == {"checked": True}
        making.over()
        assert json.loads(socket.recv(timeout=5)) == {"end": "done"}
    kept.take({**making.answer, "grants": [making.answer["grant"]]})
    return parse_code("".join(sheet["groups"])), making.answer


def test_a_code_counts_once_it_was_typed_back(bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str) -> None:
    begun = page.call("recovery.sheet", handle=kept.handle)
    making = Making(page, kept, begun["sheet"], alice)
    asked = len(bridge.prompts("confirm"))
    with sheet_at(bridge, begun["url"]) as (socket, sheet):
        assert (len(sheet["groups"]), {len(one) for one in sheet["groups"]}, sheet["address"]) == (14, {4}, ALICE)
        for typed in (["0000", "0000"], [], ["0000"], None, [sheet["groups"][sheet["asked"][0]], 7]):
            socket.send(json.dumps({"typed": typed}))
            assert json.loads(socket.recv(timeout=5)) == {"checked": False}
        assert len(bridge.prompts("confirm")) == asked  # nothing is asked, nothing is signed
        socket.send(json.dumps({"typed": [sheet["groups"][place] for place in sheet["asked"]]}))
        assert json.loads(socket.recv(timeout=5)) == {"checked": True}
        making.over()
        assert json.loads(socket.recv(timeout=5)) == {"end": "done"}
    assert (
        "Whoever holds the sheet logs in as you and can read all mail" in bridge.prompts("confirm")[-1]["description"]
    )
    kept.take({**making.answer, "grants": [making.answer["grant"]]})
    secret = parse_code("".join(sheet["groups"]))
    login = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets(making.answer["loginKey"]))
    assert login.public_numbers() == derive_login_key(secret).public_key().public_numbers()
    assert "".join(sheet["groups"]).encode() not in b"".join(page.replies)  # the webmail page never hears the code


def test_a_sheet_opens_once_and_for_its_own_page_alone(bridge: RunningBridge, page: Page, kept: LogKeeper) -> None:
    begun = page.call("recovery.sheet", handle=kept.handle)
    with (
        sheet_at(bridge, begun["url"]),
        pytest.raises((ConnectionClosed, KeyError)),
        sheet_at(bridge, begun["url"]),
    ):
        pass
    with pytest.raises((ConnectionClosed, KeyError)), sheet_at(bridge, begun["url"]):
        pass  # nor after the page is gone
    for origin in ("https://mail.pli.example", "null", f"http://localhost:{bridge.port}"):
        with pytest.raises(Exception, match="404"):
            connect(
                f"ws://127.0.0.1:{bridge.port}/sheet/socket", origin=origin, subprotocols=["pli-sheet.1"]  # type: ignore[arg-type,list-item]
            ).close()  # fmt: skip


@pytest.mark.capability("CO17")
def test_a_sheet_that_is_given_up_makes_nothing(bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str) -> None:
    begun = page.call("recovery.sheet", handle=kept.handle)
    making = Making(page, kept, begun["sheet"], alice)
    with sheet_at(bridge, begun["url"]) as (socket, _), bridge.page() as beside:
        assert beside.call("recovery.drop", handle=kept.handle, sheet=begun["sheet"]) == {}
        error = making.over().error
        assert error is not None
        assert error.name == "USER_CANCELLED"
        assert json.loads(socket.recv(timeout=5)) == {"end": "over"}
    assert refused(page, "recovery.drop", handle=kept.handle, sheet=begun["sheet"]).name == "HANDLE_UNKNOWN"


def test_a_sheet_that_is_closed_makes_nothing(bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str) -> None:
    begun = page.call("recovery.sheet", handle=kept.handle)
    making = Making(page, kept, begun["sheet"], alice)
    with sheet_at(bridge, begun["url"]):
        pass
    error = making.over().error
    assert error is not None
    assert error.name == "USER_CANCELLED"
    assert (
        refused(
            page, "recovery.make", handle=kept.handle, sheet=begun["sheet"], evidence=kept.evidence(), card=alice
        ).name
        == "HANDLE_UNKNOWN"
    )


def test_the_code_opens_for_reading_an_hour(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    secret, _ = made_code(bridge, page, kept, alice)
    kept.rotated(page, alice, holders=[alice_card])  # the sheet is absent, and opens the new epoch all the same
    grant = kept.grant_of("recovery")
    opened = kept.open(page, grant, {"recovery": {"secret": secret}})
    assert (opened["level"], opened["role"], opened["epochs"]) == ("recovery", "reader", [1, 2])
    assert datetime.fromisoformat(opened["until"]) <= datetime.now(UTC) + timedelta(hours=1)
    assert read(page, opened["handle"], kept.certified[1]["encryptionCertificate"], 1)
    letter = b"From: alice@pli.example\r\nTo: x@y.example\r\nSubject: s\r\n\r\nx\r\n"
    assert refused(page, "message.sign", handle=opened["handle"], messages=[letter]).name == "KEY_USE_DENIED"
    params = {"handle": opened["handle"], "evidence": kept.evidence(), "card": alice}
    bob = granted(card_of(sample_pki, "bob", "encryption"))
    assert refused(page, "grant.make", grants=[bob], kind="grant", **params).name == "KEY_USE_DENIED"
    assert refused(page, "recovery.sheet", handle=opened["handle"]).name == "KEY_USE_DENIED"
    wrong = bytes([secret[0] ^ 1]) + secret[1:]
    assert (
        refused(page, "mailbox.open", **kept.sealed(grant), unlock={"recovery": {"secret": wrong}}).name
        == "GRANT_REFUSED"
    )


@pytest.mark.negative(16)
def test_after_a_lost_card_the_old_ways_in_are_over(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, alice_card: Any
) -> None:
    """Opened by the code, the person's own card replaces itself and code; then the rotation wraps to neither of the old grants."""
    secret, _ = made_code(bridge, page, kept, alice)
    used = kept.grant_of("recovery")
    kept.handle = kept.open(page, used, {"recovery": {"secret": secret}})["handle"]
    own = [one.digest for one in kept.membership.active]
    again = {**granted({}, "owner"), "holder": {"selfCard": {"card": alice}}}
    kept.take(make(page, kept, [again], alice, kind="certChange", ends=own))
    assert [one.body.holder.kind.value for one in kept.membership.active] == ["card"]
    kept.handle = kept.open(page, kept.grant_of("card"), {"card": alice})["handle"]
    kept.rotated(page, alice, holders=[alice_card])
    error = refused(page, "mailbox.open", **kept.sealed(used), unlock={"recovery": {"secret": secret}})
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "ended")


# ---- officers


def dealt(page: Page, kept: LogKeeper, card: str, **limits: Any) -> dict[str, Any]:
    """A policy of Alice, Bob and Hugo, two of whom suffice."""
    names = (("alice", "authentication"), ("bob", "encryption"), ("hugo", "authentication"))
    params = {"kind": "breakGlass", "threshold": 2, "minutes": 10, "messages": 3, **limits}
    answer: dict[str, Any] = page.call(
        "officers.make", 60, handle=kept.handle, evidence=kept.evidence(), card=card,
        holders=[card_of(kept.pki, name, use) for name, use in names], **params,
    )  # fmt: skip
    kept.take({**answer, "grants": [answer["grant"]]})
    return answer


def asked_for(page: Page, kept: LogKeeper, policy: bytes, card: str) -> dict[str, Any]:
    answer: dict[str, Any] = page.call(
        "recovery.request", address=ALICE, mailboxId=kept.mailbox_id, policy=policy, reason="Patient inconscient", card=card,
        chain=kept.evidence()["chain"][:10],
    )  # fmt: skip
    return answer


def released(page: Page, kept: LogKeeper, shares: list[bytes], request: bytes, policy: bytes, name: str) -> bytes:
    place = {"Alice": 0, "Bob": 1, "Hugo": 2}[name]
    answer = page.call(
        "share.release",
        card=page.card(name),
        share=shares[place],
        request=request,
        policy=policy,
        evidence=kept.evidence(),
    )
    kept.take(answer)
    return octets(answer["release"])


@pytest.fixture
def pins(bridge: RunningBridge) -> None:
    bridge.set_pins({"CPS-0001": "1234", "CPS-0002": "5678", "CPS-0005": "8642", "CPS-0003": "2468"})


@pytest.mark.negative(15)
def test_two_of_three_open_and_fewer_or_altered_ones_do_not(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, alice_card: Any
) -> None:
    answer = dealt(page, kept, alice)
    policy, shares = octets(answer["policy"]), [octets(one) for one in answer["shares"]]
    shown = bridge.prompts("confirm")[-1]["description"]
    assert all(fact in shown for fact in ("2 of these 3", "for 10 min, 3 messages at most", "Bob LEFÈVRE"))
    kept.rotated(page, alice, holders=[alice_card])  # shares stay what they are
    request = asked_for(page, kept, policy, page.card("Bob"))
    given = [released(page, kept, shares, octets(request["request"]), policy, "Alice")]
    assert "Patient inconscient" in bridge.prompts("confirm")[-1]["description"]
    assert "Bob LEFÈVRE" in bridge.prompts("confirm")[-1]["description"]
    grant = kept.grant_of("officer")
    unlock = {"requestId": request["requestId"], "policy": policy}
    error = refused(page, "mailbox.open", **kept.sealed(grant), unlock={"officer": {**unlock, "releases": given}})
    assert (error.name, error.data["reason"]) == ("SHARE_REFUSED", "too-few")
    given.append(released(page, kept, shares, octets(request["request"]), policy, "Bob"))
    twice = {**unlock, "releases": [given[0], given[0]]}
    assert refused(page, "mailbox.open", **kept.sealed(grant), unlock={"officer": twice}).data["reason"] == "duplicate"
    altered = {**unlock, "releases": [given[0], given[1][:-1] + bytes([given[1][-1] ^ 1])]}
    assert refused(page, "mailbox.open", **kept.sealed(grant), unlock={"officer": altered}).data["reason"] == "sealed"
    opened = kept.open(page, grant, {"officer": {**unlock, "releases": given}})
    assert (opened["level"], opened["role"], opened["epochs"], opened["keyChangeDue"]) == (
        "recovery",
        "reader",
        [1, 2],
        True,
    )
    certificate = kept.certified[2]["encryptionCertificate"]
    for message in [encrypted_and_sealed(certificate, 2) for _ in range(2)] * 2:  # opened again it counts no more
        page.call("key.unwrap", handle=opened["handle"], items=message, **{"class": "message"})
    assert read(page, opened["handle"], certificate, 2)
    with pytest.raises(BridgeError, match="session-limit"):
        read(page, opened["handle"], certificate, 2)
    for name in ({"class": "pack", "id": "1"}, {"class": "cek", "id": "ab" * 16}):
        denied = refused(page, "storage.keys", handle=opened["handle"], items=[name])
        assert denied.data["reason"] == "session-limit"
    names_used_keys = {"class": "cek", "id": "once"}  # an encrypted message is read with it, and nothing opens by it
    assert len(page.call("storage.keys", handle=opened["handle"], items=[names_used_keys])["keys"]) == 1
    again = refused(page, "mailbox.open", **kept.sealed(grant), unlock={"officer": {**unlock, "releases": given}})
    assert again.name == "HANDLE_UNKNOWN"  # a request is used once
    own = kept.open(page, kept.grant_of("card"), {"card": alice})
    kept.handle = own["handle"]
    kept.rotated(page, alice, holders=[alice_card])
    assert [one.body.holder.kind.value for one in kept.membership.active] == [
        "card"
    ]  # what was used opens no new epoch


def test_a_wrong_share_is_named(bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str) -> None:
    """A share of another policy, soundly sealed by its own officers: the commitment does not hold."""
    first = dealt(page, kept, alice)
    policy, shares = octets(first["policy"]), [octets(one) for one in first["shares"]]
    request = octets(asked_for(page, kept, policy, page.card("Bob"))["request"])
    params = {"request": request, "policy": policy, "evidence": kept.evidence()}
    error = refused(page, "share.release", card=page.card("Bob"), share=shares[0], **params)
    assert error.name in ("SHARE_REFUSED", "RECIPIENT_MISMATCH")
    second = octets(dealt(page, kept, alice, ends=[kept.membership.active[-1].digest])["shares"][1])
    params["evidence"] = kept.evidence()
    error = refused(page, "share.release", card=page.card("Bob"), share=second, **params)
    assert (error.name, error.data["reason"]) == ("SHARE_REFUSED", "policy")


def test_a_request_that_somebody_else_signed_moves_no_share(page: Page, kept: LogKeeper, alice: str) -> None:
    answer = dealt(page, kept, alice)
    policy, shares = octets(answer["policy"]), [octets(one) for one in answer["shares"]]
    request = octets(asked_for(page, kept, policy, page.card("Bob"))["request"])
    forged = request.replace(b"Patient inconscient", b"Patient inconsolent")
    assert forged != request
    error = refused(
        page, "share.release", card=alice, share=shares[0], request=forged, policy=policy, evidence=kept.evidence()
    )
    assert (error.name, error.data["reason"]) == ("SHARE_REFUSED", "request")
    assert parse_grant(kept.grant_of("officer")).body.role.value == "reader"


def dated(kept: LogKeeper, policy: bytes, request: bytes, age: timedelta) -> bytes:
    """The same request as Bob's card would have signed it so long ago."""
    agreed = RecoveryPolicy.from_der(policy)
    asked = RecoveryRequest.from_der(verify_statement(
        request, algorithms.ID_RECOVERY_REQUEST, validate_signer=validator(kept.pki)
    ).content)  # fmt: skip
    assert asked.policy == agreed.digest
    moment = datetime.now(UTC).replace(microsecond=0) - age
    return build_request(replace(asked, time=moment), card_signer(kept.pki, "bob"))


@pytest.mark.parametrize("age", [timedelta(days=7, minutes=1), timedelta(hours=-2)])
def test_an_old_request_or_one_of_tomorrow_moves_no_share(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, age: timedelta
) -> None:
    """What somebody once asked for, in an emergency that is over, is not dug out again; and no date makes it last longer."""
    answer = dealt(page, kept, alice)
    policy, shares = octets(answer["policy"]), [octets(one) for one in answer["shares"]]
    request = dated(kept, policy, octets(asked_for(page, kept, policy, page.card("Bob"))["request"]), age)
    params = {"share": shares[0], "request": request, "policy": policy, "evidence": kept.evidence()}
    asked = len(bridge.prompts("confirm"))
    error = refused(page, "share.release", card=alice, **params)
    assert (error.name, error.data["reason"]) == ("SHARE_REFUSED", "expired")
    assert len(bridge.prompts("confirm")) == asked


def test_the_prompt_says_when_a_share_was_asked_for(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str
) -> None:
    answer = dealt(page, kept, alice)
    policy, shares = octets(answer["policy"]), [octets(one) for one in answer["shares"]]
    age = timedelta(days=6)
    request = dated(kept, policy, octets(asked_for(page, kept, policy, page.card("Bob"))["request"]), age)
    released(page, kept, shares, request, policy, "Alice")
    moment = RecoveryRequest.from_der(verify_statement(
        request, algorithms.ID_RECOVERY_REQUEST, validate_signer=validator(kept.pki)
    ).content).time.astimezone()  # fmt: skip
    said = f"Asked on {Wording('en').day(moment.date())}, {moment:%H:%M} by the clock of this computer."
    assert said in bridge.prompts("confirm")[-1]["description"]
