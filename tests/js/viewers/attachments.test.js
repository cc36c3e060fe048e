import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { previewType, safeFilename } from '../../../static/js/viewers/attachments.js';

test('[N43] a file name stays in its folder and shows its true ending', () => {
  assert.equal(safeFilename('../../etc/passwd'), 'passwd');
  assert.equal(safeFilename('C:\\Users\\x\\bilan.pdf'), 'bilan.pdf');
  assert.equal(safeFilename('bilan\u202efdp.exe'), 'bilanfdp.exe');
  assert.equal(safeFilename('.bashrc'), 'bashrc');
  assert.equal(safeFilename('CON.txt'), '_CON.txt');
  assert.equal(safeFilename('a<b>:"|?*.pdf'), 'a_b______.pdf');
});

test('[N43] a file without a usable name gets one, and a long one keeps its ending', () => {
  assert.equal(safeFilename(' .. '), 'attachment');
  const long = safeFilename(`${'x'.repeat(300)}.pdf`);
  assert.equal(long.length, 120);
  assert.ok(long.endsWith('.pdf'));
});

test('[N43] a name that is markup or four thousand letters stays a plain name', () => {
  assert.equal(safeFilename('<img src=x onerror=alert(1)>.txt'), '_img src=x onerror=alert(1)_.txt');
  assert.equal(safeFilename('a'.repeat(4096)).length, 120);
  assert.equal(safeFilename('..\\..\\calc.exe'), 'calc.exe');
});

test('an image is shown for what its bytes are, never for what it is called', () => {
  assert.equal(previewType(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)), 'image/png');
  assert.equal(previewType(new TextEncoder().encode('RIFF0000WEBPVP8 ')), 'image/webp');
  assert.equal(previewType(new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')), '');
  assert.equal(previewType(new Uint8Array()), '');
});
