import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBase64, toBase64 } from '../../../static/js/bridge/base64.js';
import { Initiator } from '../../../static/js/bridge/handshake.js';
import * as schedule from '../../../static/js/bridge/key-schedule.js';
import { SecureChannel } from '../../../static/js/bridge/secure-channel.js';

const { subtle } = globalThis.crypto;
const ECDH = { name: 'ECDH', namedCurve: 'P-256' };

/** @param {string} name @returns {any} */
function read(name) {
  return JSON.parse(readFileSync(new URL(`../../vectors/bridge-channel/${name}`, import.meta.url), 'utf8'));
}

const { vectors: handshakes } = read('handshake.json');
const refused = read('refused.json');
const frames = read('frames.json');

/** A page of a vector, whose key signs with the signature written there. @param {any} vector */
async function initiator({ origin, page, pageSignature = '' }) {
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey('pkcs8', fromBase64(page.ephemeral), ECDH, false, ['deriveBits']),
    subtle.importKey('raw', fromBase64(page.ephemeralPublicKey), ECDH, true, []),
  ]);
  const key = { publicKey: fromBase64(page.publicKey), sign: async () => fromBase64(pageSignature) };
  return Initiator.begin(origin, key, { ephemeral: { privateKey, publicKey }, nonce: fromBase64(page.nonce) });
}

for (const vector of handshakes) {
  test(`the page says what the vector says: ${vector.name}`, async () => {
    const page = await initiator(vector);
    assert.equal(toBase64(page.hello), vector.hello);
    assert.equal(toBase64(await page.meet(fromBase64(vector.answer))), vector.bridge.publicKey);
    const { proof, channel, digits } = await page.prove({ pair: vector.pair });
    assert.equal(toBase64(proof), vector.proof);
    assert.equal(digits, vector.digits);
    for (const { message, frame } of vector.framesToPage) assert.equal(toBase64(await channel.open(fromBase64(frame))), message);
    for (const { message, frame } of vector.framesToBridge) assert.equal(toBase64(await channel.seal(fromBase64(message))), frame);
  });

  test(`every value between follows from the one before: ${vector.name}`, async () => {
    const bytes = (/** @type {string} */ name) => fromBase64(vector[name]);
    const [nonce, pageKey] = [fromBase64(vector.page.nonce), fromBase64(vector.page.publicKey)];
    const is = async (/** @type {string} */ name, /** @type {Promise<Uint8Array>} */ value) => assert.equal(toBase64(await value), vector[name], name);
    const { ephemeralPublicKey, nonce: bridgeNonce } = vector.bridge;
    await is('commitment', schedule.transcript(schedule.COMMITMENT, nonce, pageKey));
    await is('t1', schedule.transcript(schedule.HELLO, vector.origin, bytes('hello'), fromBase64(ephemeralPublicKey), fromBase64(bridgeNonce)));
    await is('t2', schedule.transcript(bytes('t1'), bytes('answer')));
    await is('t3', schedule.transcript(bytes('t2'), bytes('proof')));
    await is('t4', schedule.transcript(bytes('t2'), nonce, pageKey));
    await is('handshakeBridge', schedule.derive(bytes('secret'), bytes('t1'), schedule.HANDSHAKE_BRIDGE));
    await is('handshakePage', schedule.derive(bytes('secret'), bytes('t1'), schedule.HANDSHAKE_PAGE));
    await is('toPage', schedule.derive(bytes('secret'), bytes('t3'), schedule.TO_PAGE));
    await is('toBridge', schedule.derive(bytes('secret'), bytes('t3'), schedule.TO_BRIDGE));
    assert.equal(await schedule.digitsOf(bytes('t2'), nonce, pageKey), vector.digits);
  });
}

for (const { name, role, message } of refused.vectors.filter((/** @type {any} */ vector) => vector.role === 'page')) {
  test(`[N55] [N59] refused by the ${role}: ${name}`, async () => {
    const page = await initiator(refused);
    await assert.rejects(page.meet(fromBase64(message)), { code: 'bridge-lost' });
    await assert.rejects(page.prove({ pair: true }), { code: 'bridge-lost' });
  });
}

/** The channel of the vectors' page. */
const ofPage = () => SecureChannel.of(fromBase64(frames.toBridge), fromBase64(frames.toPage));

for (const vector of frames.vectors) {
  test(`[N59] a frame that is not the next one ends the channel: ${vector.name}`, async () => {
    const channel = await ofPage();
    const given = vector.frames.map(fromBase64);
    for (const frame of given.slice(0, -1)) await channel.open(frame);
    await assert.rejects(channel.open(given.at(-1)), { code: 'bridge-lost' });
    assert.ok(channel.failed);
    for (const { frame } of handshakes[0].framesToPage) await assert.rejects(channel.open(fromBase64(frame)), { code: 'bridge-lost' });
  });
}

test('frames that arrive together open in their order, and those after a bad one do not open', async () => {
  const channel = await ofPage();
  const [first, second, third] = handshakes[0].framesToPage.map((/** @type {any} */ { frame }) => fromBase64(frame));
  const outcomes = await Promise.allSettled([channel.open(first), channel.open(first), channel.open(second), channel.open(third)]);
  assert.deepEqual(outcomes.map(({ status }) => status), ['fulfilled', 'rejected', 'rejected', 'rejected']);
});

test('messages sealed together become frames in their order', async () => {
  const channel = await ofPage();
  const { framesToBridge } = handshakes[0];
  /** @type {string[]} */
  const sent = [];
  const sending = framesToBridge.map((/** @type {any} */ { message }) => channel.seal(fromBase64(message)).then((frame) => sent.push(toBase64(frame))));
  await Promise.all(sending);
  assert.deepEqual(sent, framesToBridge.map((/** @type {any} */ { frame }) => frame));
});
