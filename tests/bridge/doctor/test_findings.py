import pytest

from bridge.doctor.findings import CardSeen, Running, Surroundings, findings


def running(**changes) -> Running:
    seen = {
        "port": 28610,
        "version": "0.1.0",
        "sites": ["https://mail.example"],
        "modules": {"opensc": "ready"},
        "readers": ["Reader"],
        "cards": [CardSeen("CPS Alice", "ready")],
    }
    return Running(**{**seen, **changes})


def bad(seen: Surroundings) -> list[str]:
    return [finding.code for finding in findings(seen) if not finding.good]


def test_all_well_is_said_link_by_link():
    codes = [finding.code for finding in findings(Surroundings("/etc/policy.json", running=running()))]
    assert codes == ["policy", "bridge", "sites", "reader", "card"]
    assert bad(Surroundings("/etc/policy.json", running=running())) == []


def test_a_refused_policy_ends_the_way():
    assert bad(Surroundings(refusal="writable by others", running=running())) == ["policy-refused"]


def test_an_absent_bridge_is_told_from_taken_ports():
    assert bad(Surroundings(taken=[28610], ports=8)) == ["bridge-absent"]
    assert bad(Surroundings(taken=list(range(28610, 28618)), ports=8)) == ["ports-taken"]


def test_a_bridge_without_sites_is_not_ready():
    assert bad(Surroundings(running=running(sites=[]))) == ["sites-none"]


@pytest.mark.parametrize(
    ("why", "help_", "code"),
    [
        ("NO_READER", "reader", "NO_READER"),
        ("NO_READER", "pcscd", "reader-service-stopped"),
        ("NO_CARD", "", "NO_CARD"),
        ("MODULE_MISSING", "Install …", "MODULE_MISSING"),
        ("CARD_IN_USE", "", "CARD_IN_USE"),
        ("CARD_UNSUPPORTED", "", "CARD_UNSUPPORTED"),
    ],
)
def test_an_empty_desk_is_explained(why, help_, code):
    assert bad(Surroundings(running=running(cards=[], why_none=why, help=help_))) == [code]


@pytest.mark.parametrize(
    ("state", "code"),
    [("pin-locked", "PIN_LOCKED"), ("last-try", "PIN_LAST_TRY"), ("unsupported", "CARD_UNSUPPORTED")],
)
def test_a_card_out_of_use_is_told_beside_a_good_one(state, code):
    cards = [CardSeen("A", state), CardSeen("B", "ready")]
    assert bad(Surroundings(running=running(cards=cards))) == [code]


def test_a_module_that_crashed_is_told_beside_the_card_of_another():
    assert bad(Surroundings(running=running(modules={"opensc": "ready", "other": "crashed"}))) == ["module-crashed"]
