import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CERTIFICATE_LIMITS, STRICT_LIMITS, parseBer } from '../../../static/js/cms/ber.js';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { decompress } from '../../../static/js/cms/compressed.js';
import { parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { EncodingError, LimitError } from '../../../static/js/cms/errors.js';
import { fromHex } from '../../../static/js/cms/octets.js';
import { parseRecipientInfo } from '../../../static/js/cms/recipients.js';
import { parseSigned } from '../../../static/js/cms/signed.js';

const { vectors } = JSON.parse(readFileSync(new URL('../../vectors/limits/limits.json', import.meta.url), 'utf8'));

/** @type {Record<string, import('../../../static/js/cms/ber.js').Limits>} */
const LIMITS = { cms: STRICT_LIMITS, certificate: CERTIFICATE_LIMITS };
/** @type {Record<string, typeof EncodingError | typeof LimitError>} */
const REFUSALS = { limit: LimitError, malformed: EncodingError };

/** @param {[string, number][]} recipe */
const bytesOf = (recipe) => fromHex(recipe.map(([hex, times]) => hex.repeat(times)).join(''));
/** @type {Uint8Array[]} */
const inputs = vectors.map((/** @type {any} */ { recipe }) => bytesOf(recipe));

for (const [i, { name, limits, expect }] of vectors.entries()) {
  test(`${limits}: ${name}: ${expect} [N39]`, () => {
    const bytes = inputs[i];
    const read = () => parseBer(bytes, LIMITS[limits]);
    if (expect === 'ok') assert.equal(read().end, bytes.length);
    else assert.throws(read, REFUSALS[expect]);
  });
}

/** @type {Record<string, (bytes: Uint8Array) => unknown>} */
const READERS = { parseEnveloped, parseSigned, parseRecipientInfo, parseCertificate, decompress };

for (const [name, read] of Object.entries(READERS)) {
  test(`${name} answers every hostile encoding with a typed error [N39]`, async () => {
    for (const bytes of inputs) {
      const refused = await Promise.resolve().then(() => read(bytes)).then(() => null, (error) => error);
      assert.ok(refused instanceof EncodingError || refused instanceof LimitError, `${refused}`);
    }
  });
}
