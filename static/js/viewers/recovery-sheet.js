// The sheet with a recovery code, for a page without bridge: shown once, printed, and typed back in part.
import { encodeQR } from '../../vendor/qr/index.js';
import { t } from '../i18n.js';
import { qrText } from '../keys/recovery-code.js';
import { formatDay } from './format.js';
import { html, svg } from './lit.js';

/** Quiet zone of a QR code, modules (ISO/IEC 18004 §6.3.8). */
const QUIET = 4;

/** @param {{code: string, address: string, name: string, made: string}} sheet made: RFC 3339 */
export const sheetView = ({ code, address, name, made }) => html`
  <div class="code-sheet">
    <p class="code-sheet-title">${t('Recovery code of {address}', { address })}</p>
    <p class="code-sheet-detail">${name}, ${formatDay(made)}</p>
    <ol class="code-groups" aria-label=${t('The code, in 14 groups of four')}>${code.split(' ').map((group) => html`<li>${group}</li>`)}</ol>
    ${qrView(qrText(code))}
    <p class="code-sheet-detail">${t('Whoever holds this sheet is logged in as you, and reads this mailbox, for an hour at a time. Keep it in a safe, away from the card.')}</p>
    <p class="code-sheet-detail">${t('To use it: on the login page choose “Without my card”, then “Recovery code”.')}</p>
  </div>`;

/** One path: no markup of others comes into the page. @param {string} text */
function qrView(text) {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET });
  const size = modules.length;
  return html`<svg class="code-qr" viewBox="0 0 ${size} ${size}" role="img" aria-label=${t('The same code, to be photographed')} shape-rendering="crispEdges"
    >${svg`<path class="code-qr-ground" d=${`M0 0h${size}v${size}h-${size}z`}></path><path class="code-qr-ink" d=${qrPath(modules)}></path>`}</svg>`;
}

/** @param {readonly (readonly boolean[])[]} modules @returns {string} a unit square for each dark one */
export function qrPath(modules) {
  return modules.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
}
