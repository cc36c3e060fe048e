/**
 * From a draft to what is sent (docs/FORMATS.md, "Messages"): the payload that is signed, then one encrypted wire
 * for To and Cc together and one for each Bcc. What is private stands only inside; outside are bare addresses,
 * `Subject: [...]`, Date and Message-ID (RFC 9788, `hcp_baseline` and stricter).
 */
import { buildEnveloped } from '../cms/enveloped.js';
import { parseCertificate } from '../cms/certificate.js';
import { release } from '../cms/release.js';
import { addressField, attachmentEntity, dateValue, multipartEntity, pieces, serialise, structuredField, textEntity, textField } from '../mime/build.js';
import { encodeBase64 } from '../mime/transfer.js';
import { comparable } from '../mime/address.js';
import { contentCipher, keyTransport } from './protection.js';

/** @typedef {import('../mime/address.js').Mailbox} Mailbox */
/** @typedef {import('../mime/build.js').Entity} Entity */
/** @typedef {import('./protection.js').RecipientKey} RecipientKey */

/**
 * @typedef {object} Letter
 * @property {Mailbox} from
 * @property {Mailbox[]} to
 * @property {Mailbox[]} [cc]
 * @property {Mailbox[]} [bcc]
 * @property {string} subject
 * @property {string} text
 * @property {{filename: string, type: string, bytes: Uint8Array}[]} [attachments]
 * @property {Date} [date] now by default; the signing time follows it
 * @property {string} [messageId] with angle brackets; made if absent
 * @property {string} [inReplyTo]
 * @property {string} [references]
 * @property {boolean} [legacyDisplay] some reader may not know header protection, and would read neither subject nor names
 */

/**
 * @typedef {object} Wire one encrypted message to make with `wrapWire`
 * @property {string[]} rcptTo addresses of the SMTP envelope
 * @property {boolean} blind a copy for one Bcc recipient
 * @property {Uint8Array} entity the signed MIME entity, put together at each reading: a large one is not kept for all wires
 * @property {string[]} outer fields of the outer header
 */

/**
 * @typedef {object} Composition
 * @property {Uint8Array} payload the MIME entity the card and the mailbox key sign
 * @property {string} messageId
 * @property {Date} date
 * @property {(signature: Uint8Array) => Wire[]} wires
 * @property {(signature: Uint8Array) => Uint8Array} sentCopy the signed message with its Bcc, to be sealed to the sender
 */

/**
 * @param {Letter} letter
 * @returns {Composition}
 * @throws {ComposeError} `no-recipient`
 */
export function composePayload(letter) {
  const { attachments: _, text: _text, ...heads } = letter; // the payload holds the rest, once
  const { to, cc = [], bcc = [], date = new Date() } = heads;
  if (!to.length && !cc.length && !bcc.length) throw new ComposeError('no-recipient');
  const messageId = letter.messageId ?? freshMessageId(letter.from.address);
  const outer = outerFields(letter, messageId, date);
  const body = bodyEntity(letter);
  const payload = serialise(protect(body, innerFields(letter, messageId, date), outer));
  [body.body].flat().forEach(release);
  return {
    payload, messageId, date,
    wires: (signature) => wiresOf(heads, outer, signedEntity(payload, signature)),
    sentCopy: (signature) => sentCopy(heads, messageId, date, signedEntity(payload, signature)),
  };
}

export class ComposeError extends Error {
  /** @param {'no-recipient'} code */
  constructor(code) {
    super(code);
    this.name = 'ComposeError';
    this.code = code;
  }
}

/** @param {string} address */
function freshMessageId(address) {
  return `<${crypto.randomUUID()}@${address.slice(address.lastIndexOf('@') + 1)}>`;
}

/** @param {Letter} letter @returns {Entity} */
function bodyEntity(letter) {
  const { text, attachments = [], legacyDisplay = false } = letter;
  const body = legacyDisplay ? textEntity(`${legacyLines(letter)}\n\n${text}`, { 'hp-legacy-display': '1' }) : textEntity(text);
  if (!attachments.length) return body;
  return multipartEntity('multipart/mixed', [body, ...attachments.map(attachmentEntity)].map(pieces));
}

/**
 * The fields that the outer header hides, once more as text (RFC 9788 §5.2.2): Thunderbird and Outlook show the outer
 * `[...]` of S/MIME mail. Whoever reads the protected fields leaves these lines out; inside Pli they are never written.
 * @param {Heads} heads
 */
function legacyLines({ from, to, cc = [], subject }) {
  const people = (/** @type {Mailbox[]} */ mailboxes) => mailboxes.map(({ name, address }) => (name ? `${name} <${address}>` : address)).join(', ');
  /** @type {[string, string][]} */
  const fields = [['Subject', subject], ['From', people([from])], ['To', people(to)], ['Cc', people(cc)]];
  return fields.filter(([, value]) => value).map(([name, value]) => `${name}: ${value.replace(/\s+/g, ' ')}`).join('\n');
}

/** @typedef {Omit<Letter, 'text' | 'attachments'>} Heads */

/** @param {Heads} heads @param {string} messageId @param {Date} date @returns {string[]} what only the reader sees */
function innerFields({ from, to, cc = [], subject, inReplyTo, references }, messageId, date) {
  return [
    addressField('From', [from]),
    ...addressees('To', to),
    ...addressees('Cc', cc),
    textField('Subject', subject),
    `Date: ${dateValue(date)}`,
    `Message-ID: ${messageId}`,
    ...(inReplyTo ? [textField('In-Reply-To', inReplyTo)] : []),
    ...(references ? [textField('References', references)] : []),
  ];
}

/** @param {Heads} heads @param {string} messageId @param {Date} date @returns {string[]} what every relay sees */
function outerFields({ from, to, cc = [] }, messageId, date) {
  return [
    addressField('From', [bare(from)]),
    ...addressees('To', to.map(bare)),
    ...addressees('Cc', cc.map(bare)),
    'Subject: [...]',
    `Date: ${dateValue(date)}`,
    `Message-ID: ${messageId}`,
  ];
}

/** @param {string} name @param {Mailbox[]} mailboxes */
const addressees = (name, mailboxes) => (mailboxes.length ? [addressField(name, mailboxes)] : []);
/** @param {Mailbox} mailbox @returns {Mailbox} */
const bare = ({ address }) => ({ name: '', address });

/**
 * RFC 9788 §2.1: `hp="cipher"` on the payload's root, its fields, and an HP-Outer record of each outer field.
 * @param {Entity} entity @param {string[]} inner @param {string[]} outer
 * @returns {Entity}
 */
function protect({ fields, body }, inner, outer) {
  const [contentType, ...rest] = fields;
  return { fields: [...inner, ...outer.map((line) => `HP-Outer: ${line}`), `${contentType};\r\n hp="cipher"`, ...rest], body };
}

/** @param {Uint8Array} payload @param {Uint8Array} signature detached SignedData, DER @returns {Entity} */
function signedEntity(payload, signature) {
  const part = serialise({
    fields: [
      structuredField('Content-Type', 'application/pkcs7-signature', { name: 'smime.p7s' }),
      structuredField('Content-Disposition', 'attachment', { filename: 'smime.p7s' }),
      'Content-Transfer-Encoding: base64',
    ],
    body: encodeBase64(signature),
  });
  return multipartEntity('multipart/signed', [payload, part], { protocol: 'application/pkcs7-signature', micalg: 'sha-256' });
}

/** @param {Heads} heads @param {string[]} outer @param {Entity} signed @returns {Wire[]} */
function wiresOf({ to, cc = [], bcc = [] }, outer, signed) {
  const wire = (/** @type {string[]} */ rcptTo, /** @type {boolean} */ blind) => ({ rcptTo, blind, outer, get entity() { return serialise(signed); } });
  const open = distinct([...to, ...cc]);
  const blind = distinct(bcc).filter((address) => !open.some((known) => comparable(known) === comparable(address)));
  const wires = blind.map((address) => wire([address], true));
  return open.length ? [wire(open, false), ...wires] : wires;
}

/** @param {Mailbox[]} mailboxes */
function distinct(mailboxes) {
  return [...new Map(mailboxes.map(({ address }) => [comparable(address), address])).values()];
}

/** @param {Heads} heads @param {string} messageId @param {Date} date @param {Entity} signed */
function sentCopy(heads, messageId, date, signed) {
  const own = [...innerFields(heads, messageId, date), ...addressees('Bcc', heads.bcc ?? []), 'MIME-Version: 1.0'];
  return serialise({ fields: [...own, ...signed.fields], body: signed.body });
}

/**
 * Encrypts a signed entity: one CMS for all recipients, as weak as the weakest of them needs and never split by what
 * they can read (mail/protection.js).
 * @param {Uint8Array} entity
 * @param {string[]} outer
 * @param {RecipientKey[]} recipients
 * @returns {Promise<Uint8Array>} a whole RFC 5322 message
 * @throws {ComposeError | import('./protection.js').RecipientKeyUnsupported}
 */
export async function wrapWire(entity, outer, recipients) {
  if (!recipients.length) throw new ComposeError('no-recipient');
  const contentAlgorithm = contentCipher(recipients);
  const cms = await buildEnveloped({
    content: entity,
    contentAlgorithm,
    recipients: recipients.map((key) => ({ certificate: parseCertificate(key.certificate), keyAlgorithm: keyTransport(key) })),
  });
  const type = contentAlgorithm === 'aes-256-gcm' ? 'authEnveloped-data' : 'enveloped-data';
  const message = encodeBase64(cms, serialise({ fields: [...outer, ...cmsFields(type)], body: [] }));
  release(cms);
  return message;
}

/** @param {string} type @returns {string[]} */
const cmsFields = (type) => [
  'MIME-Version: 1.0',
  structuredField('Content-Type', 'application/pkcs7-mime', { 'smime-type': type, name: 'smime.p7m' }),
  structuredField('Content-Disposition', 'attachment', { filename: 'smime.p7m' }),
  'Content-Transfer-Encoding: base64',
];
