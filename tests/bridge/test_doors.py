"""The doors: every refused caller gets the same octets, and nothing but an allowed page of this user gets in.

`RULES` says which tests stand for which rule of reference card-bridges §3.2 as DESIGN §5 amends it (one answer to all, no status of
its own for a wrong Host).
"""

import hashlib
import itertools
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bridge.doors import Doors
from bridge.flood import MAX_SOCKETS_PER_ORIGIN
from bridge.handshake_limits import HandshakeLimits
from bridge.peers import Endpoint, endpoint
from bridge.pki.sample_health_pki import SamplePki
from bridge.policy import Policy
from bridge.protocol import PORTS
from bridge.refusal import REFUSAL
from tests.bridge.other_user import run_as, uid_of
from tests.bridge.running import BRIDGE_PORTS, ORIGIN, ROOT, RunningBridge, running_bridge

RULES: Mapping[str, tuple[str, ...]] = {
    "bind to the loopback only, on the first free of the registered ports": (
        "tests/bridge/test_doors.py::test_the_listener_is_on_the_loopback_only",
        "tests/bridge/test_doors.py::test_two_bridges_take_two_ports",
        "tests/bridge/test_doors.py::test_the_ports_are_nobody_else_s",
    ),
    "the peer process belongs to the same user": (
        "tests/bridge/test_doors.py::test_another_user_of_this_computer_is_hung_up_on",
        "tests/bridge/peers/test_linux.py::test_what_the_kernel_does_not_say_is_nobody",
        "tests/bridge/peers/test_linux.py::test_only_the_exact_pair_of_ends_counts",
        "tests/bridge/peers/test_macos.py::test_both_ends_of_a_tcp_socket_are_read",
        "tests/bridge/peers/test_windows.py::test_rows_of_both_versions_are_read",
        "tests/bridge/test_shared_host.py::test_twenty_users_find_their_own_bridge_and_no_other",
    ),
    "Host is exact": (
        "tests/bridge/test_doors.py::test_every_refused_caller_gets_the_same_answer",
        "tests/bridge/test_policy.py::test_hosts_are_exact",
    ),
    "exactly one Origin, of an allowed page": (
        "tests/bridge/test_doors.py::test_every_refused_caller_gets_the_same_answer",
        "tests/bridge/test_policy.py::test_origins_are_those_a_browser_can_send",
    ),
    "the subprotocol is ours; /.well-known/pli-bridge tells allowed origins alone, and neither version nor name": (
        "tests/bridge/test_doors.py::test_every_refused_caller_gets_the_same_answer",
        "tests/bridge/test_doors.py::test_well_known_answers_allowed_origins_alone",
    ),
    "no request changes anything, and none tells whether a card is there": (
        "tests/bridge/test_doors.py::test_a_scan_changes_nothing_and_sees_no_card",
    ),
    "the relay window: not framed, a ticket for one use in a minute, the origin that the browser says": (
        "tests/bridge/test_relay.py::test_the_window_is_strict",
        "tests/bridge/test_relay.py::test_a_ticket_works_once",
        "tests/bridge/test_relay.py::test_what_is_no_introduction_is_refused",
        "tests/bridge/test_relay.py::test_only_the_bridge_s_own_page_reaches_the_relay_socket",
        "tests/bridge/test_relay_window.py::test_an_allowed_page_talks_through_the_window",
        "tests/bridge/test_relay_window.py::test_another_site_s_window_is_refused",
    ),
    "a handshake signed by the paired page key": (
        "tests/bridge/test_handshake.py::test_what_no_honest_side_says_is_refused",
        "tests/bridge/test_admission.py::test_a_page_that_is_not_paired_gets_nothing",
        "tests/bridge/test_admission.py::test_the_key_of_a_page_is_worth_nothing_elsewhere",
        "tests/bridge/test_unruly_page.py::test_a_frame_that_is_not_the_next_one_ends_the_socket",
    ),
    "pairing only while a person has opened it, or for the policy's origins": (
        "tests/bridge/commands/test_pairing_commands.py::test_a_site_pairs_only_after_a_person_opened_it",
        "tests/bridge/commands/test_pairing_commands.py::test_what_a_person_refuses_stays_closed",
        "tests/bridge/test_pairing.py::test_an_origin_of_the_policy_may_pair_at_any_time",
        "tests/bridge/test_pairing.py::test_another_origin_is_unknown_but_for_two_minutes",
    ),
    "pairing is a commitment, then six digits, shown in both places with the host": (
        "tests/bridge/test_handshake.py::test_somebody_between_cannot_choose_the_digits",
        "tests/bridge/test_handshake.py::test_a_nonce_chosen_after_the_answer_is_refused",
        "tests/bridge/test_admission.py::test_a_person_compares_the_digits_that_the_page_shows",
        "tests/bridge/test_pairing.py::test_a_person_sees_the_host_as_the_browser_writes_it_and_the_digits",
    ),
    "limits: handshakes, callers, sockets, prompts, operations": (
        "tests/bridge/test_pairing.py::test_handshakes_of_one_origin_are_counted_until_they_prove_harmless",
        "tests/bridge/test_pairing.py::test_all_origins_together_have_a_limit",
        "tests/bridge/desk/test_asking.py::test_three_prompts_nobody_answered_are_the_last_of_an_hour",
        "tests/bridge/desk/test_asking.py::test_the_second_cancellation_costs_half_a_minute",
        "tests/bridge/desk/test_asking.py::test_while_one_is_asked_another_is_told_to_come_back",
        "tests/bridge/test_admission.py::test_ten_handshakes_that_come_to_nothing_and_the_door_is_shut",
        "tests/bridge/test_admission.py::test_silence_is_hung_up_on",
        "tests/bridge/test_doors.py::test_silent_callers_do_not_keep_a_page_out",
        "tests/bridge/test_doors.py::test_a_dripped_request_is_cut_off",
        "tests/bridge/test_doors.py::test_a_flood_of_refused_callers_does_not_keep_a_page_out",
        "tests/bridge/test_doors.py::test_an_origin_has_so_many_sockets_and_no_more",
        "tests/bridge/test_doors.py::test_a_crowd_that_comes_at_once_gets_no_more",
        "tests/bridge/test_deaf_page.py::test_a_page_that_reads_no_answer_is_heard_no_more",
        "tests/bridge/test_limits.py::test_messages_are_bounded_by_the_minute_and_by_the_hour",
    ),
    "the policy, modules and prompt programs are nobody else's": (
        "tests/bridge/test_policy.py::test_a_policy_that_others_may_write_is_refused",
        "tests/bridge/test_policy.py::test_a_module_that_others_may_write_is_refused_at_start",
        "tests/bridge/test_policy.py::test_a_prompt_program_that_others_may_write_is_refused",
        "tests/bridge/test_ownership.py",
        "tests/bridge/card/test_trusted_library.py",
    ),
}

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UNLUCKY_PORTS = {9795, 9895, 9982, 24727, 31337, 63117}  # of other card programs

Fields = dict[str, str | list[str] | None]


@pytest.fixture(scope="module")
def standing(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("doors"), sample_pki.directory) as running:
        yield running


@pytest.fixture
def fresh(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    """A bridge for a test that spends limits."""
    with running_bridge(tmp_path, sample_pki.directory) as running:
        yield running


def headers(port: int, **changes: str | list[str] | None) -> Fields:
    return {
        "Host": f"127.0.0.1:{port}",
        "Origin": ORIGIN,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "pli-bridge.1",
        **changes,
    }


def request(fields: Fields, line: str = "GET / HTTP/1.1") -> bytes:
    lines = [line]
    for name, value in fields.items():
        lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value or [])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer_to(port: int, octets: bytes) -> bytes:
    """All that comes back, or the first part of a websocket."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as caller:
        caller.sendall(octets)
        answer = b""
        while not answer.startswith(b"HTTP/1.1 101") and (part := caller.recv(65536)):
            answer += part
    return answer


def ask(port: int, fields: Fields, *, path: str = "/", method: str = "GET") -> bytes:
    return answer_to(port, request(fields, f"{method} {path} HTTP/1.1"))


def farewell(caller: socket.socket) -> bytes:
    """What a caller that is to be refused gets; nothing where it had to make room for others."""
    with caller:
        try:
            return caller.recv(4096)
        except ConnectionError:
            return b""


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


REFUSED: Mapping[str, Fields] = {
    "no origin": {"Origin": None},
    "empty origin": {"Origin": ""},
    "null origin": {"Origin": "null"},
    "a file": {"Origin": "file://"},
    "two origins": {"Origin": [ORIGIN, ORIGIN]},
    "another origin": {"Origin": "https://evil.example"},
    "trailing slash": {"Origin": ORIGIN + "/"},
    "trailing dot": {"Origin": ORIGIN + "."},
    "the default port written out": {"Origin": ORIGIN + ":443"},
    "other case": {"Origin": ORIGIN.upper()},
    "plain http": {"Origin": ORIGIN.replace("https", "http")},
    "look-alike": {"Origin": ORIGIN + ".evil.example"},
    "look-alike letter": {"Origin": "https://mail.p\xecli.example"},
    "subdomain": {"Origin": ORIGIN.replace("mail.", "x.mail.")},
    "parent": {"Origin": ORIGIN.replace("mail.", "")},
    "two origins in one": {"Origin": f"{ORIGIN}, {ORIGIN}"},
    "two origins by a space": {"Origin": f"{ORIGIN} {ORIGIN}"},
    "the bridge's own origin": {"Origin": "http://127.0.0.1:28610"},
    "extension": {"Origin": "chrome-extension://abcdefghijklmnop"},
    "rebinding host": {"Host": "evil.example:28610"},
    "rebinding host without port": {"Host": "evil.example"},
    "a name that begins like us": {"Host": "127.0.0.1.evil.example:28610"},
    "another loopback address": {"Host": "127.0.0.2:28610"},
    "host without port": {"Host": "127.0.0.1"},
    "two hosts": {"Host": ["127.0.0.1:1", "127.0.0.1:2"]},
    "no host": {"Host": None},
    "no subprotocol": {"Sec-WebSocket-Protocol": None},
    "another subprotocol": {"Sec-WebSocket-Protocol": "chat"},
    "two subprotocols": {"Sec-WebSocket-Protocol": "pli-bridge.1, chat"},
    "no websocket": {"Upgrade": None, "Connection": None},
    "old version": {"Sec-WebSocket-Version": "8"},
    "bad key": {"Sec-WebSocket-Key": "short"},
    "a body announced": {"Content-Length": "5"},
    "a chunked body": {"Transfer-Encoding": "chunked"},
    "a field without end": {"X": "a" * 20_000},
    "too many fields": {"X": ["a"] * 200},
}
METHODS = ("POST", "PUT", "HEAD", "OPTIONS", "DELETE", "CONNECT", "PROPFIND")
MALFORMED = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    "an empty line": b"\r\n\r\n",
    "no target": b"GET\r\n\r\n",
    "another HTTP": b"GET / HTTP/9\r\n\r\n",
    "an old HTTP": b"GET / HTTP/1.0\r\n\r\n",
    "SSH": b"SSH-2.0-x\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a proxy's request": b"GET http://127.0.0.1/ HTTP/1.1\r\n\r\n",
    "a folded field": b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
    "a NUL": b"GET / HTTP/1.1\r\nA: b\x00\r\n\r\n",
    "line feeds alone": b"GET / HTTP/1.1\n\n",
    "two requests": b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_tests(rule: str) -> None:
    for name in RULES[rule]:
        file, _, test = name.partition("::")
        found = (ROOT / file).read_text("utf-8")
        assert not test or re.search(rf"^(async )?def {test}\(", found, re.MULTILINE), name


def test_an_allowed_page_gets_in(standing: RunningBridge) -> None:
    for host in (f"127.0.0.1:{standing.port}", f"localhost:{standing.port}", f"[::1]:{standing.port}"):
        assert ask(standing.port, headers(standing.port, Host=host)).startswith(b"HTTP/1.1 101")


@pytest.mark.negative(51, 52)
def test_every_refused_caller_gets_the_same_answer(standing: RunningBridge) -> None:
    answers = {name: ask(standing.port, headers(standing.port, **changes)) for name, changes in REFUSED.items()}
    assert {name: answer for name, answer in answers.items() if answer != REFUSAL} == {}
    assert REFUSAL == b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.negative(53)
@pytest.mark.parametrize("method", METHODS)
def test_no_method_but_get_is_told_from_a_refusal(standing: RunningBridge, method: str) -> None:
    for path in ("/", "/relay", "/.well-known/pli-bridge"):
        assert ask(standing.port, headers(standing.port), path=path, method=method) == REFUSAL
    posted = request(headers(standing.port, **{"Content-Length": "17"}), f"{method} / HTTP/1.1") + b'{"jsonrpc":"2.0"}'
    assert answer_to(standing.port, posted) == REFUSAL


@pytest.mark.parametrize("garbage", MALFORMED.values(), ids=MALFORMED)
def test_a_stranger_to_http_gets_the_same_answer(standing: RunningBridge, garbage: bytes) -> None:
    assert answer_to(standing.port, garbage) in {REFUSAL, b""}
    with socket.create_connection(("127.0.0.1", standing.port), timeout=15) as caller:
        caller.sendall(garbage)
        caller.shutdown(socket.SHUT_WR)
        assert caller.recv(4096) in {REFUSAL, b""}


@pytest.mark.parametrize("path", ["/other", "/table", "/relay/", "/relay/socket", "//", "/?a=b", "/%2e", "/relay?x"])
def test_there_is_nothing_at_other_paths(standing: RunningBridge, path: str) -> None:
    assert ask(standing.port, headers(standing.port), path=path) == REFUSAL


def test_well_known_answers_allowed_origins_alone(standing: RunningBridge) -> None:
    path, plain = "/.well-known/pli-bridge", {"Host": f"127.0.0.1:{standing.port}"}
    told = ask(standing.port, {**plain, "Origin": ORIGIN}, path=path)
    assert body_of(told) == b'{"protocols": ["pli-bridge.1"]}'
    fields = told.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert f"access-control-allow-origin: {ORIGIN}".encode() in fields
    assert not [field for field in fields if field.startswith((b"server", b"access-control-allow-credentials"))]
    for odd in (None, "null", "https://evil.example", [ORIGIN, ORIGIN]):
        assert ask(standing.port, {**plain, "Origin": odd}, path=path) == REFUSAL
    assert ask(standing.port, {"Host": "evil.example", "Origin": ORIGIN}, path=path) == REFUSAL


def scan(bridge: RunningBridge) -> dict[tuple[str, str, str], bytes]:
    """What a page without any right learns by images, forms and requests. The relay's ticket is random."""
    paths = ("/", "/relay", "/relay/socket", "/.well-known/pli-bridge", "/card.list", "/status", "/favicon.ico")
    found = {}
    for method in ("GET", "POST"):
        for path in paths:
            for origin in (None, "https://evil.example"):
                fields: Fields = {"Host": f"127.0.0.1:{bridge.port}", "Origin": origin}
                answer = ask(bridge.port, fields, path=path, method=method)
                found[method, path, str(origin)] = re.sub(rb'(name="ticket" content=")[^"]*', rb"\1", answer)
    return found


def state_of(bridge: RunningBridge) -> dict[str, str]:
    files = (file for file in (bridge.folder / "state").rglob("*") if file.is_file())
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.negative(53)
def test_a_scan_changes_nothing_and_sees_no_card(fresh: RunningBridge) -> None:
    before = state_of(fresh)
    with_cards = scan(fresh)
    assert state_of(fresh) == before
    for folder in fresh.cards.iterdir():
        fresh.change_card(folder.name, inserted=False)
    with fresh.page() as page:
        assert page.call("card.list")["cards"] == []
    assert scan(fresh) == with_cards
    assert fresh.prompts() == []


CALL = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) as caller:
    try:
        caller.sendall(bytes.fromhex(sys.argv[2]))
        print(caller.recv(100))
    except ConnectionError:
        print(b"")
"""


@pytest.mark.negative(54)
def test_another_user_of_this_computer_is_hung_up_on(standing: RunningBridge) -> None:
    """The same request, to the octet, from the bridge's own user and from the account `nobody`."""
    allowed = request(headers(standing.port))
    well_known = request(
        {"Host": f"127.0.0.1:{standing.port}", "Origin": ORIGIN}, "GET /.well-known/pli-bridge HTTP/1.1"
    )
    for octets in (allowed, well_known, request({}, "GET /relay HTTP/1.1"), b""):
        assert run_as(uid_of(), CALL, str(standing.port), octets.hex()) == "b''\n"
    assert answer_to(standing.port, allowed).startswith(b"HTTP/1.1 101")
    assert answer_to(standing.port, well_known).startswith(b"HTTP/1.1 200")


@pytest.mark.negative(60)
def test_silent_callers_do_not_keep_a_page_out(fresh: RunningBridge) -> None:
    silent = [socket.create_connection(("127.0.0.1", fresh.port), timeout=15) for _ in range(200)]
    with fresh.page() as page:
        assert page.call("bridge.status")["version"]
    assert {farewell(caller) for caller in silent} <= {REFUSAL, b""}


def test_a_dripped_request_is_cut_off(standing: RunningBridge) -> None:
    with socket.create_connection(("127.0.0.1", standing.port), timeout=0.2) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\n")
        answer = b""
        for _ in range(100):
            try:
                caller.sendall(b"X: y\r\n")
                answer = caller.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                pass
            break
        else:
            pytest.fail("a request that never ends is listened to for ever")
    assert answer in {b"", REFUSAL}


@pytest.mark.negative(60)
def test_a_flood_of_refused_callers_does_not_keep_a_page_out(fresh: RunningBridge) -> None:
    evil = request(headers(fresh.port, Origin="https://evil.example"))
    callers = []
    for _ in range(150):
        callers.append(socket.create_connection(("127.0.0.1", fresh.port), timeout=15))
        callers[-1].sendall(evil)
    with fresh.page() as page:
        assert page.call("bridge.status")["version"]
    assert {farewell(caller) for caller in callers} <= {REFUSAL, b""}


class Everybody:
    """Admission and limits that refuse nobody: what is left is the number of sockets."""

    def admits(self, _origin: str) -> bool:
        return True


class Stranger:
    """A system that does not say who anybody is."""

    def own(self) -> str:
        return "1000"

    def owner(self, _theirs: Endpoint, _ours: Endpoint) -> str | None:
        return None


def test_an_origin_has_so_many_sockets_and_no_more() -> None:
    doors = Doors(Everybody(), HandshakeLimits(clock=itertools.count(0, 61).__next__), Stranger())
    for _ in range(MAX_SOCKETS_PER_ORIGIN):
        assert doors.may_begin(ORIGIN)
        doors.entered(ORIGIN)
    assert not doors.may_begin(ORIGIN)
    assert doors.may_begin("https://other.example")
    doors.left(ORIGIN)
    assert doors.may_begin(ORIGIN)


@pytest.mark.negative(60)
def test_a_crowd_that_comes_at_once_gets_no_more(fresh: RunningBridge) -> None:
    """All of them knock before the first is in."""
    callers = [socket.create_connection(("127.0.0.1", fresh.port), timeout=15) for _ in range(80)]
    for caller in callers:
        caller.sendall(request(headers(fresh.port)))
    answers = [caller.recv(4096) for caller in callers]
    for caller in callers:
        caller.close()
    assert sum(answer.startswith(b"HTTP/1.1 101") for answer in answers) == MAX_SOCKETS_PER_ORIGIN
    assert answers.count(REFUSAL) == len(callers) - MAX_SOCKETS_PER_ORIGIN


def test_who_is_not_known_does_not_arrive() -> None:
    ends = endpoint(("127.0.0.1", 40000)), endpoint(("127.0.0.1", 28610))
    assert Doors(Everybody(), HandshakeLimits(), Stranger()).arrive(*ends) is None


def test_the_listener_is_on_the_loopback_only(standing: RunningBridge) -> None:
    outside = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in (one for one in outside if not str(one).startswith("127.")):
        with (
            pytest.raises(OSError, match=r"refused|timed out"),
            socket.create_connection((str(address), standing.port), timeout=2),
        ):
            pass
    listening = [row.split()[1] for row in Path("/proc/net/tcp").read_text().splitlines()[1:] if row.split()[3] == "0A"]
    assert {end for end in listening if end.endswith(f":{standing.port:04X}")} == {f"0100007F:{standing.port:04X}"}


def test_two_bridges_take_two_ports(standing: RunningBridge, sample_pki: SamplePki, tmp_path: Path) -> None:
    with running_bridge(tmp_path, sample_pki.directory) as second:
        assert second.port in BRIDGE_PORTS
        assert second.port != standing.port


def test_the_ports_are_nobody_else_s() -> None:
    assert len(PORTS) == 8
    assert Policy().ports == PORTS
    assert UNLUCKY_PORTS.isdisjoint(PORTS)
