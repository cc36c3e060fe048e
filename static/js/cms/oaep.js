/**
 * RSAES-OAEP in CMS (RFC 3560, RFC 8017 §A.2.1).
 * @module
 */
import { TAG, context } from './ber.js';
import { NULL, explicit, octetString, oid, sequence } from './der.js';
import { UnsupportedError } from './errors.js';
import { unshared, utf8 } from './octets.js';
import { importPublicKey } from './certificate.js';
import { DIGEST_NAMES, DIGEST_OIDS, KEY_ALGORITHM } from './oids.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {{hash: string, mgfHash: string, label: Bytes}} OaepParameters */

/** @param {Element} algorithm AlgorithmIdentifier of a digest @returns {string} */
export function readDigestName(algorithm) {
  const { oid: found } = algorithm.expect(TAG.SEQUENCE).algorithm();
  const name = DIGEST_NAMES[found];
  if (!name) throw new UnsupportedError('digest algorithm', found);
  return name;
}

/**
 * @param {Element | null} parameters absent or empty: SHA-1 and no label
 * @returns {OaepParameters}
 */
export function readOaepParameters(parameters) {
  const fields = parameters?.expect(TAG.SEQUENCE).cursor();
  const hash = fields?.optional(context(0));
  const mask = fields?.optional(context(1));
  const source = fields?.optional(context(2));
  fields?.end();
  return {
    hash: hash ? readDigestName(hash.only()) : 'SHA-1',
    mgfHash: mask ? readMaskGeneration(mask.only()) : 'SHA-1',
    label: source ? readLabel(source.only()) : new Uint8Array(),
  };
}

/** @param {Element} algorithm */
function readMaskGeneration(algorithm) {
  const { oid: found, parameters } = algorithm.expect(TAG.SEQUENCE).algorithm();
  if (found !== KEY_ALGORITHM.mgf1 || !parameters) throw new UnsupportedError('mask generation function', found);
  return readDigestName(parameters);
}

/** @param {Element} algorithm */
function readLabel(algorithm) {
  const { oid: found, parameters } = algorithm.expect(TAG.SEQUENCE).algorithm();
  if (found !== KEY_ALGORITHM.pSpecified || !parameters) throw new UnsupportedError('label source', found);
  return parameters.expect(TAG.OCTET_STRING).octets();
}

/** @param {string} hash @param {Uint8Array} label */
export function oaepAlgorithm(hash, label) {
  const digest = sequence(oid(DIGEST_OIDS[hash]), NULL);
  const parts = [explicit(0, digest), explicit(1, sequence(oid(KEY_ALGORITHM.mgf1), digest))];
  if (label.length) parts.push(explicit(2, sequence(oid(KEY_ALGORITHM.pSpecified), octetString(label))));
  return sequence(oid(KEY_ALGORITHM.rsaOaep), sequence(...parts));
}

/**
 * @param {{spki: Bytes}} certificate @param {Uint8Array} secret
 * @param {{hash: string, label: Uint8Array | string}} options
 * @returns {Promise<Bytes>}
 */
export async function encryptOaep(certificate, secret, { hash, label }) {
  const key = await importPublicKey(certificate, { name: 'RSA-OAEP', hash }, ['encrypt']);
  const octets = typeof label === 'string' ? utf8(label) : unshared(label);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'RSA-OAEP', label: octets }, key, unshared(secret)));
}
