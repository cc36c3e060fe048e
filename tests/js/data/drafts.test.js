import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importObjectKey } from '../../../static/js/keys/objects.js';
import { Drafts } from '../../../static/js/mail/drafts.js';
import { OpenedMailbox } from '../../../static/js/mail/opened-mailbox.js';

/** @param {string} text @returns {any} */
const draft = (text) => ({ to: [], cc: [], bcc: [], subject: '', text, inReplyTo: '', references: '', attachments: [] });

/** Objects of a server that never answers, and what is kept on this device meanwhile. */
function silentServer() {
  /** @type {Map<string, any>} */
  const kept = new Map();
  const objects = {
    prepare: () => {},
    seal: async (/** @type {string} */ objectClass, /** @type {string} */ id, /** @type {any} */ content) => ({ class: objectClass, id, content }),
    write: () => new Promise(() => {}),
    open: async (/** @type {any} */ { content }) => content,
  };
  const waiting = {
    keep: async (/** @type {any} */ sealed) => void kept.set(sealed.id, sealed),
    all: async () => [...kept.values()],
    forget: async (/** @type {string} */ id) => void kept.delete(id),
  };
  return { kept, objects, waiting };
}

test('a session that ends keeps what was written, though an earlier write still hangs', async () => {
  const { kept, objects, waiting } = silentServer();
  const drafts = new Drafts(/** @type {any} */ (objects), waiting);
  const id = drafts.note(draft('first'));
  void drafts.flush();
  drafts.note({ ...draft('first and last'), id });
  void drafts.leave();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(kept.get(id).content.text, 'first and last');
});

test('a draft being sent is not uploaded beside itself, and is again where the sending failed', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  /** @type {string[]} */
  const written = [];
  const { objects, waiting } = silentServer();
  const write = async (/** @type {string} */ _class, /** @type {string} */ _id, /** @type {any} */ { text }) => void written.push(text);
  const drafts = new Drafts(/** @type {any} */ ({ ...objects, version: () => 1, write }), waiting);
  const release = drafts.hold(drafts.note(draft('with an X-ray')));
  context.mock.timers.tick(20_000);
  await drafts.flush();
  assert.deepEqual(written, []);
  release();
  context.mock.timers.tick(20_000);
  await drafts.flush();
  assert.deepEqual(written, ['with an X-ray']);
});

test('a session that ends while a message is being sent keeps its draft', async () => {
  const { kept, objects, waiting } = silentServer();
  const drafts = new Drafts(/** @type {any} */ (objects), waiting);
  const id = drafts.note(draft('on its way'));
  drafts.hold(id);
  void drafts.leave();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(kept.get(id).content.text, 'on its way');
});

test('a draft that holds a foreign CMS is sealed as it is, neither decrypted nor signed [N50]', async () => {
  const foreign = Uint8Array.of(0x30, 0x80, 6, 9, 42, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 3);
  /** @type {string[]} */
  const asked = [];
  const agent = new Proxy({}, { get: (_, name) => async (/** @type {any} */ _handle, /** @type {any[]} */ items) => {
    asked.push(String(name));
    return items.map(() => /** @type {any} */ (importObjectKey('draft', new Uint8Array(32))));
  } });
  const opened = /** @type {any} */ ({ handle: 'h', mailboxId: '00'.repeat(16), address: 'alice@pli.example', epoch: 1 });
  const mailbox = new OpenedMailbox(/** @type {any} */ ({ agent: /** @type {any} */ (agent), opened }));
  /** @type {any} */
  let stored;
  const objects = {
    prepare: () => {}, version: () => 1,
    write: async (/** @type {any} */ objectClass, /** @type {string} */ id, /** @type {any} */ content) => {
      stored = { name: { class: objectClass, id, version: 1 }, ...(await mailbox.seal({ class: objectClass, id, version: 1 }, content)) };
    },
  };
  const body = 'MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime\r\n\r\nMIAGCSqGSIb3DQEHA6CA';
  const drafts = new Drafts(/** @type {any} */ (objects));
  await drafts.save({ ...draft(body), attachments: [{ name: 'smime.p7m', type: 'application/pkcs7-mime', bytes: foreign }] });
  const content = await mailbox.open({ ...stored.name, epoch: 1 }, stored.bytes);
  assert.deepEqual([content.text, content.attachments[0].data], [body, 'MIAGCSqGSIb3DQEHAw==']);
  assert.deepEqual([...new Set(asked)], ['objectKeys']);
});

test('what waited on this device is stored, told and forgotten', async () => {
  const { kept, objects, waiting } = silentServer();
  kept.set('d1', { id: 'd1', content: draft('x') });
  /** @type {string[]} */
  const written = [];
  const drafts = new Drafts(/** @type {any} */ ({ ...objects, version: () => 1, write: async (/** @type {string} */ _class, /** @type {string} */ id) => void written.push(id) }), waiting);
  let told = 0;
  drafts.addEventListener('saved', () => { told += 1; });
  await drafts.restore();
  assert.deepEqual([written, kept.size, told], [['d1'], 0, 1]);
});

test('what waits and does not open now goes on waiting, is told, and is stored when it opens', async () => {
  const { kept, objects, waiting } = silentServer();
  for (const id of ['d1', 'd2']) kept.set(id, { id, content: draft(id) });
  /** @type {string[]} */
  const written = [];
  let opens = ['d2'];
  const open = async (/** @type {any} */ { id, content }) => (opens.includes(id) ? content : Promise.reject(new Error('KEY_USE_DENIED')));
  const shelf = { ...objects, open, version: () => 1, write: async (/** @type {string} */ _class, /** @type {string} */ id) => void written.push(id) };
  const drafts = new Drafts(/** @type {any} */ (shelf), waiting);
  /** @type {string[][]} */
  const told = [];
  drafts.addEventListener('restored', () => told.push([...drafts.unopened]));
  await drafts.restore();
  assert.deepEqual([written, [...kept.keys()], told], [['d2'], ['d1'], [['d1']]]);
  opens = ['d1'];
  await drafts.restore();
  assert.deepEqual([written, kept.size, told], [['d2', 'd1'], 0, [['d1'], []]]);
});

test('what opens and cannot be stored is edited again: the next flush stores it', async () => {
  const { kept, objects, waiting } = silentServer();
  kept.set('d1', { id: 'd1', content: draft('x') });
  let away = true;
  const write = async () => { if (away) throw new Error('offline'); };
  const drafts = new Drafts(/** @type {any} */ ({ ...objects, version: () => 1, write }), waiting);
  let failed = 0;
  drafts.addEventListener('error', () => { failed += 1; });
  await drafts.restore();
  assert.deepEqual([failed, kept.size], [1, 1]);
  away = false;
  await drafts.flush();
  assert.equal(kept.size, 0);
});

test('what does not open is forgotten when the person gives it up', async () => {
  const { kept, objects, waiting } = silentServer();
  kept.set('d1', { id: 'd1', content: null });
  const drafts = new Drafts(/** @type {any} */ (objects), waiting);
  await drafts.restore();
  assert.deepEqual(drafts.unopened, ['d1']);
  await drafts.forgetUnopened();
  assert.deepEqual([drafts.unopened, kept.size], [[], 0]);
});

test('what was written or thrown away while others were still tried is not taken back', async () => {
  const { kept, objects, waiting } = silentServer();
  for (const id of ['first', 'written', 'thrown']) kept.set(id, { id, version: 2, content: draft('waited') });
  /** @type {string[]} */
  const written = [];
  const write = async (/** @type {string} */ _class, /** @type {string} */ id, /** @type {any} */ { text }) => void written.push(`${id} ${text}`);
  /** @type {() => void} */
  let go = () => {};
  const slow = new Promise((resolve) => { go = () => resolve(undefined); });
  const shelf = { ...objects, version: () => 2, destroy: async () => {}, write, open: async (/** @type {any} */ { content }) => slow.then(() => content) };
  const drafts = new Drafts(/** @type {any} */ (shelf), waiting);
  const restoring = drafts.restore();
  await drafts.save({ ...draft('newer'), id: 'written' });
  await drafts.discard('thrown');
  go();
  await restoring;
  assert.deepEqual(written, ['written newer', 'first waited']);
  assert.deepEqual([drafts.unopened, kept.size], [[], 0]);
});

test('nothing more is stored of a mailbox that was left: what waits here is for its next opening', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { kept, objects, waiting } = silentServer();
  let writes = 0;
  const write = async () => { writes += 1; throw new Error('offline'); };
  const drafts = new Drafts(/** @type {any} */ ({ ...objects, version: () => 1, write }), waiting);
  const release = drafts.hold(drafts.note(draft('on its way')));
  await drafts.leave().catch(() => {});
  const before = writes;
  release();
  context.mock.timers.tick(20_000);
  await new Promise((resolve) => setImmediate(resolve));
  await drafts.restore();
  assert.deepEqual([writes, kept.size], [before, 1]);
});

test('a session that only reads leaves what waits where it is, and complains of nothing', async () => {
  const { kept, objects, waiting } = silentServer();
  kept.set('d1', { id: 'd1', content: draft('x') });
  const write = async () => { throw new Error('forbidden'); };
  const drafts = new Drafts(/** @type {any} */ ({ ...objects, version: () => 1, write }), waiting, { onlyReads: true });
  let failed = 0;
  drafts.addEventListener('error', () => { failed += 1; });
  await drafts.restore();
  await drafts.leave();
  assert.deepEqual([failed, drafts.unopened, kept.size], [0, [], 1]);
});
