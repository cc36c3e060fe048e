"""What the frame shows stays in the frame: no overlay over the page, no link that leads anywhere, no port for a stranger."""

import pytest
from hostile_html import LINKS

from tests.chromium import answer

pytestmark = pytest.mark.browser

OVERLAY = (
    "<div style='position:fixed;inset:-999px;z-index:2147483647;background:#dff5e6'>Signé par Dr Bob LEFÈVRE</div>"
    "<div style='position:absolute;top:-300px;left:-300px;width:3000px;height:3000px;margin:-500px'>Prouvé</div>"
    "<dialog open style='position:fixed;top:0'>Carte de santé</dialog><p style='transform:translateY(-400px) scale(9)'>OK</p>"
)
# The page draws its bar above the frame, as the reader does.
SHOW_UNDER_A_BAR = """async ({ html, sanitised }) => {
  await import('/static/js/viewers/mail-frame.js');
  const { sanitise } = await import('/static/js/viewers/sanitise.js');
  const bar = document.createElement('p');
  bar.id = 'bar';
  bar.textContent = 'bar';
  const frame = document.createElement('pli-mail-frame');
  frame.html = sanitised ? sanitise(html).html : html;
  document.body.replaceChildren(bar, frame);
}"""
TOPMOST = """() => {
  const { left, top, width, height } = document.querySelector('#bar').getBoundingClientRect();
  const points = [[1, 1], [width / 2, height / 2], [width - 1, height - 1]];
  return points.map(([x, y]) => document.elementFromPoint(left + x, top + y)?.id);
}"""
CLICK_ALL = """async () => {
  for (const link of document.querySelectorAll('a, area')) {
    for (const type of ['click', 'auxclick']) link.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, composed: true, button: type === 'click' ? 0 : 1 }));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  return location.href;
}"""
SHOW = """async ({ html, sanitised }) => {
  await import('/static/js/viewers/mail-frame.js');
  const { sanitise } = await import('/static/js/viewers/sanitise.js');
  const frame = document.createElement('pli-mail-frame');
  window.heard = [];
  frame.addEventListener('pli-link', ({ detail }) => window.heard.push(detail.href));
  frame.html = sanitised ? sanitise(html).html : html;
  document.body.replaceChildren(frame);
}"""
TARGETS = """async () => {
  const { linkTarget } = await import('/static/js/viewers/links.js');
  return window.heard.map((href) => linkTarget(href, 'x')?.href ?? null);
}"""


def shown(page, script, html, *, sanitised):
    answer(page, script, {"html": html, "sanitised": sanitised})
    frame = page.wait_for_selector("pli-mail-frame iframe").content_frame()
    frame.wait_for_selector("#content > *", state="attached")
    return frame


@pytest.mark.negative(41)
@pytest.mark.parametrize("sanitised", [True, False])
def test_overlay_is_confined(viewer, sanitised):
    """With and without the first wall: the bar stays the topmost thing where it stands, and nothing covers it."""
    shown(viewer, SHOW_UNDER_A_BAR, OVERLAY, sanitised=sanitised)
    viewer.wait_for_timeout(200)
    assert viewer.evaluate(TOPMOST) == ["bar", "bar", "bar"]


@pytest.mark.negative(41)
def test_nothing_leaves_the_flow(viewer):
    frame = shown(viewer, SHOW_UNDER_A_BAR, OVERLAY, sanitised=True)
    positions = frame.evaluate("[...content.querySelectorAll('*')].map((one) => getComputedStyle(one).position)")
    assert set(positions) == {"static"}


@pytest.mark.negative(42)
@pytest.mark.parametrize("sanitised", [True, False])
@pytest.mark.parametrize("html", LINKS)
def test_links_of_every_kind_are_inert(viewer, viewer_origin, html, sanitised):
    """Clicked with both buttons, in the clean frame and in the raw one: nobody moves, and only web and mail are offered."""
    frame = shown(viewer, SHOW, html, sanitised=sanitised)
    assert answer(frame, CLICK_ALL) == f"{viewer_origin}/mail-frame.html"
    assert viewer.url.rstrip("/") == viewer_origin
    assert viewer.evaluate("self.owned") is None
    assert len(viewer.context.pages) == 1
    targets = [target for target in answer(viewer, TARGETS) if target]
    assert all(target.startswith(("https:", "http:", "mailto:", "tel:")) for target in targets)
    if sanitised:
        assert not any(
            href.lower().lstrip().startswith(("javascript", "data", "blob", "file"))
            for href in viewer.evaluate("heard")
        )


FRAMES = """async () => {
  for (const name of ['reader', 'stranger']) {
    const frame = document.createElement('iframe');
    Object.assign(frame, { name, src: '/mail-frame.html' });
    frame.setAttribute('sandbox', 'allow-scripts');
    document.body.append(frame);
    await new Promise((resolve) => { frame.onload = resolve; });
  }
}"""
SPEAK = """async (html) => {
  const { port1, port2 } = new MessageChannel();
  const said = [];
  port1.onmessage = ({ data }) => said.push(data);
  parent.frames.reader.postMessage({ pli: 'port' }, '*', [port2]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  port1.postMessage({ html, images: [], language: 'fr', title: 'x' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  return said.length;
}"""
SPEAK_AS_PARENT = SPEAK.replace("parent.frames.reader", "frames.reader")


@pytest.mark.negative(44)
def test_port_of_a_foreign_window_is_ignored(viewer):
    """A sibling offers a port: no answer, nothing shown. Then the parent does, which works once; a second port is too late."""
    answer(viewer, FRAMES)
    reader, stranger = (viewer.frame(name) for name in ("reader", "stranger"))
    assert answer(stranger, SPEAK, "<p>faux</p>") == 0
    assert reader.inner_text("#content") == ""
    assert answer(viewer, SPEAK_AS_PARENT, "<p>vrai</p>") > 0
    assert reader.inner_text("#content") == "vrai"
    assert answer(viewer, SPEAK_AS_PARENT, "<p>plus tard</p>") == 0
    assert answer(stranger, SPEAK, "<p>faux</p>") == 0
    assert reader.inner_text("#content") == "vrai"
