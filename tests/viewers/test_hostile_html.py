"""The whole corpus of hostile HTML: nothing runs, nothing is fetched, and the browser has nothing to complain about."""

import pytest
from hostile_html import ALL, CLASSES, FAR, RUN

from tests.chromium import answer

pytestmark = pytest.mark.browser

CLEAN = """async (pieces) => {
  const { sanitise } = await import('/static/js/viewers/sanitise.js');
  return pieces.map((piece) => sanitise(piece).html);
}"""
# What may be left of any message, as the browser's own parser reads it.
EXAMINE = r"""(cleaned) => {
  const found = [];
  const names = /^(a|abbr|acronym|address|area|article|aside|b|bdi|bdo|big|blockquote|br|caption|center|cite|code|col|colgroup|dd|del|details|dfn|dir|div|dl|dt|em|figcaption|figure|font|footer|h[1-6]|header|hr|i|img|ins|kbd|li|main|map|mark|menu|nav|nobr|ol|p|pre|q|s|samp|section|small|span|strike|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var|wbr)$/;
  const fetching = /^(src|background|poster|data|srcset|ping|cite|action|lowsrc|dynsrc|longdesc)$/;
  for (const html of cleaned) {
    for (const element of new DOMParser().parseFromString(html, 'text/html').body.querySelectorAll('*')) {
      if (!names.test(element.localName)) found.push([element.localName, html]);
      for (const { name, value } of element.attributes) {
        if (/^(on|id$|name$|class$|target$|form|is$|xlink|autofocus|tabindex)/.test(name)) found.push([name, html]);
        if (fetching.test(name) && !/^data:image\/(png|jpeg|gif|webp);base64,/.test(value)) found.push([`${name}=${value}`, html]);
        if (name === 'href' && !/^(https?:|mailto:|tel:)/i.test(value) && /:/.test(value)) found.push([`href=${value}`, html]);
        if (name === 'style' && /url|image|import|\\|expression|position/i.test(value)) found.push([value, html]);
      }
    }
  }
  return found;
}"""
# Our sanitiser in the browser's own window, where the purifier looks at every node, and in the narrower one that it gets from us.
BOTH_WAYS = """async (pieces) => {
  const { sanitise, sanitiserIn } = await import('/static/js/viewers/sanitise.js');
  const TRUSTED_TYPES_POLICY = trustedTypes.createPolicy('pli', { createHTML: (text) => text, createScriptURL: (text) => text });
  const wide = sanitiserIn(window, { TRUSTED_TYPES_POLICY });
  return pieces.flatMap((piece) => [true, false].map((images) => [wide(piece, { images }), sanitise(piece, { images })]))
    .filter(([plain, ours]) => JSON.stringify(plain) !== JSON.stringify(ours));
}"""
ALIKE = (
    "<table><tr><td>1</td><td><b>2</b></td></tr></table><ul><li>a<li><p>b</ul>",
    "<b>&lt;i <!-- i --></b><p>&lt;i<!-- i --><b>x</b></p><b><!-- &lt;i --></b>",
    "<svg><b>x</b><desc><p>y</p></desc></svg><math><mi><b>z</b></mi></math><p>after</p>",
    "<svg></p><desc><div><b>x</b></div></desc><table><tr><td>y",
    "<form><input name=localName><input name=getAttributeNames><b>x</b></form><p>y</p>",
    "<x-y><b>a</b></x-y><center><p>b</p></center><template><p><b>c</b></p></template>",
    "<b>a</b><b>&lt;i <!-- i --></b><b>a</b><p><b>&lt;i <!-- i --></b><b>&lt;i</b>",
    "<a href='https://x.example/'>a</a>" * 3
    + "<a href=javascript:x>b</a>" * 3
    + "<a href=' https://x.example/'>c</a>" * 3,
    "<td title=x class=y><td title=x><tr><td title=x><table><tr>" + "<td title=x>a<td title=x class=y>b" * 3,
    "<b title='</style>'>a</b><b title='</style>'>b</b><b title=x>c</b><b title=x><x-y>d</x-y></b>",
    "<x-y title=x>a</x-y><x-y title=x><b>b</b></x-y><form title=x>c</form><form title=x><input name=attributes>d</form>",
    "<p style='color:red'>a</p>" * 2
    + "<p style='background:url(x)'>b</p>" * 2
    + "<img src=cid:x>" * 2
    + "<img src=http://x.example/>" * 3,
    "".join(f"<p title={number}>a</p>" for number in range(150)) * 2,
    "<p>a<br>b</p><div><p onclick=x>c</p><p>d</p></div>",
)
AROUND = (
    "{}",
    "{0}<p>{0}</p><div>{0}",
    "<table><tr><td>1 &lt;b&gt;</td><td>{}</td></tr></table>",
    "<p>before {}</p><!-- <b> --><p>after",
    "<svg><desc>{}</desc></svg><p>after</p>",
    "<math><mtext>{}</mtext></math><p>after</p>",
    "<form>{}<input name=getAttributeNames><input name=firstElementChild></form>",
    "<template>{}</template><x-y><p>y</p></x-y>",
    "<select><option>{}</select><p>after</p>",
)
SHOW_ALL = """async ({ pieces, sanitised }) => {
  await import('/static/js/viewers/mail-frame.js');
  const { sanitise } = await import('/static/js/viewers/sanitise.js');
  for (const piece of pieces) {
    const frame = document.createElement('pli-mail-frame');
    frame.html = sanitised ? sanitise(piece).html : piece;
    document.body.append(frame);
    await new Promise((resolve) => setTimeout(resolve, 120));
    frame.remove();
  }
  return globalThis.owned ?? null;
}"""


def fetched(page, origin):
    """What went out, or tried to, beyond the page's own files."""
    return [url for url in page.requests if url.startswith(("http", "ws")) and not url.startswith(origin)]


def test_corpus_is_large_and_knows_what_it_wants():
    assert len(ALL) >= 60
    assert len(set(ALL)) == len(ALL)
    assert all(RUN in piece or FAR[8:] in piece or kind in ("clobbering", "links", "fetching")
               for kind, pieces in CLASSES.items() for piece in pieces)  # fmt: skip


@pytest.fixture
def bare(chromium):
    """A page without any policy, whose every request is noted and refused."""
    page = chromium.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.route("**/*", lambda route: route.abort())
    yield page
    page.close()


def test_corpus_is_dangerous_without_us(bare):
    """In a page without policy the same pieces run and fetch: else nothing here would be proved."""
    for piece in (*CLASSES["handlers"][:2], *CLASSES["styles"][:4], *CLASSES["fetching"][:4]):
        bare.set_content(piece)
        bare.wait_for_timeout(60)
    assert bare.evaluate("self.owned") == 1
    assert len({url for url in bare.asked if url.startswith(FAR)}) >= 10


@pytest.mark.negative(40)
@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_left_is_harmless(viewer, bare, kind):
    """Read again by the browser's parser: no element, attribute or address beyond the few that a letter needs."""
    cleaned = answer(viewer, CLEAN, list(CLASSES[kind]))
    assert bare.evaluate(EXAMINE, cleaned) == []
    assert viewer.complaints == []


@pytest.mark.negative(40)
def test_walking_past_what_is_like_something_unchanged_changes_nothing(viewer):
    """Every piece, alone and within whatever changes how it is read, comes out as from the purifier that looks at each node, and is counted alike."""
    within = [around.format(piece) for around in AROUND for piece in (*ALL, *ALIKE)]
    assert answer(viewer, BOTH_WAYS, within) == []


@pytest.mark.negative(40)
def test_each_of_many_images_alike_is_stopped_and_counted(viewer):
    letter = f"<p><img src='{FAR}p'></p>" * 3 + "<img src=cid:x alt=y>" * 3
    (counted,) = answer(viewer, CLEAN.replace(".html);", ");"), [letter])
    assert (counted["blocked"], counted["hosts"]) == (3, [FAR[8:-1]])
    assert counted["html"] == "<p><img></p>" * 3 + '<img alt="y" data-cid="x">' * 3


@pytest.mark.negative(40)
def test_text_stays_the_text_it_was(viewer):
    """The walk passes over it: what it says of markup is neither markup afterwards nor lost."""
    spoken = [
        f"a &lt;img src=x onerror={RUN}&gt; b",
        f"<p>&amp;lt;script&amp;gt;{RUN}</p> between <b>&lt;b&gt;</b>\n",
        "<table><tbody><tr><td>1 &lt; 2</td>\n</tr>\n</tbody></table>",
    ]
    assert answer(viewer, CLEAN, spoken) == spoken


@pytest.mark.negative(30, 40, 42)
@pytest.mark.parametrize("kind", CLASSES)
def test_nothing_runs_and_nothing_is_fetched(viewer, viewer_origin, kind):
    """Shown as a reader sees it, and watched at the network: zero requests, no script, and a policy with nothing to refuse."""
    assert answer(viewer, SHOW_ALL, {"pieces": list(CLASSES[kind]), "sanitised": True}) is None
    assert fetched(viewer, viewer_origin) == []
    assert viewer.complaints == []
    assert viewer.title() == "Test"
    assert viewer.url.rstrip("/") == viewer_origin


@pytest.mark.negative(40)
@pytest.mark.parametrize("kind", CLASSES)
def test_second_wall_stands_alone(viewer, viewer_origin, kind):
    """The frame by itself, fed with the raw pieces: its own policy lets nothing run and nothing out."""
    assert answer(viewer, SHOW_ALL, {"pieces": list(CLASSES[kind]), "sanitised": False}) is None
    assert fetched(viewer, viewer_origin) == []
    assert viewer.title() == "Test"
    assert viewer.url.rstrip("/") == viewer_origin
