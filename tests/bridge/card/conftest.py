"""SoftHSM tokens with the keys of a CPS-like card, filled by OpenSC's pkcs11-tool."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bridge.pki.certificates import pem
from bridge.pki.issue import utc_now
from bridge.pki.sample_health_pki import SampleCard, SamplePki, issue_card_certificate
from tests.bridge.running import RunningBridge, running_bridge
from tests.vcard.fixtures import pcsc, stack  # noqa: F401

LIBRARY = next(
    (
        path
        for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"))
        if path.exists()
    ),
    Path("/usr/lib/softhsm/libsofthsm2.so"),
)
PIN = "4321"


@dataclass(frozen=True)
class HsmToken:
    """A SoftHSM token: its environment, and its serial number as the bridge's prompts show it."""

    environment: dict[str, str]
    serial: str


def make_token(folder: Path) -> HsmToken:
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    environment = {"SOFTHSM2_CONF": str(configuration)}
    run(environment, "softhsm2-util", "--init-token", "--free", "--label", "card", "--pin", PIN, "--so-pin", "87654321")
    shown = run(environment, "softhsm2-util", "--show-slots")
    return HsmToken(environment, re.findall(r"Serial number:\s+([0-9a-f]+)", shown)[0])


def put_key(
    token: HsmToken,
    folder: Path,
    identifier: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    certificate: x509.Certificate,
    usage: Iterable[str],
) -> None:
    """Write a key and its certificate under a CKA_ID, both labelled misleadingly on purpose."""
    files = (folder / f"{identifier}.key", folder / f"{identifier}.crt")
    files[0].write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    files[1].write_bytes(certificate.public_bytes(Encoding.DER))
    tool = (
        "pkcs11-tool",
        "--module",
        str(LIBRARY),
        "--login",
        "--pin",
        PIN,
        "--id",
        identifier,
        "--label",
        "Signature key",
    )
    run(token.environment, *tool, "--write-object", str(files[0]), "--type", "privkey", *usage)
    run(token.environment, *tool, "--write-object", str(files[1]), "--type", "cert")


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def holder(pki: SamplePki) -> SampleCard:
    return pki.cards["alice"]


def rsa_token(pki: SamplePki, folder: Path, *, uses: Iterable[str], always: Iterable[str] = ()) -> HsmToken:
    """A token with RSA-2048 keys for these uses; those `always` want the PIN at each use."""
    token = make_token(folder)
    usages = {
        "authentication": ["--usage-sign", "--usage-decrypt"],
        "signature": ["--usage-sign"],
        "encryption": ["--usage-decrypt"],
    }
    for number, use in enumerate(uses, 1):
        key = rsa.generate_private_key(65537, 2048)
        certificate = issue_card_certificate(holder(pki), use, pki.branches["fort"].issuing, key, utc_now())
        extra = ["--always-auth"] if use in always else []
        put_key(token, folder, f"0{number}", key, certificate, [*usages[use], *extra])
    return token


def hsm_bridge(token: HsmToken, folder: Path, pki: SamplePki) -> Iterator[RunningBridge]:
    """A bridge whose only cards are the token's."""
    modules = [{"id": "softhsm", "path": str(LIBRARY)}]
    changed = {name: os.environ.get(name) for name in token.environment}
    os.environ.update(token.environment)
    try:
        with running_bridge(folder, pki.directory, modules=modules, softwareCards=None) as bridge:
            bridge.set_pins({token.serial: PIN})
            yield bridge
    finally:
        for name, value in changed.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def with_issuer(pki: SamplePki, folder: Path) -> Path:
    """The operator's folder; the token holds no CA certificate, so the page sends the health chain along."""
    chain = folder / "operator" / "operator-ca"
    shutil.copytree(pki.directory / "operator-ca", chain)
    shutil.copytree(pki.directory / "crls", folder / "operator" / "crls")
    authority = pki.branches["fort"].issuing
    with (chain / "chain.pem").open("ab") as file:
        file.write(pem(authority.certificate))
    return folder / "operator"
