"""Where colours, room or direction are not the usual ones: paper, high contrast, a narrow phone, a low window, Arabic."""

import pytest

from tests.chromium import answer

pytestmark = pytest.mark.browser

SHOW = """async (tree) => {
  for (const name of ['tokens', 'base', 'mail', 'reader', 'composer']) {
    const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `/static/css/${name}.css` });
    const loaded = new Promise((resolve) => { sheet.onload = resolve; });
    document.head.append(sheet);
    await loaded;
  }
  const grow = ([name, kind, inside]) => {
    const made = Object.assign(document.createElement(name), { className: kind });
    made.append(...(typeof inside === 'string' ? [inside] : inside.map(grow)));
    return made;
  };
  document.body.replaceChildren(grow(tree));
}"""
STYLE = "([selector, part, name]) => getComputedStyle(document.querySelector(selector), part)[name]"
BOX = "(selector) => document.querySelector(selector).getBoundingClientRect().toJSON()"
ENDS = """() => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector('.message-text'));
  return [range.getBoundingClientRect().right, document.querySelector('.message-text').getBoundingClientRect().right];
}"""


def style(viewer, selector, name, part=None):
    return answer(viewer, STYLE, [selector, part, name])


def test_a_letter_is_printed_dark_on_white_for_who_chose_the_dark(viewer):
    answer(viewer, SHOW, ["div", "message-paper", [["div", "message-text", "Bonjour"]]])
    light = style(viewer, ".message-text", "color")
    answer(viewer, "() => { document.documentElement.dataset.theme = 'dark'; }")
    assert style(viewer, ".message-text", "color") != light
    viewer.emulate_media(media="print")
    assert style(viewer, ".message-text", "color") == light


def test_high_contrast_keeps_what_is_unread_and_where_one_writes(viewer):
    row, text = ["div", "row unread", "Bonjour"], ["textarea", "composer-text", ""]
    answer(viewer, SHOW, ["div", "", [row, text]])
    viewer.emulate_media(forced_colors="active")
    ground = style(viewer, ".row", "backgroundColor")
    assert style(viewer, ".row.unread", "backgroundColor", "::before") != ground
    viewer.keyboard.press("Tab")
    assert style(viewer, "textarea:focus-visible", "outlineStyle") == "solid"


def test_a_sentence_in_arabic_begins_at_the_right(viewer):
    answer(viewer, SHOW, ["div", "message-paper", [["div", "message-text", [["span", "", "نتائج التحاليل."]]]]])
    end, edge = answer(viewer, ENDS)
    assert edge - end < 40  # the padding of the paper
    answer(viewer, SHOW, ["div", "message-paper", [["div", "message-text", "Les résultats."]]])
    end, edge = answer(viewer, ENDS)
    assert edge - end > 200


def test_a_sign_stands_beside_its_words_on_the_narrowest_phone(viewer):
    viewer.set_viewport_size({"width": 240, "height": 640})
    words = ["div", "notice-text", "Le programme de carte ne répond pas."]
    answer(viewer, SHOW, ["div", "notice", [["span", "icon", ""], words]])
    assert answer(viewer, BOX, ".notice-text")["top"] < answer(viewer, BOX, ".icon")["bottom"]


@pytest.mark.parametrize(("height", "seen"), [(700, True), (400, False)])
def test_the_button_that_sends_is_in_sight_unless_lines_are_few(viewer, height, seen):
    viewer.set_viewport_size({"width": 640, "height": height})
    notices = ["div", "composer-notices", [["div", "notice", "Bonjour"]] * 30]
    form = ["form", "composer-form", [notices, ["div", "composer-foot", "Envoyer"]]]
    answer(viewer, SHOW, ["pli-composer", "", [form]])
    answer(
        viewer,
        "(height) => { document.querySelector('pli-composer').style.setProperty('height', `${height}px`); }",
        height,
    )
    assert (answer(viewer, BOX, ".composer-foot")["bottom"] <= height + 1) is seen
