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

test('what is hidden in the text of a link, or stands around it, hides no other site', () => {
  for (const text of ['banque.example\u200b', '\u2066banque.example', 'Voir https://banque.example/compte', 'Votre compte : www.banque.example ici', 'https://banque.example@evil.example/']) {
    assert.match(linkTarget('https://evil.example/', text)?.warnings.join() ?? '', /banque\.example/, text);
  }
});

test('a true name in the text, which may be too small to see, covers no other', () => {
  for (const text of ['https://evil.example/ https://banque.example/', 'https://evil.example www.banque.example', 'evil.example/ https://banque.example', 'www.evil.example www.banque.example']) {
    assert.match(linkTarget('https://evil.example/', text)?.warnings.join() ?? '', /banque\.example/, text);
  }
  assert.deepEqual(linkTarget('https://cardio.example/', 'https://cardio.example/ or www.cardio.example')?.warnings, []);
});

test('a text of many dots and beginnings is read at once', () => {
  for (const part of ['https://a.', 'www.a.', 'a.', 'https://', 'www.a.b-']) assert.ok(linkTarget('https://evil.example/', part.repeat(20_000)));
});

test('a text with foreign letters that names its own site names no other', () => {
  assert.deepEqual(linkTarget('https://xn--caf-dma.example/', 'café.example')?.warnings, ['The name contains foreign letters that can imitate another site.']);
});

test('an address that carries another one is said to send on', () => {
  for (const href of ['https://a.example/r?u=https%3A%2F%2Fevil.example%2F', 'https://a.example/r?u=//evil.example/', 'https://a.example/https://evil.example/', 'https://a.example/#https://evil.example']) {
    assert.match(linkTarget(href, 'x')?.warnings.join() ?? '', /evil\.example/, href);
  }
  assert.deepEqual(linkTarget('https://a.example/r?u=https%3A%2F%2Fwww.a.example%2F&d=//', 'x')?.warnings, []);
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
