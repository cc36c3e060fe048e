import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adopt, allowImages, correspondent, harvest, isNews, noPeople } from '../../../static/js/mail/correspondents.js';
import { Correspondents } from '../../../static/js/mail/correspondents-object.js';

const DENIS = 'Denis@partner.example';
/** @param {any} [members] @returns {import('../../../static/js/mail/open.js').Harvest} */
const sent = (members = {}) => ({ address: DENIS, certificate: Uint8Array.of(1), chain: [Uint8Array.of(9)], capabilities: ['aes-256-gcm'], proved: true, ...members });
const DAY = (/** @type {number} */ day) => `2026-11-0${day}T10:00:00Z`;

test('what a signed message announced is remembered without case, and not adopted', () => {
  const people = harvest(noPeople(), sent(), DAY(1));
  assert.deepEqual(correspondent(people, 'DENIS@Partner.example'), {
    certificate: 'AQ==', chain: ['CQ=='], capabilities: ['aes-256-gcm'], adopted: false, seen: DAY(1), images: false });
  assert.equal(correspondent(people, 'eve@partner.example'), null);
  assert.equal(correspondent(people, '__proto__'), null);
});

test('the newest message counts, in whatever order they are opened', () => {
  const newest = harvest(noPeople(), sent({ capabilities: ['rsa-oaep'] }), DAY(5));
  assert.equal(harvest(newest, sent({ capabilities: [] }), DAY(2)), newest);
  assert.deepEqual(correspondent(harvest(newest, sent({ capabilities: [] }), DAY(6)), DENIS)?.capabilities, []);
});

test('a person adopts; another certificate sent later is not adopted by itself', () => {
  const adopted = adopt(harvest(noPeople(), sent(), DAY(1)), DENIS);
  assert.equal(correspondent(adopted, DENIS)?.adopted, true);
  assert.equal(correspondent(harvest(adopted, sent(), DAY(2)), DENIS)?.adopted, true);
  assert.equal(correspondent(harvest(adopted, sent({ certificate: Uint8Array.of(2) }), DAY(2)), DENIS)?.adopted, false);
  assert.deepEqual(adopt(noPeople(), DENIS), noPeople());
});

test('pictures are allowed per sender and outlive what he announces', () => {
  const allowed = allowImages(noPeople(), DENIS);
  assert.equal(correspondent(harvest(allowed, sent(), DAY(1)), DENIS)?.images, true);
  assert.equal(correspondent(allowImages(allowed, DENIS, false), DENIS)?.images, false);
});

test('the same announcement an hour later is not worth writing down', () => {
  const before = correspondent(harvest(noPeople(), sent(), DAY(1)), DENIS);
  assert.equal(isNews(before, { .../** @type {any} */ (before), seen: '2026-11-01T23:00:00Z' }), false);
  assert.equal(isNews(before, { .../** @type {any} */ (before), seen: DAY(2) }), true);
  assert.equal(isNews(before, { .../** @type {any} */ (before), adopted: true }), true);
});

test('who was decided about is never forgotten for a stranger', () => {
  let people = adopt(harvest(noPeople(), sent(), DAY(1)), DENIS);
  const strangers = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`a${index}@x.example`, { .../** @type {any} */ (correspondent(people, DENIS)), adopted: false, seen: DAY(2) }]));
  people = harvest({ v: 1, people: { ...people.people, ...strangers } }, sent({ address: 'new@x.example' }), DAY(3));
  assert.equal(Object.keys(people.people).length, 2_000);
  assert.ok(correspondent(people, DENIS) && correspondent(people, 'new@x.example'));
});

/** One object on a server, met by another device before the first write. @param {any} [meets] */
function server(meets) {
  /** @type {any} */ let stored = null;
  let writes = 0;
  return {
    get stored() { return stored; },
    get writes() { return writes; },
    find: async () => (stored ? {} : null),
    read: async () => stored,
    write: async (/** @type {string} */ objectClass, /** @type {string} */ id, /** @type {any} */ content, /** @type {any} */ merge) => {
      assert.deepEqual([objectClass, id], ['correspondents', '636f7272000000000000000000000000']);
      writes++;
      stored = meets && writes === 1 ? merge(meets, content) : content;
      return stored;
    },
  };
}

test('the object is written once per news, and only for a proof', async () => {
  const objects = server();
  const correspondents = new Correspondents(/** @type {any} */ (objects));
  await correspondents.learn(null, DAY(1));
  await correspondents.learn(sent({ proved: false }), DAY(1));
  await correspondents.learn(sent(), null);
  assert.equal(objects.writes, 0);
  await Promise.all([correspondents.learn(sent(), DAY(1)), correspondents.learn(sent(), DAY(1)), correspondents.adopt(DENIS)]);
  assert.equal(objects.writes, 2);
  assert.equal((await correspondents.person(DENIS))?.adopted, true);
});

test('a change is made anew on what another device wrote', async () => {
  const theirs = allowImages(harvest(noPeople(), sent({ address: 'eve@x.example' }), DAY(1)), 'eve@x.example');
  const objects = server(theirs);
  await new Correspondents(/** @type {any} */ (objects)).learn(sent(), DAY(2));
  assert.deepEqual(Object.keys(objects.stored.people).sort(), ['denis@partner.example', 'eve@x.example']);
  assert.equal(objects.stored.people['eve@x.example'].images, true);
});

test('a certificate that was only sent is recorded because a person says so', async () => {
  const objects = server();
  const correspondents = new Correspondents(/** @type {any} */ (objects));
  await correspondents.adopt(DENIS, sent({ proved: false, capabilities: [] }));
  assert.equal((await correspondents.person(DENIS))?.adopted, true);
});
