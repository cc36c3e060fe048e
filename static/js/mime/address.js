/**
 * The one RFC 5322 address parser of the page. It is strict where two readings could differ (two `@`, an `@` inside
 * a quoted local part, controls, text after an address), so that the address shown is the address answered.
 */
import { decodeWords } from './headers.js';
import { AddressError } from './errors.js';

/**
 * @typedef {object} Mailbox
 * @property {string} name display name, decoded; '' if none. Never shown without the address.
 * @property {string} address addr-spec, domain in lower case
 */

const ATEXT = /^[^\s()<>[\]:;@\\,."\u0000-\u001f\u007f]+$/u;
// NUL and other controls, and the marks that turn text round: they end the reading of a field.
const FORBIDDEN = /[\u0000-\u0008\u000a-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
// Whatever is drawn as nothing (DI: by Unicode's own list), which makes two addresses look alike.
const INVISIBLE = /[\u0080-\u009f\u2800\p{DI}]/u;
// In a name also the symbols by which the page itself speaks of signatures: ticks, locks, shields.
const HIDDEN = new RegExp([FORBIDDEN.source, INVISIBLE.source, '\\p{So}'].join('|'), 'gu');
const MAX_ADDRESSES = 2000;
/** Octets of a local part, an at sign and a domain (RFC 5321 §4.5.3.1). */
const MAX_ADDRESS = 320;
/** Characters: more is no name, and weighs on every list that shows it. */
const MAX_NAME = 256;

/**
 * @typedef {{kind: 'atom' | 'quoted' | 'literal' | 'special', text: string, space: boolean}} Token
 * `space`: white space or a comment stands before it.
 */

/**
 * Parses a From, To, Cc or Reply-To value: mailboxes and groups (whose members are listed in place).
 * @param {string} value unfolded field value, encoded words not decoded
 * @returns {Mailbox[]}
 * @throws {AddressError} `address-control`, `address-malformed`, `address-ambiguous`, `address-too-many`
 */
export function parseAddressList(value) {
  if (FORBIDDEN.test(value)) throw new AddressError('address-control');
  const tokens = tokenise(value);
  /** @type {Mailbox[]} */
  const found = [];
  let group = false;
  for (let at = 0; at < tokens.length; ) {
    const end = entryEnd(tokens, at);
    const entry = tokens.slice(at, end);
    const stop = tokens[end]?.text;
    if (isSpecial(tokens[end], ':')) {
      if (group) throw new AddressError('address-malformed', 'a group inside a group');
      if (!isPhrase(entry)) throw new AddressError('address-malformed', 'a group whose name is none');
      group = true;
    } else if (entry.length) found.push(readMailbox(entry));
    if (stop === ';' && isSpecial(tokens[end], ';')) {
      if (!group) throw new AddressError('address-malformed', 'a semicolon outside a group');
      group = false;
    }
    if (found.length > MAX_ADDRESSES) throw new AddressError('address-too-many');
    at = end + 1;
  }
  return found;
}

/**
 * Exactly one mailbox, as a From that a signature can prove has to be.
 * @param {string} value
 * @returns {Mailbox}
 * @throws {AddressError} also `address-not-single`
 */
export function parseSingleAddress(value) {
  const list = parseAddressList(value);
  if (list.length !== 1) throw new AddressError('address-not-single');
  return list[0];
}

/**
 * Whether two addr-specs name one mailbox: ASCII case does not count, which is what operators do in practice.
 * @param {string} a
 * @param {string} b
 */
export function sameAddress(a, b) {
  return comparable(a) === comparable(b);
}

/** @param {string} address @returns {string} the key under which an address is looked up */
export function comparable(address) {
  // Case first: what only normalising makes a capital letter (the Kelvin sign) stays one, and is no letter of another address.
  return address.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).normalize('NFC');
}

/** @param {Mailbox} mailbox @returns {string} `Name <address>`: the address always stands with the name */
export function formatAddress({ name, address }) {
  return name ? `${name} <${address}>` : address;
}

/** @param {Token | undefined} token @param {string} text */
function isSpecial(token, text) {
  return token?.kind === 'special' && token.text === text;
}

/** @param {Token[]} tokens @param {number} at */
function entryEnd(tokens, at) {
  let angle = false;
  for (let i = at; i < tokens.length; i++) {
    if (isSpecial(tokens[i], '<')) angle = true;
    if (isSpecial(tokens[i], '>')) angle = false;
    if (tokens[i].kind === 'special' && /[,;]/.test(tokens[i].text) && !(angle && tokens[i].text === ',')) return i;
    if (isSpecial(tokens[i], ':') && !angle) return i;
  }
  return tokens.length;
}

/** What a group is called (RFC 5322 §3.4, §3.2.5); an address before a colon would be read by others as one. @param {Token[]} tokens */
const isPhrase = (tokens) => tokens.every((token) => token.kind === 'atom' || token.kind === 'quoted' || isSpecial(token, '.'));

/** @param {Token[]} entry @returns {Mailbox} */
function readMailbox(entry) {
  const open = entry.findIndex((token) => isSpecial(token, '<'));
  if (open < 0) return { name: '', address: readAddrSpec(entry) };
  if (!isSpecial(entry.at(-1), '>')) throw new AddressError('address-malformed', 'text after an address');
  return { name: readName(entry.slice(0, open)), address: readAddrSpec(entry.slice(open + 1, -1)) };
}

/** @param {Token[]} tokens */
function readName(tokens) {
  if (tokens.some((token) => token.kind === 'special' && !/[.@]/.test(token.text))) throw new AddressError('address-malformed');
  const phrase = tokens.map((token, i) => (i && token.space ? ' ' : '') + token.text).join('');
  const name = decodeWords(phrase).replace(HIDDEN, '').replace(/\s+/g, ' ').trim();
  return /\S@\S/.test(name.normalize('NFKC')) ? '' : name.slice(0, MAX_NAME); // a name that plays an address would be read instead of it
}

/** @param {Token[]} tokens */
function readAddrSpec(tokens) {
  const ats = tokens.filter((token) => isSpecial(token, '@')).length;
  if (ats !== 1) throw new AddressError(ats ? 'address-ambiguous' : 'address-malformed');
  if (tokens.slice(1).some((token) => token.space)) throw new AddressError('address-malformed', 'white space inside an address');
  const at = tokens.findIndex((token) => isSpecial(token, '@'));
  const address = `${readLocalPart(tokens.slice(0, at))}@${readDomain(tokens.slice(at + 1))}`;
  // RFC 2047 §5 forbids encoded words here; a program that decodes them all the same reads another address.
  if (/=\?\S*\?=/.test(address)) throw new AddressError('address-ambiguous');
  if (address.length > MAX_ADDRESS) throw new AddressError('address-malformed');
  if (INVISIBLE.test(address)) throw new AddressError('address-control');
  return address;
}

/** @param {Token[]} tokens */
function readLocalPart(tokens) {
  if (tokens.length === 1 && tokens[0].kind === 'quoted') {
    const { text } = tokens[0];
    if (/[@<>,;:"\\\s]/.test(text)) throw new AddressError('address-ambiguous');
    return `"${text}"`;
  }
  return dotAtom(tokens);
}

/** @param {Token[]} tokens */
function readDomain(tokens) {
  if (tokens.length === 1 && tokens[0].kind === 'literal') return tokens[0].text.toLowerCase();
  return dotAtom(tokens).toLowerCase();
}

/** @param {Token[]} tokens atoms and dots in turn */
function dotAtom(tokens) {
  const fits = tokens.every((token, i) => (i % 2 ? isSpecial(token, '.') : token.kind === 'atom' && ATEXT.test(token.text)));
  if (!fits || tokens.length % 2 === 0) throw new AddressError('address-malformed');
  return tokens.map((token) => token.text).join('');
}

/** @param {string} value @returns {Token[]} comments dropped */
function tokenise(value) {
  /** @type {Token[]} */
  const tokens = [];
  let space = false;
  for (let i = 0; i < value.length; ) {
    const c = value[i];
    const end = tokenEnd(value, i);
    if (c === '(' || /\s/.test(c)) space = true;
    else {
      tokens.push(readToken(c, value.slice(i, end), space));
      space = false;
    }
    i = end;
  }
  return tokens;
}

/** @param {string} c @param {string} text @param {boolean} space @returns {Token} */
function readToken(c, text, space) {
  if (c === '"') return { kind: 'quoted', text: text.slice(1, -1).replace(/\\(.)/g, '$1'), space };
  if (c === '[') return { kind: 'literal', text, space };
  return { kind: /[<>,;:@.)\]\\]/.test(c) ? 'special' : 'atom', text, space };
}

/** @param {string} value @param {number} i */
function tokenEnd(value, i) {
  if (value[i] === '"') return closing(value, i, '"');
  if (value[i] === '[') return closing(value, i, ']');
  if (value[i] === '(') return commentEnd(value, i);
  if (/[\s<>,;:@.)\]\\]/.test(value[i])) return i + 1;
  let end = i + 1;
  while (end < value.length && !/[\s()<>[\]:;@\\,."]/.test(value[end])) end++;
  return end;
}

/** @param {string} value @param {number} i @param {string} mark */
function closing(value, i, mark) {
  for (let end = i + 1; end < value.length; end++) {
    if (value[end] === '\\') end++;
    else if (value[end] === mark) return end + 1;
  }
  throw new AddressError('address-malformed', 'an unclosed quotation');
}

/** @param {string} value @param {number} i */
function commentEnd(value, i) {
  let depth = 0;
  for (let end = i; end < value.length; end++) {
    if (value[end] === '\\') end++;
    else if (value[end] === '(') depth++;
    else if (value[end] === ')' && --depth === 0) return end + 1;
  }
  throw new AddressError('address-malformed', 'an unclosed comment');
}
