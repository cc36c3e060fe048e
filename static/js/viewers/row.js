// One line of the message list.
import { t } from '../i18n.js';
import { formatListDate, peopleNames, plainLine, subjectText } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { chipsView } from './work-chips.js';

/** @typedef {import('../pages/store-types.js').Row} Row */
/** @typedef {{who: string, what: string, snippet: string, when: string, unread: boolean}} RowTexts */

/** @param {string} code @returns {string} why a row cannot be read */
export function quarantineText(code) {
  switch (code) {
    case 'too-large': case 'limit-exceeded': return t('Larger or more deeply nested than Pli accepts');
    case 'malformed': case 'bad-message': return t('Damaged');
    case 'before-you-joined': return t('From before you joined');
    case 'locked': return t('Needs a key that is not open now');
    default: return t('Cannot be opened on this device');
  }
}

/**
 * The words of a row, for eyes and for a screen reader.
 * @param {Row} row @param {{outgoing: boolean, now: Date}} how outgoing: show the recipients
 * @returns {RowTexts}
 */
export function rowTexts(row, { outgoing, now }) {
  const unread = !row.keywords['$seen'] && !outgoing;
  const when = formatListDate(row.date ?? row.receivedAt, now);
  if (row.quarantined) return { ...quarantinedTexts(row, outgoing), when, unread };
  const who = peopleNames(outgoing ? row.to : row.from);
  return { who, what: shownSubject(row), snippet: plainLine(row.snippet) || (row.encrypted ? t('Encrypted: open it to read') : ''), when, unread };
}

/** Who it came from is shown where it is known: he is the one to ask for it again. @param {Row} row @param {boolean} outgoing */
function quarantinedTexts(row, outgoing) {
  const people = outgoing ? row.to : row.from;
  const who = people.length ? peopleNames(people) : t('Unreadable message');
  const why = quarantineText(row.quarantined ?? '');
  return row.subject ? { who, what: shownSubject(row), snippet: why } : { who, what: why, snippet: t('Your other messages are not affected.') };
}

/** The subject outside an encrypted message is a placeholder (RFC 9788 §3.1.2), no words of its sender. @param {Row} row */
const shownSubject = ({ encrypted, subject }) => (encrypted && /^\[?\.\.\.\]?$/.test(subject.trim()) ? t('Encrypted message') : subjectText(subject));

/** @param {string} state */
const isProven = (state) => state === 'S1' || state === 'S1b' || state === 'S2';

/** @param {Row} row */
const marksView = (row) => html`
  ${row.confidential ? mark('lock', 'confidential', t('confidential')) : nothing}
  ${row.keywords['$flagged'] ? mark('star', 'flag', t('flagged')) : nothing}
  ${row.keywords['$answered'] ? mark('reply', '', t('answered')) : nothing}
  ${row.attachments.length ? mark('attachment', '', t('attachment')) : nothing}
  ${row.quarantined ? mark('warning', 'caution', t('Unreadable message')) : stateMark(row)}`;

/** @param {Row} row */
function stateMark({ state }) {
  if (!state) return nothing;
  if (isProven(state)) return mark('shieldCheck', 'proven', t('sender proven'));
  return state === 'S3' ? mark('shieldAlert', 'caution', t('sender differs')) : nothing;
}

/** @param {string} image @param {string} kind @param {string} words */
const mark = (image, kind, words) => html`<span class=${kind} title=${words}>${icon(image)}<span class="visually-hidden">${words}</span></span>`;

/**
 * @param {{row: Row|undefined, index: number, selected: boolean, cursor: boolean, top: number, outgoing: boolean, now: Date, work?: import('../mail/work.js').Standing,
 *   choose: (index: number) => void}} place
 */
export function rowView({ row, index, selected, cursor, top, outgoing, now, work, choose }) {
  const style = `transform: translateY(${top}px)`;
  if (!row) return loadingRow(index, style);
  const texts = rowTexts(row, { outgoing, now });
  return html`
    <div class="row ${texts.unread ? 'unread' : ''} ${row.quarantined ? 'quarantined' : ''} ${cursor ? 'cursor' : ''}" role="row" id=${`row-${index}`}
      aria-rowindex=${index + 1} aria-selected=${selected ? 'true' : 'false'} data-message=${row.id} .style=${style} @click=${() => choose(index)}>
      <div role="gridcell">
        <span class="row-who">${texts.unread ? html`<span class="visually-hidden">${t('Unread')}: </span>` : nothing}${texts.who}</span><span class="row-when">${texts.when}</span>
        <span class="row-what">${texts.what}</span><span class="row-marks">${marksView(row)}</span>
        <span class="row-snippet">${chipsView(work)}<span class="row-text">${texts.snippet}</span></span>
      </div>
    </div>`;
}

/** @param {number} index @param {string} style */
const loadingRow = (index, style) => html`
  <div class="row loading" role="row" id=${`row-${index}`} aria-rowindex=${index + 1} aria-selected="false" .style=${style}>
    <div role="gridcell" aria-label=${t('Loading')}>
      <span class="row-bar row-who"></span><span class="row-bar row-what"></span><span class="row-bar row-snippet"></span>
    </div>
  </div>`;
