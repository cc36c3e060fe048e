/** What the page's side of the secure channel sees in a sample, in the words of channel_reader.py; the keys are the vectors'. */
import { readFileSync } from 'node:fs';
import { fromBase64, toBase64 } from '../../static/js/bridge/base64.js';
import { Initiator } from '../../static/js/bridge/handshake.js';
import { BridgeError } from '../../static/js/bridge/messages.js';
import { SecureChannel } from '../../static/js/bridge/secure-channel.js';

/** @typedef {import('../../static/js/bridge/key-schedule.js').Bytes} Bytes */

const { vectors: [VECTOR] } = JSON.parse(readFileSync(new URL('../vectors/bridge-channel/handshake.json', import.meta.url), 'utf8'));
const ECDH = { name: 'ECDH', namedCurve: 'P-256' };
const { subtle } = globalThis.crypto;
const encoder = new TextEncoder();
const privateKey = await subtle.importKey('pkcs8', fromBase64(VECTOR.page.ephemeral), ECDH, false, ['deriveBits']);
const publicKey = await subtle.importKey('raw', fromBase64(VECTOR.page.ephemeralPublicKey), ECDH, true, []);
const sealing = await subtle.importKey('raw', fromBase64(VECTOR.handshakeBridge), 'AES-GCM', false, ['encrypt']);

/** @param {Bytes} sample */
export async function channel(sample) {
  return {
    answer: await typed(met(sample)),
    answerInside: await typed(sealedByBridge(sample).then(met)),
    frame: await typed(opened(sample)),
  };
}

/** @param {Bytes} answer */
async function met(answer) {
  const key = { publicKey: fromBase64(VECTOR.page.publicKey), sign: async () => new Uint8Array(64) };
  const page = await Initiator.begin(VECTOR.origin, key, { ephemeral: { privateKey, publicKey }, nonce: fromBase64(VECTOR.page.nonce) });
  return toBase64(await page.meet(answer));
}

/** @param {Bytes} inside */
async function sealedByBridge(inside) {
  const sealed = await subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData: fromBase64(VECTOR.t1) }, sealing, inside);
  const answer = JSON.parse(new TextDecoder().decode(fromBase64(VECTOR.answer)));
  return encoder.encode(JSON.stringify({ ...answer, sealed: toBase64(new Uint8Array(sealed)) }));
}

/** @param {Bytes} frame */
async function opened(frame) {
  const page = await SecureChannel.of(fromBase64(VECTOR.toBridge), fromBase64(VECTOR.toPage));
  const message = await page.open(frame);
  return Buffer.from(await subtle.digest('SHA-256', message)).toString('hex');
}

/** @template T @param {Promise<T>} reading @returns {Promise<T | null>} */
async function typed(reading) {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof BridgeError) return null;
    throw error;
  }
}
