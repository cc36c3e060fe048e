/**
 * Which header fields count (RFC 9788 §4): those inside the cryptographic payload where its sender put them there on
 * purpose, the outer ones else. Messages of the older drafts (`protected-headers="v1"`) and of RFC 8551 §3.1 (a whole
 * message wrapped) are read the same way.
 */
import { LimitError } from '../mime/errors.js';
import { parseAddressList } from '../mime/address.js';
import { decodeWords, fieldsNamed, fieldValue, parseHeaders } from '../mime/headers.js';

/** @typedef {import('../mime/split.js').Part} Part */
/** @typedef {import('../mime/address.js').Mailbox} Mailbox */
/** @typedef {import('../mime/headers.js').HeaderField} HeaderField */

/**
 * @typedef {object} MessageHeaders the fields a reader is shown
 * @property {string} subject
 * @property {Mailbox[]} from one, or none where From is missing, doubled or hostile
 * @property {Mailbox[]} to
 * @property {Mailbox[]} cc
 * @property {Mailbox[]} replyTo
 * @property {string | null} date RFC 3339
 * @property {string} messageId with its angle brackets, or ''
 * @property {string} inReplyTo
 * @property {string} references
 * @property {string[]} notices `from-hostile`, `addresses-hostile`
 */

/**
 * @typedef {object} ProtectedPart
 * @property {Part} entity whose fields are protected: the payload, or the message it wraps
 * @property {'hp-clear' | 'hp-cipher' | 'draft' | 'wrapped'} scheme draft: `protected-headers="v1"`
 */

/** @typedef {'signed-and-encrypted' | 'encrypted-only' | 'signed-only' | 'unprotected'} FieldProtection RFC 9788 §4.2 */

const SHOWN = Object.freeze(['subject', 'from', 'to', 'cc', 'reply-to', 'date', 'message-id', 'in-reply-to', 'references']);
/** To and Cc together (DESIGN §6). */
const MAX_RECIPIENTS = 500;

/**
 * @param {Part} payload root of what a cryptographic layer covers
 * @param {HeaderField[]} outer
 * @returns {ProtectedPart | null}
 */
export function protectedPart(payload, outer) {
  const { params } = payload;
  const hp = params.hp?.toLowerCase();
  if (hp === 'cipher' || hp === 'clear') return { entity: payload, scheme: `hp-${hp}` };
  if (params['protected-headers']?.toLowerCase() === 'v1') return { entity: payload, scheme: 'draft' };
  const [wrapped] = payload.children;
  return wrapped && isWrapper(payload, wrapped, outer) ? { entity: wrapped, scheme: 'wrapped' } : null;
}

/** What a delivery writes on a message. */
const TRACES = Object.freeze(['received', 'return-path', 'delivered-to', 'x-original-to', 'authentication-results', 'dkim-signature']);

/**
 * RFC 8551 does not say how a wrapped message differs from a forwarded one: its sender says so, or it is the very
 * message that the outer fields are about. Those prove nothing, so a message that was once delivered is never it: whoever
 * signs what he received, to pass it on, did not write it.
 * @param {Part} payload @param {Part} wrapped @param {HeaderField[]} outer
 */
function isWrapper({ type, params, disposition }, wrapped, outer) {
  if (!/^message\/(rfc822|global)$/.test(type) || disposition === 'attachment') return false;
  const forwarded = params.forwarded?.toLowerCase();
  if (forwarded) return forwarded === 'no';
  const same = (/** @type {string} */ name) => fieldValue(wrapped.headers, name) === fieldValue(outer, name);
  return same('message-id') && fieldValue(outer, 'message-id') !== null && !TRACES.some((name) => fieldValue(wrapped.headers, name) !== null);
}

/**
 * The fields of a message whose payload protects them. The drafts protected what they named and left the rest outside;
 * RFC 9788 protects all or nothing, and a field that is only outside was not written by the sender.
 * @param {ProtectedPart} found
 * @param {HeaderField[]} outer
 * @returns {HeaderField[]}
 */
export function countingFields({ entity, scheme }, outer) {
  const inner = entity.headers.filter(({ name }) => SHOWN.includes(name.toLowerCase()));
  const missing = scheme === 'draft' ? SHOWN : ['from'];
  return [...inner, ...missing.filter((name) => fieldsNamed(inner, name).length === 0).flatMap((name) => fieldsNamed(outer, name))];
}

/**
 * Whether a signature over the payload covers who wrote to whom, when and about what: each field once, as RFC 5322 §3.6
 * asks, and none of those shown taken from outside.
 * @param {ProtectedPart} found
 * @param {HeaderField[]} fields that count
 */
export function coversHeaders({ entity: { headers } }, fields) {
  const count = (/** @type {string} */ name) => fieldsNamed(headers, name).length;
  const inside = ['to', 'cc', 'reply-to'].every((name) => count(name) <= 1 && fieldsNamed(fields, name).length === count(name));
  return inside && ['from', 'date', 'subject'].every((name) => count(name) === 1);
}

/**
 * How each field that is shown was protected.
 * @param {HeaderField[]} fields that count
 * @param {{found: ProtectedPart | null, outer: HeaderField[], signed: boolean, encrypted: boolean}} message
 * @returns {Record<string, FieldProtection>} by lower-case name
 */
export function protectionsOf(fields, { found, outer, signed, encrypted }) {
  const inside = found?.entity.headers ?? [];
  const entries = SHOWN.filter((name) => fieldsNamed(fields, name).length).map((name) => {
    const covered = fieldsNamed(inside, name).length > 0;
    const hidden = covered && encrypted && isHidden(name, inside, found?.scheme === 'hp-cipher' ? statedOuter(inside) : outer);
    return [name, protection(covered && signed, hidden)];
  });
  return Object.fromEntries(entries);
}

/** @param {boolean} signed @param {boolean} hidden @returns {FieldProtection} */
function protection(signed, hidden) {
  if (hidden) return signed ? 'signed-and-encrypted' : 'encrypted-only';
  return signed ? 'signed-only' : 'unprotected';
}

/**
 * A field is confidential if its sender left it out of the outer header, or put something else there.
 * @param {string} name @param {HeaderField[]} inside @param {HeaderField[]} outside
 */
function isHidden(name, inside, outside) {
  const values = fieldsNamed(outside, name).map(({ value }) => value);
  return !fieldsNamed(inside, name).every(({ value }) => values.includes(value));
}

/** What the sender says he wrote outside, which transit cannot have changed (RFC 9788 §2.2). @param {HeaderField[]} inside @returns {HeaderField[]} */
function statedOuter(inside) {
  return fieldsNamed(inside, 'hp-outer').flatMap(({ value, raw }) => {
    const colon = value.indexOf(':');
    return colon < 1 ? [] : [{ name: value.slice(0, colon).trim(), value: value.slice(colon + 1).trim(), raw }];
  });
}

/**
 * @param {HeaderField[]} fields
 * @returns {MessageHeaders}
 * @throws {LimitError} `too-many-recipients`
 */
export function readHeaders(fields) {
  /** @type {string[]} */
  const notices = [];
  const [to, cc] = [readList(fields, 'to', notices), readList(fields, 'cc', notices)];
  if (to.length + cc.length > MAX_RECIPIENTS) throw new LimitError('too-many-recipients');
  return {
    subject: decodeWords(fieldValue(fields, 'subject') ?? '').replace(/[\u0000-\u001f\u007f]+/g, ' ').trim(),
    from: readFrom(fields, notices),
    to, cc,
    replyTo: readList(fields, 'reply-to', notices),
    date: readDate(fieldValue(fields, 'date')),
    messageId: fieldValue(fields, 'message-id') ?? '',
    inReplyTo: fieldValue(fields, 'in-reply-to') ?? '',
    references: fieldValue(fields, 'references') ?? '',
    notices: [...new Set(notices)],
  };
}

/**
 * The outer fields of a message whatever its parts are like; without those that are over the limit themselves.
 * @param {Uint8Array} bytes RFC 5322
 * @returns {MessageHeaders}
 */
export function outerHeaders(bytes) {
  const fields = tryHeaders(bytes);
  try {
    return readHeaders(fields);
  } catch {
    return readHeaders(fields.filter(({ name }) => !/^(to|cc)$/i.test(name)));
  }
}

/** @param {Uint8Array} bytes */
function tryHeaders(bytes) {
  try {
    return parseHeaders(bytes).fields;
  } catch {
    return [];
  }
}

/** @param {HeaderField[]} fields @param {string[]} notices @returns {Mailbox[]} */
function readFrom(fields, notices) {
  const [field, second] = fieldsNamed(fields, 'from');
  const list = field && !second ? tryList(field.value) : null;
  if (list?.length === 1) return list;
  notices.push('from-hostile');
  return [];
}

/** @param {HeaderField[]} fields @param {string} name @param {string[]} notices @returns {Mailbox[]} */
function readList(fields, name, notices) {
  return fieldsNamed(fields, name).flatMap((field) => {
    const list = tryList(field.value);
    if (!list) notices.push('addresses-hostile');
    return list ?? [];
  });
}

/** @param {string} value */
function tryList(value) {
  try {
    return parseAddressList(value);
  } catch {
    return null;
  }
}

/** @param {string | null} value RFC 5322 date-time */
function readDate(value) {
  const time = Date.parse((value ?? '').replace(/\([^()]{0,100}\)/g, '').trim());
  return Number.isNaN(time) ? null : new Date(time).toISOString().replace('.000Z', 'Z');
}
