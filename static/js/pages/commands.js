// What keys, buttons and links on the desk ask for, and what is done then with the message that is open.
import { t } from '../i18n.js';
import { forgetBlob } from '../viewers/blobs.js';
import { linkTarget } from '../viewers/links.js';
import { loadPlace } from './places.js';
import { emptyDraft, forwardDraft, forwardWholeDraft, mailtoDraft, replyDraft } from './reply.js';
import { commandOf, shortcutsView, typing } from './shortcuts.js';

/** @typedef {import('./shell.js').Shell} Shell */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('./store-types.js').Row} Row */

/** @param {Shell} shell @param {KeyboardEvent} event */
export function keyPressed(shell, event) {
  const command = commandOf(event);
  if (!command || shell.asking || shell.store?.phase !== 'open' || typing(event.target instanceof Element ? event.target : null, event.key)) return;
  event.preventDefault();
  run(shell, command);
}

/** A key pressed in a message's frame, which may keep the focus when it opened a dialog. @param {Shell} shell @param {string} command */
export function frameKeyPressed(shell, command) {
  if (!shell.asking) run(shell, command);
  else if (command === 'leave') (shell.above()?.open ? shell.above() : shell.dialog())?.close();
}

/** @param {Shell} shell @param {string} command @param {OpenedMessage|null} [message] */
export function run(shell, command, message = shell.reader()?.message ?? null) {
  switch (command) {
    case 'next': shell.list()?.move(1); break;
    case 'previous': shell.list()?.move(-1); break;
    case 'open': shell.list()?.openCursor(); break;
    case 'compose': shell.write(emptyDraft()); break;
    case 'help': shell.dialog()?.show((close) => shortcutsView(close)); break;
    case 'leave': shell.leave(); break;
    default: runOnMessage(shell, command, message);
  }
}

/** @param {Shell} shell @param {string} command @param {OpenedMessage|null} message */
function runOnMessage(shell, command, message) {
  const own = shell.store?.session?.mailbox.address ?? '';
  if (!shell.row) return;
  switch (command) {
    case 'remove': moveTo(shell, 'trash', t('Message deleted')); return;
    case 'archive': moveTo(shell, 'archive', t('Message archived')); return;
    case 'unread': setKeyword(shell, '$seen', false); shell.leave(); return;
    case 'done': void shell.attempt(() => shell.desk?.finish(shell.row?.id ?? '')); return;
    case 'flag': setKeyword(shell, '$flagged', !shell.row.keywords['$flagged']); return;
    default:
  }
  if (!message || message.quarantined) return;
  if (command === 'reply' || command === 'replyAll') void shell.attempt(() => shell.desk?.answer(message.id, replyDraft(message, { all: command === 'replyAll', own }), (draft) => shell.write(draft)));
  else if (command === 'forward') shell.write(forwardDraft(message));
  else if (command === 'forwardWhole') void shell.attempt(() => forwardWhole(shell, message));
  else if (command === 'print') shell.reader()?.print();
  else if (command === 'readers') void shell.attempt(() => showReaders(shell, message.id));
  else if (command === 'confidential') void shell.attempt(() => askConfidential(shell));
  else if (command === 'held') void shell.attempt(() => showHeld(shell, message));
}

/** @param {Shell} shell @param {OpenedMessage} message */
async function forwardWhole(shell, message) {
  const { store } = shell;
  if (store) shell.write(await forwardWholeDraft(message, (whole) => store.original(whole)));
}

/** @param {Shell} shell */
async function askConfidential(shell) {
  const [{ confidentialDialog }, { confidentialFrench }] = await Promise.all([import('./confidential.js'), import('./confidential-french.js')]);
  const [, { row, store }] = [await confidentialFrench(), shell];
  shell.dialog()?.show((close) => confidentialDialog(store, row, close, () => void shell.attempt(() => marked(shell, row))), 'confidential-dialog');
}

/** The row stands in another list now. @param {Shell} shell @param {Row|null} row */
async function marked(shell, row) {
  const next = row && (await shell.store?.row(row.id));
  if (next && shell.row?.id === next.id) shell.row = next;
  shell.say(next?.confidential ? t('Confidential from now on') : t('Everybody who reads here sees it'));
  shell.list()?.refresh();
}

/** @param {Shell} shell @param {OpenedMessage} message */
async function showHeld(shell, message) {
  const { heldDialog } = await import('./held-dialog.js');
  shell.dialog()?.show((close) => heldDialog(shell.store, shell.row, message, close), 'held-dialog');
}

/** @param {Shell} shell @param {string} messageId */
async function showReaders(shell, messageId) {
  await loadPlace('trace');
  const [{ readersDialog }, { store }] = [await import('./trace.js'), shell];
  if (store) shell.dialog()?.show((close) => readersDialog(store, messageId, close), 'readers-dialog');
}

/** @param {Shell} shell @param {import('./store-types.js').Attachment} attachment */
export async function openSeparately(shell, attachment) {
  const { store } = shell;
  const within = shell.reader()?.message;
  const { separateView } = await import('./dialogs.js');
  if (store && within) shell.dialog()?.show((close) => separateView({ store, attachment, within }, close), 'separate-dialog');
}

/** @param {Shell} shell @param {{url: string, name: string}} image of an attachment */
export async function showImage(shell, image) {
  const { previewView } = await import('./dialogs.js');
  shell.above()?.show((close) => previewView(image, close), 'preview-dialog', () => forgetBlob(image.url));
}

/** @param {Shell} shell @param {string} id of a message that a copy was made of */
export async function openOriginal(shell, id) {
  shell.dialog()?.close();
  const row = await shell.store?.row(id);
  if (row) shell.open(row);
}

/** @param {Shell} shell @param {string} keyword @param {boolean} on */
export async function setKeyword(shell, keyword, on) {
  const { row } = shell;
  if (!row) return;
  row.keywords = { ...row.keywords, [keyword]: on };
  shell.list()?.requestUpdate();
  shell.reader()?.requestUpdate();
  await shell.attempt(() => shell.store?.setKeywords(row.id, { [keyword]: on }));
}

/** @param {Shell} shell @param {'trash'|'archive'} role @param {string} said */
async function moveTo(shell, role, said) {
  const { row, store } = shell;
  const target = store?.folders.find((folder) => folder.role === role);
  if (!row || !store) return;
  const next = shell.list()?.neighbour() ?? null;
  const here = shell.folder()?.role === role;
  await shell.attempt(async () => {
    if (here || !target) await store.destroy([row.id]);
    else await store.move([row.id], target.id);
    shell.row = shell.pane === 'reader' && next && !matchMedia('(max-width: 47.99rem)').matches ? next : null;
    if (!shell.row && !shell.place) shell.pane = 'list';
    shell.say(said);
  });
  shell.list()?.refresh();
}

/** @param {Shell} shell @param {string} href @param {string} text */
export function follow(shell, href, text) {
  const target = linkTarget(href, text);
  if (/^\s*mailto:/i.test(href)) void shell.attempt(() => writeTo(shell, href));
  else if (target && target.kind !== 'mail') void shell.attempt(() => showLink(shell, target));
}

/** @param {Shell} shell @param {import('../viewers/links.js').LinkTarget} target */
async function showLink(shell, target) {
  const { linkView } = await import('./dialogs.js');
  shell.dialog()?.show((close) => linkView(target, close));
}

/** @param {Shell} shell @param {import('./store-types.js').StoreFace} store */
export async function giveUpDrafts(shell, store) {
  const { giveUpView } = await import('./dialogs.js');
  const giveUp = () => void shell.attempt(() => store.forgetUnopenedDrafts());
  shell.dialog()?.show((close) => giveUpView(giveUp, close));
}

/** @param {Shell} shell @param {string} href mailto: */
async function writeTo(shell, href) {
  const { parseMailto } = await import('../mail/mailto.js');
  const mailto = parseMailto(href);
  if (mailto) shell.write(mailtoDraft(mailto));
}
