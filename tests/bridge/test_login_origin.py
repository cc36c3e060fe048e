"""A login token says where it was asked for: the browser's own word for the page, not the page's."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.pki import web_eid
from bridge.pki.anchors import AnchorStore
from bridge.pki.errors import TokenError
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.desks import ORIGINS, challenge
from tests.bridge.running import running_bridge

OURS, THEIRS = ORIGINS


def verify(token: dict[str, Any], asked: str, origin: str, pki: SamplePki) -> None:
    """What a server of `origin` does with a token."""
    web_eid.verify_token(
        token,
        challenge=asked,
        origin=origin,
        anchors=AnchorStore.load(pki.anchor_entries(), pki.directory),
        chain=[pki.branches["fort"].issuing.certificate],
        crls=pki.crls(),
        at=datetime.now(UTC),
    )


@pytest.mark.negative(57)
def test_a_token_asked_for_by_another_site_fails_at_the_server(sample_pki: SamplePki, tmp_path: Path) -> None:
    """A hostile but paired site hands on our server's challenge; its token is good for itself alone."""
    asked = challenge()
    with running_bridge(tmp_path, sample_pki.directory, origins=ORIGINS) as bridge:
        with bridge.page(THEIRS) as page:
            token = page.call("auth.token", card=page.card("Alice"), challenge=asked)
        (prompt,) = bridge.prompts("pin")
    assert f"Asked by: {THEIRS}" in prompt["description"]
    verify(token, asked, THEIRS, sample_pki)
    with pytest.raises(TokenError):
        verify(token, asked, OURS, sample_pki)
