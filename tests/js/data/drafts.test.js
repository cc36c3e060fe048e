import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drafts } from '../../../static/js/mail/drafts.js';

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

test('what waited on this device is stored, told and forgotten', async () => {
  const { kept, objects, waiting } = silentServer();
  kept.set('d1', { id: 'd1', content: { text: 'x' } });
  /** @type {string[]} */
  const written = [];
  const drafts = new Drafts(/** @type {any} */ ({ ...objects, write: async (/** @type {string} */ _class, /** @type {string} */ id) => void written.push(id) }), waiting);
  let told = 0;
  drafts.addEventListener('saved', () => { told += 1; });
  await drafts.restore();
  assert.deepEqual([written, kept.size, told], [['d1'], 0, 1]);
});
