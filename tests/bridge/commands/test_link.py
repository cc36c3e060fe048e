import pytest

from bridge.commands.link import LinkMalformed, origin_of


def test_a_link_names_an_origin():
    assert origin_of("pli-bridge:pair?origin=https%3A%2F%2Fmail.example") == "https://mail.example"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://mail.example",
        "pli-bridge:pair",
        "pli-bridge:pair?origin=",
        "pli-bridge:pair?origin=https://a.example&origin=https://b.example",
        "pli-bridge:pair?origin=https://a.example&state=/tmp",
        "pli-bridge:stop?origin=https://a.example",
        "pli-bridge://pair?origin=https://a.example",
        "pli-bridge://[pair?origin=https://a.example",
        "--policy=/tmp/evil.json",
    ],
)
def test_anything_else_is_refused(link):
    with pytest.raises(LinkMalformed):
        origin_of(link)
