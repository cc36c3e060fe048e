"""The relay window in a real browser: what it says to whom, and whom it links."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.running import ORIGIN, RunningBridge, running_bridge
from tests.chromium import until

EVIL = "https://evil.example"

# A page's side of the window, as docs/PROTOCOL.md has it. What comes is kept in `heard`.
OPENER = """
<!doctype html><title>page</title><button>open</button><script>
  const heard = [], ports = [];
  var popup;
  addEventListener('message', (event) => {
    heard.push({ from: event.origin, data: event.data, ours: event.source === popup });
    if (event.data['pli-relay'] !== 'here' || ports.length) return;
    const { port1, port2 } = new MessageChannel();
    ports.push(port1);
    port1.onmessage = ({ data }) => heard.push(data instanceof ArrayBuffer ? { bytes: data.byteLength } : { port: data });
    event.source.postMessage({ 'pli-relay': 'connect' }, event.origin, [port2]);
  });
  const link = (address) => { popup = open(address, 'pli-relay', 'popup,width=420,height=320'); };
</script>
"""


@pytest.fixture(scope="module")
def standing(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("relay-window"), sample_pki.directory) as running:
        yield running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser in which every site shows the same page."""

    def answer(route: Route) -> None:
        policy = {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"}
        route.fulfill(body=OPENER, content_type="text/html", headers=policy)

    with chromium.new_context(locale="fr-FR") as opened:
        opened.route("https://**/*", answer)
        yield opened


def link(context: BrowserContext, bridge: RunningBridge, origin: str) -> tuple[Page, Page]:
    """The page of an origin, and the window it opened."""
    page = context.new_page()
    page.goto(origin + "/")
    with page.expect_popup() as opening:
        page.evaluate("address => link(address)", f"http://127.0.0.1:{bridge.port}/relay")
    return page, opening.value


def wait_to_hear(page: Page, what: str) -> None:
    until(page, f"heard.some((one) => {what})")


@pytest.mark.browser
def test_an_allowed_page_talks_through_the_window(standing: RunningBridge, context: BrowserContext) -> None:
    page, window = link(context, standing, ORIGIN)
    wait_to_hear(page, "one.port?.['pli-relay'] === 'open'")
    here = page.evaluate("heard[0]")
    assert here == {"from": f"http://127.0.0.1:{standing.port}", "data": {"pli-relay": "here"}, "ours": True}
    assert window.locator("h1").inner_text() == "Liaison établie"
    assert window.locator("#origin").inner_text() == ORIGIN
    assert window.evaluate("document.querySelector('meta[name=ticket]')") is None
    page.evaluate("ports[0].postMessage(new TextEncoder().encode('no hello').buffer)")
    wait_to_hear(page, "one.port?.['pli-relay'] === 'closed'")  # the octets reached the bridge, which wants a handshake


@pytest.mark.browser
def test_the_page_closes_the_window(standing: RunningBridge, context: BrowserContext) -> None:
    page, window = link(context, standing, ORIGIN)
    wait_to_hear(page, "one.port?.['pli-relay'] === 'open'")
    with window.expect_event("close"):
        page.evaluate("ports[0].postMessage({ 'pli-relay': 'close' })")
    wait_to_hear(page, "one.port?.['pli-relay'] === 'closed'")


@pytest.mark.browser
def test_closing_the_window_is_heard(standing: RunningBridge, context: BrowserContext) -> None:
    page, window = link(context, standing, ORIGIN)
    wait_to_hear(page, "one.port?.['pli-relay'] === 'open'")
    window.close(run_before_unload=True)
    wait_to_hear(page, "one.port?.['pli-relay'] === 'closed'")


@pytest.mark.browser
@pytest.mark.negative(44, 51)
def test_another_site_s_window_is_refused(standing: RunningBridge, context: BrowserContext) -> None:
    page, window = link(context, standing, EVIL)
    wait_to_hear(page, "one.port?.['pli-relay'] === 'closed'")
    assert page.evaluate("heard.filter((one) => one.port).length") == 1
    assert window.locator("h1").inner_text() == "Ce site n’est pas relié"


@pytest.mark.browser
@pytest.mark.negative(44)
def test_what_is_not_exactly_the_invitation_is_ignored(standing: RunningBridge, context: BrowserContext) -> None:
    """Other words, no port, two ports, a frame of the page instead of the page."""
    page = context.new_page()
    page.goto(ORIGIN + "/")
    page.evaluate("ports.push(null)")  # the page's own answer stays out
    with page.expect_popup() as opening:
        page.evaluate("address => link(address)", f"http://127.0.0.1:{standing.port}/relay")
    wait_to_hear(page, "one.data?.['pli-relay'] === 'here'")
    page.evaluate(
        """() => {
          const give = (message, ports) => popup.postMessage(message, '*', ports);
          const port = () => new MessageChannel().port2;
          give({ 'pli-relay': 'connect' }, []);
          give({ 'pli-relay': 'connect' }, [port(), port()]);
          give({ 'pli-relay': 'connect', more: 1 }, [port()]);
          give('connect', [port()]);
          give(null, [port()]);
          const frame = document.createElement('iframe');
          document.body.append(frame);
          frame.contentWindow.eval("parent.popup.postMessage({ 'pli-relay': 'connect' }, '*', [new MessageChannel().port2])");
        }"""
    )
    window = opening.value
    assert window.evaluate("document.body.dataset.state") == "waiting"
    page.evaluate("popup.postMessage({ 'pli-relay': 'connect' }, '*', [new MessageChannel().port2])")
    until(window, "document.body.dataset.state === 'open'")  # nothing of all that was taken for it


@pytest.mark.browser
def test_a_window_without_opener_has_nothing_to_do(standing: RunningBridge, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{standing.port}/relay")
    assert page.locator("h1").inner_text() == "Rien à faire ici"


@pytest.mark.browser
@pytest.mark.negative(45)
def test_the_window_cannot_be_framed(standing: RunningBridge, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(EVIL + "/")
    page.evaluate(
        "address => { const frame = document.createElement('iframe'); frame.src = address; document.body.append(frame); "
        "return new Promise((resolve) => (frame.onload = frame.onerror = resolve)).then(() => null); }",
        f"http://127.0.0.1:{standing.port}/relay",
    )
    assert not [frame for frame in page.frames if frame.url.endswith("/relay") and frame.query_selector("h1")]
