import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { levelText, wayIn } from '../../../static/js/viewers/level-text.js';

/** @param {boolean} bridge @param {'full'|'recovery'} level @param {'card'|'software'|'passkey'} identity of the mailbox */
const said = (bridge, level, identity) => levelText(wayIn({ bridge, level, person: { name: '', rppsNumber: '', profession: '', level: identity } }));

test('what a session was opened with is said, not how the mailbox names its owner', () => {
  assert.equal(said(false, 'full', 'card'), 'Passkey');
  assert.equal(said(false, 'recovery', 'card'), 'Recovery code');
  assert.equal(said(true, 'full', 'card'), 'Health card');
  assert.equal(said(true, 'full', 'passkey'), 'Health card');
  assert.equal(said(true, 'recovery', 'card'), 'Health card'); // by shares, which are sealed to cards
  assert.equal(said(true, 'full', 'software'), 'Software certificate');
});
