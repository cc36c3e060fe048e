"""What a path is refused for beside RFC 5280 §6.1, each with a code and a sentence (docs/adr/0010)."""

import time
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from bridge.pki import errors
from bridge.pki.anchors import AnchorStore, Purpose
from bridge.pki.path import RevocationMode, ValidatedCertificate, validate_path
from tests.bridge.pki.authorities import Issuer, name, trusting

ADDRESS = "dr@cabinet.example"


def validated(
    person: Issuer, *chain: Issuer, anchors: AnchorStore, at: datetime, **options: object
) -> ValidatedCertificate:
    arguments = {"purpose": Purpose.MESSAGE_SIGNATURE, "revocation": RevocationMode.SOFT, **options}
    return validate_path(
        person.certificate, chain=[one.certificate for one in chain], anchors=anchors, at=at, **arguments
    )  # type: ignore[arg-type]


def constrained(*, permitted: list[str] | None = None, excluded: list[str] | None = None) -> tuple[object, bool]:
    trees = [None if one is None else [x509.RFC822Name(base) for base in one] for one in (permitted, excluded)]
    return x509.NameConstraints(*trees), True


@pytest.mark.parametrize(
    ("constraints", "address", "passes"),
    [
        ({"permitted": ["cabinet.example"]}, ADDRESS, True),
        ({"permitted": ["CABINET.example"]}, ADDRESS, True),
        ({"permitted": [ADDRESS]}, ADDRESS, True),
        ({"permitted": [".example"]}, ADDRESS, True),
        ({"permitted": ["other.example"]}, ADDRESS, False),
        ({"permitted": [".cabinet.example"]}, ADDRESS, False),
        ({"permitted": ["cabinet.example"]}, "dr@sub.cabinet.example", False),
        ({"permitted": ["someone@cabinet.example"]}, ADDRESS, False),
        ({"excluded": ["cabinet.example"]}, ADDRESS, False),
        ({"excluded": ["other.example"]}, ADDRESS, True),
        ({"permitted": [".example"], "excluded": ["cabinet.example"]}, ADDRESS, False),
    ],
)
@pytest.mark.parametrize("where", ["root", "intermediate"])
def test_name_constraints_on_addresses(
    now: datetime, constraints: dict[str, list[str]], address: str, passes: bool, where: str
) -> None:
    bound = constrained(**constraints)
    root = Issuer.root("Root", now, *([bound] if where == "root" else []))
    middle = root.issue("Middle", now, *([bound] if where == "intermediate" else []), authority=True)
    person = middle.person(address, now)
    if passes:
        assert validated(person, middle, anchors=trusting(root), at=now).path[0] == root.certificate
        return
    with pytest.raises(errors.NameNotPermitted) as refused:
        validated(person, middle, anchors=trusting(root), at=now)
    assert refused.value.code == "name-not-permitted"


def internationalised(address: str, now: datetime, root: Issuer) -> Issuer:
    """Somebody with an address of his own and a SmtpUTF8Mailbox (RFC 9598)."""
    other = x509.OtherName(
        x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), bytes([0x0C, len(address.encode())]) + address.encode()
    )
    names = x509.SubjectAlternativeName([x509.RFC822Name(ADDRESS), other])
    mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    return root.issue("Dr", now, names, mail, usages=("digital_signature",))


def test_constraints_bind_an_internationalised_address_too(now: datetime) -> None:
    root = Issuer.root("Root", now, constrained(permitted=["cabinet.example"]))
    validated(internationalised("zoé@cabinet.example", now, root), anchors=trusting(root), at=now)
    with pytest.raises(errors.NameNotPermitted):
        validated(internationalised("zoé@hospital.example", now, root), anchors=trusting(root), at=now)


@pytest.mark.parametrize("address", ["chief@hospital.example", "zoé", "zo@é@hospital.example", ""])
def test_an_internationalised_address_that_is_none(now: datetime, address: str) -> None:
    root = Issuer.root("Root", now)
    with pytest.raises(errors.CertificateMalformed):
        validated(internationalised(address, now, root), anchors=trusting(root), at=now)


def test_constraints_bind_the_address_in_the_subject_too(now: datetime) -> None:
    root = Issuer.root("Root", now, constrained(permitted=["cabinet.example"]))
    for subject, passes in ((name("Dr", ADDRESS), True), (name("Dr", "chief@hospital.example"), False)):
        person = root.person(ADDRESS, now, subject=subject)
        if passes:
            validated(person, anchors=trusting(root), at=now)
        else:
            with pytest.raises(errors.NameNotPermitted):
                validated(person, anchors=trusting(root), at=now)


@pytest.mark.negative(33)
@pytest.mark.parametrize("address", ["a@b@c.example", "@c.example", "a@", "a"])
def test_an_address_that_is_none_is_refused(now: datetime, address: str) -> None:
    root = Issuer.root("Root", now)
    person = root.issue("x", now, x509.SubjectAlternativeName([x509.RFC822Name._init_without_validation(address)]), usages=("digital_signature",))  # fmt: skip
    with pytest.raises(errors.CertificateMalformed):
        validated(person, anchors=trusting(root), at=now)


WEAK = {
    "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
    "RSA e=3": lambda: rsa.generate_private_key(3, 2048),
    "DSA": lambda: dsa.generate_private_key(2048),
    "P-192": lambda: ec.generate_private_key(ec.SECP192R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
}


@pytest.mark.negative(31)
@pytest.mark.parametrize("kind", WEAK)
@pytest.mark.parametrize("where", ["person", "middle"])
def test_weak_keys_anywhere_are_refused(now: datetime, kind: str, where: str) -> None:
    root = Issuer.root("Root", now)
    middle = root.issue("Middle", now, authority=True, key=WEAK[kind]() if where == "middle" else None)
    person = middle.person(ADDRESS, now, key=WEAK[kind]() if where == "person" else None)
    with pytest.raises((errors.WeakAlgorithm, errors.CertificateUntrusted)):
        validated(person, middle, anchors=trusting(root), at=now)


@pytest.mark.negative(20)
@pytest.mark.parametrize(
    "options",
    [{"authority": True, "usages": ("crl_sign",)}, {"usages": ("key_cert_sign",)}, {"usages": ()}],
    ids=["no keyCertSign", "no basic constraints", "neither"],
)
def test_a_certificate_that_may_not_issue(now: datetime, options: dict[str, object]) -> None:
    root = Issuer.root("Root", now)
    middle = root.issue("Middle", now, **options)
    with pytest.raises(errors.CertificateUntrusted):
        validated(middle.person(ADDRESS, now), middle, anchors=trusting(root), at=now)


@pytest.mark.negative(20)
@pytest.mark.parametrize("of_root", [True, False])
def test_a_path_longer_than_allowed(now: datetime, of_root: bool) -> None:
    root = Issuer.root("Root", now, path_length=1 if of_root else None)
    first = root.issue("First", now, authority=True, path_length=None if of_root else 0)
    second = first.issue("Second", now, authority=True)
    validated(first.person(ADDRESS, now), first, anchors=trusting(root), at=now)
    with pytest.raises(errors.CertificateUntrusted):
        validated(second.person(ADDRESS, now), first, second, anchors=trusting(root), at=now)


def test_an_unknown_critical_extension_is_refused_anywhere(now: datetime) -> None:
    unknown = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"), True)
    for where in ("root", "middle", "person"):
        root = Issuer.root("Root", now, *([unknown] if where == "root" else []))
        middle = root.issue("Middle", now, *([unknown] if where == "middle" else []), authority=True)
        person = middle.person(ADDRESS, now, *([unknown] if where == "person" else []))
        with pytest.raises((errors.CertificateUntrusted, errors.CertificateMalformed)):
            validated(person, middle, anchors=trusting(root), at=now)


def test_an_intermediate_for_servers_vouches_for_no_mail(now: datetime) -> None:
    root = Issuer.root("Root", now)
    for usage, passes in ((ExtendedKeyUsageOID.EMAIL_PROTECTION, True), (ExtendedKeyUsageOID.SERVER_AUTH, False)):
        middle = root.issue("Middle", now, x509.ExtendedKeyUsage([usage]), authority=True)
        person = middle.person(ADDRESS, now)
        if passes:
            validated(person, middle, anchors=trusting(root), at=now)
        else:
            with pytest.raises(errors.WrongKeyUsage):
                validated(person, middle, anchors=trusting(root), at=now)


def test_dates_count_for_every_member(now: datetime) -> None:
    root = Issuer.root("Root", now, days=10)
    middle = root.issue("Middle", now, authority=True, days=5)
    person = middle.person(ADDRESS, now, days=20)
    for days, error in ((6, errors.CertificateExpired), (-2, errors.CertificateNotYetValid)):
        with pytest.raises(error):
            validated(person, middle, anchors=trusting(root), at=now + timedelta(days=days))
    early = Issuer.root("Root", now, days=1)
    with pytest.raises(errors.CertificateExpired):
        validated(early.person(ADDRESS, now), anchors=trusting(early), at=now + timedelta(days=2))


def test_revoked_after_signing_stays_good_at_the_signing_time(now: datetime) -> None:
    root = Issuer.root("Root", now, before=30)
    person = root.person(ADDRESS, now, before=30)
    crl = root.crl(now, {person.certificate.serial_number: now - timedelta(days=5)})
    signed_before = validated(person, anchors=trusting(root), at=now - timedelta(days=6), crls=[crl])
    assert signed_before.revocation == "good"
    for mode in RevocationMode:
        with pytest.raises(errors.CertificateRevoked):
            validated(person, anchors=trusting(root), at=now - timedelta(days=4), crls=[crl], revocation=mode)


def test_a_list_at_hand_is_asked_although_the_certificate_names_none(now: datetime) -> None:
    root = Issuer.root("Root", now)
    person = root.person(ADDRESS, now)
    assert validated(person, anchors=trusting(root), at=now, crls=[root.crl(now)]).revocation == "good"
    assert validated(person, anchors=trusting(root), at=now).revocation == "unchecked"
    revoked = root.crl(now, {person.certificate.serial_number: now - timedelta(hours=1)})
    with pytest.raises(errors.CertificateRevoked):
        validated(person, anchors=trusting(root), at=now, crls=[revoked])


@pytest.mark.capability("CO14")
def test_a_retired_root_stands_for_what_was_signed_before(now: datetime) -> None:
    """Root 2 is added and root 1 retired: old messages stay valid at their signing time, new ones come under root 2 only."""
    old, new = (Issuer.root(text, now, before=400, days=400) for text in ("Root 1", "Root 2"))
    before, after = now - timedelta(days=30), now + timedelta(days=30)
    anchors = AnchorStore([*trusting(old, retired=now).anchors, *trusting(new).anchors])
    signer, successor = old.person(ADDRESS, now, before=300), new.person(ADDRESS, now)
    assert validated(signer, anchors=anchors, at=before).anchor.certificate == old.certificate
    with pytest.raises(errors.CertificateUntrusted):
        validated(signer, anchors=anchors, at=after)
    with pytest.raises(errors.CertificateUntrusted):
        validated(signer, anchors=anchors, at=now)
    assert validated(successor, anchors=anchors, at=after).anchor.certificate == new.certificate


def test_the_policy_retires_an_anchor_by_date(now: datetime, tmp_path_factory: pytest.TempPathFactory) -> None:
    from bridge.pki.certificates import pem

    folder = tmp_path_factory.mktemp("anchors")
    root = Issuer.root("Root", now)
    (folder / "root.pem").write_bytes(pem(root.certificate))
    entry = {"file": "root.pem", "purposes": ["mail"], "retired": now.date().isoformat()}
    anchors = AnchorStore.load([entry], folder)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    assert [anchors.anchors[0].speaks_at(midnight + timedelta(seconds=one)) for one in (-1, 0)] == [True, False]
    with pytest.raises(ValueError, match="Invalid isoformat"):
        AnchorStore.load([{**entry, "retired": "some day"}], folder)


def test_certificates_that_all_name_one_another_cost_a_fixed_amount(now: datetime) -> None:
    """Thirty authorities that certified each other: only so many paths are looked at."""
    root = Issuer.root("Root", now)
    key = ec.generate_private_key(ec.SECP256R1())
    ring = [root.issue("Ring", now, authority=True, key=key)]
    ring += [ring[0].issue("Ring", now, authority=True, key=key) for _ in range(30)]
    stranger = Issuer.root("Ring", now, key=key)
    started = time.process_time()
    with pytest.raises(errors.CertificateUntrusted):
        validated(stranger.person(ADDRESS, now), *ring[1:], anchors=trusting(Issuer.root("Other", now)), at=now)
    assert validated(ring[0].person(ADDRESS, now), *ring, anchors=trusting(root), at=now)
    assert time.process_time() - started < 20  # not for ever; a search without a budget would not end


def test_more_names_than_anybody_has_are_refused(now: datetime) -> None:
    root = Issuer.root("Root", now)
    names = x509.SubjectAlternativeName([x509.RFC822Name(f"a{number}@x.example") for number in range(501)])
    person = root.issue("Many", now, names, usages=("digital_signature",))
    with pytest.raises(errors.CertificateMalformed):
        validated(person, anchors=trusting(root), at=now)


def test_every_refusal_is_a_sentence(now: datetime) -> None:
    root = Issuer.root("Root", now)
    with pytest.raises(errors.PathError) as refused:
        validated(root.person(ADDRESS, now), anchors=trusting(Issuer.root("Other", now)), at=now)
    assert str(refused.value) == "No path leads to an authority that is known here."
