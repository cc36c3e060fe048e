"""HTML of a stranger, from the sanitiser to the sandboxed frame, in the browser itself."""

import pytest

from tests.chromium import answer, until

pytestmark = pytest.mark.browser

HOSTILE = """
<script>parent.document.title='owned'</script><img src=x onerror="document.title='owned'">
<img src="https://tracker.example/a.gif"><img srcset="https://tracker.example/b.gif 2x">
<table background="https://tracker.example/c.gif"><tr><td style="background:url(https://tracker.example/d.png);color:red">cell</td></tr></table>
<style>@import url(https://tracker.example/e.css)</style><link rel=stylesheet href=https://tracker.example/f.css>
<svg><image href="https://tracker.example/g.svg"/></svg><math><mtext><img src=https://tracker.example/h></mtext></math>
<form action="https://tracker.example/i"><input name=pin><button>Go</button></form>
<iframe src="https://tracker.example/j"></iframe><object data="https://tracker.example/k"></object>
<video poster="https://tracker.example/l" src="https://tracker.example/m"></video><base href="https://tracker.example/">
<meta http-equiv=refresh content="0;url=https://tracker.example/n"><a href="javascript:alert(1)">script</a>
<p style="position:fixed;top:0;font-weight:bold" id=main class=topbar>Kept <b>words</b>, and style= as text.</p>
<a href="https://real.example/x" target=_top ping="https://tracker.example/o">www.bank.example</a>
"""
DOT = "R0lGODlhAQABAPAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="

SANITISE = """async (html) => (await import('/static/js/viewers/sanitise.js')).sanitise(html)"""
SHOW = """async ({ html, dot }) => {
  await import('/static/js/viewers/mail-frame.js');
  const { sanitise } = await import('/static/js/viewers/sanitise.js');
  const frame = document.createElement('pli-mail-frame');
  const bytes = Uint8Array.from(atob(dot), (character) => character.charCodeAt(0));
  window.heard = [];
  for (const type of ['pli-link', 'pli-key']) frame.addEventListener(type, ({ detail }) => window.heard.push({ type, ...detail }));
  frame.html = sanitise(html).html;
  frame.images = [{ contentId: 'dot@x', type: 'image/gif', bytes }];
  document.body.append(frame);
}"""


def show(page, html):
    answer(page, SHOW, {"html": html, "dot": DOT})
    frame = page.wait_for_selector("pli-mail-frame iframe").content_frame()
    frame.wait_for_selector("#content > *", state="attached")
    return frame


def elsewhere(page, origin):
    return [url for url in page.requests if not url.startswith((origin, "blob:", "data:"))]


def test_sanitised_html_keeps_no_active_element(viewer):
    clean = answer(viewer, SANITISE, HOSTILE)["html"].lower()
    forbidden = (
        "<script",
        "onerror",
        "tracker.example",
        "<style",
        "<link",
        "<svg",
        "<math",
        "<form",
        "<input",
        "<button",
        "<iframe",
        "<object",
    )
    forbidden += ("<video", "<base", "<meta", "javascript:", "position", " id=", " class=", " target=", " ping=")
    assert [word for word in forbidden if word in clean] == []


def test_sanitised_html_keeps_words_and_harmless_style(viewer):
    clean = answer(viewer, SANITISE, HOSTILE)["html"]
    assert "Kept <b>words</b>, and style= as text." in clean
    assert 'style="color:red"' in clean
    assert 'style="font-weight:bold"' in clean.replace("top:0;", "")


def test_style_is_judged_by_what_it_becomes(viewer):
    """The names that styles and handlers travel under are words a letter may write too."""
    marks = ("data-pli-on", "DATA-PLI-ON", "data-pli-&#111;n", "data-pli-data-pli-onon")
    pieces = [f'<p style="top:0;positi{mark}:fixed;color:red">a</p>' for mark in marks]
    clean = [answer(viewer, SANITISE, piece)["html"] for piece in pieces]
    assert [piece for piece in clean if "posit" in piece.lower()] == []
    assert [piece for piece in clean if "color:red" not in piece] == []


def test_sanitising_counts_the_images_it_took_out(viewer):
    assert (
        answer(viewer, SANITISE, '<img src="https://a.example/1"><img src="//b.example/2"><img src="cid:x">')["blocked"]
        == 2
    )


def test_carried_images_wait_for_leave(viewer):
    """Those that the message brings along: shown when allowed, else left out and counted; never those of the network."""
    html = f'<img src="cid:dot@x"><img src="data:image/gif;base64,{DOT}"><img src="https://a.example/1">'
    script = "async ([html, images]) => (await import('/static/js/viewers/sanitise.js')).sanitise(html, { images })"
    allowed, held = answer(viewer, script, [html, True]), answer(viewer, script, [html, False])
    assert (allowed["withheld"], allowed["blocked"], allowed["hosts"]) == (0, 1, ["a.example"])
    assert "dot@x" in allowed["html"]
    assert "data:image/gif" in allowed["html"]
    assert (held["withheld"], held["blocked"]) == (2, 1)
    assert "dot@x" not in held["html"]
    assert "data:" not in held["html"]


def test_sender_cannot_name_an_image_past_the_leave(viewer):
    script = "async (html) => (await import('/static/js/viewers/sanitise.js')).sanitise(html, { images: false }).html"
    assert "data-cid" not in answer(viewer, script, '<img data-cid="dot@x"><img src="cid:x" data-cid="dot@x">')


def test_paper_shows_the_head_of_the_message(viewer):
    """Who, when and how signed goes on paper with the text; words stay words."""
    frame = show(viewer, "<p>words</p>")
    frame.evaluate(
        "() => { window.print = () => { window.printed = getComputedStyle(document.getElementById('head')).display; }; }"
    )
    viewer.evaluate(
        "() => document.querySelector('pli-mail-frame').print({ title: 'Avis <b>', lines: [['De', 'Bob <bob@x.example>'], ['Signature', 'Signé par Bob']] })"
    )
    until(frame, "window.printed !== undefined")
    assert (
        frame.evaluate("document.getElementById('head').textContent")
        == "Avis <b>DeBob <bob@x.example>SignatureSigné par Bob"
    )
    viewer.emulate_media(media="print")
    assert frame.evaluate("getComputedStyle(document.getElementById('head')).display") == "block"


def test_ordinary_style_leaves_no_complaint_of_the_policy(viewer):
    viewer.evaluate(
        SANITISE, """<p style="color:red">a</p><p/style='color:red'>b</p><td align="left"style="color:red">c"""
    )
    assert viewer.complaints == []


def test_collector_sees_what_goes_out(viewer, viewer_origin):
    """Else the tests below would prove nothing."""
    viewer.goto("about:blank")
    viewer.set_content('<img src="https://tracker.example/control.gif">')
    viewer.wait_for_timeout(500)
    assert elsewhere(viewer, viewer_origin) == ["https://tracker.example/control.gif"]


def test_hostile_html_fetches_nothing(viewer, viewer_origin):
    show(viewer, HOSTILE)
    viewer.wait_for_timeout(500)
    assert elsewhere(viewer, viewer_origin) == []
    assert viewer.title() == "Test"


def test_frame_fetches_nothing_even_unsanitised(viewer, viewer_origin):
    """The second wall alone: the frame's own policy."""
    answer(viewer, SHOW.replace("sanitise(html).html", "html"), {"html": HOSTILE, "dot": DOT})
    viewer.wait_for_timeout(800)
    assert elsewhere(viewer, viewer_origin) == []
    assert viewer.title() == "Test"


def test_frame_has_no_origin_of_ours(viewer):
    frame = show(viewer, "<p>words</p>")
    assert frame.evaluate("self.origin") == "null"
    assert frame.evaluate("(() => { try { return parent.document.title } catch { return 'refused' } })()") == "refused"


def test_image_of_the_message_itself_is_shown(viewer):
    frame = show(viewer, '<img src="cid:dot@x" alt="dot">')
    until(frame, "document.images[0]?.naturalWidth === 1")


def test_link_is_reported_and_opens_nothing(viewer, viewer_origin):
    frame = show(viewer, HOSTILE)
    frame.click("text=www.bank.example")
    until(viewer, "window.heard.length === 1")
    assert viewer.evaluate("window.heard") == [
        {"type": "pli-link", "href": "https://real.example/x", "text": "www.bank.example"}
    ]
    assert viewer.url.rstrip("/") == viewer_origin
    assert elsewhere(viewer, viewer_origin) == []


def test_keys_reach_the_desk_from_inside_the_frame(viewer):
    frame = show(viewer, '<a href="https://real.example/">link</a>')
    frame.focus("a")
    viewer.keyboard.press("j")
    until(viewer, "window.heard.length === 1")
    assert viewer.evaluate("window.heard") == [{"type": "pli-key", "key": "j"}]


def test_frame_grows_with_its_message(viewer):
    show(viewer, "<p>line</p>" * 100)
    until(viewer, "document.querySelector('iframe').clientHeight > 2000")


def test_what_is_dropped_on_a_message_takes_nobodys_place(viewer):
    frame = show(viewer, "<p>words</p>")
    until(frame, "document.querySelector('#content p') !== null")
    dropped = """() => ['dragover', 'drop'].map((type) => {
      const carried = new DataTransfer();
      carried.items.add(new File(['abc'], 'a.pdf'));
      return document.querySelector('p').dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: carried }));
    })"""
    assert frame.evaluate(dropped) == [False, False]
