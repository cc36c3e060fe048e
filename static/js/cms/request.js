/**
 * PKCS#10 certification requests (RFC 2986), for one e-mail address.
 * @module
 */
import { TAG } from './ber.js';
import { bitString, element, encode, implicit, implicitPrimitive, integer, octetString, oid, sequence, setOf, utf8String } from './der.js';
import { utf8 } from './octets.js';
import { ATTRIBUTE, EXTENSION } from './oids.js';
import { parsePublicKey } from './public-key.js';
import { SIGNATURE_ALGORITHMS, algorithmFor, importSigner } from './signature.js';

const COMMON_NAME = '2.5.4.3';

/**
 * @param {object} options
 * @param {string} options.address in subject and rfc822Name; ASCII
 * @param {Uint8Array} options.pkcs8 the private key, which signs
 * @param {Uint8Array} options.spki its public key
 * @returns {Promise<import('./octets.js').Bytes>} CertificationRequest
 */
export async function buildRequest({ address, pkcs8, spki }) {
  const algorithm = algorithmFor(parsePublicKey(spki));
  const info = encode(sequence(integer(0), subject(address), spki, implicit(0, extensionRequest(address))));
  const signature = await (await importSigner(pkcs8, algorithm))(info);
  return encode(sequence(info, SIGNATURE_ALGORITHMS[algorithm].identifier, bitString(signature)));
}

/** @param {string} address */
const subject = (address) => sequence(element(TAG.SET, sequence(oid(COMMON_NAME), utf8String(address))));

/** @param {string} address */
function extensionRequest(address) {
  const names = encode(sequence(implicitPrimitive(1, utf8(address))));
  const extension = sequence(oid(EXTENSION.subjectAltName), octetString(names));
  return sequence(oid(ATTRIBUTE.extensionRequest), setOf([sequence(extension)]));
}
