import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeenVersions } from '../../../static/js/keys/objects.js';
import { ApiError } from '../../../static/js/mail/api.js';
import { carryOver } from '../../../static/js/mail/carry-over.js';
import { Drafts } from '../../../static/js/mail/drafts.js';
import { SealedObjects } from '../../../static/js/mail/sealed.js';
import { waitingNowhere } from '../../../static/js/mail/waiting.js';

/** A server that keeps objects by compare-and-set, and a sealer that only wraps. */
class Shelf {
  /** @type {Map<string, any>} */ records = new Map();
  /** @type {Map<string, Uint8Array>} */ blobs = new Map();
  broken = false;

  /** @param {string} _account @param {Uint8Array} bytes */
  async upload(_account, bytes) {
    if (this.broken) throw new ApiError('offline');
    this.blobs.set(`b${this.blobs.size}`, bytes);
    return `b${this.blobs.size - 1}`;
  }

  /** @param {string} _account @param {string} blobId */
  async download(_account, blobId) {
    return this.blobs.get(blobId);
  }

  /** @param {string} method @param {any} args */
  async call(method, args) {
    if (method === 'SealedObject/get') return this.get(args);
    const [[id, members]] = Object.entries(args.create ?? args.update ?? { [args.destroy?.[0]]: null });
    if (args.destroy) return this.records.delete(id) ? { destroyed: [id] } : { notDestroyed: { [id]: { type: 'notFound' } } };
    const verb = args.create ? 'Created' : 'Updated';
    const stored = this.records.get(id);
    if (args.create && stored) return { notCreated: { [id]: { type: 'alreadyExists' } } };
    if (args.update && members.version !== stored?.version + 1) return { notUpdated: { [id]: { type: 'stateMismatch' } } };
    this.records.set(id, { ...stored, ...members, id, updatedAt: new Date(1e12 + this.blobs.size).toISOString() });
    return { [verb.toLowerCase()]: { [id]: {} } };
  }

  /** @param {{ids: string[] | null, class?: string}} args */
  get({ ids, class: objectClass }) {
    const all = [...this.records.values()];
    return { list: all.filter((record) => (ids ? ids.includes(record.id) : record.class === objectClass)) };
  }
}

const SEALER = {
  prepare: async () => {},
  seal: async (/** @type {any} */ { version }, /** @type {any} */ content) => ({ epoch: 1, bytes: new TextEncoder().encode(JSON.stringify({ version, content })) }),
  open: async (/** @type {any} */ _name, /** @type {any} */ bytes) => JSON.parse(new TextDecoder().decode(bytes)).content,
};

/** @param {Shelf} shelf */
const objects = (shelf, seen = new SeenVersions()) => new SealedObjects(/** @type {any} */ (shelf), 'a', SEALER, seen);

test('versions grow by one at each write', async () => {
  const shelf = new Shelf();
  const mine = objects(shelf);
  await mine.write('settings', 'x', 1);
  await mine.write('settings', 'x', 2);
  assert.equal(shelf.records.get('x').version, 2);
  assert.equal(await mine.read(/** @type {any} */ (await mine.find('x'))), 2);
});

test('of two writers the loser reads again and merges', async () => {
  const shelf = new Shelf();
  const [mine, theirs] = [objects(shelf), objects(shelf)];
  const union = (/** @type {string[]} */ read, /** @type {string[]} */ own) => [...new Set([...read, ...own])];
  await mine.write('pins', 'p', ['a'], union);
  await theirs.write('pins', 'p', ['b'], union);
  await mine.write('pins', 'p', ['a', 'c'], union);
  assert.deepEqual(await theirs.read(/** @type {any} */ (await theirs.find('p'))), ['a', 'b', 'c']);
});

test('a server that serves an older version is refused', async () => {
  const shelf = new Shelf();
  const seen = new SeenVersions();
  const mine = objects(shelf, seen);
  await mine.write('pins', 'p', 1);
  const old = { ...shelf.records.get('p') };
  await mine.write('pins', 'p', 2);
  await assert.rejects(mine.read(old), { code: 'object-rolled-back' });
});

/** @param {any} [members] @returns {any} */
const draft = (members = {}) => ({ to: [], cc: [], bcc: [], subject: 's', text: 't', inReplyTo: '', references: '', attachments: [], ...members });

test('a draft comes back as it was written, attachments included', async () => {
  const shelf = new Shelf();
  const drafts = new Drafts(objects(shelf));
  const id = await drafts.save(draft({ attachments: [{ name: 'n', type: 'text/plain', bytes: Uint8Array.of(1, 2) }] }));
  const [read] = await new Drafts(objects(shelf)).list();
  assert.deepEqual({ ...read, updatedAt: undefined }, { ...draft(), id, updatedAt: undefined, attachments: [{ name: 'n', type: 'text/plain', bytes: Uint8Array.of(1, 2) }] });
});

test('what is written while the draft is being sealed is not lost', async () => {
  const shelf = new Shelf();
  const drafts = new Drafts(objects(shelf));
  const own = draft();
  own.id = drafts.note(own);
  const flushing = drafts.flush();
  own.text = 'later';
  drafts.note(own);
  await flushing;
  await drafts.flush();
  assert.equal((await drafts.list())[0].text, 'later');
});

test('a draft that could not be stored is stored by the next flush', async () => {
  const shelf = new Shelf();
  const drafts = new Drafts(objects(shelf));
  shelf.broken = true;
  drafts.note(draft());
  await assert.rejects(drafts.flush(), { code: 'offline' });
  shelf.broken = false;
  await drafts.flush();
  assert.equal((await drafts.list()).length, 1);
});

test('a draft sealed here is not fetched again to be listed', async () => {
  const shelf = new Shelf();
  const drafts = new Drafts(objects(shelf));
  const id = await drafts.save(draft());
  await drafts.save(draft({ id, text: 'second' }));
  shelf.blobs.clear();
  assert.deepEqual((await drafts.list()).map(({ text }) => text), ['second']);
});

test('a draft being discarded is listed no more', async () => {
  const shelf = new Shelf();
  const drafts = new Drafts(objects(shelf));
  const discarding = drafts.discard(await drafts.save(draft()));
  assert.deepEqual(await drafts.list(), []);
  await discarding;
});

test('a discarded draft is gone, also one never stored', async () => {
  const shelf = new Shelf();
  const drafts = new Drafts(objects(shelf));
  await drafts.discard(await drafts.save(draft()));
  await drafts.discard(drafts.note(draft()));
  await drafts.flush();
  assert.deepEqual(await drafts.list(), []);
});

test('a draft the server never got waits here, sealed, and is stored when it is back [CO10]', async () => {
  const shelf = new Shelf();
  const waiting = waitingNowhere();
  const drafts = new Drafts(objects(shelf), waiting);
  shelf.broken = true;
  const id = drafts.note(draft({ text: 'kept' }));
  await assert.rejects(drafts.flush(), { code: 'offline' });
  assert.deepEqual((await waiting.all()).map((sealed) => sealed.id), [id]);
  shelf.broken = false;
  const reopened = new Drafts(objects(shelf), waiting);
  await reopened.restore();
  assert.equal((await reopened.list())[0].text, 'kept');
  assert.deepEqual(await waiting.all(), []);
});

test('what is written while it is carried over stays', async () => {
  const shelf = new Shelf();
  const mine = objects(shelf);
  await mine.write('pins', 'p', ['a']);
  const read = mine.read.bind(mine);
  mine.read = async (record) => {
    const content = await read(record);
    mine.read = read;
    await mine.write('pins', 'p', ['a', 'b']);
    return content;
  };
  await carryOver(mine, 2);
  assert.deepEqual(await mine.read(/** @type {any} */ (await mine.find('p'))), ['a', 'b']);
});
