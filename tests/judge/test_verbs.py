"""The judge's other verbs, against OpenSSL and hashlib; and its refusals."""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bridge.pki import certificates
from bridge.pki.sample_health_pki import issue_card_certificate
from bridge.pki.web_eid import sign_input
from tests.judge.practice import Practice, enveloped, signed

Judge = Callable[..., dict[str, Any]]
CONTENT = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n"


@pytest.mark.capability("CO10")
@pytest.mark.parametrize(
    ("cipher", "key_algorithm", "named"),
    [
        ("aes-256-cbc", "auto", "rsa-pkcs1"),
        ("aes-128-cbc", "rsa-oaep", "rsa-oaep"),
        ("aes-256-gcm", "rsa-pkcs1", "rsa-pkcs1"),
    ],
)
def test_cms_encrypt_is_read_by_openssl_and_decrypt(
    judge: Judge, practice: Practice, cipher: str, key_algorithm: str, named: str
) -> None:
    recipients = [certificates.pem(one.encryption).decode() for one in (practice.alice, practice.bob)]
    made = judge(
        "cms-encrypt", content=CONTENT, recipients=recipients, content_algorithm=cipher, key_algorithm=key_algorithm
    )
    cms = base64.b64decode(made["cms"])
    key = practice.file("bob.key", practice.bob.opener()["private_key"].encode())
    opened = practice.openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", key, content=cms)
    assert opened == CONTENT
    read = judge("cms-decrypt", cms=cms, keys=[practice.bob.opener()])
    assert base64.b64decode(read.pop("content")) == CONTENT
    assert read == {"ok": True, "content_algorithm": cipher, "key_algorithm": named, "recipient": "ktri"}


def test_cms_decrypt_for_another_is_one_failure(judge: Judge, practice: Practice) -> None:
    cms = practice.encrypt(CONTENT, "-aes-256-cbc")
    stranger = judge("cms-decrypt", cms=cms, keys=[practice.alice.opener()])
    wrong = {**practice.alice.opener(), "certificate": practice.bob.opener()["certificate"]}
    assert stranger == judge("cms-decrypt", cms=cms, keys=[wrong]) == {"ok": False, "error": "decryption-failed"}


@pytest.mark.parametrize("detached", [True, False])
def test_cms_sign_is_verified_by_openssl_and_verify(judge: Judge, practice: Practice, detached: bool) -> None:
    denis = practice.pki.directory / "people" / "denis"
    given = {
        "certificate": (denis / "certificate.pem").read_text(),
        "private_key": (denis / "private-key.pem").read_text(),
        "chain": [(denis / "chain.pem").read_text()],
    }
    made = judge("cms-sign", content=CONTENT, detached=detached, at=practice.now.isoformat(), **given)
    cms = base64.b64decode(made["cms"])
    beside = ("-content", practice.file("content", CONTENT)) if detached else ()
    root = str(practice.pki.directory / "anchors" / "partner.pem")
    verify = ("cms", "-verify", "-binary", "-inform", "DER", "-CAfile", root, *beside)
    assert practice.openssl(*verify, content=cms) == CONTENT
    more = {"content": CONTENT} if detached else {}
    read = judge("cms-verify", cms=cms, **more, **practice.trust())
    assert read["ok"] is True
    assert base64.b64decode(read["content"]) == CONTENT
    assert [(one["digest_ok"], one["signature_ok"], one["path_ok"], one["reason"]) for one in read["signers"]] == [
        (True, True, True, None)
    ]
    altered = judge("cms-verify", cms=cms, content=CONTENT + b"!", **practice.trust())
    assert (altered["ok"], altered["signers"][0]["reason"]) == (False, "digest-mismatch")
    untrusted = judge("cms-verify", cms=cms, **more, anchors=[], at=practice.trust()["at"])
    assert (untrusted["ok"], untrusted["signers"][0]["path_ok"]) == (False, False)


def test_cms_decrypt_with_a_shared_key_or_a_password(judge: Judge, practice: Practice) -> None:
    kek = bytes(range(16))
    shared = ("-aes-128-cbc", "-secretkey", kek.hex(), "-secretkeyid", "0102")
    locked = ("-aes-256-cbc", "-pwri_password", "mot")
    for options, key, kind in (
        (shared, {"kek": base64.b64encode(kek).decode()}, "kekri"),
        (locked, {"password": "mot"}, "pwri"),
    ):
        cms = practice.openssl("cms", "-encrypt", "-binary", "-outform", "DER", *options, content=CONTENT)
        read = judge("cms-decrypt", cms=cms, keys=[key])
        assert (read["ok"], base64.b64decode(read["content"]), read["recipient"]) == (True, CONTENT, kind)
        wrong = [practice.bob.opener(), {"kek": base64.b64encode(kek[::-1]).decode()}, {"password": "autre"}]
        assert judge("cms-decrypt", cms=cms, keys=wrong) == {"ok": False, "error": "decryption-failed"}


def test_cms_verify_several_signers_and_none(judge: Judge, practice: Practice) -> None:
    denis = practice.pki.directory / "people" / "denis"
    own = ("-signer", str(denis / "certificate.pem"), "-inkey", str(denis / "private-key.pem"))
    key = practice.file("stranger.key", practice.bob.opener()["private_key"].encode())
    stranger = ("-signer", practice.file("stranger.pem", certificates.pem(practice.bob.encryption)), "-inkey", key)
    both = practice.openssl(
        "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-certfile", str(denis / "chain.pem"), *own, *stranger,
        content=CONTENT,
    )  # fmt: skip
    read = judge("cms-verify", cms=both, **practice.trust())
    assert (read["ok"], sorted(one["path_ok"] for one in read["signers"])) == (False, [False, True])
    assert [one["signature_ok"] for one in read["signers"]] == [True, True]
    only = practice.openssl(
        "crl2pkcs7", "-nocrl", "-certfile", str(denis / "certificate.pem"), "-outform", "DER", content=b""
    )
    none = judge("cms-verify", cms=only, **practice.trust())
    assert (none["ok"], none["signers"], len(none["certificates"])) == (False, [], 1)


def test_mime_tree_names_every_part(judge: Judge, practice: Practice) -> None:
    entity = practice.entity()
    tree = judge("mime-tree", message=practice.outer() + signed(entity, b"not a signature"))["tree"]
    assert [one["type"] for one in tree["children"]] == ["text/plain", "application/pkcs7-signature"]
    body = entity.partition(b"\r\n\r\n")[2]
    assert (tree["children"][0]["size"], tree["children"][0]["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


@pytest.mark.browser
@pytest.mark.slow
def test_view_in_chromium_equals_node(judge: Judge, practice: Practice) -> None:
    html = b"From: a@b\r\nContent-Type: text/html\r\n\r\n<p onclick=x()>salut<img src=http://evil.example/x.png><script>1</script>"
    for message in (html, practice.outer() + enveloped(practice.encrypt(practice.entity(), "-aes-256-gcm"))):
        given = {"message": message, "keys": [practice.bob.opener()], **practice.trust()}
        assert judge("view", "chromium", **given) == judge("view", **given)
    seen = judge("view", message=html, **practice.trust())
    assert (seen["html"], seen["requests"]) == ("<p>salut<img></p>", [])


def test_token_verify_checks_nonce_and_origin(judge: Judge, practice: Practice) -> None:
    card = practice.pki.cards["alice"]
    authority = practice.pki.branches[card.authority].issuing
    key = rsa.generate_private_key(65537, 2048)
    certificate = issue_card_certificate(card, "authentication", authority, key, practice.now)
    nonce, origin = base64.b64encode(bytes(32)).decode(), "https://mail.example"
    proof = key.sign(sign_input(origin, nonce, "RS256"), padding.PKCS1v15(), hashes.SHA256())
    token = {
        "unverifiedCertificate": base64.b64encode(certificates.der(certificate)).decode(),
        "algorithm": "RS256", "signature": base64.b64encode(proof).decode(), "format": "web-eid:1.0", "appVersion": "https://pli.example/0.1",
    }  # fmt: skip
    trust = practice.trust() | {"certificates": [certificates.pem(authority.certificate).decode()]}
    assert judge("token-verify", token=token, nonce=nonce, origin=origin, **trust)["ok"] is True
    assert judge("token-verify", token=token, nonce=nonce, origin="https://evil.example", **trust)["ok"] is False
    assert (
        judge("token-verify", token=token, nonce=nonce[::-1].replace("=", "A"), origin=origin, **trust)["ok"] is False
    )


@pytest.mark.parametrize(("verb", "given"), [("no-such-verb", {}), ("view", {}), ("view", [])])
def test_bad_input_is_refused_by_exit_code(verb: str, given: object) -> None:
    program = Path(__file__).parent / "judge"
    done = subprocess.run(
        [sys.executable, str(program), verb], input=json.dumps(given).encode(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
