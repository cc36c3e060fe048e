"""What the Python parsers see in a sample, as facts that `readers.js` states of the same sample in the same words.

A refusal by a typed error is the fact `None`; any other exception is a crash. Run as a program (`readers.py NAME`) it reads
samples from stdin, each after its length in four octets, and answers each by one line of JSON.
"""

import base64
import hashlib
import json
import struct
import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: E402

from bridge.cms.binding import Binding  # noqa: E402
from bridge.cms.card_proof import CardProof  # noqa: E402
from bridge.cms.compressed import decompress  # noqa: E402
from bridge.cms.enveloped import Enveloped, parse_enveloped  # noqa: E402
from bridge.cms.errors import CmsError, Malformed  # noqa: E402
from bridge.cms.fields import Fields  # noqa: E402
from bridge.cms.grants import GrantBody, Holder, open_grant_with_prf, parse_grant  # noqa: E402
from bridge.cms.log import LogEntry, verify_entry  # noqa: E402
from bridge.cms.mailbox_keys import MailboxKeys, decode_epochs  # noqa: E402
from bridge.cms.password import unwrap_with_password  # noqa: E402
from bridge.cms.recovery import RecoveryRequest, Share  # noqa: E402
from bridge.cms.recovery_code import parse_code  # noqa: E402
from bridge.cms.recovery_policy import RecoveryPolicy  # noqa: E402
from bridge.cms.submission import require_enveloped  # noqa: E402
from bridge.cms.unwrapping import read_opening, read_whole, unwrap, unwrap_with_kek  # noqa: E402
from bridge.cms.verification import VerifiedSignedData, enclosed_certificates, verify_each_signed  # noqa: E402
from bridge.pki import certificates  # noqa: E402
from bridge.pki.errors import PkiError  # noqa: E402
from bridge.pki.health_identity import Identity  # noqa: E402
from tests.fuzz.channel_reader import channel  # noqa: E402

CORPUS = Path(__file__).parent / "corpus"
PASSKEY = json.loads((ROOT / "tests" / "vectors" / "grants" / "grants.json").read_text())
MOST_ITERATIONS = 100_000
Facts = dict[str, Any] | list[Any] | None


@cache
def keys() -> dict[str, Any]:
    return dict(json.loads((CORPUS / "keys.json").read_text()))


@cache
def _private_keys() -> tuple[Any, ...]:
    return tuple(load_der_private_key(_bytes(one["pkcs8"]), None) for one in keys()["openers"].values())


def cms(sample: bytes) -> Facts:
    """A layer of a message, whichever it is."""
    return {
        "enveloped": _typed(lambda: _enveloped(parse_enveloped(sample))),
        "signed": _typed(lambda: _signed(sample)),
        "certificates": _typed(lambda: [_hash(certificates.der(one)) for one in enclosed_certificates(sample)]),
        "compressed": _typed(lambda: _compressed(sample)),
    }


def _enveloped(layer: Enveloped) -> Facts:
    return {
        "kind": layer.kind.removesuffix("Data"),
        "contentType": layer.content_type,
        "cipher": layer.content_algorithm.name,
        "shortTag": layer.short_tag,
        "recipients": [info.kind for info in layer.recipients for _ in range(_named(info))],
        "content": _content(layer),
    }


def recipient(sample: bytes) -> Facts:
    """A RecipientInfo, and another that begins alike: read whole, and by its beginning, they are the same."""
    for one in (sample, sample[:-1] + bytes((sample[-1] ^ 1,))) if sample else ():
        if read_opening(one) != read_whole(one):
            raise AssertionError("read otherwise by its beginning")
    encrypted_key, plan = read_whole(sample)
    return {"encryptedKey": _hash(encrypted_key), "opens": plan is not None}


def _named(info: Any) -> int:
    """How many a RecipientInfo names: a kari any number."""
    return len(info.recipient_ids) if info.kind == "kari" else 1


def _content(layer: Enveloped) -> str | None:
    """SHA-256 of the content under one of the samples' keys; what implicit rejection makes up is none of them."""
    known = {bytes.fromhex(key) for key in keys()["contentKeys"]}
    for info in layer.recipients:
        for key in _keys_for(info, layer.content_algorithm.oid):
            content = _typed(lambda key=key: layer.decrypt(key)) if key in known else None
            if content is not None:
                return _hash(content)
    return None


def _keys_for(info: Any, algorithm: str) -> list[bytes]:
    found = [
        _typed(lambda k=private, lab=label: unwrap(info.der, k, content_algorithm=algorithm, label=lab))
        for private in _private_keys()
        for label in (None, "pli-message", "pli-summary")
    ]
    found.append(_typed(lambda: unwrap_with_kek(info.der, _bytes(keys()["kek"]))))
    if info.kind == "pwri" and 0 < (_typed(lambda: _iterations(info)) or 0) < MOST_ITERATIONS:
        found.append(_typed(lambda: unwrap_with_password(info.der, keys()["password"], content_algorithm=algorithm)))
    return [key for key in found if key]


def _iterations(info: Any) -> int:
    """Ten million are allowed, for a person who typed a password: too slow for thousands of samples."""
    if info.derivation is None:
        return 0
    fields = Fields.of(info.derivation.parameters)
    fields.octets()
    return fields.integer()


def _signed(sample: bytes) -> Facts:
    """Every signer, over the content enclosed or, detached, over the samples' one."""
    try:
        verified = verify_each_signed(sample)
    except Malformed:
        verified = verify_each_signed(sample, _bytes(keys()["content"]))
    return [_signer(one) for one in verified]


def _signer(one: VerifiedSignedData) -> dict[str, Any]:
    return {
        "contentType": one.content_type,
        "content": _hash(one.content),
        "digest": one.digest.hex(),
        "signingTime": _time(one.signing_time),
        "certificate": _hash(certificates.der(one.unverified_certificate)),
        "named": one.has_signing_certificate,
    }


def _compressed(sample: bytes) -> Facts:
    found = decompress(sample)
    return {"contentType": found.content_type, "content": _hash(found.content)}


def grant(sample: bytes) -> Facts:
    """A grant's body, and the storage key where the vectors' passkey opens it."""
    parsed = _typed(lambda: parse_grant(sample))
    if parsed is None:
        return None
    body = parsed.body
    unlock = next(one["unlock"]["passkey"] for one in PASSKEY["vectors"] if "passkey" in one["unlock"])
    opened = _typed(lambda: open_grant_with_prf(parsed, _bytes(unlock["credentialId"]), _bytes(unlock["prf"])))
    return {
        "grantId": body.grant_id.hex(),
        "mailboxId": body.mailbox_id.hex(),
        "address": body.address,
        "epoch": body.epoch,
        "role": body.role.value,
        "holder": [
            body.holder.kind.value,
            body.holder.reference.hex(),
            body.holder.id_type,
            body.holder.id_value,
            body.holder.name,
        ],
        "notBefore": _time(body.not_before),
        "notAfter": _time(body.not_after),
        "logSeq": body.log_seq,
        "prevLogHash": body.prev_log_hash.hex(),
        "storageKey": opened and _hash(opened.storage_key),
    }


def log_entry(sample: bytes) -> Facts:
    """One entry of a membership log whose signature holds, whoever signed."""
    nobody = Identity("card", "", "", "", "")
    verified = verify_entry(sample, validate_signer=lambda certificate, chain, at: nobody)
    entry = verified.entry
    return {
        "mailboxId": entry.mailbox_id.hex(),
        "address": entry.address,
        "seq": entry.seq,
        "prevHash": entry.prev_hash.hex(),
        "time": _time(entry.time),
        "kind": entry.kind.value,
        "grants": [one.hex() for one in entry.grants],
        "bindings": [one.hex() for one in entry.bindings],
        "signer": _hash(certificates.der(verified.signer_certificate)),
    }


def paper(sample: bytes) -> Facts:
    """Every DER structure of ours that stands alone or under a signature, whichever the sample is."""
    return {
        "body": _typed(lambda: _body(GrantBody.from_der(sample))),
        "binding": _typed(lambda: _binding(Binding.from_der(sample))),
        "entry": _typed(lambda: _entry(LogEntry.from_der(sample))),
        "policy": _typed(lambda: _policy(RecoveryPolicy.from_der(sample))),
        "request": _typed(lambda: _request(RecoveryRequest.from_der(sample))),
        "keys": _typed(lambda: _mailbox_keys(MailboxKeys.from_der(sample))),
        "history": _typed(lambda: sorted(decode_epochs(sample), reverse=True)),
        "share": _typed(lambda: Share.from_der(sample).index),
        "proof": _typed(lambda: list(CardProof.from_der(sample).algorithms)),
    }


def _holder(holder: Holder) -> list[str]:
    return [holder.kind.value, holder.reference.hex(), holder.id_type, holder.id_value, holder.name]


def _body(body: GrantBody) -> Facts:
    return {
        "place": [body.grant_id.hex(), body.mailbox_id.hex(), body.address, body.epoch, body.log_seq],
        "spkis": [body.encryption_spki.hex(), body.signature_spki.hex()],
        "holder": _holder(body.holder),
        "right": [body.role.value, body.history_from_epoch, _time(body.not_before), _time(body.not_after)],
        "holderKey": body.holder_key and body.holder_key.hex(),
    }


def _binding(binding: Binding) -> Facts:
    identity = binding.identity
    return {
        "place": [binding.mailbox_id.hex(), binding.address, binding.epoch],
        "spkis": [binding.encryption_spki.hex(), binding.signature_spki.hex()],
        "dates": [_time(binding.not_before), _time(binding.not_after)],
        "identity": [identity.level, identity.id_type, identity.id_value, identity.name, identity.profession],
    }


def _entry(entry: LogEntry) -> Facts:
    return {
        "place": [entry.mailbox_id.hex(), entry.address, entry.seq, entry.prev_hash.hex(), _time(entry.time)],
        "kind": entry.kind.value,
        "lists": [[one.hex() for one in hashes] for hashes in (entry.grants, entry.bindings, entry.ends)],
        "subject": entry.subject and entry.subject.hex(),
    }


def _policy(policy: RecoveryPolicy) -> Facts:
    numbers = [policy.threshold, policy.minutes, policy.messages]
    holders = [
        [one.reference.hex(), one.id_type, one.id_value, one.name, one.commitment.hex()] for one in policy.holders
    ]
    return {"kind": policy.kind.value, "numbers": numbers, "grantBody": policy.grant_body.hex(), "holders": holders}


def _request(request: RecoveryRequest) -> Facts:
    return {
        "place": [request.mailbox_id.hex(), request.request_id.hex(), _time(request.time)],
        "requester": _holder(request.requester),
        "key": request.request_key.hex(),
        "reason": request.reason,
    }


def _mailbox_keys(found: MailboxKeys) -> Facts:
    return {
        "storageKey": _hash(found.storage_key),
        "earlier": list(found.earlier),
        "confidentialKey": found.confidential_key and _hash(found.confidential_key),
    }


def code(sample: bytes) -> Facts:
    """A recovery code as it was typed."""
    return {"secret": _hash(parse_code(sample.decode(errors="replace")))}


def certificate(sample: bytes) -> Facts:
    """What is read of a certificate before its path is validated."""
    found = certificates.load_certificate(sample)
    return {
        "serial": found.serial_number,
        "emails": certificates.emails(found),
        "notBefore": _time(found.not_valid_before_utc),
        "notAfter": _time(found.not_valid_after_utc),
        "spki": certificates.spki_sha256(found).hex(),
    }


def summary(sample: bytes) -> Facts:
    """The row that the server makes of a clear message at delivery."""
    from webmail.domain.reading import read_message

    return dict(json.loads(read_message(sample).summary))


def submission(sample: bytes) -> Facts:
    """A message handed in: one encrypted layer, or refused."""
    found = require_enveloped(sample)
    return {"found": str(type(found).__name__)}


READERS: dict[str, Callable[[bytes], Facts]] = {
    "cms": cms, "grant": grant, "log": log_entry, "certificate": certificate, "headers": summary, "mime": summary,
    "submission": submission, "channel": channel, "recipient": recipient, "paper": paper, "code": code,
}  # fmt: skip


def read(name: str, sample: bytes) -> dict[str, Any]:
    """`{"facts": …}`, or `{"crash": …}` for an exception outside the typed tree."""
    try:
        return {"facts": _typed(lambda: READERS[name](sample))}
    except Exception as error:  # noqa: BLE001 -- this is what is looked for
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
        return {"crash": f"{type(error).__name__}: {error} at {where}"}


def _typed(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (CmsError, PkiError):
        return None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


def _hash(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(name: str) -> None:
    warnings.simplefilter("ignore")  # of `cryptography`, on odd certificates: they are what we feed it
    stream = sys.stdin.buffer
    while head := stream.read(4):
        sample = stream.read(struct.unpack(">I", head)[0])
        print(json.dumps(read(name, sample), default=str), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
