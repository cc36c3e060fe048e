"""Errors of the domain; every `code` is stable and goes over the wire, no text of theirs holds content.

DomainError
├── AccessDenied            forbidden: not a member, or not with that right, or not now
├── StepUpRequired          step-up-required: show the card or passkey once more
├── NotFound                notFound
├── VersionMismatch         stateMismatch: an object was written by someone else meanwhile
├── CannotCalculateChanges  cannotCalculateChanges: the asked state is not one of ours
├── InvalidProperties       invalidProperties, with `properties`
├── AlreadyExists           alreadyExists
├── BeingAnswered           beingAnswered: a colleague has begun to, and was not named as the one to take over from
├── ActRefused              actRefused, with `reason`: an act that its signer may not do, or a rule of the establishment
├── MessageLimit            message-limit, with `limit`: so many messages were opened in an emergency, and no more are
├── TooLarge                tooLarge
├── OverQuota               overQuota
├── FolderNotEmpty          mailboxHasEmail
├── DeliveryRefused         delivery-refused: for good (unknown recipient)
├── DeliveryDeferred        delivery-deferred: try again (no usable key, seal failed, disk)
├── OpeningRefused          `code` is address-taken, address-refused, rpps-mismatch, request-invalid, proof-invalid, card-required,
│                           bridge-required, not-listed or name-differs
├── NetworkRefused          network-refused, with `refused`: no list can be taken whose own line cannot be used
├── ExchangeFailed          `code` is unreachable, refused, too-slow, too-large or address-refused: no revocation answer came
└── LoginRefused            `code` is challenge-expired, token-invalid, certificate-expired, certificate-revoked,
                            certificate-untrusted, wrong-key-usage, passkey-unknown, passkey-refused, card-required,
                            bridge-required, credential-retired or code-refused
"""

from collections.abc import Sequence
from typing import Any


class DomainError(Exception):
    """Whatever the domain refuses."""

    code = "domain-error"

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason or self.code)


class AccessDenied(DomainError):
    code = "forbidden"


class StepUpRequired(DomainError):
    code = "step-up-required"


class NotFound(DomainError):
    code = "notFound"


class VersionMismatch(DomainError):
    code = "stateMismatch"


class CannotCalculateChanges(DomainError):
    code = "cannotCalculateChanges"


class InvalidProperties(DomainError):
    """`properties` names the members at fault (RFC 8620 §5.3)."""

    code = "invalidProperties"

    def __init__(self, *properties: str) -> None:
        super().__init__("invalid: " + ", ".join(properties))
        self.properties = properties


class ActRefused(DomainError):
    """`reason` is that of `bridge.cms` (act-refused, log-refused, grant-refused), or `tenant-…` for a rule of the tenant."""

    code = "actRefused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"act refused: {reason}")
        self.reason = reason


class SuccessorNeeded(DomainError):
    """`addresses` are those of shared mailboxes that nobody else owns: without an owner nobody could change their keys again."""

    code = "successorNeeded"

    def __init__(self, addresses: tuple[str, ...]) -> None:
        super().__init__("nobody else owns: " + ", ".join(addresses))
        self.addresses = addresses


class AlreadyExists(DomainError):
    code = "alreadyExists"


class BeingAnswered(DomainError):
    code = "beingAnswered"


class MessageLimit(DomainError):
    """`limit` is what the policy that the mailbox was opened by allows."""

    code = "message-limit"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} messages were opened")
        self.limit = limit


class TooLarge(DomainError):
    code = "tooLarge"


class OverQuota(DomainError):
    code = "overQuota"


class FolderNotEmpty(DomainError):
    code = "mailboxHasEmail"


class DeliveryRefused(DomainError):
    code = "delivery-refused"


class DeliveryDeferred(DomainError):
    code = "delivery-deferred"


class OpeningRefused(DomainError):
    """An account cannot be opened so."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NetworkRefused(DomainError):
    """`refused` are `network_file.Refusal`s, in the order of the lines; nothing was changed."""

    code = "network-refused"

    def __init__(self, refused: Sequence[Any]) -> None:
        super().__init__(f"{len(refused)} lines refused")
        self.refused = refused


class ExchangeFailed(DomainError):
    """A responder or a place of revocation lists gave nothing that can be looked at."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class LoginRefused(DomainError):
    """A login that did not prove who it is."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
