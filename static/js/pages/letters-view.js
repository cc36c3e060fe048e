// The signature book as its owner and as its authors see it: rows, their states, and one letter as it will be sent.
import { t, tn } from '../i18n.js';
import { attachmentsView, saveAttachment } from '../viewers/attachments.js';
import { formatListDate, peopleNames, plainLine, subjectText } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { attachmentNames, failureText, outcomeText, stateText, stateTone } from '../viewers/letter-texts.js';
import { html, nothing } from '../viewers/lit.js';
import { noticeView } from '../viewers/notice.js';
import { textBodyView } from '../viewers/text-body.js';

/** @typedef {import('../mail/signature-book.js').Letter} Letter */
/** @typedef {import('../mail/letter-signing.js').Outcome} Outcome */
/** @typedef {import('./store-types.js').Address} Address */
/** @typedef {import('./store-types.js').Attachment} Attachment */
/** @typedef {(letter: Letter) => void} Act */

/** @param {Letter} letter @returns {string} */
const recipients = ({ draft, note }) => peopleNames([...(draft?.to ?? note?.to ?? []), ...(draft?.cc ?? []), ...(draft?.bcc ?? [])]) || t('(nobody yet)');

/** @param {Letter} letter @returns {string} */
export const letterTitle = ({ draft, note }) => (draft || note?.subject !== undefined ? subjectText(draft?.subject ?? note?.subject ?? '') : t('A letter that cannot be opened'));

/** What stands in one row: for whom, about what, with what, by whom and since when. @param {Letter} letter @param {Date} now */
function wordsView(letter, now) {
  const names = attachmentNames(letter);
  const by = letter.isMine ? nothing : t('prepared by {name}', { name: plainLine(letter.preparedBy) });
  return html`<span class="letter-words">
    <span class="letter-to">${recipients(letter)}</span>
    <span class="letter-subject">${letterTitle(letter)}</span>
    ${names.length ? html`<span class="letter-files">${icon('attachment')}${names.map(plainLine).join(', ')}</span>` : nothing}
    <span class="letter-by">${by}${by === nothing ? '' : ', '}${formatListDate(letter.preparedAt, now)}</span>
  </span>`;
}

/** @param {Letter} letter */
const stateView = ({ state }) => html`<span class="letter-state" data-tone=${stateTone(state)}>${stateText(state)}</span>`;

/**
 * A letter that waits for its owner: the whole row opens it, the box puts it among those to be signed.
 * @param {Letter} letter
 * @param {{now: Date, chosen: boolean, blocked: boolean, outcome: Outcome | undefined, choose: (letter: Letter, on: boolean) => void, read: Act}} how
 */
export const waitingView = (letter, { now, chosen, blocked, outcome, choose, read }) => html`
  <li class="letter" data-letter=${letter.id} data-state=${letter.state}>
    <label class="letter-choice"><input type="checkbox" .checked=${chosen} ?disabled=${blocked || !letter.draft}
      aria-label=${t('Sign “{subject}”', { subject: letterTitle(letter) })} @change=${(/** @type {Event} */ event) => choose(letter, /** @type {HTMLInputElement} */ (event.currentTarget).checked)}></label>
    <button type="button" class="letter-open" ?disabled=${!letter.draft} @click=${() => read(letter)}>${wordsView(letter, now)}${letter.state === 'prepared' ? nothing : stateView(letter)}</button>
    ${problemView(letter, outcome)}
  </li>`;

/** @param {Letter} letter @param {Outcome | undefined} outcome of the last signing */
function problemView({ state, failure }, outcome) {
  const words = outcome ? outcomeText(outcome) : state === 'failed' ? failureText(failure) : '';
  return words ? html`<p class="letter-problem" role="status">${icon('warning')}<span>${words}</span></p>` : nothing;
}

/**
 * A letter whose turn it is not to be signed: returned, on its way, sent; or any of its author's own.
 * @param {Letter} letter
 * @param {Date} now
 * @param {unknown} actions
 */
export const followedView = (letter, now, actions) => html`
  <li class="letter followed" data-letter=${letter.id} data-state=${letter.state}>
    <div class="letter-line">${wordsView(letter, now)}${stateView(letter)}</div>
    ${letter.note?.remark ? html`<blockquote class="letter-remark">${letter.note.remark}</blockquote>` : nothing}
    ${problemView(letter, undefined)}
    ${actions === nothing ? nothing : html`<div class="letter-actions">${actions}</div>`}
  </li>`;

/** @param {string} label @param {readonly Address[]} people */
const lineView = (label, people) => (people.length ? html`<div class="letter-field"><dt>${label}</dt><dd>${people.map(({ name, address }) => (name ? `${plainLine(name)} <${address}>` : address)).join(', ')}</dd></div>` : nothing);

/**
 * A letter as its recipients will get it. What is typed in its place is nothing here: correcting opens the composer.
 * @param {Letter} letter
 * @param {{from: Address, body: (href: string, text: string) => void, preview: (attachment: Attachment) => void}} how
 */
export function paperView(letter, { from, body, preview }) {
  const { draft } = letter;
  if (!draft) return noticeView({ tone: 'caution', title: t('A letter that cannot be opened'), body: failureText('unreadable') });
  const attachments = draft.attachments.map(({ name, type, bytes }) => ({ filename: name, type, size: bytes.length, bytes }));
  return html`<article class="letter-paper">
    <dl class="letter-fields">
      ${lineView(t('From'), [from])}${lineView(t('To'), draft.to)}${lineView(t('Copy'), draft.cc)}${lineView(t('Hidden'), draft.bcc)}
      <div class="letter-field"><dt>${t('Subject')}</dt><dd class="letter-subject">${subjectText(draft.subject)}</dd></div>
    </dl>
    <div class="message-paper">${textBodyView(draft.text, body, true)}</div>
    ${attachmentsView(attachments, { save: saveAttachment, preview, open: () => {} })}
  </article>`;
}

/**
 * The line of the one big button.
 * @param {{chosen: number, all: number, busy: boolean, tooMuch: boolean, chooseAll: (on: boolean) => void, sign: () => void}} bar
 */
export const signBarView = ({ chosen, all, busy, tooMuch, chooseAll, sign }) => html`
  <div class="letters-bar">
    <label class="letters-all"><input type="checkbox" .checked=${all > 0 && chosen === all} .indeterminate=${chosen > 0 && chosen < all} ?disabled=${busy}
      @change=${(/** @type {Event} */ event) => chooseAll(/** @type {HTMLInputElement} */ (event.currentTarget).checked)}>${t('All')}</label>
    <button type="button" class="button primary" data-action="sign" ?disabled=${!chosen || busy || tooMuch} @click=${sign}>${busy ? html`<span class="spinner small" aria-hidden="true"></span>` : icon('sent')}${chosen ? tn('Sign and send {n} letter', 'Sign and send {n} letters', chosen) : t('Sign and send')}</button>
  </div>
  ${tooMuch ? noticeView({ tone: 'caution', title: t('Fewer at once, please.'), body: t('One agreement covers 50 letters and 60 MB at most. Sign these in two goes.') }) : nothing}`;
