// Copies the browser libraries named in ENTRIES from node_modules to static/vendor, unbundled.
//
// Browsers resolve no bare specifiers (and import maps do not reach workers), so each `from 'lit-html'`
// becomes a relative path; nothing else changes. static/vendor/HASHES.json records the SHA-256 of each file
// before and after, so that what is served can be compared with the published packages.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const TARGET = join(ROOT, 'static', 'vendor');

/** What our own modules import, and under which name it stands in static/vendor. */
const ENTRIES = {
  lit: 'lit/index.js',
  'lit/directives/repeat.js': 'lit/directives/repeat.js',
  'lit/directives/class-map.js': 'lit/directives/class-map.js',
  'lit/directives/live.js': 'lit/directives/live.js',
  'lit/directives/ref.js': 'lit/directives/ref.js',
  'lit/directives/if-defined.js': 'lit/directives/if-defined.js',
  dompurify: 'dompurify/index.js',
  'postal-mime': 'postal-mime/index.js',
  qr: 'qr/index.js',
};

/** @typedef {string | { [condition: string]: ExportTarget }} ExportTarget */
/** @type {Record<string, { package: string, before: string, after: string }>} */
const hashes = {};
/** @type {Map<string, string>} source file → path below static/vendor */
const placed = new Map();

/** @param {string | Uint8Array} content */
const sha256 = (content) => createHash('sha256').update(content).digest('hex');

/** @param {string} specifier @returns {[string, string]} package name and subpath such as "." or "./x.js" */
function splitSpecifier(specifier) {
  const parts = specifier.split('/');
  const size = specifier.startsWith('@') ? 2 : 1;
  const rest = parts.slice(size).join('/');
  return [parts.slice(0, size).join('/'), rest ? `./${rest}` : '.'];
}

/** @param {ExportTarget} target @param {string[]} conditions @returns {string | undefined} */
function chooseTarget(target, conditions) {
  if (typeof target === 'string') return target;
  for (const condition of conditions) {
    const inner = target[condition];
    const chosen = inner && chooseTarget(inner, conditions);
    if (chosen) return chosen;
  }
  return undefined;
}

/** @param {string} specifier @returns {string} the file a browser would load */
function resolvePackage(specifier) {
  const [name, subpath] = splitSpecifier(specifier);
  const manifest = JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8'));
  const entry = manifest.exports?.[subpath] ?? (subpath === '.' ? manifest.module ?? manifest.main : subpath);
  const target = chooseTarget(entry, ['browser', 'import', 'default']);
  if (!target) throw new Error(`${specifier} is not exported by ${name}`);
  return join(MODULES, name, target);
}

/** @param {string} specifier @param {string} from */
const resolveImport = (specifier, from) =>
  specifier.startsWith('.') ? join(dirname(from), specifier) : resolvePackage(specifier);

/** @param {string} source */
function placeFor(source) {
  const path = relative(MODULES, source).split('\\').join('/');
  return path.replace(/^@/, '').replace(/\.mjs$/, '.js');
}

const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])([@.a-z][\w@./-]*)\2/g;

/** @param {string} source @param {string} [place] @returns {string} path below static/vendor */
function vendor(source, place = placeFor(source)) {
  const known = placed.get(source);
  if (known) return known;
  placed.set(source, place);
  const before = readFileSync(source, 'utf8');
  const after = rewrite(before, source, place);
  write(place, after);
  hashes[place] = { package: relative(MODULES, source), before: sha256(before), after: sha256(after) };
  vendorTypes(source, place);
  return place;
}

/** @param {string} text @param {string} source @param {string} place */
function rewrite(text, source, place) {
  const withoutMap = text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
  return withoutMap.replace(IMPORT, (_all, lead, quote, specifier) => {
    const target = vendor(resolveImport(specifier, source));
    const path = posix.relative(posix.dirname(place), target);
    return `${lead}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
  });
}

/** Types travel along so that `tsc` checks our calls. @param {string} source @param {string} place */
function vendorTypes(source, place) {
  const declaration = [source.replace(/\.js$/, '.d.ts'), source.replace(/\.mjs$/, '.d.mts')].find(
    (file) => file !== source && existsSync(file),
  );
  if (!declaration || typesPlaced.has(declaration)) return;
  typesPlaced.add(declaration);
  const text = readFileSync(declaration, 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
  const rewritten = text.replace(IMPORT, (all, lead, quote, specifier) =>
    typeImport(all, lead, quote, specifier, declaration, place));
  write(place.replace(/\.js$/, '.d.ts'), rewritten);
}

/** @type {Set<string>} */
const typesPlaced = new Set();

/** @param {string} all @param {string} lead @param {string} quote @param {string} specifier @param {string} from @param {string} place */
function typeImport(all, lead, quote, specifier, from, place) {
  let source;
  try {
    source = resolveImport(specifier, from);
  } catch {
    return all; // a type-only package such as @types/trusted-types
  }
  if (!existsSync(source)) return all;
  const path = posix.relative(posix.dirname(place), vendor(source));
  return `${lead}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
}

/** @param {string} place @param {string} text */
function write(place, text) {
  const file = join(TARGET, place);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

rmSync(TARGET, { recursive: true, force: true });
for (const [specifier, place] of Object.entries(ENTRIES)) vendor(resolvePackage(specifier), place);
write('HASHES.json', `${JSON.stringify(hashes, Object.keys(hashes).sort().concat(['package', 'before', 'after']), 1)}\n`);
console.log(`static/vendor: ${placed.size} modules`);
