/** The crypto worker's own module, in this process: what its scope has stands in, and two mailboxes are open in it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serveAgent } from '../../../static/js/keys/agent.js';
import { forgottenHeads } from '../../../static/js/keys/heads.js';
import { PasskeyAgent } from '../../../static/js/keys/passkey-agent.js';
import { MailboxRoom } from '../../../static/js/mail/mailbox-room.js';
import { Endpoint } from '../../../static/js/workers/rpc.js';
import { owner } from './owner.js';

const OWN = '00112233445566778899aabbccddeeff', WARD = 'ffeeddccbbaa99887766554433221100';
const DRAFT = { class: 'draft', id: '0d'.repeat(16), version: 1 };

const [scope, vault] = [new MessageChannel(), new MessageChannel()];
for (const name of /** @type {const} */ (['addEventListener', 'postMessage'])) {
  Object.defineProperty(globalThis, name, { configurable: true, value: scope.port1[name].bind(scope.port1) });
}
await import('../../../static/js/workers/crypto.worker.js');
scope.port1.start();
const page = new Endpoint(scope.port2);
after(() => { for (const port of [scope.port1, scope.port2, vault.port1, vault.port2]) port.close(); });

const agent = new PasskeyAgent(forgottenHeads());
serveAgent(agent, new Endpoint(vault.port1));
await page.call('useVault', [vault.port2], { transfer: [vault.port2] });
for (const [mailboxId, address] of [[OWN, 'zoe@pli.example'], [WARD, 'ward@pli.example']]) {
  const { agent: _, ...secrets } = await owner({ agent, mailboxId, address });
  await page.call('adopt', [secrets]);
}
const [own, ward] = [OWN, WARD].map((id) => new MailboxRoom(page, id));

test('what a mailbox seals late is sealed with its own keys, whichever was opened since', async () => {
  const { epoch, bytes } = await own.call('seal', [DRAFT, { v: 1, text: 'to a colleague' }]);
  assert.deepEqual(await own.call('openObject', [{ ...DRAFT, epoch }, bytes.slice()]), { v: 1, text: 'to a colleague' });
  await assert.rejects(ward.call('openObject', [{ ...DRAFT, epoch }, bytes.slice()]), { code: 'object-refused' });
});

test('each knows itself, and acts by its own keys', async () => {
  for (const [room, address] of /** @type {const} */ ([[own, 'zoe@pli.example'], [ward, 'ward@pli.example']])) {
    assert.equal((await room.call('opened')).address, address);
  }
  const { handle } = await own.call('opened');
  await own.call('renew', [{ handle, epoch: 2, encryptionCertificate: new Uint8Array() }]);
  assert.deepEqual([(await own.call('opened')).epoch, (await ward.call('opened')).epoch], [2, 1]);
});

test('one that is open no more is refused, and so is what is asked of none', async () => {
  await page.call('drop', [WARD]);
  await assert.rejects(ward.call('seal', [DRAFT, {}]), { code: 'locked' });
  for (const method of ['constructor', 'lock', 'nothing']) await assert.rejects(own.call(method), { name: 'TypeError' });
});

test('what concerns the agent alone is asked of it', async () => {
  const { handle } = await own.call('requestCertificates', [{ address: 'zoe@pli.example', encryptionAlgorithm: 'p-384' }]);
  assert.equal(typeof handle, 'string');
});
