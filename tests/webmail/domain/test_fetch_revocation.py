"""Revocation answers fetched from real responders (`openssl ocsp` on loopback), and what happens where they fail."""

import json
import shutil
from contextlib import ExitStack
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from bridge.pki.certificates import load_certificate
from bridge.pki.issue import build_crl, certificate_builder, sign, utc_now
from bridge.pki.ocsp import build_response
from tests.bridge.pki.openssl_responder import openssl_responder
from webmail import trust
from webmail.domain import fetch_revocation as fetching
from webmail.domain import look_up
from webmail.domain.authenticate import card_login, issue_challenge
from webmail.domain.errors import ExchangeFailed, LoginRefused
from webmail.domain.introduce import introduce_correspondent
from webmail.domain.revocation_sources import sources

ORIGIN = "http://localhost:8000"
DENIS = "denis@partner.example"


@pytest.fixture
def configured(practice, settings, tmp_path):
    """`configured(entries…)`: a trust folder of this test that names these sources."""
    settings.PLI_ANCHORS = tmp_path / "anchors"
    settings.PLI_LOOPBACK_RESPONDERS = True
    shutil.copytree(practice.pki.directory / "anchors", settings.PLI_ANCHORS)

    def configure(*entries):
        (settings.PLI_ANCHORS / "revocation.json").write_text(json.dumps(entries))

    return configure


@pytest.fixture
def responder(practice, configured, tmp_path):
    """`responder(revoked=…, signer=…)` answers for the issuer of Alice's card, and stands in the trust folder; `.close()` ends it."""
    with ExitStack() as running:

        def start(*, revoked=(), signer=None):
            good = [one for one in cards(practice) if one not in revoked]
            fort = practice.pki.branches["fort"].issuing
            running.close()
            url = running.enter_context(openssl_responder(tmp_path / "responder", fort, good, revoked, signer))
            configured({"issuer": "intermediates/health-fort.pem", "ocsp": url})
            return url

        start.close = running.close
        yield start


def cards(practice) -> list[x509.Certificate]:
    folder = practice.pki.directory / "cards" / "alice"
    return [load_certificate((folder / f"{use}.pem").read_bytes()) for use in ("authentication", "signature")]


def kept_about(certificate) -> bytes | None:
    return next(iter(trust.ocsps([certificate])), None)


def log_in(holder):
    challenge = issue_challenge("session")
    return card_login(holder.token(challenge, ORIGIN), challenge=challenge, session="session", origin=ORIGIN)


def test_answers_about_cards_and_bindings_are_kept_and_relayed(practice, responder, capsys):
    alice, (authentication, signature) = practice.open("alice"), cards(practice)
    responder()
    call_command("fetch_revocation")
    assert "2 answers fetched, 0 still fresh, 0 failed" in capsys.readouterr().out
    assert kept_about(authentication)
    [entry] = look_up.lookup([alice.address])
    assert entry.ocsps == [
        kept_about(signature)
    ]  # of the card that signed the binding; the login certificate is nobody's business
    call_command("fetch_revocation")
    assert "0 answers fetched, 2 still fresh, 0 failed" in capsys.readouterr().out


def test_a_revoked_card_no_longer_logs_in(practice, responder):
    practice.open("alice")
    holder, (authentication, _) = practice.holder("alice"), cards(practice)
    assert log_in(holder).person
    responder(revoked=[authentication])
    call_command("fetch_revocation")
    with pytest.raises(LoginRefused) as refused:
        log_in(holder)
    assert refused.value.code == "certificate-revoked"


def test_a_responder_replaces_a_list_that_ran_out(practice, responder, settings):
    """Login needs an answer: the list of this issuer is gone, the root's is there."""
    practice.open("alice")
    holder = practice.holder("alice")
    (settings.PLI_CRLS / "health-fort.crl").unlink()
    with pytest.raises(LoginRefused):
        log_in(holder)
    responder()
    call_command("fetch_revocation")
    assert log_in(holder).person


def test_a_responder_that_is_down_leaves_the_last_answer(practice, responder, caplog):
    practice.open("alice")
    signature = cards(practice)[1]
    url = responder()
    call_command("fetch_revocation")
    before = kept_about(signature)
    responder.close()
    with pytest.raises(CommandError):
        call_command("fetch_revocation", again=True)
    assert kept_about(signature) == before
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "unreachable 2" in line
    assert not any(word in line.lower() for word in ("alice", "martin", url))


def test_an_answer_of_another_authority_is_not_kept(practice, responder, caplog):
    practice.open("alice")
    responder(signer=practice.pki.branches["partner"].issuing)
    with pytest.raises(CommandError):
        call_command("fetch_revocation")
    assert kept_about(cards(practice)[1]) is None
    assert "revocation-unknown 2" in caplog.text


@pytest.fixture
def fort(practice, configured):
    """The one source of the tests below, whose answers they write themselves."""
    configured({"issuer": "intermediates/health-fort.pem", "ocsp": "http://ocsp.example/"})
    practice.open("alice")
    return practice.pki.branches["fort"].issuing


def answering(*answers):
    """An exchange that gives each of these once, the last one ever after, and keeps what it was asked."""
    waiting, asked = list(answers), []

    def exchange(url, *, maximum, question=None, seconds):
        asked.append((url, maximum, question, seconds))
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    exchange.asked = asked
    return exchange


def test_what_does_not_prove_itself_replaces_nothing(practice, fort):
    now, (authentication, signature) = utc_now(), cards(practice)
    good = {one: build_response(one, fort, None, now - timedelta(minutes=1)) for one in (authentication, signature)}
    for one, answer in good.items():
        trust.answer_file(one).parent.mkdir(exist_ok=True)
        trust.answer_file(one).write_bytes(answer)
    bad = [
        b"junk",
        build_response(cards(practice)[0], fort, None, now - timedelta(days=2)),
        build_response(
            load_certificate((practice.pki.directory / "cards/rene/signature.pem").read_bytes()), fort, None, now
        ),
        *(build_response(one, practice.pki.branches["partner"].issuing, None, now) for one in good),
        *(build_response(one, fort, None, now - timedelta(hours=1)) for one in good),  # replayed
    ]
    for answer in bad:
        tally = fetching.fetch_revocation(sources(), answering(answer), again=True)
        assert (tally.kept, tally.failed.total()) == (0, 2)
        assert {one: kept_about(one) for one in good} == good


def test_only_configured_addresses_are_asked(practice, fort):
    exchange = answering(ExchangeFailed("unreachable"))
    fetching.fetch_revocation(sources(), exchange)
    assert {url for url, *_ in exchange.asked} == {"http://ocsp.example/"}  # certificates name http://ocsp.pli.example/


def test_a_silent_address_is_left_alone(practice, fort, monkeypatch):
    monkeypatch.setattr(fetching, "PATIENCE", 1)
    exchange = answering(ExchangeFailed("too-slow"))
    assert fetching.fetch_revocation(sources(), exchange).failed == {"too-slow": 1}
    assert len(exchange.asked) == 1


def test_answers_are_asked_again_when_they_are_old_or_wanted(practice, fort):
    now, (authentication, signature) = utc_now(), cards(practice)
    trust.answer_file(signature).parent.mkdir()
    for one, age in ((authentication, 5), (signature, 7)):
        trust.answer_file(one).write_bytes(build_response(one, fort, None, now - timedelta(hours=age)))
    exchange = answering(build_response(signature, fort, None, now))
    assert fetching.fetch_revocation(sources(), exchange) == fetching.Tally(kept=1, fresh=1)
    assert len(exchange.asked) == 1
    later = lambda: timezone.now() + timedelta(minutes=1)  # noqa: E731
    assert fetching.fetch_revocation(sources(), exchange, again=True, clock=later).failed == {"malformed": 1}


def test_answers_about_strangers_go(practice, fort, settings):
    stranger = settings.PLI_OCSPS / "00.ocsp"
    settings.PLI_OCSPS.mkdir()
    stranger.write_bytes(b"")
    fetching.fetch_revocation(sources(), answering(ExchangeFailed("unreachable")))
    assert not stranger.exists()


def test_lists_are_fetched_and_kept(practice, configured, settings):
    fort, now = practice.pki.branches["fort"].issuing, utc_now()
    configured({"issuer": "intermediates/health-fort.pem", "crls": ["http://crl.example/fort.crl"]})
    holder = practice.holder("alice")
    (settings.PLI_CRLS / "health-fort.crl").unlink()
    new = build_crl(fort, {cards(practice)[0].serial_number: now}, now=now)
    for answer, kept in ((b"junk", 0), (new, 1), (build_crl(fort, now=now - timedelta(days=1)), 0)):
        assert fetching.fetch_revocation(sources(), answering(answer), again=True).kept == kept
    assert new in trust.crls()
    with pytest.raises(LoginRefused) as refused:
        log_in(holder)
    assert refused.value.code == "certificate-revoked"


@pytest.fixture
def denis(practice):
    """A correspondent whose certificate names a responder."""
    partner, now = practice.pki.branches["partner"].issuing, utc_now()
    key, dates = (
        ec.generate_private_key(ec.SECP256R1()),
        {"not_before": now - timedelta(days=9), "not_after": now + timedelta(days=9)},
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Denis")])
    at = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://127.0.0.1/"))
    builder = certificate_builder(partner, name, key.public_key(), **dates)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(DENIS)]), critical=False)
    return sign(builder.add_extension(x509.AuthorityInformationAccess([at]), critical=False), partner)


def test_correspondents_are_asked_about_and_their_revocation_is_known(practice, configured, denis):
    partner = practice.pki.branches["partner"].issuing
    introduce_correspondent(DENIS, "Denis Garnier", denis, [partner.certificate])
    configured({"issuer": "intermediates/partner.pem", "ocsp": "https://ocsp.example/"})
    answer = build_response(denis, partner, utc_now() - timedelta(hours=1), utc_now())
    assert look_up.lookup([DENIS])[0].state == "ready"
    exchange = answering(answer)
    assert fetching.fetch_revocation(sources(), exchange).kept == 1
    assert [url for url, *_ in exchange.asked] == ["https://ocsp.example/"]  # never the address in the certificate
    [entry] = look_up.lookup([DENIS])
    assert (entry.state, entry.ocsps) == ("revoked", [answer])


@pytest.mark.parametrize(
    "entry",
    [
        {"issuer": "intermediates/missing.pem"},
        {"issuer": "intermediates/partner.pem", "ocsp": "file:///etc/passwd"},
        {"issuer": "intermediates/partner.pem", "ocsp": "http://user@ocsp.example/"},
        {"issuer": "intermediates/partner.pem", "crls": ["crl.example"]},
        {"issuer": "intermediates/partner.pem", "responder": "http://ocsp.example/"},
    ],
)
def test_a_wrong_list_of_sources_is_refused(configured, entry):
    configured(entry)
    with pytest.raises(ImproperlyConfigured):
        sources()


def test_without_sources_nobody_is_asked(practice):
    with pytest.raises(CommandError):
        call_command("fetch_revocation")
