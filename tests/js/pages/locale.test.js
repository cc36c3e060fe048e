import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import '../viewers/no-dom.js';
import { chooseLanguage, t, tn, useLanguage } from '../../../static/js/i18n.js';

const ROOT = fileURLToPath(new URL('../../../static/js/', import.meta.url));
const names = readdirSync(ROOT + 'locale');
const catalogues = await Promise.all(names.map(async (name) => (await import(`${ROOT}locale/${name}`)).default));
/** @type {import('../../../static/js/i18n.js').Catalogue} */
const french = Object.assign({}, ...catalogues);
const SENTENCE = String.raw`'((?:[^'\\]|\\.)*)'`;

/** @param {RegExp} pattern @param {number} group @returns {Set<string>} */
function sentences(pattern, group) {
  const found = new Set();
  for (const name of readdirSync(ROOT, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js') || name.startsWith('locale')) continue;
    for (const match of readFileSync(ROOT + name, 'utf8').matchAll(pattern)) found.add(match[group]);
  }
  return found;
}

const single = sentences(new RegExp(String.raw`\bt\(\s*${SENTENCE}`, 'g'), 1);
const plural = sentences(new RegExp(String.raw`\btn\(\s*${SENTENCE},\s*${SENTENCE}`, 'g'), 2);

test('[CN9] every sentence of the pages has a French one', () => {
  assert.deepEqual([...single].filter((sentence) => typeof french[sentence] !== 'string'), []);
  assert.deepEqual([...plural].filter((sentence) => !Array.isArray(french[sentence])), []);
});

test('the catalogue holds nothing that no page says', () => {
  assert.deepEqual(Object.keys(french).filter((sentence) => !single.has(sentence) && !plural.has(sentence)), []);
});

test('no sentence is translated twice', () => {
  const all = catalogues.flatMap((catalogue) => Object.keys(catalogue));
  assert.deepEqual(all.filter((sentence, index) => all.indexOf(sentence) !== index), []);
});

test('a translation keeps the names to be filled in', () => {
  const names = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort().join();
  for (const [sentence, translation] of Object.entries(french)) {
    // The singular of a pair may go without its number.
    const text = Array.isArray(translation) ? translation[1] : translation;
    assert.equal(names(text), names(sentence), sentence);
  }
});

test('numbers choose the form of their language', async () => {
  assert.equal(tn('{n} draft', '{n} drafts', 0), '0 drafts');
  assert.equal(tn('{n} draft', '{n} drafts', 1), '1 draft');
  await useLanguage('fr');
  assert.equal(tn('{n} draft', '{n} drafts', 0), '0 brouillon');
  assert.equal(t('Signed by {name}', { name: 'Bob' }), 'Signé par Bob');
  await useLanguage('en');
});

test('a language nobody translated falls back to English', () => {
  assert.equal(chooseLanguage(['de-DE', 'fr-CA', 'en']), 'fr');
  assert.equal(chooseLanguage(['de', 'it']), 'en');
});

/** The modules that a page brings along from the first. @param {string} entry @returns {Set<string>} */
function broughtAlong(entry) {
  const found = new Set([entry]);
  for (const name of found) {
    for (const [, from] of readFileSync(ROOT + name, 'utf8').matchAll(/^(?:import|export)[^;]*?'(\.{1,2}\/[^']+)'/gm)) {
      const path = posix.join(posix.dirname(name), from);
      if (!path.startsWith('..')) found.add(path);
    }
  }
  return found;
}

/** @param {string} entry @returns {string[]} what it says and never has the French of; errors aside, of which each belongs to a room of its own */
function withoutFrench(entry) {
  const modules = [...broughtAlong(entry)].filter((name) => !name.startsWith('locale')).map((name) => [name, readFileSync(ROOT + name, 'utf8')]);
  const loaded = modules.flatMap(([, text]) => [...text.matchAll(/import\('\.{1,2}\/(?:locale\/)?(fr[a-z-]*)\.js'\)/g)].map(([, name]) => `${name}.js`));
  const known = Object.assign({}, ...names.map((name, index) => (loaded.includes(name) ? catalogues[index] : {})));
  const said = modules.filter(([name]) => name !== 'viewers/error-texts.js').flatMap(([, text]) => [...text.matchAll(new RegExp(String.raw`\bt\(\s*${SENTENCE}`, 'g'))].map(([, sentence]) => sentence));
  return said.filter((sentence) => !known[sentence]);
}

test('every page loads the French of what it says itself', () => {
  for (const entry of ['mail', 'held', 'login', 'bridge-check', 'open-account']) assert.deepEqual(withoutFrench(`pages/${entry}.js`), [], entry);
});
