/**
 * Which header fields count (RFC 9788 §4.3): those inside the cryptographic payload where its sender put them there
 * on purpose, the outer ones else. Messages of the older drafts (`protected-headers="v1"`) and of RFC 8551 §3.1
 * (`message/rfc822; forwarded=no`) are read the same way.
 */
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
 * The entity whose fields are protected, or null: `payload` itself, or the message it wraps.
 * @param {Part} payload root of what a cryptographic layer covers
 * @returns {Part | null}
 */
export function protectedEntity(payload) {
  if (/^(cipher|clear)$/i.test(payload.params.hp ?? '')) return payload;
  if (/^v1$/i.test(payload.params['protected-headers'] ?? '')) return payload;
  const wrapped = payload.type === 'message/rfc822' && payload.params.forwarded?.toLowerCase() === 'no';
  return wrapped ? (payload.children[0] ?? null) : null;
}

/**
 * @param {HeaderField[]} fields
 * @returns {MessageHeaders}
 */
export function readHeaders(fields) {
  /** @type {string[]} */
  const notices = [];
  return {
    subject: decodeWords(fieldValue(fields, 'subject') ?? ''),
    from: readFrom(fields, notices),
    to: readList(fields, 'to', notices),
    cc: readList(fields, 'cc', notices),
    replyTo: readList(fields, 'reply-to', notices),
    date: readDate(fieldValue(fields, 'date')),
    messageId: fieldValue(fields, 'message-id') ?? '',
    inReplyTo: fieldValue(fields, 'in-reply-to') ?? '',
    references: fieldValue(fields, 'references') ?? '',
    notices,
  };
}

/**
 * The outer fields of a message whatever its parts are like; without any where they are over the limit themselves.
 * @param {Uint8Array} bytes RFC 5322
 * @returns {MessageHeaders}
 */
export function outerHeaders(bytes) {
  try {
    return readHeaders(parseHeaders(bytes).fields);
  } catch {
    return readHeaders([]);
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
