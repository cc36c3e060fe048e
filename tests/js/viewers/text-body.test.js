import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { hexDump } from '../../../static/js/viewers/held-view.js';
import { textBlocks, textPieces } from '../../../static/js/viewers/text-body.js';

test('quoted lines stand apart from own ones', () => {
  assert.deepEqual(textBlocks('Oui.\r\n> Viens-tu ?\r\n>> Quand ?\r\nBob\n\n'), [
    { quote: false, text: 'Oui.' }, { quote: true, text: 'Viens-tu ?\n> Quand ?' }, { quote: false, text: 'Bob' },
  ]);
});

test('a web address ends before the sentence does', () => {
  assert.deepEqual(textPieces('Voir https://a.example/x?y=1). Merci'), [
    { text: 'Voir ' }, { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' }, { text: '). Merci' },
  ]);
});

test('only web addresses become links', () => {
  assert.deepEqual(textPieces('javascript:alert(1) data:x ftp://a.example'), [{ text: 'javascript:alert(1) data:x ftp://a.example' }]);
});

test('bytes are written sixteen a line, with what could be read of them', () => {
  assert.equal(hexDump(Uint8Array.of(0, 80, 108, 105, 255)), `000000  ${'00 50 6c 69 ff'.padEnd(47)}  .Pli.`);
  assert.equal(hexDump(new Uint8Array(17)).split('\n').length, 2);
});
