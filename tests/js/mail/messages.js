/** Messages put together by hand, as programs and gateways do it, rightly and wrongly. */
import { deflateSync } from 'node:zlib';
import { encode, explicit, integer, octetString, oid, sequence } from '../../../static/js/cms/der.js';
import { buildEnveloped } from '../../../static/js/cms/enveloped.js';
import { CONTENT_TYPE, ZLIB } from '../../../static/js/cms/oids.js';
import { buildSigned } from '../../../static/js/cms/signed.js';
import { algorithmFor, importSigner } from '../../../static/js/cms/signature.js';
import { openMessage } from '../../../static/js/mail/open.js';
import { concat, utf8 } from '../../../static/js/mime/bytes.js';
import { encodeBase64 } from '../../../static/js/mime/transfer.js';
import { AT, alice, believing, bob, sign, unwrapForBob } from './people.js';

/** @typedef {import('../../../static/js/mail/open.js').Reader} Reader */

export const OUTER = ['From: alice@pli.example', 'To: bob@pli.example', 'Subject: [...]', 'Date: Sat, 21 Nov 2026 22:00:00 +0000', 'Message-ID: <1@pli.example>'];
export const TEXT = 'Content-Type: text/plain; charset=utf-8\r\n\r\nbonjour';
const HTML = 'Content-Type: text/html\r\n\r\n<p>bonjour</p>';

/** With protected fields. @param {{hp?: string, from?: string, more?: string[], html?: boolean}} [options] */
export function letter({ hp = 'hp="cipher"', from = 'Alice <alice@pli.example>', more = [], html = false } = {}) {
  const fields = [`From: ${from}`, 'To: Bob <bob@pli.example>', 'Subject: secret', 'Date: Sat, 21 Nov 2026 22:00:00 +0000', ...more];
  return `${fields.join('\r\n')}\r\n${(html ? HTML : TEXT).replace('\r\n\r\n', `; ${hp}\r\n\r\n`)}`;
}

/** @param {string | Uint8Array} part */
export const bytes = (part) => (typeof part === 'string' ? utf8(part) : part);

/** @param {...(string | Uint8Array)} parts @returns {Uint8Array} each on lines of its own, which end in CRLF */
export const lines = (...parts) => concat(parts.flatMap((part, i) => (i ? [utf8('\r\n'), bytes(part)] : [bytes(part)])));

/** A message whose body is base64 of `cms`. @param {Uint8Array} cms @param {string[]} [fields] its Content fields */
export const carrying = (cms, fields = ['Content-Type: application/pkcs7-mime', 'Content-Transfer-Encoding: base64']) =>
  lines(...fields, '', encodeBase64(cms));

/** @param {Uint8Array | string} entity @param {string[]} [outer] */
export const message = (entity, outer = OUTER) => lines(...outer, entity);

/** @param {string | Uint8Array} content @param {string} [contentAlgorithm] */
export const encrypted = (content, contentAlgorithm = 'aes-256-gcm') =>
  buildEnveloped({ content: bytes(content), contentAlgorithm, recipients: [{ certificate: bob.certificate }] });

/** @param {string | Uint8Array} content @param {import('./people.js').Person} [person] */
export async function opaque(content, { certificate, pkcs8 } = alice) {
  const signing = await importSigner(pkcs8, algorithmFor(certificate.publicKey));
  return buildSigned({ content: bytes(content), certificate, sign: signing, signedAttributes: { signingTime: new Date(AT.getTime() - 120_000) } });
}

/** @param {string | Uint8Array} content @returns {Uint8Array} ContentInfo of CompressedData (RFC 3274) */
export function compressed(content) {
  const zlib = new Uint8Array(deflateSync(bytes(content)));
  const encapsulated = sequence(oid(CONTENT_TYPE.data), explicit(0, octetString(zlib)));
  return encode(sequence(oid(CONTENT_TYPE.compressedData), explicit(0, sequence(integer(0), sequence(oid(ZLIB)), encapsulated))));
}

/** @param {string} type with its parameters but the boundary @param {...(string | Uint8Array)} parts @returns {Uint8Array} */
export function multipart(type, ...parts) {
  const boundary = `=_${Math.random()}`;
  return lines(`Content-Type: multipart/${type}; boundary="${boundary}"`, '', ...parts.flatMap((part) => [`--${boundary}`, part]), `--${boundary}--`, '');
}

/** @param {Uint8Array} cms @param {string} [labels] */
export const signaturePart = (cms, labels = 'Content-Type: application/pkcs7-signature; name=smime.p7s') =>
  lines(labels, 'Content-Transfer-Encoding: base64', '', encodeBase64(cms));

/** @param {string | Uint8Array} entity @param {Uint8Array} [signature] by Alice unless given */
export async function detached(entity, signature) {
  return multipart('signed; protocol="application/pkcs7-signature"', entity, signaturePart(signature ?? (await sign(bytes(entity), alice))));
}

/** @param {Uint8Array} whole @param {Partial<Reader>} [reader] */
export const open = (whole, reader = {}) => openMessage(whole, { unwrap: unwrapForBob, validate: believing(), at: AT, ...reader });

/** @param {Awaited<ReturnType<typeof open>>} opened what most tests look at */
export const seen = ({ signature, text, encrypted: isEncrypted, quarantined }) =>
  (quarantined ? quarantined : `${signature.state} ${signature.reason} ${isEncrypted ? 'encrypted' : 'clear'}: ${text.trim()}`);
