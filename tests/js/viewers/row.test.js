import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { rowTexts } from '../../../static/js/viewers/row.js';

const NOW = new Date(2026, 10, 21, 22, 0);
const row = {
  id: 'm1', from: [{ name: 'Bob Garnier', address: 'bob@pli.example' }], to: [{ name: '', address: 'alice@pli.example' }],
  subject: 'Avis', date: null, receivedAt: NOW.toISOString(), snippet: 'Bonjour\nAlice', attachments: [], encrypted: true, signed: true,
  size: 1, keywords: /** @type {Record<string, boolean>} */ ({}),
};

test('an incoming row shows its sender, a sent one its recipients', () => {
  assert.equal(rowTexts(row, { outgoing: false, now: NOW }).who, 'Bob Garnier');
  assert.equal(rowTexts(row, { outgoing: true, now: NOW }).who, 'alice@pli.example');
});

test('only an incoming message is unread', () => {
  assert.equal(rowTexts(row, { outgoing: false, now: NOW }).unread, true);
  assert.equal(rowTexts(row, { outgoing: true, now: NOW }).unread, false);
  assert.equal(rowTexts({ ...row, keywords: { $seen: true } }, { outgoing: false, now: NOW }).unread, false);
});

test('the arrival stands in for a missing date', () => {
  assert.match(rowTexts(row, { outgoing: false, now: NOW }).when, /10:00/);
});

test('a quarantined row says why, whom to ask, and nothing of the content', () => {
  const texts = rowTexts({ ...row, quarantined: 'decrypt-failed' }, { outgoing: false, now: NOW });
  assert.deepEqual([texts.who, texts.what, texts.snippet], ['Bob Garnier', 'Avis', 'Cannot be opened on this device']);
});

test('a quarantined row of which nothing is known says so', () => {
  const texts = rowTexts({ ...row, from: [], subject: '', snippet: '', quarantined: 'limit-exceeded' }, { outgoing: false, now: NOW });
  assert.deepEqual([texts.who, texts.what], ['Unreadable message', 'Larger or more deeply nested than Pli accepts']);
});

test('a snippet is one line, and an encrypted message without one says so', () => {
  assert.equal(rowTexts(row, { outgoing: false, now: NOW }).snippet, 'Bonjour Alice');
  assert.equal(rowTexts({ ...row, snippet: '' }, { outgoing: false, now: NOW }).snippet, 'Encrypted: open it to read');
});

test('the placeholder outside an encrypted message is not shown as a subject', () => {
  assert.equal(rowTexts({ ...row, subject: '[...]' }, { outgoing: false, now: NOW }).what, 'Encrypted message');
  assert.equal(rowTexts({ ...row, subject: '[...]', encrypted: false }, { outgoing: false, now: NOW }).what, '[...]');
});
