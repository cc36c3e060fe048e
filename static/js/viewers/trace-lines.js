// The access trace in words: who did what, by which way in, on whose behalf. Pure.
import { t, tn } from '../i18n.js';
import { dateFormat } from '../time-zone.js';
import { formatDay, plainLine, subjectText } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';

/** @typedef {import('../mail/trace.js').TraceLine} TraceLine */

/** What a filter offers, in this order. @type {Readonly<Record<string, readonly string[]>>} */
export const KINDS = Object.freeze({
  all: [],
  device: ['shown', 'printed', 'saved'],
  opened: ['opened'],
  could: ['could-read'],
  members: ['member-added', 'member-ended', 'member-confirmed', 'key-changed', 'policy-changed', 'rules-changed', 'credential-added', 'credential-blocked', 'left'],
  emergency: ['recovery-requested', 'recovery-released', 'recovery-opened', 'break-glass'],
  session: ['login', 'logout', 'account-opened', 'grant-served', 'exported'],
});

/** @param {string} kind @returns {string} */
export function kindText(kind) {
  switch (kind) {
    case 'device': return t('Shown, printed or saved, says the device');
    case 'opened': return t('Opened');
    case 'could': return t('Could read');
    case 'members': return t('People and keys');
    case 'emergency': return t('Emergencies');
    case 'session': return t('Logins and exports');
    default: return t('Everything');
  }
}

/** @type {Readonly<Record<string, string>>} */
const ICONS = Object.freeze({
  'could-read': 'server', opened: 'unread', shown: 'eye', printed: 'print', saved: 'download', submitted: 'sent', destroyed: 'trash', 'key-changed': 'key', concealed: 'lock', revealed: 'lock', resealed: 'key',
  'member-added': 'people', 'member-ended': 'people', 'member-confirmed': 'people', login: 'person', logout: 'logout', exported: 'download', 'break-glass': 'warning',
  'grant-served': 'key', 'recovery-requested': 'warning', 'recovery-released': 'warning', 'recovery-opened': 'warning', 'credential-blocked': 'lock', left: 'logout',
});

/** What one opening asks for in several goes is told once where it lies within so many milliseconds. */
const ONE_GO = 60_000;

/** @typedef {TraceLine & {times?: number}} ToldLine times: as many lines of the record */

/**
 * Whoever fetches the keys does so once for each thing they open: one line of words, newest first, and every line in what is saved.
 * @param {readonly TraceLine[]} lines @returns {ToldLine[]}
 */
export function together(lines) {
  /** @type {ToldLine[]} */
  const told = [];
  for (const line of lines) {
    const newest = told.at(-1);
    if (newest && isOfOneGo(newest, line)) newest.times = (newest.times ?? 1) + 1;
    else told.push({ ...line, times: 1 });
  }
  return told;
}

/** How many lines the record has, of which some may be told together. @param {number} total @param {readonly TraceLine[]} shown @returns {string} */
export function countText(total, shown) {
  const all = tn('{n} line', '{n} lines', total);
  return together(shown).length < shown.length ? t('{lines} in the record; what was done several times within a minute stands in one line here', { lines: all }) : all;
}

/** @param {TraceLine} newest @param {TraceLine} line */
const isOfOneGo = (newest, line) => line.act === 'grant-served' && whoAndHow(newest) === whoAndHow(line) && Date.parse(newest.at) - Date.parse(line.at) < ONE_GO;

/** @param {TraceLine} line */
const whoAndHow = ({ act, personId, name, through, onBehalfOf, clientKind, address, credential }) => JSON.stringify([act, personId, name, through, onBehalfOf, clientKind, address, credential]);

/** What was done, as a clause after a name. @param {ToldLine} line @returns {string} */
export function actText({ act, count, part, about, objectId, times = 1 }) {
  const who = plainLine(about);
  switch (act) {
    case 'could-read': return tn('could read {n} message', 'could read {n} messages', count);
    case 'opened': return t('opened a message');
    case 'shown': return t('was shown a message');
    case 'printed': return t('printed a message');
    case 'saved': return part ? t('saved attachment {n} of a message', { n: part }) : t('saved a message');
    case 'submitted': return t('sent a message');
    case 'destroyed': return t('deleted a message for good');
    case 'concealed': return t('made a message confidential');
    case 'revealed': return t('showed a confidential message to everybody again');
    case 'resealed': return tn('put {n} message under the new key', 'put {n} messages under the new key', count);
    case 'grant-served': return times > 1 ? t('fetched the keys, sealed ({n} times)', { n: times }) : t('fetched the keys, sealed');
    case 'login': return t('logged in');
    case 'logout': return t('logged out');
    case 'account-opened': return t('opened this mailbox for the first time');
    case 'member-added': return who ? t('gave {name} access', { name: who }) : t('gave someone access');
    case 'member-ended': return who ? t('ended the access of {name}', { name: who }) : t('ended someone’s access');
    case 'member-confirmed': return who ? t('confirmed {name}', { name: who }) : t('confirmed someone');
    case 'key-changed': return t('changed the keys');
    case 'policy-changed': return t('changed the rules for emergencies');
    case 'rules-changed': return t('changed the rules of the establishment');
    case 'recovery-requested': return t('asked for an emergency opening');
    case 'recovery-released': return t('released a share for an emergency');
    case 'recovery-opened': return t('opened the mailbox in an emergency');
    case 'break-glass': return t('asked to break the glass in an emergency');
    case 'exported': return objectId === 'mailbox' ? t('took the whole mailbox along') : t('exported this list');
    case 'assigned': return t('assigned a message');
    case 'credential-added': return t('added a way in');
    case 'credential-blocked': return t('blocked a card or other way in');
    case 'left': return t('left the establishment');
    default: return act;
  }
}

/** By which right, where it is not his own. @param {TraceLine} line @returns {string} */
export function rightText({ through, onBehalfOf }) {
  const owner = plainLine(onBehalfOf);
  const right = throughText(through);
  if (owner && right) return t('{right}, for {name}', { right, name: owner });
  return owner ? t('for {name}', { name: owner }) : right;
}

/** @param {string} through */
function throughText(through) {
  switch (through) {
    case 'replacement': return t('as a replacement');
    case 'duty': return t('on duty');
    case 'secretary': return t('as secretary');
    case 'member': return t('as a member');
    case 'officer': return t('in an emergency session');
    case 'recovery': return t('with a printed recovery code');
    default: return '';
  }
}

/** By what, and from where. @param {TraceLine} line @returns {string} */
export function wayText({ credential, address }) {
  return [credential && credentialText(credential), address].filter(Boolean).join(' · ');
}

/** A printed code is known by the day on its sheet. @param {{kind: string, name: string, madeAt?: string | null, fingerprint: string}} credential */
function credentialText({ kind, name, madeAt, fingerprint }) {
  const called = plainLine(name) || fingerprint.slice(0, 8);
  switch (kind) {
    case 'card': return t('card {name}', { name: called });
    case 'passkey': return t('passkey {name}', { name: called });
    case 'recovery': return name || !madeAt ? t('recovery code {name}', { name: called }) : t('recovery code made on {date}', { date: formatDay(madeAt) });
    default: return called;
  }
}

/** @param {string} at RFC 3339 */
const clock = (at) => dateFormat({ timeStyle: 'medium' }).format(new Date(at));

/** @param {TraceLine} line @param {((id: string) => void) | null} open shows the message; null: this list is about one */
export const lineView = (line, open) => html`
  <li class="trace-line" data-act=${line.act}>
    ${icon(ICONS[line.act] ?? 'info')}
    <div class="trace-words">
      <p><strong>${line.name ? plainLine(line.name) : t('The server')}</strong> ${actText(line)}</p>
      ${open && line.subject ? html`<button type="button" class="link-button trace-subject" @click=${() => open(line.objectId)}>${subjectText(line.subject)}</button>` : nothing}
      <p class="trace-how">${[rightText(line), wayText(line)].filter(Boolean).join(' · ')}</p>
    </div>
    <time class="trace-when" datetime=${line.at}>${clock(line.at)}</time>
  </li>`;

/** Lines of the same day together, as they come. @param {readonly TraceLine[]} lines @returns {[day: string, lines: TraceLine[]][]} */
export function byDay(lines) {
  /** @type {Map<string, TraceLine[]>} */
  const days = new Map();
  for (const line of lines) {
    const day = dateFormat({ dateStyle: 'full' }).format(new Date(line.at));
    days.set(day, [...(days.get(day) ?? []), line]);
  }
  return [...days];
}
