// Remarks on one message, by the codes of mail/open.js, and why a message is not shown at all.
import { t, tn } from '../i18n.js';
import { plainLine, subjectText } from './format.js';
import { html, nothing } from './lit.js';
import { noticeView } from './notice.js';

/** @param {string} code @returns {string} '' for a code that needs no words */
export function messageNotice(code) {
  switch (code) {
    case 'from-hostile': return t('The From line of this message is malformed and is not shown as a sender.');
    case 'addresses-hostile': return t('Some addresses of this message are malformed and are not shown.');
    case 'from-differs': return t('The sender inside the message is not the one outside. The proven one is shown.');
    case 'reply-to-differs': return t('Replies to this message would go to another address than its sender’s.');
    case 'not-addressed-to-you': return t('Your address is not among the recipients shown. You may have received a hidden copy.');
    case 'plain-text-only': return t('Shown as plain text: the way it was encrypted does not protect it against changes.');
    case 'old-cipher': return t('This message came under an outdated method: others may have read or changed it. Its attachments stay closed.');
    case 'certificates-only': return t('This message holds certificates only. They are in the details above.');
    case 'short-tag': return t('The seal of this message is shorter than recommended.');
    case 'old-certificate': return t('Its sender used an earlier certificate of your mailbox: who once had its key may have read this message.');
    case 'summary-forged': return t('The line in the list did not match this message. What you see here is the message itself.');
    default: return '';
  }
}

/** @param {readonly string[]} codes */
export const noticesView = (codes) => codes.map(messageNotice).filter(Boolean)
  .map((words) => noticeView({ tone: 'caution', title: words }));

/** @param {{blocked: number, hosts: readonly string[]}} clean images that would have been fetched from the network, and from where */
export function blockedView({ blocked, hosts }) {
  if (!blocked) return nothing;
  const body = t('Loading images would tell their owner that you opened this message.');
  return noticeView({ tone: 'info', title: tn('{n} image from the network is not loaded.', '{n} images from the network are not loaded.', blocked),
    body: hosts.length ? html`${body} <span class="hosts">${hosts.join(', ')}</span>` : body });
}

/** @param {number} withheld images of the message itself @param {string} address of its sender @param {() => void} show */
export const withheldView = (withheld, address, show) => (withheld
  ? noticeView({ tone: 'info', title: tn('{n} image inside this message is not shown.', '{n} images inside this message are not shown.', withheld),
    body: t('Its sender is not proven.'),
    actions: html`<button type="button" class="button small" data-action="images" @click=${show}>${address ? t('Always show for {address}', { address }) : t('Show')}</button>` })
  : nothing);

/** @param {{subject: string}|null} original null: it is gone @param {() => void} go */
export const copyView = (original, go) => noticeView({
  tone: 'caution', title: original ? t('Copy of the message “{subject}”', { subject: subjectText(original.subject) }) : t('Copy of a message that is no longer here'),
  body: t('The same encrypted content came before. Whoever sent it again may not be able to read it, and did not write it for this purpose.'),
  actions: original ? html`<button type="button" class="button small" data-action="original" @click=${go}>${t('See that message')}</button>` : nothing,
});

/** @param {string} code why a message is quarantined @returns {[title: string, next: string]} */
export function quarantineTexts(code) {
  switch (code) {
    case 'decrypt-failed': return [t('This message could not be opened.'), t('It is damaged or was encrypted for someone else. Ask its sender to send it again.')];
    case 'key-reused': return [t('This message repeats the secret of another one and is not shown.'), t('Someone may have copied an old message into it. Ask its sender to send it again.')];
    case 'limit-exceeded': case 'too-large': return [t('This message is larger or more deeply nested than Pli accepts.'), t('Ask its sender for a simpler one, at most 50 MB.')];
    case 'unsupported-algorithm': return [t('This message uses a method that Pli does not read.'), t('Ask its sender to send it again with a current program.')];
    case 'old-cipher': return [t('This message is protected by an outdated method.'), t('Its content may have been read or changed by others. Pli opens it as plain text only, without its attachments.')];
    case 'before-you-joined': return [t('This message is from before you joined.'), t('Your access begins later. Ask a manager of this mailbox if you need it.')];
    case 'password-needed': return [t('This message is protected by a password.'), t('Its sender gave it to you by another way. It is used once, on this device, and not kept.')];
    default: return [t('This message is damaged and cannot be shown.'), t('Ask its sender to send it again. Your other messages are not affected.')];
  }
}

/** @typedef {{openOld: () => void, openWith: (password: string) => void, refused: boolean}} Opening refused: the password tried did not open it */

/** In place of a message that is not shown. @param {import('../pages/store-types.js').OpenedMessage} message @param {Opening} opening */
export function quarantineView({ from: [sender], quarantined = '' }, opening) {
  const [title, next] = quarantineTexts(quarantined);
  const claim = sender ? t('It says it comes from {address}; nothing proves it.', { address: plainLine(sender.address) }) : '';
  const notice = noticeView({ tone: quarantined === 'password-needed' ? 'info' : 'caution', title, body: `${next} ${claim}`, actions: quarantined === 'old-cipher' ? oldButton(opening) : nothing });
  return quarantined === 'password-needed' ? html`${notice}${passwordView(opening)}` : notice;
}

/** @param {Opening} opening */
const oldButton = ({ openOld }) => html`<button type="button" class="button small" data-action="open-old" @click=${openOld}>${t('Open this old message')}</button>`;

/** @param {Opening} opening */
const passwordView = ({ openWith, refused }) => html`
  <form class="password-form" @submit=${(/** @type {SubmitEvent} */ event) => { event.preventDefault(); openWith(takePassword(event)); }}>
    <label class="field"><span class="field-label">${t('Password of this message')}</span>
      <input class="input" type="password" name="password" autocomplete="off" required aria-describedby=${refused ? 'password-refused' : nothing} aria-invalid=${refused ? 'true' : 'false'}></label>
    <button type="submit" class="button primary">${t('Open')}</button>
    ${refused ? html`<p class="password-refused" id="password-refused" role="alert">${t('This password does not open the message. Check it with the sender.')}</p>` : nothing}
  </form>`;

/** The field forgets it at once. @param {SubmitEvent} event @returns {string} */
function takePassword({ currentTarget }) {
  const field = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (currentTarget).elements.namedItem('password'));
  const { value } = field;
  field.value = '';
  return value;
}
