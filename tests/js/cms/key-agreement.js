/**
 * KeyAgreeRecipientInfo by the primitives of node, to compare ours with.
 * @module
 */
import { createHash, diffieHellman, generateKeyPairSync, hkdfSync, randomBytes } from 'node:crypto';
import { bitString, encode, explicit, implicit, integer, octetString, oid, sequence } from '../../../static/js/cms/der.js';
import { wrapKey } from '../../../static/js/cms/key-wrap.js';
import { ECDH_SCHEMES, KEY_ALGORITHM, KEY_WRAP_LENGTHS } from '../../../static/js/cms/oids.js';

/** ECC-CMS-SharedInfo of RFC 5753 §7.2. @param {Uint8Array} wrap @param {Buffer | null} ukm @param {number} bits */
const sharedInfo = (wrap, ukm, bits) => encode(sequence(
  wrap, ...(ukm ? [explicit(0, octetString(ukm))] : []), explicit(2, octetString(Uint8Array.of(0, 0, bits >> 8, bits & 255)))));

/** @param {string} hash @param {Uint8Array} secret @param {Uint8Array} info @param {number} length */
function x963(hash, secret, info, length) {
  const blocks = [1, 2].map((counter) => createHash(hash).update(secret).update(Uint8Array.of(0, 0, 0, counter)).update(info).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/**
 * A kari as another implementation would write it, by the primitives of node.
 * @param {object} options
 * @param {import('node:crypto').KeyObject} options.recipient public
 * @param {string} options.scheme @param {string} options.wrap OIDs @param {Buffer | null} options.ukm
 * @param {Uint8Array} options.key @param {Buffer[]} options.identifiers of the keys wrapped, ours last
 */
export async function keyAgreement({ recipient, scheme, wrap, ukm, key, identifiers }) {
  const type = recipient.asymmetricKeyType === 'x25519' ? 'x25519' : 'ec';
  const { publicKey, privateKey } = generateKeyPairSync(/** @type {any} */ (type), { namedCurve: 'P-256' });
  const secret = diffieHellman({ privateKey, publicKey: recipient });
  const { kdf, hash } = ECDH_SCHEMES[scheme];
  const wrapAlgorithm = encode(sequence(oid(wrap)));
  const info = sharedInfo(wrapAlgorithm, ukm, 8 * KEY_WRAP_LENGTHS[wrap]);
  const name = hash.replace('-', '').toLowerCase();
  const kek = kdf === 'HKDF' ? new Uint8Array(hkdfSync(name, secret, ukm ?? '', info, KEY_WRAP_LENGTHS[wrap])) : x963(name, secret, info, KEY_WRAP_LENGTHS[wrap]);
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(type === 'x25519' ? -32 : -65);
  // On a NIST curve the parameters may be left to the recipient's key (RFC 5753 §7.1.1).
  const algorithm = sequence(oid(type === 'x25519' ? KEY_ALGORITHM.x25519 : KEY_ALGORITHM.ecPublicKey));
  const wrapped = await Promise.all(identifiers.map(async (identifier, i) => {
    const content = i === identifiers.length - 1 ? key : randomBytes(key.length);
    return sequence(implicit(0, octetString(identifier)), octetString(await wrapKey(kek, content)));
  }));
  return encode(implicit(1,
    integer(3), explicit(0, implicit(1, algorithm, bitString(point))), ...(ukm ? [explicit(1, octetString(ukm))] : []),
    sequence(oid(scheme), wrapAlgorithm), sequence(...wrapped)));
}
