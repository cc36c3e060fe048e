import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BridgeAgent } from '../../../static/js/keys/bridge-agent.js';
import { agreeToRestore } from '../../../static/js/mail/restored.js';
import { readKeyMaterial, sealedMailbox } from '../../../static/js/mail/key-material.js';

const STATED = 'c3RhdGVk';
const GRANT = { id: 'g', epoch: 1, holderKind: 'card', holderReference: '', grant: 'Z3JhbnQ=' };
const KEY = { epoch: 1, state: 'current', encryptionCertificate: 'ZQ==', signatureCertificate: 'cw==', chain: [], binding: 'Yg==', history: null };

/** @param {string | null | undefined} restore as MembershipLog/get answers it */
function server(restore) {
  const answers = /** @type {Record<string, any>} */ ({
    'Grant/get': { list: [GRANT] }, 'MailboxKey/get': { list: [KEY] }, 'MembershipLog/get': { list: [{ seq: 0, entry: 'bG9n' }], restore },
  });
  return /** @type {any} */ ({ call: async (/** @type {string} */ method) => answers[method], revocation: async () => ({ crls: [], ocsps: [] }) });
}

/** What a bridge is asked when this server's mailbox is opened. @param {any} api */
async function asked(api) {
  const calls = /** @type {any[]} */ ([]);
  const agent = new BridgeAgent(/** @type {any} */ ({ call: async (/** @type {string} */ method, /** @type {any} */ values) => void calls.push({ method, values }) }));
  const sealed = sealedMailbox(GRANT, await readKeyMaterial(api, 'a'), { card: 'c_1' });
  await agent.openMailbox(/** @type {any} */ (sealed));
  return calls[0];
}

test('[N73] the operator’s statement about a restored backup reaches the bridge', async () => {
  const { method, values } = await asked(server(STATED));
  assert.equal(method, 'mailbox.open');
  assert.equal(new TextDecoder().decode(values.restore), 'stated');
});

test('where no backup was put back, nothing is stated', async () => {
  for (const restore of [null, undefined]) assert.equal('restore' in (await asked(server(restore))).values, false);
});

test('[N73] what the person agreed to reaches the vault of this browser, and no bridge, which asks by itself', async () => {
  const sealed = async () => /** @type {any} */ (sealedMailbox(GRANT, await readKeyMaterial(server(STATED), 'a'), { card: 'c_1' }));
  assert.equal('restoreAgreed' in await sealed(), false);
  agreeToRestore('c3RhdGVtZW50');
  assert.equal((await sealed()).restoreAgreed, 'c3RhdGVtZW50');
  assert.equal('restoreAgreed' in (await asked(server(STATED))).values, false);
});
