// Who wrote a message to whom and when; and the same lines as they go on paper.
import { t } from '../i18n.js';
import { formatFullDate, initials, peopleNames, personHue, personName, plainLine, subjectText } from './format.js';
import { html, nothing } from './lit.js';
import { signatureText } from './signature.js';

/** @typedef {import('../pages/store-types.js').Address} Address */
/** @typedef {import('../pages/store-types.js').OpenedMessage} OpenedMessage */

/** State S3: the proven identity stands where the From line would (security §3.4). @param {OpenedMessage} message @returns {Address} */
export function shownSender({ signature, from }) {
  const { state, signer } = signature;
  if (state === 'S3' && signer) return { name: signer.name, address: signer.address || t('no address') };
  return from[0] ?? { name: '', address: t('unknown sender') };
}

/** @param {OpenedMessage} message */
export function headView(message) {
  const person = shownSender(message);
  return html`
    <div class="reader-head">
      <span class="avatar hue-${personHue(person)}" aria-hidden="true">${initials(person)}</span>
      <div>
        <p class="reader-from">${personName(person)} ${person.name ? html`<span class="reader-address">&lt;${person.address}&gt;</span>` : nothing}</p>
        <details class="people-details reader-to"><summary>${t('To {people}', { people: peopleNames([...message.to, ...message.cc]) })}</summary>
          <dl>${peopleLine(t('To'), message.to)}${peopleLine(t('Copy'), message.cc)}${peopleLine(t('Reply to'), message.replyTo ?? [])}</dl></details>
      </div>
      <p class="reader-date">${formatFullDate(message.date)}</p>
    </div>`;
}

/** @param {string} label @param {readonly Address[]} people */
const peopleLine = (label, people) => (people.length
  ? html`<dt>${label}</dt><dd>${people.map(({ name, address }) => html`${plainLine(name)} &lt;${address}&gt;<br>`)}</dd>` : nothing);

/** @param {Address} person */
const written = ({ name, address }) => (plainLine(name) ? `${plainLine(name)} <${address}>` : address);

/** What stands above a message on paper. @param {OpenedMessage} message @returns {{title: string, lines: [string, string][]}} */
export function printedHead(message) {
  const { title, detail } = signatureText(message.signature, message.from[0]?.address);
  /** @type {[string, string][]} */
  const lines = [
    [t('From'), written(shownSender(message))], [t('To'), message.to.map(written).join(', ')], [t('Copy'), message.cc.map(written).join(', ')],
    [t('Date'), formatFullDate(message.date)], [t('Signature'), `${title}. ${detail}`],
    [t('Attachments'), message.attachments.map(({ filename }) => plainLine(filename)).join(', ')],
  ];
  return { title: subjectText(message.subject), lines: lines.filter(([, value]) => value) };
}

/** The same for a message that the page itself shows. @param {OpenedMessage} message */
export function printedHeadView(message) {
  const { title, lines } = printedHead(message);
  return html`<div class="printed-head" aria-hidden="true"><p class="printed-title">${title}</p>
    <dl>${lines.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>`;
}
