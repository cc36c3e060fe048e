/**
 * Header lines that a sender wrote into the body for programs without header protection (RFC 9788 §4.5.3): they are
 * fields already, and nobody wants to read them twice. What does not look like such lines is kept.
 */

/** @typedef {import('../mime/split.js').Part} Part */

const MARK = 'header-protection-legacy-display';
const FIELD_LINE = /^([!-9;-~]+:|[ \t])/;

/** @param {Part} part whether its sender says that it begins so */
const isMarked = (part) => part.params['hp-legacy-display'] === '1';

/**
 * @param {string} text with LF line ends
 * @param {Part} part a main body part of a payload with protected fields
 */
export function withoutLegacyLines(text, part) {
  if (!isMarked(part)) return text;
  const end = text.indexOf('\n\n');
  return end > 0 && text.slice(0, end).split('\n').every((line) => FIELD_LINE.test(line)) ? text.slice(end + 2) : text;
}

/**
 * @param {string} html
 * @param {Part} part as above
 */
export function withoutLegacyBlock(html, part) {
  if (!isMarked(part)) return html;
  const open = [...html.matchAll(/<div\b([^<>]*)>/gi)].find(([, attributes]) => hasClass(attributes));
  const end = open ? closingDiv(html, open.index + open[0].length) : -1;
  return open && end > 0 ? html.slice(0, open.index) + html.slice(end) : html;
}

/** @param {string} attributes */
function hasClass(attributes) {
  const [, quoted, single, plain] = /\bclass\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(attributes) ?? [];
  return (quoted ?? single ?? plain ?? '').split(/\s+/).includes(MARK);
}

/** @param {string} html @param {number} from inside one div @returns {number} after its end tag, -1 if it has none */
function closingDiv(html, from) {
  const tag = /<(\/?)div\b[^<>]*>/gi;
  tag.lastIndex = from;
  let depth = 1;
  for (let match = tag.exec(html); match; match = tag.exec(html)) {
    depth += match[1] ? -1 : 1;
    if (depth === 0) return match.index + match[0].length;
  }
  return -1;
}

/**
 * A part of the older drafts that repeats the fields, and nothing else: `text/rfc822-headers` or text marked like the
 * payload itself. Other readers show it, so words that somebody signed would be missing here alone.
 * @param {Part} part
 */
export function isLegacyPart(part) {
  if (part.params['protected-headers'] !== 'v1' || !/^text\/(rfc822-headers|plain)$/.test(part.type)) return false;
  return part.text().split(/\r?\n/).every((line) => line.trim() === '' || FIELD_LINE.test(line));
}
