import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import '../viewers/no-dom.js';
import { chooseLanguage, t, tn, useLanguage } from '../../../static/js/i18n.js';

const ROOT = fileURLToPath(new URL('../../../static/js/', import.meta.url));
const catalogues = await Promise.all(readdirSync(ROOT + 'locale').map(async (name) => (await import(`${ROOT}locale/${name}`)).default));
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
