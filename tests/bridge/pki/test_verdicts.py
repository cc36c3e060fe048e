"""A remembered verdict is the one that would be given again: compared at every moment that matters, and around it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.pki import errors, path
from bridge.pki.anchors import AnchorStore, Purpose
from bridge.pki.path import RevocationMode, decide_path, validate_path
from bridge.pki.verdicts import Remembered, moments_of, stretch
from tests.bridge.pki.authorities import Issuer, trusting

SHIFTS = [timedelta(seconds=one) for one in (-3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3)]


def outcome(judge: Callable[..., Any], **given: Any) -> object:
    try:
        found = judge(given.pop("certificate"), **given)
    except errors.PkiError as error:
        return type(error), str(error)
    return found


@pytest.fixture(scope="module")
def scene() -> dict[str, Any]:
    """A path whose every member has dates of its own, two lists, a revocation and a retired anchor."""
    now = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
    root = Issuer.root("Root", now, before=50, days=60)
    middle = root.issue("Middle", now, authority=True, before=40, days=50)
    person = middle.person("a@x.example", now, before=30, days=40)
    other = middle.person("b@x.example", now, before=30, days=40)
    crls = [
        root.crl(now - timedelta(days=2), days=20),
        middle.crl(now - timedelta(days=1), {other.certificate.serial_number: now - timedelta(days=9)}, days=15),
    ]
    return {"root": root, "chain": [middle.certificate], "people": [person, other], "crls": crls, "now": now}


@pytest.mark.parametrize("mode", RevocationMode)
@pytest.mark.parametrize("with_lists", [True, False])
@pytest.mark.parametrize("retired", [None, 10])
def test_remembered_is_what_would_be_decided(
    scene: dict[str, Any], mode: RevocationMode, with_lists: bool, retired: int | None
) -> None:
    anchors = trusting(scene["root"], retired=scene["now"] + timedelta(days=retired) if retired else None)
    seen = set()
    for person in scene["people"]:
        given = {
            "chain": scene["chain"], "anchors": anchors, "purpose": Purpose.MESSAGE_SIGNATURE,
            "crls": scene["crls"] if with_lists else [], "revocation": mode,
        }  # fmt: skip
        moments = moments_of([person.certificate, *scene["chain"]], anchors.anchors, given["crls"], ())
        assert moments
        for at in sorted({moment + shift for moment in moments for shift in SHIFTS}):
            now = outcome(decide_path, certificate=person.certificate, at=at, **given)
            assert outcome(validate_path, certificate=person.certificate, at=at, **given) == now
            seen.add(now[0] if isinstance(now, tuple) else now.revocation)  # type: ignore[attr-defined]
    assert len(seen) >= 3


def test_a_new_list_counts_at_once(scene: dict[str, Any]) -> None:
    now = scene["now"]
    fresh = Issuer.root("Root", now)
    issuer = fresh.issue("Middle", now, authority=True)
    member = issuer.person("c@x.example", now)
    mine = {"chain": [issuer.certificate], "anchors": trusting(fresh), "purpose": Purpose.MESSAGE_SIGNATURE, "at": now}
    before = [fresh.crl(now), issuer.crl(now)]
    after = [fresh.crl(now), issuer.crl(now, {member.certificate.serial_number: now - timedelta(hours=1)})]
    assert validate_path(member.certificate, crls=before, **mine).revocation == "good"
    with pytest.raises(errors.CertificateRevoked):
        validate_path(member.certificate, crls=after, **mine)


def test_a_path_seen_before_is_not_judged_again(scene: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    person, now = scene["people"][0], scene["now"]
    given = {
        "chain": scene["chain"], "anchors": trusting(scene["root"], retired=now + timedelta(days=99)), "purpose": Purpose.MESSAGE_SIGNATURE,
        "crls": scene["crls"],
    }  # fmt: skip
    first = validate_path(person.certificate, at=now, **given)
    monkeypatch.setattr(path, "decide_path", None)  # would raise TypeError
    again = validate_path(person.certificate, at=now + timedelta(hours=1), **given)
    assert (again.path, again.at) == (first.path, now + timedelta(hours=1))
    with pytest.raises(TypeError):
        validate_path(person.certificate, at=now + timedelta(days=18), **given)  # beyond a list's next update


def test_another_anchor_store_is_another_question(scene: dict[str, Any]) -> None:
    person, now = scene["people"][0], scene["now"]
    given = {"chain": scene["chain"], "purpose": Purpose.MESSAGE_SIGNATURE, "crls": scene["crls"], "at": now}
    validate_path(person.certificate, anchors=trusting(scene["root"]), **given)
    with pytest.raises(errors.CertificateUntrusted):
        validate_path(person.certificate, anchors=AnchorStore([]), **given)


def test_refusals_are_remembered_and_made_anew() -> None:
    asked = []

    def refuse() -> str:
        asked.append(1)
        raise errors.CertificateRevoked("revoked")

    remembered: Remembered[str] = Remembered(2)
    raised = []
    for _ in range(2):
        with pytest.raises(errors.CertificateRevoked) as refused:
            remembered.recall("key", refuse)
        raised.append(refused.value)
    assert len(asked) == 1
    assert raised[0] is not raised[1]


def test_the_oldest_outcome_goes_first() -> None:
    remembered: Remembered[int] = Remembered(2)
    assert [remembered.recall(key, lambda key=key: key) for key in (1, 2, 3)] == [1, 2, 3]
    assert remembered.recall(1, lambda: 10) == 10
    assert remembered.recall(3, lambda: 30) == 3


def test_a_stretch_ends_at_each_moment(scene: dict[str, Any]) -> None:
    begin = scene["now"]
    moments = tuple(begin + timedelta(days=one) for one in range(3))
    found = [stretch(moments, begin + timedelta(days=one)) for one in (-1, 0, 0.5, 0.9, 1, 2, 3)]
    assert len(set(found)) == 6
