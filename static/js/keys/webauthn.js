/**
 * Passkey ceremonies of the browser (WebAuthn level 3 with the `prf` extension), from and to the JSON forms of the
 * server. The PRF value goes to the key agent and never into what is sent.
 */
import { fromBase64Url, toBase64Url } from '../bridge/base64.js';

/** The ceremony did not happen, or the passkey lacks what a mailbox needs. */
export class PasskeyError extends Error {
  name = 'PasskeyError';

  /** @param {'passkey-refused'|'prf-missing'|'passkey-unsupported'} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @typedef {{credentialId: Uint8Array<ArrayBuffer>, prf: Uint8Array<ArrayBuffer>, response: any}} Ceremony response: JSON form, to be sent */

/** @returns {boolean} */
export function passkeysPossible() {
  return typeof globalThis.PublicKeyCredential === 'function';
}

/**
 * @param {any} options PublicKeyCredentialRequestOptionsJSON with `extensions.prf`
 * @param {AbortSignal} [signal]
 * @returns {Promise<Ceremony>}
 * @throws {PasskeyError}
 */
export async function assertPasskey(options, signal) {
  const publicKey = {
    ...options,
    challenge: fromBase64Url(options.challenge),
    allowCredentials: (options.allowCredentials ?? []).map(descriptor),
    extensions: extensions(options.extensions),
  };
  return ceremony(await asked(navigator.credentials.get({ publicKey, signal })));
}

/**
 * @param {any} options PublicKeyCredentialCreationOptionsJSON with `extensions.prf.eval.first`
 * @param {AbortSignal} [signal]
 * @returns {Promise<Ceremony>} an authenticator that gives the PRF value only at the next assertion is `prf-missing`
 * @throws {PasskeyError}
 */
export async function createPasskey(options, signal) {
  const publicKey = {
    ...options,
    challenge: fromBase64Url(options.challenge),
    user: { ...options.user, id: fromBase64Url(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map(descriptor),
    extensions: extensions(options.extensions),
  };
  return ceremony(await asked(navigator.credentials.create({ publicKey, signal })));
}

/** @param {Promise<Credential | null>} asking @returns {Promise<PublicKeyCredential>} */
async function asked(asking) {
  if (!passkeysPossible()) throw new PasskeyError('passkey-unsupported');
  const credential = await asking.catch((error) => {
    if (error?.name === 'AbortError') throw error;
    throw new PasskeyError('passkey-refused');
  });
  if (!credential) throw new PasskeyError('passkey-refused');
  return /** @type {PublicKeyCredential} */ (credential);
}

/** @param {PublicKeyCredential} credential @returns {Ceremony} */
function ceremony(credential) {
  const { prf } = /** @type {any} */ (credential.getClientExtensionResults());
  if (!prf?.results?.first) throw new PasskeyError('prf-missing');
  return {
    credentialId: new Uint8Array(credential.rawId),
    prf: octets(prf.results.first),
    response: responseJson(credential),
  };
}

/** Written by hand rather than by `toJSON`, which would carry the PRF value along. @param {PublicKeyCredential} credential */
function responseJson(credential) {
  const { id, rawId, type, authenticatorAttachment } = credential;
  const members = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
  const response = /** @type {any} */ (credential.response);
  const given = members.filter((member) => response[member]);
  return {
    id,
    rawId: toBase64Url(new Uint8Array(rawId)),
    type,
    ...(authenticatorAttachment && { authenticatorAttachment }),
    response: Object.fromEntries(given.map((member) => [member, toBase64Url(new Uint8Array(response[member]))])),
    clientExtensionResults: {},
  };
}

/** @param {any} json a PublicKeyCredentialDescriptorJSON */
function descriptor(json) {
  return { ...json, id: fromBase64Url(json.id) };
}

/** @param {any} json @returns {any} */
function extensions(json = {}) {
  const { eval: salts, evalByCredential } = json.prf ?? {};
  const prf = {
    ...(salts && { eval: saltsOf(salts) }),
    ...(evalByCredential && { evalByCredential: Object.fromEntries(Object.entries(evalByCredential).map(([id, each]) => [id, saltsOf(each)])) }),
  };
  return { ...json, prf };
}

/** @param {any} salts */
function saltsOf({ first }) {
  return { first: fromBase64Url(first) };
}

/** @param {BufferSource} source @returns {Uint8Array<ArrayBuffer>} */
function octets(source) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return new Uint8Array(/** @type {ArrayBuffer} */ (source.buffer), source.byteOffset, source.byteLength).slice();
}
