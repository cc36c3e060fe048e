"""The vectors of recovery/: codes as people type them, a secret shared and combined, and what is derived from both."""

import hashlib
from dataclasses import replace
from typing import Any

from bridge.cms import shamir
from bridge.cms.errors import CodeRefused, ShareRefused
from bridge.cms.holder_keys import derive_holder_key, derive_login_key
from bridge.cms.recovery import Share, combine_shares, split_secret
from bridge.cms.recovery_code import format_code, groups, parse_code, qr_text
from bridge.cms.recovery_policy import PolicyKind, RecoveryPolicy
from bridge.pki.certificates import spki
from tests.vectors.cast import Cast
from tests.vectors.membership_cases.officers import share_holder
from tests.vectors.registers import bob, chloe, denis
from tests.vectors.writing import b64


def _secret(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def code_vectors(_cast: Cast) -> dict[str, Any]:
    """`text` as it was typed; what it is worth, and in which group a mistake is."""
    code = format_code(_secret("a sheet"))
    other = format_code(_secret("another sheet"))
    wrong = "3" if code[9] != "3" else "4"
    texts = {
        "as written": code,
        "in groups": " ".join(groups(code)),
        "in small letters, with dashes": "-".join(groups(code.lower())),
        "on several lines": "\n".join(" ".join(groups(code)[at : at + 7]) for at in (0, 7)),
        "o for 0, l and i for 1": code.lower().replace("0", "o").replace("1", "l", 1).replace("1", "i"),
        "from the QR code": qr_text(code),
        "all zero": format_code(bytes(32)),
        "all one": format_code(b"\xff" * 32),
        "one character wrong": code[:9] + wrong + code[10:],
        "two characters in the wrong order": swapped(code),
        "a letter that no code has": code[:20] + "U" + code[21:],
        "half of another sheet": code[:28] + other[28:],
        "the last character missing": code[:-1],
        "one group too many": code + "0000",
        "nothing": "",
    }
    return {"vectors": [{"name": name, "text": text} | _read(text) for name, text in texts.items()]}


def swapped(code: str) -> str:
    at = next(one for one in range(4, 55) if one % 4 != 3 and code[one] != code[one + 1])
    return code[:at] + code[at + 1] + code[at] + code[at + 2 :]


def _read(text: str) -> dict[str, Any]:
    try:
        secret = parse_code(text)
    except CodeRefused as error:
        return {"expect": error.reason, "group": error.group}
    return {"expect": "ok", "secret": b64(secret), "code": format_code(secret)}


def share_vectors(cast: Cast) -> dict[str, Any]:
    """`shares` (DER) under a policy; the secret they give, or which of them is at fault."""
    vectors = []
    for name, threshold in (("one of three", 1), ("two of three", 2), ("three of three", 3)):
        secret = _secret(name)
        shares = split_secret(secret, cast.mailbox_id, threshold, 3)
        policy = _policy(cast, threshold, shares)
        cases: dict[str, list[Share]] = {
            "all": shares,
            "in another order": shares[::-1],
            "the last that are enough": shares[3 - threshold :],
            "one too few": shares[: threshold - 1],
            "one altered": [*shares[:2], replace(shares[2], value=bytes(32))],
            "one under another index": [replace(shares[0], index=2), *shares[2:], shares[0]],
            "one twice": [shares[0], *shares],
            "one of another mailbox": [replace(shares[0], mailbox_id=bytes(16)), *shares[1:]],
        }
        vectors += [
            {
                "name": f"{name}: {case}",
                "policy": b64(policy.to_der()),
                "shares": [b64(share.to_der()) for share in given],
                **_combined(policy, given),
            }
            for case, given in cases.items()
        ]
    return {"vectors": vectors}


def _policy(cast: Cast, threshold: int, shares: list[Share]) -> RecoveryPolicy:
    people = zip((bob(), chloe(), denis()), shares, strict=True)
    holders = tuple(replace(share_holder(person), commitment=share.commitment) for person, share in people)
    return RecoveryPolicy(cast.mailbox_id, PolicyKind.OFFICERS, threshold, bytes(32), 60, 0, holders)


def _combined(policy: RecoveryPolicy, shares: list[Share]) -> dict[str, Any]:
    try:
        return {"expect": "ok", "secret": b64(combine_shares(policy, shares))}
    except ShareRefused as error:
        return {"expect": error.reason, "index": error.index}


def key_vectors(cast: Cast) -> dict[str, Any]:
    """DER SubjectPublicKeyInfos derived from `secret` for the mailbox, and the one that logs in."""
    vectors = [
        {
            "name": f"{kind} {name}",
            "kind": kind,
            "secret": b64(_secret(name)),
            "publicKey": b64(spki(derive_holder_key(_secret(name), cast.mailbox_id, kind).public_key())),
        }
        for kind in ("passkey", "recovery", "officer")
        for name in ("a", "b")
    ]
    login = spki(derive_login_key(_secret("a")).public_key())
    vectors.append({"name": "login", "kind": "login", "secret": b64(_secret("a")), "publicKey": b64(login)})
    return {"mailboxId": cast.mailbox_id.hex(), "vectors": vectors}


def field_vectors(_cast: Cast) -> dict[str, Any]:
    """Shares of longer and shorter secrets than ours, by index: the arithmetic alone."""
    vectors = []
    for threshold, count, length in ((1, 1, 1), (2, 3, 1), (3, 5, 16), (5, 8, 32), (2, 255, 2), (9, 9, 32)):
        secret = (_secret("field") * 2)[:length]
        shares = dict(enumerate(shamir.split(secret, threshold, count), 1))
        given = {index: shares[index] for index in list(shares)[-threshold:]}
        vectors.append(
            {
                "name": f"{threshold} of {count}, {length} bytes",
                "shares": {str(index): b64(value) for index, value in given.items()},
                "secret": b64(shamir.combine(given)),
            }
        )
    return {"vectors": vectors}
