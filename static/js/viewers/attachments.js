// Attachments: named safely, typed by an allow-list and not by their sender, saved or shown from memory.
import { t, tn } from '../i18n.js';
import { blobUrl, forgetBlob } from './blobs.js';
import { formatSize, plainLine } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';

/** @typedef {import('../pages/store-types.js').Attachment} Attachment */

/** How long a browser may take to fetch what it saves, milliseconds. */
const DOWNLOADING = 10_000;

/** Image types that are shown, by their first bytes. @type {readonly [type: string, magic: number[]][]} */
const IMAGES = Object.freeze([
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
]);

/** @param {Uint8Array} bytes @returns {string} an image type that may be shown, or '' */
export function previewType(bytes) {
  const found = IMAGES.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte));
  if (found) return found[0];
  const word = String.fromCharCode(...bytes.subarray(0, 4), ...bytes.subarray(8, 12));
  return word === 'RIFFWEBP' ? 'image/webp' : '';
}

/** A file name that cannot leave its folder, hide its ending or take a reserved name. @param {string} filename @returns {string} */
export function safeFilename(filename) {
  const base = plainLine(filename).split(/[/\\]/).pop() ?? '';
  const name = base.replace(/[<>:"|?*]/g, '_').replace(/^[.\s]+|[.\s]+$/g, '').slice(-120);
  if (!name) return t('attachment');
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name) ? `_${name}` : name;
}

/** @param {string} filename */
const iconFor = (filename) => (/\.(png|jpe?g|gif|webp|tiff?|dcm)$/i.test(filename) ? 'image' : 'file');

/** Hands the bytes to the browser's download, never with the sender's type. @param {Attachment} attachment */
export function saveAttachment({ filename, bytes }) {
  const url = blobUrl(bytes, 'application/octet-stream');
  const link = document.createElement('a');
  link.href = url;
  link.download = safeFilename(filename);
  link.click();
  setTimeout(() => forgetBlob(url), DOWNLOADING);
}

/**
 * @typedef {object} AttachmentActions
 * @property {(attachment: Attachment) => void} save
 * @property {(attachment: Attachment) => void} preview
 * @property {(attachment: Attachment) => void} open in a view of its own
 */

/** @param {readonly Attachment[]} attachments @param {AttachmentActions} actions */
export function attachmentsView(attachments, actions) {
  if (attachments.length === 0) return nothing;
  const total = attachments.reduce((sum, { size }) => sum + size, 0);
  return html`
    <section class="attachments" aria-label=${t('Attachments')}>
      <h3 class="attachments-title">${tn('{n} attachment', '{n} attachments', attachments.length)} · ${formatSize(total)}</h3>
      <ul class="attachment-list" role="list">${attachments.map((attachment) => attachmentView(attachment, actions))}</ul>
    </section>`;
}

/** What an attachment is, where that is more than a file. @param {Attachment} attachment */
function kindText({ opens }) {
  if (opens === 'cms') return `${t('Encrypted or signed by itself')} · `;
  return opens === 'message' ? `${t('Message')} · ` : '';
}

/** @param {Attachment} attachment @param {AttachmentActions} actions */
function attachmentView(attachment, { save, preview, open }) {
  const name = safeFilename(attachment.filename);
  return html`
    <li class="attachment">
      ${icon(attachment.opens === 'cms' ? 'lock' : attachment.opens === 'message' ? 'unread' : iconFor(name))}
      <span class="attachment-words"><span class="attachment-name" title=${name}>${name}</span><span class="attachment-size">${kindText(attachment)}${formatSize(attachment.size)}</span></span>
      ${attachment.opens ? html`<button type="button" class="button small" data-action="open-separately" aria-label=${t('Open separately: {name}', { name })} @click=${() => open(attachment)}>${t('Open separately')}</button>` : nothing}
      ${previewType(attachment.bytes) ? html`<button type="button" class="icon-button" aria-label=${t('Show {name}', { name })} title=${t('Show')} @click=${() => preview(attachment)}>${icon('eye')}</button>` : nothing}
      <button type="button" class="icon-button" aria-label=${t('Save {name}', { name })} title=${t('Save')} @click=${() => save(attachment)}>${icon('download')}</button>
    </li>`;
}
