/**
 * What of a payload is read as text, what as HTML, and what is an attachment. Everything comes from one parsed tree;
 * nothing of another cryptographic layer is ever joined to it.
 */

import { isCmsPart, isErrantLayer, isResourceFork, isSignaturePart } from './cms-part.js';
import { isLegacyPart, withoutLegacyBlock, withoutLegacyLines } from './legacy-display.js';

/** @typedef {import('../mime/split.js').Part} Part */

/**
 * @typedef {object} Attachment
 * @property {string} filename normalised
 * @property {string} type as the sender names it; what opens it decides by its own list
 * @property {number} size
 * @property {Uint8Array} bytes
 * @property {string} [contentId] without angle brackets: an image the HTML may show as `cid:`
 * @property {'cms' | 'message' | null} opens what it holds may be opened separately, in a view, with a badge and a state of its own:
 *   a CMS object that is not the envelope of this message (an errant layer), or a message
 * @property {true} [unproved] it was decrypted, and nobody vouches for what came out: what it holds is read as plain text too
 */

/**
 * @typedef {object} Body
 * @property {string} text
 * @property {string | null} html unsanitised
 * @property {Attachment[]} attachments
 */

const EXTENSIONS = Object.freeze(
  /** @type {Record<string, string>} */ ({
    'text/plain': 'txt', 'text/html': 'html', 'message/rfc822': 'eml', 'text/calendar': 'ics',
    'application/pdf': 'pdf', 'image/png': 'png', 'image/jpeg': 'jpg', 'image/gif': 'gif',
    'application/pkcs7-mime': 'p7m', 'multipart/signed': 'eml', 'multipart/encrypted': 'eml',
  }),
);

/** @typedef {{headersProtected: boolean}} Reads headersProtected: its fields are shown, so the body need not repeat them (RFC 9788 §4.5) */

/**
 * @param {Part} payload
 * @param {Reads} [options]
 * @returns {Body}
 */
export function readBody(payload, options = { headersProtected: false }) {
  const reading = new Reading(options);
  // What is left of a signature or encryption of another kind (OpenPGP, a damaged one) is read as parts like others.
  if (/^multipart\/(signed|encrypted)$/.test(payload.type)) payload.children.forEach((child) => reading.take(child));
  else reading.take(payload);
  return reading.body();
}

class Reading {
  /** @type {string[]} */
  texts = [];
  /** @type {string | null} */
  html = null;
  /** @type {Attachment[]} */
  attachments = [];

  /** @param {Reads} options */
  constructor(options) {
    this.options = options;
  }

  /** @returns {Body} */
  body() {
    const { html, attachments } = this;
    return { text: this.texts.join('\n'), html, attachments };
  }

  /** @param {Part} part */
  take(part) {
    if (isErrantLayer(part)) this.attach(part, 'cms');
    else if (part.type === 'multipart/alternative') this.takeAlternative(part);
    else if (part.type === 'multipart/related') this.takeRelated(part);
    else if (part.type.startsWith('multipart/') && part.children.length) this.takeMixed(part);
    else if (isReadable(part)) this.read(part);
    else this.attach(part);
  }

  /** @param {Part} part */
  takeMixed({ type, children }) {
    const shown = type === 'multipart/appledouble' ? children.filter((child) => !isResourceFork(child)) : children;
    shown.forEach((child, i) => {
      const repeats = i === 0 && this.options.headersProtected && isLegacyPart(child);
      if (!repeats) this.take(child);
    });
  }

  /** @param {Part} part each kind of text once, the last one written counting most (RFC 2046 §5.1.4) */
  takeAlternative(part) {
    const choice = new Reading(this.options);
    for (const child of part.children) {
      const one = new Reading(this.options);
      one.take(child);
      if (one.texts.length) choice.texts = one.texts;
      if (one.html !== null) choice.html = one.html;
      choice.attachments.push(...one.attachments);
    }
    this.merge(choice);
  }

  /** @param {Part} part RFC 2387: the root names the others by Content-ID */
  takeRelated(part) {
    const start = part.params.start?.replace(/^<|>$/g, '');
    const root = part.children.find((child) => start && child.contentId === start) ?? part.children[0];
    for (const child of part.children) {
      if (child === root) this.take(child);
      else this.attach(child);
    }
  }

  /** @param {Reading} other */
  merge(other) {
    this.texts.push(...other.texts);
    if (other.html !== null) this.readHtml(other.html);
    this.attachments.push(...other.attachments);
  }

  /** @param {Part} part */
  read(part) {
    const { headersProtected } = this.options;
    const text = part.text();
    if (part.type === 'text/html') this.readHtml(headersProtected ? withoutLegacyBlock(text, part) : text);
    else this.texts.push(unflow(headersProtected ? withoutLegacyLines(lines(text), part) : lines(text), part));
  }

  /** @param {string} html a second HTML body follows the first in the same frame, of the same layer */
  readHtml(html) {
    this.html = this.html === null ? html : `${this.html}<hr>${html}`;
  }

  /** @param {Part} part @param {Attachment['opens']} [opens] */
  attach(part, opens = opensAs(part)) {
    const whole = part.children.length > 0 && part.type.startsWith('multipart/');
    const bytes = whole ? part.bytes : part.decodedBody();
    const filename = part.filename ?? `attachment-${this.attachments.length + 1}.${EXTENSIONS[part.type] ?? 'bin'}`;
    const contentId = part.contentId ? { contentId: part.contentId } : {};
    this.attachments.push({ filename, type: part.type, size: bytes.length, bytes, opens, ...contentId });
  }
}

/** @param {Part} part @returns {Attachment['opens']} */
function opensAs(part) {
  if (/^message\/(rfc822|global)$/.test(part.type) || /\.eml$/i.test(part.filename ?? '')) return 'message';
  return isCmsPart(part) && !isSignaturePart(part) ? 'cms' : null;
}

/** @param {string} text */
const lines = (text) => text.replaceAll('\r\n', '\n');

/** @param {Part} part */
function isReadable(part) {
  if (part.disposition === 'attachment') return false;
  return part.type === 'text/plain' ? part.disposition !== 'inline' || !part.filename : part.type === 'text/html' && !part.filename;
}

/** @param {string} text @param {Part} part RFC 3676 */
function unflow(text, part) {
  if (part.params.format?.toLowerCase() !== 'flowed') return text;
  const gap = part.params.delsp?.toLowerCase() === 'yes' ? '' : ' ';
  return text.replace(/^ /gm, '').replace(/^(?!-- $)(.*[^ \n]) \n(?!>)/gm, `$1${gap}`);
}
