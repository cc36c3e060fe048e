/**
 * Grants to a passkey (docs/FORMATS.md): made for its PRF value, opened with it. What is opened is
 * compared with what the body says before anybody uses it, against swapped keys.
 * @module
 */
import { unwrapKek } from '../cms/decryption-key.js';
import { encode, octetString } from '../cms/der.js';
import { hkdf, hkdfKey, sha256 } from '../cms/digest.js';
import { buildEnveloped, parseEnveloped } from '../cms/enveloped.js';
import { equal } from '../cms/octets.js';
import { PLI_OID } from '../cms/oids.js';
import { GrantRefused, KeyError } from './errors.js';
import { PRF_INFO, decodeGrant, decodeGrantBody, decodeMailboxKeys, encodeGrant, encodeGrantBody, encodeMailboxKeys, prfSalt } from './formats.js';
import { subjectPublicKeyInfo } from './key-pairs.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('./formats.js').GrantBody} GrantBody */
/** @typedef {import('./formats.js').MailboxKeys} MailboxKeys */
/** @typedef {import('./agent.js').PasskeyUnlock} PasskeyUnlock */
/** @typedef {{body: GrantBody, bodyHash: Bytes, bodyDer: Bytes, sealed: import('../cms/enveloped.js').Enveloped}} Grant nothing of it is proved before its log entry is verified and it is opened */

/** @param {PasskeyUnlock} passkey @param {GrantBody} body */
async function keyEncryptionKey({ prf }, { mailboxId, epoch }) {
  return hkdf(await hkdfKey(prf), { salt: prfSalt(mailboxId, epoch), info: PRF_INFO });
}

/** @param {GrantBody} body @param {MailboxKeys} keys @param {PasskeyUnlock} passkey @returns {Promise<Bytes>} Grant */
export async function buildGrant(body, keys, passkey) {
  const bodyDer = encodeGrantBody(body);
  const content = encodeMailboxKeys(keys);
  const sealed = await buildEnveloped({
    content, contentAlgorithm: 'aes-256-gcm', contentType: PLI_OID.mailboxKeys,
    authAttrs: [{ type: PLI_OID.context, values: [encode(octetString(await sha256(bodyDer)))] }],
    recipients: [{ kek: await keyEncryptionKey(passkey, body), keyIdentifier: await sha256(passkey.credentialId) }],
  });
  content.fill(0);
  return encodeGrant(bodyDer, sealed);
}

/** @param {Uint8Array} der @returns {Promise<Grant>} @throws {GrantRefused} malformed, context */
export async function parseGrant(der) {
  const { bodyDer, body, sealed } = readGrant(der);
  const bodyHash = await sha256(bodyDer);
  const context = sealed.authAttributes.get(PLI_OID.context);
  if (context?.length !== 1 || !equal(context[0].octets(), bodyHash)) throw new GrantRefused('context');
  return { body, bodyDer, bodyHash, sealed };
}

/** @param {Uint8Array} der */
function readGrant(der) {
  try {
    const parts = decodeGrant(der);
    const sealed = parseEnveloped(parts.sealed);
    const ours = sealed.contentType === PLI_OID.mailboxKeys && sealed.contentAlgorithm.name === 'aes-256-gcm';
    if (!ours || sealed.contentAlgorithm.shortTag || sealed.recipients.length !== 1 || sealed.authAttributes.size !== 2) {
      throw new GrantRefused('malformed');
    }
    return { bodyDer: parts.body, body: decodeGrantBody(parts.body), sealed };
  } catch (error) {
    throw error instanceof KeyError ? error : new GrantRefused('malformed');
  }
}

/**
 * @param {Grant} grant @param {PasskeyUnlock} passkey
 * @returns {Promise<MailboxKeys>}
 * @throws {GrantRefused} recipient-mismatch, and those of `openWithContentKey`
 */
export async function openGrant(grant, passkey) {
  const [recipient] = grant.sealed.recipients;
  const { rid } = recipient;
  const reference = await sha256(passkey.credentialId);
  if (!rid || !('keyIdentifier' in rid) || !equal(rid.keyIdentifier, reference) || !equal(grant.body.holder.reference, reference)) {
    throw new GrantRefused('recipient-mismatch');
  }
  const cek = await unwrapKek(recipient, await keyEncryptionKey(passkey, grant.body)).catch(() => {
    throw new GrantRefused('sealed');
  });
  return openWithContentKey(grant, cek);
}

/**
 * @param {Grant} grant @param {Uint8Array} cek
 * @returns {Promise<MailboxKeys>}
 * @throws {GrantRefused} sealed, key-invalid, spki-mismatch
 */
export async function openWithContentKey({ body, sealed }, cek) {
  const content = await sealed.decrypt(cek).catch(() => {
    throw new GrantRefused('sealed');
  });
  const keys = readKeys(content);
  content.fill(0);
  await checkKeys(body, keys);
  return keys;
}

/** @param {Bytes} content @returns {MailboxKeys} */
function readKeys(content) {
  try {
    return decodeMailboxKeys(content);
  } catch {
    throw new GrantRefused('key-invalid');
  }
}

/** @param {GrantBody} body @param {MailboxKeys} keys */
async function checkKeys({ encryptionSpki, signatureSpki }, { encryptionKey, signatureKey }) {
  for (const [expected, pkcs8] of [[encryptionSpki, encryptionKey], [signatureSpki, signatureKey]]) {
    const spki = await subjectPublicKeyInfo(pkcs8).catch(() => {
      throw new GrantRefused('key-invalid');
    });
    if (!equal(await sha256(spki), expected)) throw new GrantRefused('spki-mismatch');
  }
}
