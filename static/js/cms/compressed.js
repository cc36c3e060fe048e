/**
 * CompressedData (RFC 3274), read. What comes out is counted while it comes, so that a small message
 * cannot become a large one.
 * @module
 */
import { CMS_LIMITS, TAG, context, parseBer } from './ber.js';
import { EncodingError, LimitError, UnsupportedError } from './errors.js';
import { join } from './octets.js';
import { CONTENT_TYPE, ZLIB } from './oids.js';

/** @typedef {import('./octets.js').Bytes} Bytes */

const MAX_RATIO = 20;
const MAX_SIZE = 100_000_000;
/** Repetitive short texts shrink more than `MAX_RATIO`, and harm nobody. */
const ALWAYS = 64 * 1024;

/**
 * @param {Uint8Array} bytes ContentInfo of a CompressedData, DER or BER
 * @param {import('./ber.js').Limits} [limits]
 * @returns {Promise<{contentType: string, content: Bytes}>} contentType: OID
 * @throws {EncodingError | UnsupportedError}
 * @throws {LimitError} more than 20 times the compressed bytes, or than 100 MB
 */
export async function decompress(bytes, limits = CMS_LIMITS) {
  const info = parseBer(bytes, limits).expect(TAG.SEQUENCE).cursor();
  const type = info.take(TAG.OID).oid();
  if (type !== CONTENT_TYPE.compressedData) throw new UnsupportedError('not a compressed content', type);
  const fields = info.take(context(0)).only().expect(TAG.SEQUENCE).cursor();
  info.end();
  fields.take(TAG.INTEGER).integer();
  const algorithm = fields.take(TAG.SEQUENCE).algorithm().oid;
  if (algorithm !== ZLIB) throw new UnsupportedError('compression', algorithm);
  const encapsulated = fields.take(TAG.SEQUENCE).cursor();
  fields.end();
  const contentType = encapsulated.take(TAG.OID).oid();
  const compressed = encapsulated.take(context(0)).onlyOctets();
  encapsulated.end();
  return { contentType, content: await inflate(compressed) };
}

/** @param {Bytes} compressed @returns {Promise<Bytes>} */
async function inflate(compressed) {
  const content = await inflateWithin(compressed);
  // Not every engine notices a stream that ends early or goes on.
  const stated = compressed.length >= 4 ? new DataView(compressed.buffer, compressed.byteOffset + compressed.length - 4).getUint32(0) : -1;
  if (adler32(content) !== stated) throw new EncodingError('compressed content');
  return content;
}

/** @param {Bytes} compressed @returns {Promise<Bytes>} */
async function inflateWithin(compressed) {
  const most = Math.min(MAX_SIZE, Math.max(ALWAYS, MAX_RATIO * compressed.length));
  const reader = new Blob([compressed]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const parts = [];
  for (let size = 0; ;) {
    const { done, value } = await reader.read().catch(() => { throw new EncodingError('compressed content'); });
    if (done) return join(parts);
    parts.push(value);
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new LimitError('compressed content is too large');
    }
  }
}

/** The sum at the end of a zlib stream (RFC 1950 §2.2). @param {Uint8Array} bytes */
function adler32(bytes) {
  let [a, b] = [1, 0];
  for (let at = 0; at < bytes.length;) {
    // So many octets can be added before the sums leave 32 bits.
    for (const end = Math.min(at + 3800, bytes.length); at < end; at++) b += a += bytes[at];
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}
