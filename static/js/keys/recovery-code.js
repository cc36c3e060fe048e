/**
 * The recovery code as people write it down (docs/FORMATS.md): 32 random octets and a checksum in Crockford's base32, 14
 * groups of four. Reading it forgives case, spaces and the letters that look like digits.
 * @module
 */
import { sha256 } from '../cms/digest.js';
import { concat, equal, utf8 } from '../cms/octets.js';
import { KeyError } from './errors.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */

const LABEL = utf8('pli/v1/recovery-code');
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** @type {Readonly<Record<string, string>>} */
const LOOKALIKES = Object.freeze({ O: '0', I: '1', L: '1' });
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 3;
const CHARACTERS = 56;
const GROUP = 4;
const QR_PREFIX = 'PLI1:';

/** What was typed is no recovery code, or holds a slip of the pen: in which group of four, 1 to 14, as far as that shows. */
export class CodeRefused extends KeyError {
  /** @param {'length' | 'character' | 'checksum'} reason @param {number | null} [group] */
  constructor(reason, group = null) {
    super('CODE_REFUSED', { reason, group });
  }
}

/** @returns {Bytes} a new secret, 256 bits */
export const newSecret = () => crypto.getRandomValues(new Uint8Array(SECRET_LENGTH));

/** @param {Uint8Array} secret @returns {Promise<string>} 14 groups of four, with a space between */
export async function writeCode(secret) {
  const characters = toBase32(concat(secret, await checksum(secret)));
  return (characters.match(/.{4}/g) ?? []).join(' ');
}

/** What the QR code beside it holds. @param {string} code */
export const qrText = (code) => QR_PREFIX + code.replaceAll(' ', '');

/**
 * @param {string} typed a code as written, or the text of its QR code
 * @returns {Promise<Bytes>} the secret
 * @throws {CodeRefused}
 */
export async function readCode(typed) {
  const plain = normal(typed);
  if (plain.length > CHARACTERS) throw new CodeRefused('length');
  const odd = [...plain].findIndex((character) => !ALPHABET.includes(character));
  if (odd >= 0) throw new CodeRefused('character', groupAt(odd));
  if (plain.length !== CHARACTERS) throw new CodeRefused('length');
  const secret = await secretIn(plain);
  if (!secret) throw new CodeRefused('checksum', await mistakenGroup(plain));
  return secret;
}

/** @param {number} place */
const groupAt = (place) => Math.floor(place / GROUP) + 1;

/** @param {string} plain @returns {Promise<Bytes | null>} */
async function secretIn(plain) {
  const octets = fromBase32(plain);
  const secret = octets.slice(0, SECRET_LENGTH);
  return equal(await checksum(secret), octets.subarray(SECRET_LENGTH)) ? secret : null;
}

/**
 * Where one wrong character, or two neighbours in the wrong order, explain everything. The code is never corrected by this:
 * who types it looks at the sheet again.
 * @param {string} plain
 */
async function mistakenGroup(plain) {
  const found = new Set();
  for (let place = 0; place < CHARACTERS; place += 1) {
    const tries = await Promise.all([...neighboursOf(plain, place)].map(secretIn));
    if (tries.some(Boolean)) found.add(groupAt(place));
  }
  return found.size === 1 ? [...found][0] : null;
}

/** @param {string} plain @param {number} place */
function* neighboursOf(plain, place) {
  for (const character of ALPHABET) yield plain.slice(0, place) + character + plain.slice(place + 1);
  if (place + 1 < CHARACTERS) yield plain.slice(0, place) + plain[place + 1] + plain[place] + plain.slice(place + 2);
}

/** Whether a group typed back is that of the code. @param {string} code @param {number} group from 0 @param {string} typed */
export function sameGroup(code, group, typed) {
  return normal(typed) === normal(code).slice(group * GROUP, (group + 1) * GROUP);
}

/** @param {string} typed */
function normal(typed) {
  const bare = typed.replace(/\s/g, '').toUpperCase();
  const plain = bare.startsWith(QR_PREFIX) ? bare.slice(QR_PREFIX.length) : bare;
  return plain.replaceAll('-', '').replace(/[OIL]/g, (letter) => LOOKALIKES[letter]);
}

/** @param {Uint8Array} secret */
async function checksum(secret) {
  return (await sha256(concat(LABEL, secret))).slice(0, CHECKSUM_LENGTH);
}

/** Five octets give eight characters; the code is a whole number of both. @param {Uint8Array} octets */
function toBase32(octets) {
  let text = '';
  for (let start = 0; start < octets.length; start += 5) {
    const bits = octets.subarray(start, start + 5).reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
    for (let shift = 35n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((bits >> shift) & 31n)];
  }
  return text;
}

/** @param {string} text @returns {Bytes} */
function fromBase32(text) {
  const octets = [];
  for (let start = 0; start < text.length; start += 8) {
    const bits = [...text.slice(start, start + 8)].reduce((value, character) => (value << 5n) | BigInt(digit(character)), 0n);
    for (let shift = 32n; shift >= 0n; shift -= 8n) octets.push(Number((bits >> shift) & 255n));
  }
  return Uint8Array.from(octets);
}

/** @param {string} character of the alphabet */
const digit = (character) => ALPHABET.indexOf(character);
