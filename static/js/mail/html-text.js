/**
 * HTML as plain text, for content whose integrity nobody vouches for (Efail). The result is only ever shown as text,
 * so nothing depends on this being a parser.
 */

/**
 * @param {string} html
 * @returns {string}
 */
export function htmlToText(html) {
  const body = html.replace(/<(script|style|head)\b[^]*?(<\/\1\s*>|$)/gi, '');
  const lines = body.replace(/\s+/g, ' ').replace(/<(br|\/p|\/div|\/tr|\/h\d|\/li)\b[^<>]*>/gi, '\n');
  const text = lines.replace(/<[^>]*(>|$)/g, '').replace(/&(#x?[0-9a-f]{1,6}|[a-z]{1,8});/gi, (whole, name) => entity(name) ?? whole);
  return text.split('\n').map((line) => line.trim()).join('\n').replace(/\n{3,}/g, '\n\n').trim();
}

const ENTITIES = Object.freeze(/** @type {Record<string, string>} */ ({ amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0', apos: "'" }));

/** @param {string} name */
function entity(name) {
  if (name[0] !== '#') return ENTITIES[name.toLowerCase()];
  const code = name[1].toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : undefined;
}
