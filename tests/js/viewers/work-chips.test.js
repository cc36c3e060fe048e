import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { chipsOf } from '../../../static/js/viewers/work-chips.js';
import { commandOf } from '../../../static/js/pages/shortcuts.js';
import { nothingOf } from '../../../static/js/pages/work-view.js';

const me = { id: 'a', name: 'Alice Martin', mayAnswer: true, isMe: true };
const bob = { id: 'b', name: 'Bob Garnier', mayAnswer: true, isMe: false };
const untouched = { assignedTo: null, answering: null, answeringSince: null, done: null, doneAt: null };

/** @param {import('../../../static/js/mail/work.js').Standing} standing */
const words = (standing) => chipsOf(standing).map((chip) => chip.words);

test('what nobody touched has no chip', () => {
  assert.deepEqual(chipsOf(untouched), []);
});

test('who answers stands first, then what is done, then whose it is', () => {
  const all = { assignedTo: bob, answering: bob, answeringSince: '2026-11-22T10:00:00Z', done: me, doneAt: '2026-11-22T11:00:00Z' };
  assert.deepEqual(words(all), ['Bob Garnier is answering', 'done', 'assigned to Bob Garnier']);
  assert.match(chipsOf(all)[1]?.title ?? '', /Alice Martin/);
});

test('one’s own work is said to oneself', () => {
  assert.deepEqual(words({ ...untouched, assignedTo: me, answering: me }), ['you are answering', 'assigned to you']);
});

test('every chip has an icon and words: colour alone says nothing', () => {
  for (const chip of chipsOf({ ...untouched, assignedTo: me, answering: bob, done: bob })) assert.ok(chip.image && chip.words);
});

test('a name that would change the line is shown plain', () => {
  assert.deepEqual(words({ ...untouched, assignedTo: { ...bob, name: ' Bob\n\u202eGarnier ' } }), ['assigned to Bob Garnier']);
  assert.deepEqual(words({ ...untouched, assignedTo: { ...bob, name: '' } }), ['assigned to a colleague']);
});

test('the key d marks as done, and each empty share says why', () => {
  assert.equal(commandOf({ key: 'd' }), 'done');
  assert.equal(new Set((/** @type {const} */ (['mine', 'nobody', 'done'])).map((share) => nothingOf(share)[0])).size, 3);
});
