"""The capabilities this server speaks and the limits it announces (RFC 8620 §2)."""

from typing import Any

CORE = "urn:ietf:params:jmap:core"
MAIL = "urn:ietf:params:jmap:mail"
SUBMISSION = "urn:ietf:params:jmap:submission"
WEBSOCKET = "urn:ietf:params:jmap:websocket"
KEYS = "https://pli.example/jmap/keys"

# 50 MB of message grow by a third in base64, and a seal adds a little: DESIGN §6 and API.md.
MAX_SIZE_UPLOAD = 70_000_000
MAX_SIZE_REQUEST = 10_000_000
MAX_CALLS_IN_REQUEST = 32
MAX_OBJECTS_IN_GET = 500
MAX_OBJECTS_IN_SET = 500
MAX_RECIPIENTS = 500

COLLATIONS: list[str] = []


def server_capabilities(websocket_url: str) -> dict[str, Any]:
    """The `capabilities` member of the session object."""
    return {
        CORE: {
            "maxSizeUpload": MAX_SIZE_UPLOAD,
            "maxConcurrentUpload": 4,
            "maxSizeRequest": MAX_SIZE_REQUEST,
            "maxConcurrentRequests": 8,
            "maxCallsInRequest": MAX_CALLS_IN_REQUEST,
            "maxObjectsInGet": MAX_OBJECTS_IN_GET,
            "maxObjectsInSet": MAX_OBJECTS_IN_SET,
            "collationAlgorithms": COLLATIONS,
        },
        MAIL: {},
        SUBMISSION: {},
        WEBSOCKET: {"url": websocket_url, "supportsPush": True},
        KEYS: {},
    }


def account_capabilities(*, may_submit: bool) -> dict[str, Any]:
    """The `accountCapabilities` of one mailbox (RFC 8621 §1.3)."""
    mail = {
        "maxMailboxesPerEmail": None,
        "maxMailboxDepth": 1,
        "maxSizeMailboxName": 4096,
        "maxSizeAttachmentsPerEmail": 50_000_000,
        "emailQuerySortOptions": ["receivedAt"],
        "mayCreateTopLevelMailbox": True,
    }
    granted: dict[str, Any] = {CORE: {}, MAIL: mail, KEYS: {}}
    if may_submit:
        granted[SUBMISSION] = {"maxDelayedSend": 0, "submissionExtensions": {}}
    return granted
