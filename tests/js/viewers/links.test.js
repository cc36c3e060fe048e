import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkTarget } from '../../../static/js/viewers/links.js';

test('the real host is named, whatever the text says', () => {
  const target = linkTarget('https://imagerie.attaquant.example/x', 'www.imagerie-parc.example');
  assert.equal(target?.host, 'imagerie.attaquant.example');
  assert.equal(target?.warnings.length, 1);
});

test('a text that names the host it leads to is no cause for a warning', () => {
  assert.deepEqual(linkTarget('https://www.cardio.example/a', 'cardio.example')?.warnings, []);
  assert.deepEqual(linkTarget('https://cardio.example/a', 'read more')?.warnings, []);
});

test('a false beginning is taken out and named', () => {
  const target = linkTarget('https://cardio.example@evil.example/', 'here');
  assert.equal(target?.href, 'https://evil.example/');
  assert.equal(target?.warnings.length, 1);
});

test('foreign letters, bare numbers and clear connections are named', () => {
  assert.equal(linkTarget('https://cаrdio.example/', 'x')?.warnings.length, 1);
  assert.equal(linkTarget('https://192.0.2.7/', 'x')?.warnings.length, 1);
  assert.equal(linkTarget('http://cardio.example/', 'x')?.warnings.length, 1);
});

test('a port of its own is shown and named', () => {
  const target = linkTarget('https://cardio.example:8443/x', 'cardio.example');
  assert.equal(target?.host, 'cardio.example:8443');
  assert.equal(target?.warnings.length, 1);
});

test('a mail link that cannot be read leads nowhere', () => {
  assert.equal(linkTarget('mailto:%zz', 'x'), null);
});

test('[N42] nothing but web, mail and telephone opens', () => {
  for (const href of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'blob:null/x', '/mail/', '#a', 'ws://127.0.0.1:28610/']) {
    assert.equal(linkTarget(href, 'x'), null, href);
  }
});

test('a mail link keeps its address only, no attachment, no text', () => {
  const target = linkTarget('mailto:bob@pli.example?attach=/etc/passwd&body=x', 'write');
  assert.deepEqual([target?.kind, target?.host], ['mail', 'bob@pli.example']);
});
