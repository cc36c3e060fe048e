/**
 * Grants to holders without a card (docs/FORMATS.md): a passkey's PRF value, a recovery code, the officers' secret. What is
 * opened is compared with what the body says before anybody uses it, against swapped keys.
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
import { checkHolderKey, deriveHolderKey, pointOf } from './holder-keys.js';
import { subjectPublicKeyInfo } from './key-pairs.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('./formats.js').GrantBody} GrantBody */
/** @typedef {import('./formats.js').MailboxKeys} MailboxKeys */
/** @typedef {import('./agent.js').PasskeyUnlock} PasskeyUnlock */
/** @typedef {{passkey: PasskeyUnlock} | {recovery: {secret: Uint8Array}} | {officer: {secret: Uint8Array}}} CardlessUnlock */
/** @typedef {{body: GrantBody, bodyHash: Bytes, bodyDer: Bytes, sealed: import('../cms/enveloped.js').Enveloped}} Grant nothing of it is proved before its log entry is verified and it is opened */

/** @param {PasskeyUnlock} passkey @param {GrantBody} body */
async function keyEncryptionKey({ prf }, { mailboxId, epoch }) {
  return hkdf(await hkdfKey(prf), { salt: prfSalt(mailboxId, epoch), info: PRF_INFO });
}

/**
 * @param {GrantBody} body with a holderKey
 * @param {MailboxKeys} keys
 * @returns {Promise<Bytes>} Grant
 */
export async function buildGrant(body, keys) {
  const bodyDer = encodeGrantBody(body);
  const content = encodeMailboxKeys(keys);
  const sealed = await buildEnveloped({
    content, contentAlgorithm: 'aes-256-gcm', contentType: PLI_OID.mailboxKeys,
    authAttrs: [{ type: PLI_OID.context, values: [encode(octetString(await sha256(bodyDer)))] }],
    recipients: [recipientOf(body)],
  });
  content.fill(0);
  return encodeGrant(bodyDer, sealed);
}

/** @param {GrantBody} body */
function recipientOf({ holder, holderKey }) {
  if (!holderKey) throw new GrantRefused('key-invalid');
  return { point: pointOf(holderKey), keyIdentifier: holder.reference };
}

/** @param {Uint8Array} der @returns {Promise<Grant>} @throws {GrantRefused} malformed, context */
export async function parseGrant(der) {
  const { bodyDer, body, sealed } = readGrant(der);
  const bodyHash = await sha256(bodyDer);
  const context = sealed.authAttributes.get(PLI_OID.context);
  if (context?.length !== 1 || !equal(context[0].octets(), bodyHash)) throw new GrantRefused('context');
  await checkHolderKey(body);
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
 * @param {Grant} grant @param {CardlessUnlock} unlock
 * @returns {Promise<MailboxKeys>}
 * @throws {GrantRefused} recipient-mismatch, and those of `openWithContentKey`
 */
export async function openGrant(grant, unlock) {
  if (!('passkey' in unlock)) return openGrantWithSecret(grant, ...secretOf(unlock));
  const { credentialId, prf } = unlock.passkey;
  checkHolder(grant.body, 'passkey', await sha256(credentialId));
  return grant.sealed.recipients[0].kind === 'kekri' ? openGrantWithPrf(grant, unlock.passkey) : openGrantWithSecret(grant, 'passkey', prf);
}

/** @param {Exclude<CardlessUnlock, {passkey: any}>} unlock @returns {[import('./holder-keys.js').CardlessKind, Uint8Array]} */
const secretOf = (unlock) => ('recovery' in unlock ? ['recovery', unlock.recovery.secret] : ['officer', unlock.officer.secret]);

/** The form passkeys had before they had keys. @param {Grant} grant @param {PasskeyUnlock} passkey */
async function openGrantWithPrf(grant, passkey) {
  const { body, sealed: { recipients: [recipient] } } = grant;
  const { rid } = recipient;
  if (!rid || !('keyIdentifier' in rid) || !equal(rid.keyIdentifier, body.holder.reference)) throw new GrantRefused('recipient-mismatch');
  return openWithContentKey(grant, await unwrapped(unwrapKek(recipient, await keyEncryptionKey(passkey, body))));
}

/**
 * For a holder whose key stands in the body (kari).
 * @param {Grant} grant @param {import('./holder-keys.js').CardlessKind} kind @param {Uint8Array} secret
 * @returns {Promise<MailboxKeys>}
 * @throws {GrantRefused} recipient-mismatch: the body names another kind, or the key of another secret
 */
export async function openGrantWithSecret(grant, kind, secret) {
  const { body, sealed: { recipients: [recipient] } } = grant;
  const key = await deriveHolderKey(kind, secret, body.mailboxId);
  const { rid } = recipient;
  const named = rid && 'subjectKeyIdentifier' in rid && equal(rid.subjectKeyIdentifier, body.holder.reference);
  if (body.holder.kind !== kind || !named || !body.holderKey || !equal(body.holderKey, key.spki)) throw new GrantRefused('recipient-mismatch');
  return openWithContentKey(grant, await unwrapped(key.unwrap(recipient)));
}

/** @param {Promise<Bytes>} unwrapping */
async function unwrapped(unwrapping) {
  return unwrapping.catch(() => {
    throw new GrantRefused('sealed');
  });
}

/** @param {GrantBody} body @param {import('./formats.js').Holder['kind']} kind @param {Uint8Array} reference */
function checkHolder({ holder }, kind, reference) {
  if (holder.kind !== kind || !equal(holder.reference, reference)) throw new GrantRefused('recipient-mismatch');
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
