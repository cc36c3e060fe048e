/**
 * What of a payload is read as text, what as HTML, and what is an attachment. Everything comes from one parsed tree;
 * nothing of another cryptographic layer is ever joined to it.
 */

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
 */

/**
 * @typedef {object} Body
 * @property {string} text
 * @property {string | null} html unsanitised
 * @property {Attachment[]} attachments
 */

const CMS_TYPES = /^application\/(x-)?pkcs7-(mime|signature)$/;
const EXTENSIONS = Object.freeze(
  /** @type {Record<string, string>} */ ({
    'text/plain': 'txt', 'text/html': 'html', 'message/rfc822': 'eml', 'text/calendar': 'ics',
    'application/pdf': 'pdf', 'image/png': 'png', 'image/jpeg': 'jpg', 'image/gif': 'gif',
    'application/pkcs7-mime': 'p7m', 'multipart/signed': 'eml', 'multipart/encrypted': 'eml',
  }),
);

/**
 * @param {Part} payload
 * @returns {Body}
 */
export function readBody(payload) {
  const reading = new Reading();
  reading.take(payload);
  return reading.body();
}

class Reading {
  /** @type {string[]} */
  texts = [];
  /** @type {string | null} */
  html = null;
  /** @type {Attachment[]} */
  attachments = [];

  /** @returns {Body} */
  body() {
    const { html, attachments } = this;
    return { text: this.texts.join('\n'), html, attachments };
  }

  /** @param {Part} part */
  take(part) {
    if (isErrant(part)) this.attach(part, 'cms');
    else if (part.type === 'multipart/alternative') this.takeAlternative(part);
    else if (part.type === 'multipart/related') this.takeRelated(part);
    else if (part.type.startsWith('multipart/') && part.children.length) part.children.forEach((child) => this.take(child));
    else if (isReadable(part)) this.read(part);
    else this.attach(part);
  }

  /** @param {Part} part each kind of text once, the last one written counting most (RFC 2046 §5.1.4) */
  takeAlternative(part) {
    const choice = new Reading();
    for (const child of part.children) {
      const one = new Reading();
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
    const text = part.text();
    if (part.type === 'text/html') this.readHtml(withoutLegacyBlock(text, part));
    else this.texts.push(withoutLegacyDisplay(unflow(text.replaceAll('\r\n', '\n'), part), part));
  }

  /** @param {string} html a second HTML body follows the first in the same frame, of the same layer */
  readHtml(html) {
    this.html = this.html === null ? html : `${this.html}<hr>${html}`;
  }

  /** @param {Part} part @param {Attachment['opens']} [opens] */
  attach(part, opens = part.type === 'message/rfc822' ? 'message' : null) {
    const bytes = part.children.length && !part.type.startsWith('message/') ? part.bytes : part.decodedBody();
    const filename = part.filename ?? `attachment-${this.attachments.length + 1}.${EXTENSIONS[part.type] ?? 'bin'}`;
    const contentId = part.contentId ? { contentId: part.contentId } : {};
    this.attachments.push({ filename, type: part.type, size: bytes.length, bytes, opens, ...contentId });
  }
}

/** @param {Part} part a CMS layer that is not at the root */
function isErrant(part) {
  if (CMS_TYPES.test(part.type)) return true;
  return part.type === 'multipart/signed' || part.type === 'multipart/encrypted';
}

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

/** @param {string} text @param {Part} part RFC 9788 §4.5.3: header lines shown to old programs, up to an empty line */
function withoutLegacyDisplay(text, part) {
  if (part.params['hp-legacy-display'] !== '1') return text;
  const end = text.indexOf('\n\n');
  return end < 0 ? text : text.slice(end + 2);
}

/** @param {string} html @param {Part} part */
function withoutLegacyBlock(html, part) {
  if (part.params['hp-legacy-display'] !== '1') return html;
  return html.replace(/<div class='?header-protection-legacy-display'?>[^]*?<\/div>/i, '');
}

/**
 * HTML as plain text, for content whose integrity nobody vouches for (Efail). The result is only ever shown as text,
 * so nothing depends on this being a parser.
 * @param {string} html
 * @returns {string}
 */
export function htmlToText(html) {
  const body = html.replace(/<(script|style|head)\b[^]*?(<\/\1\s*>|$)/gi, '');
  const lines = body.replace(/\s+/g, ' ').replace(/<(br|\/p|\/div|\/tr|\/h\d|\/li)\b[^>]*>/gi, '\n');
  const text = lines.replace(/<[^>]*(>|$)/g, '').replace(/&(#x?[0-9a-f]{1,6}|[a-z]{1,8});/gi, (whole, name) => entity(name) ?? whole);
  return text.replace(/[ \t]+\n|\n[ \t]+/g, '\n').replace(/\n{3,}/g, '\n\n').trim();
}

const ENTITIES = Object.freeze(/** @type {Record<string, string>} */ ({ amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0', apos: "'" }));

/** @param {string} name */
function entity(name) {
  if (name[0] !== '#') return ENTITIES[name.toLowerCase()];
  const code = name[1].toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : undefined;
}

/**
 * Content without MIME fields, as `openssl cms -encrypt` makes it from a bare file: shown if it is text.
 * @param {Uint8Array} bytes
 */
export function isPlainText(bytes) {
  if (bytes.length > 1_000_000) return false;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return !/[\u0000-\u0008\u000e-\u001f\u007f]/.test(text);
  } catch {
    return false;
  }
}

