/** Attachment names are hostile text: one normal form for everything that shows or saves them. */

const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
// Controls, bidirectional overrides and isolates, zero-width characters, line separators, BOM, and lone surrogates.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;
const MAX = 120;

/**
 * The last path segment, without what could hide, escape or execute; its extension survives shortening. Never empty.
 * @param {string} name as the sender wrote it, RFC 2231 and 2047 decoded
 * @returns {string}
 */
export function normaliseFilename(name) {
  const last = name.slice(0, 4096).normalize('NFC').replace(INVISIBLE, '').split(/[\\/]/).at(-1) ?? '';
  const neutral = last.replace(/[<>:"|?*&`]/g, '_').replace(/^[\s.]+|[\s.]+$/g, '');
  return shorten(DEVICE.test(neutral) ? `_${neutral}` : neutral) || 'attachment';
}

/** @param {string} name */
function shorten(name) {
  const letters = [...name];
  if (letters.length <= MAX) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 12 ? name.slice(dot) : '';
  return letters.slice(0, MAX - extension.length).join('').trimEnd() + extension;
}
