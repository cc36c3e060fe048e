"""Every HTTP route of the server (docs/API.md). Static files are answered before, by the middleware."""

from django.urls import path, register_converter

from webmail.jmap import views as jmap
from webmail.web import card, frame, keys, opening, pages, passkey, recovery, relays, services


class Identifier:
    """32 lower-case hex digits: ids of mailboxes and blobs."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> str:
        """The id as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """The id as it stands."""
        return value


register_converter(Identifier, "id")

urlpatterns = [
    path("", pages.login),
    path("mail/", pages.mail),
    path("open/", pages.open_account),
    path("held/", pages.held),
    path("bridge-check", pages.bridge_check),
    path("mail-frame.html", frame.mail_frame),
    path("auth/challenge", card.challenge),
    path("auth/card", card.login),
    path("auth/logout", card.logout),
    path("auth/recovery", recovery.login),
    path("auth/passkey/options", passkey.login_options),
    path("auth/passkey", passkey.login),
    path("auth/passkey/register/options", passkey.register_options),
    path("auth/passkey/register", passkey.register),
    path("open/certify", opening.certify),
    path("open/complete", opening.complete),
    path("services/certify", services.certify),
    path("services/complete", services.complete),
    path("keys/certify", keys.certify),
    path("trust/crls", relays.crls),
    path("trust/anchors", relays.anchors),
    path(".well-known/jmap", jmap.session),
    path("jmap/api", jmap.api),
    path("jmap/upload/<id:account_id>", jmap.upload),
    path("jmap/download/<id:account_id>/<id:blob_id>", jmap.download),
]
