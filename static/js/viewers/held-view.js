// "What the server holds": the opened message beside the very rows and bytes kept for it.
import { t, tn } from '../i18n.js';
import { formatFullDate, peopleNames, subjectText } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';

/** @typedef {import('../pages/store-types.js').HeldRecord} HeldRecord */
/** @typedef {import('../pages/store-types.js').OpenedMessage} OpenedMessage */
const SHOWN_BYTES = 1024;

/** Bytes as people who look at bytes expect them. @param {Uint8Array} bytes @returns {string} */
export function hexDump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const slice = [...bytes.subarray(at, at + 16)];
    const hex = slice.map((byte) => byte.toString(16).padStart(2, '0')).join(' ').padEnd(47);
    const text = slice.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex}  ${text}`);
  }
  return lines.join('\n');
}

/** @param {string} base64 @returns {Uint8Array} */
const decodeBase64 = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** @param {OpenedMessage} message @param {HeldRecord} held */
export const heldView = (message, held) => html`
  <p class="held-lead">${t('First the message as this device opened it, then everything the server keeps for it. Whoever copies the server gets the second part only.')}</p>
  <div class="held-columns">
    <section class="held-column held-device" aria-labelledby="held-device-title">
      <h2 class="held-column-title" id="held-device-title">${icon('eye')}${t('On this device, opened')}</h2>
      <p class="held-subject">${subjectText(message.subject)}</p>
      <p class="muted">${peopleNames(message.from)} · ${formatFullDate(message.date)}</p>
      <p class="held-text" tabindex="0">${message.text || t('(The message is shown as a page in the reader.)')}</p>
      ${message.attachments.length ? html`<p class="muted">${icon('attachment')} ${message.attachments.map(({ filename }) => filename).join(', ')}</p>` : nothing}
    </section>
    <section class="held-column" aria-labelledby="held-server-title">
      <h2 class="held-column-title" id="held-server-title">${icon('server')}${t('On the server')}</h2>
      ${held.rows.map(rowTable)}
      ${held.blobs.map(blobView)}
    </section>
  </div>`;

/** @param {{table: string, row: {[column: string]: unknown}}} held */
const rowTable = ({ table, row }) => html`
  <table class="held-table"><caption>${table}</caption><tbody>
    ${Object.entries(row).map(([column, value]) => html`<tr><th scope="row">${column}</th><td>${cellText(value)}</td></tr>`)}
  </tbody></table>`;

/** @param {unknown} value @returns {string} */
function cellText(value) {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** @param {{name: string, size: number, bytes: string}} blob */
function blobView({ name, size, bytes }) {
  const shown = decodeBase64(bytes).subarray(0, SHOWN_BYTES);
  return html`
    <table class="held-table"><caption>${name}</caption><tbody><tr><th scope="row">${t('size')}</th><td>${tn('{n} byte', '{n} bytes', size)}</td></tr></tbody></table>
    <pre class="hex" tabindex="0" aria-label=${t('First bytes of {name}', { name })}>${hexDump(shown)}</pre>`;
}
