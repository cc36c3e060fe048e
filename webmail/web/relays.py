"""`/trust/crls`: the revocation lists of all anchors, relayed so that no bridge or page has to fetch them elsewhere."""

from base64 import b64encode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from webmail import trust


@require_safe
@cache_control(private=True, max_age=300)
def crls(request: HttpRequest) -> HttpResponse:
    """`GET /trust/crls`. Public data; every list is signed by its authority, so it needs no trust in us."""
    del request
    return JsonResponse({"crls": [b64encode(crl).decode() for crl in trust.crls()]})
