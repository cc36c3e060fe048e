"""What people drop and paste into a message, in the composer itself."""

import pytest

from tests.chromium import answer

pytestmark = pytest.mark.browser

COMPOSE = """async () => {
  window.moduleOf = (name) => import(`/static/js/pages/${name}.js`);
  await moduleOf('composer');
  window.composer = document.createElement('pli-composer');
  document.body.append(composer);
  await composer.updateComplete;
  window.carrying = (files, text) => {
    const carried = new DataTransfer();
    for (const file of files) carried.items.add(file);
    if (text) carried.setData('text/plain', text);
    return carried;
  };
  window.send = (target, type, carried) => {
    const given = { bubbles: true, cancelable: true };
    const event = type === 'paste' ? new ClipboardEvent(type, { ...given, clipboardData: carried }) : new DragEvent(type, { ...given, dataTransfer: carried });
    return !target.dispatchEvent(event);
  };
  window.shown = (what) => new Promise((resolve) => {
    const look = () => composer.querySelector(what) && resolve();
    new MutationObserver(look).observe(composer, { childList: true, subtree: true });
    look();
  });
  window.settled = async () => { await new Promise((resolve) => { setTimeout(resolve); }); await composer.updateComplete; };
}"""
FILES = """async (type) => {
  const taken = send(composer.querySelector('textarea'), type, carrying([new File(['abc'], 'a.pdf'), new File(['d'], 'b.txt')]));
  await shown('.attachment');
  return [taken, composer.draft.attachments.map(({ name, bytes }) => [name, bytes.length])];
}"""
TEXT = """async () => {
  const table = send(composer.querySelector('textarea'), 'paste', carrying([new File(['x'], 'table.png')], 'a table'));
  const words = ['drop', 'paste'].map((type) => send(composer.querySelector('textarea'), type, carrying([], 'words')));
  return [table, ...words];
}"""
SLOW = """async (leaving) => {
  const noted = [];
  composer.addEventListener('pli-discarded', () => composer.remove());
  composer.store = { accounts: [], session: null, noteDraft: (draft) => noted.push(draft.attachments.length), check: async () => [], send: async () => noted.push('sent'), discardDraft: async () => {} };
  composer.draft = { ...composer.draft, to: [{ name: '', address: 'a@pli.example' }] };
  await composer.updateComplete;
  let read;
  Blob.prototype.arrayBuffer = () => new Promise((resolve) => { read = () => resolve(new ArrayBuffer(3)); });
  send(composer.querySelector('textarea'), 'drop', carrying([new File(['abc'], 'a.pdf')]));
  await composer.updateComplete;
  const press = new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true });
  composer.querySelector('textarea').dispatchEvent(press);
  const waits = composer.querySelector('[data-action=send]').disabled;
  if (leaving) composer.querySelector('[data-action=discard]').click();
  read();
  await settled();
  await settled();
  return [waits, noted, composer.querySelector('[data-action=send]').disabled];
}"""
TWICE = """async () => {
  const large = (name) => carrying([new File([new ArrayBuffer(25_000_000)], name)]);
  for (const name of ['a.bin', 'b.bin']) send(composer.querySelector('textarea'), 'drop', large(name));
  await shown('.attachment');
  await shown('[role=alert]');
  return [composer.draft.attachments.map(({ name }) => name), composer.tooLarge.length];
}"""
CLOSING = """async () => {
  const left = new Promise((resolve) => composer.addEventListener('pli-close', ({ detail }) => { composer.remove(); resolve(detail.draft); }));
  let read;
  Blob.prototype.arrayBuffer = () => new Promise((resolve) => { read = () => resolve(new ArrayBuffer(3)); });
  send(composer.querySelector('textarea'), 'drop', carrying([new File(['abc'], 'a.pdf')]));
  await settled();
  composer.querySelector('.composer-bar .icon-button').click();
  await settled();
  const waits = composer.isConnected;
  read();
  return [waits, (await left).attachments.map(({ name }) => name)];
}"""
SENDING = """async () => {
  composer.progress = { step: 'signing', done: 0, total: 1 };
  await composer.updateComplete;
  const ways = ['drop', 'paste'].map((type) => send(composer.querySelector('textarea'), type, carrying([new File(['abc'], 'a.pdf')])));
  await settled();
  return [...ways, composer.draft.attachments.length, composer.querySelector('input[type=file]').disabled];
}"""
FOLDER = """async () => {
  const { readFiles } = await moduleOf('dropping');
  const folder = new File([], 'Radios');
  folder.arrayBuffer = () => Promise.reject(new DOMException('', 'NotFoundError'));
  const found = await readFiles([new File(['abc'], 'a.pdf'), folder]);
  return [found.read.map(({ file }) => file.name), found.unread.map(({ name }) => name)];
}"""
BESIDE = """async () => {
  const { keepPageFromFiles } = await moduleOf('dropping');
  keepPageFromFiles();
  const files = carrying([new File(['abc'], 'a.pdf')]);
  const link = new DataTransfer();
  link.setData('text/uri-list', 'https://elsewhere.example/');
  const text = composer.querySelector('textarea');
  return ['dragover', 'drop'].map((type) => [send(document.body, type, files), send(document.body, type, link), send(text, type, link), send(document.body, type, carrying([], 'words'))]);
}"""
ADDRESSES = """async (text) => {
  const input = composer.querySelector('#to-input');
  const taken = send(input, 'paste', carrying([], text));
  await settled();
  return [taken, composer.draft.to.map(({ address }) => address), composer.querySelector('pli-recipients').text];
}"""


@pytest.fixture
def composing(viewer):
    answer(viewer, COMPOSE)
    return viewer


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_files_are_attached(composing, way):
    assert answer(composing, FILES, way) == [True, [["a.pdf", 3], ["b.txt", 1]]]


def test_text_goes_into_the_text(composing):
    """Also that of a table, which its program gives as a picture besides."""
    assert answer(composing, TEXT) == [False, False, False]


def test_no_letter_leaves_before_its_files_are_read(composing):
    assert answer(composing, SLOW, False) == [True, [1], False]


def test_a_file_read_late_brings_no_discarded_draft_back(composing):
    assert answer(composing, SLOW, True)[:2] == [True, []]


def test_files_of_two_goes_weigh_together(composing):
    assert answer(composing, TWICE) == [["a.bin"], 1]


def test_a_draft_is_kept_with_the_files_that_were_being_read(composing):
    assert answer(composing, CLOSING) == [True, ["a.pdf"]]


def test_a_letter_on_its_way_takes_no_file_that_would_not_go_with_it(composing):
    assert answer(composing, SENDING) == [False, False, 0, True]


def test_a_folder_keeps_no_file_out(composing):
    assert answer(composing, FOLDER) == [["a.pdf"], ["Radios"]]


def test_a_file_or_a_link_beside_the_message_takes_nobodys_place(composing):
    assert answer(composing, BESIDE) == [[True, True, False, False]] * 2


def test_addresses_one_below_the_other_are_several(composing):
    pasted = "a@pli.example\r\nb@pli.example\nDr Essai"
    assert answer(composing, ADDRESSES, pasted) == [True, ["a@pli.example", "b@pli.example"], "Dr Essai"]
    assert answer(composing, ADDRESSES, "c@pli.example")[0] is False
