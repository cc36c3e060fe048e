"""`/trust/…`: revocation lists, relayed so that no bridge or page has to fetch them elsewhere; anchors for pages without a bridge."""

from base64 import b64encode

from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from webmail import trust


def _relayed_version(request: HttpRequest) -> str:
    del request
    return f'"{trust.relayed_version()}"'


@require_safe
@cache_control(private=True, max_age=300)
@condition(etag_func=_relayed_version)
def crls(request: HttpRequest) -> HttpResponse:
    """`GET /trust/crls`. Public data; every list is signed by its authority, so it needs no trust in us. The lists of
    a country are megabytes: a page that has them is told that nothing is new (RFC 9110 §13.1.2).

    `ocsps` are about authorities, which everybody needs; those about people come with their directory entries.
    """
    del request
    answers = {"crls": trust.crls(), "ocsps": trust.ocsps(trust.intermediates())}
    return JsonResponse({name: [b64encode(each).decode() for each in found] for name, found in answers.items()})


@require_safe
@cache_control(private=True, max_age=300)
def anchors(request: HttpRequest) -> HttpResponse:
    """`GET /trust/anchors`. For a page that has a passkey and no bridge: worth what the page itself is worth, no more."""
    del request
    listed = [
        {
            "certificate": b64encode(anchor.certificate.public_bytes(Encoding.DER)).decode(),
            "purposes": sorted(anchor.purposes),
        }
        for anchor in trust.anchors().anchors
    ]
    return JsonResponse({"anchors": listed, "operatorDomains": settings.PLI_DOMAINS})
