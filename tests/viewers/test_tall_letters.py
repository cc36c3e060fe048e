"""Letters piled upon letters stay in the line of whoever wrote them: they are not drawn over what the product says."""

import pytest

from tests.chromium import answer

pytestmark = pytest.mark.browser

SHOW = """async (size) => {
  for (const name of ['tokens', 'base', 'mail', 'reader']) {
    const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `/static/css/${name}.css` });
    const loaded = new Promise((resolve) => { sheet.onload = resolve; });
    document.head.append(sheet);
    await loaded;
  }
  const line = (kind, text) => Object.assign(document.createElement('div'), { className: kind, textContent: text });
  const tower = (kind) => {
    const drawn = document.createElement('span');
    Object.assign(drawn.style, { fontSize: size, lineHeight: '0', color: 'transparent', textDecoration: 'underline red 400px' });
    drawn.textContent = 'a';
    const around = line(kind, '');
    around.append(drawn);
    return around;
  };
  const kinds = ['reader-subject', 'reader-from', 'reader-to', 'attachment-name'];
  document.body.replaceChildren(line('signature', 'Proven'), ...kinds.flatMap((kind) => [tower(kind), line('signature', kind)]));
  for (const proof of document.querySelectorAll('.signature')) proof.style.setProperty('margin', '12px 0');
  for (const kind of kinds) document.querySelector(`.${kind}`).style.setProperty('height', '1.5em');
}"""


def test_names_and_subjects_stay_in_their_lines(viewer):
    """Which fonts pile letters up differs; what stands for a pile here is one letter with a very thick line under it."""
    answer(viewer, SHOW, "0px")
    plain = [proof.screenshot() for proof in viewer.locator(".signature").all()]
    answer(viewer, SHOW, "16px")
    assert [proof.screenshot() for proof in viewer.locator(".signature").all()] == plain
