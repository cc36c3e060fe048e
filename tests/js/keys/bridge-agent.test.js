import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BridgeAgent } from '../../../static/js/keys/bridge-agent.js';

/** @param {number} byte */
const der = (byte) => Uint8Array.of(0x30, byte);

/** An agent whose bridge answers every item alike, and what that bridge was asked. */
function asked() {
  /** @type {any[]} */ const calls = [];
  const client = { call: async (/** @type {string} */ method, /** @type {any} */ params) => (calls.push({ method, ...params }), { items: params.items.map(() => ({ ok: true })) }) };
  return { calls, agent: new BridgeAgent(/** @type {any} */ (client)) };
}

/** @param {Uint8Array[]} [ocsps] @returns {import('../../../static/js/keys/agent.js').UnverifiedCertificate} */
const item = (ocsps) => ({ certificate: der(1), chain: [], purpose: 'encrypt', ...(ocsps && { ocsps }) });

test('OCSP responses that came with certificates go beside the items, each once', async () => {
  const { calls, agent } = asked();
  const items = [item([der(7), der(8)]), item(), item([der(8), der(9)])];
  await agent.validate(items, { crls: [der(2)], ocsps: [der(7)] });
  assert.deepEqual(calls, [{ method: 'certificates.validate', items: [item(), item(), item()], crls: [der(2)], ocsps: [der(7), der(8), der(9)] }]);
});

test('each call brings the responses of its own items only', async () => {
  const { calls, agent } = asked();
  const items = Array.from({ length: 65 }, (_, index) => item([der(index)]));
  assert.equal((await agent.validate(items, { crls: [], ocsps: [] })).length, 65);
  assert.deepEqual(calls.map(({ ocsps }) => ocsps.length), [64, 1]);
});
