// A node:test reporter that records, for `make capabilities`, the outcome of tests whose name holds an id such as [CO6].
import { mkdirSync, writeFileSync } from 'node:fs';

const CAPABILITY = /\[([A-Z]{2}\d{1,2})\]/g;

/** @param {TestData} data */
const describe = (data) => {
  const cause = data.details?.error?.cause;
  return cause instanceof Error ? cause.stack : String(cause ?? data.details?.error?.message ?? '');
};

/** @typedef {{ name?: string, file?: string, line?: number, details?: { error?: { cause?: unknown, message?: string } } }} TestData */
/** @param {AsyncIterable<{ type: string, data: TestData }>} source */
export default async function* record(source) {
  /** @type {Record<string, { capability: string[], passed: boolean }>} */
  const outcomes = {};
  let passed = 0;
  let failed = 0;
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const name = event.data.name ?? '';
    if (name.endsWith('.test.js')) continue; // a file, not a test
    if (event.type === 'test:pass') passed += 1;
    else {
      failed += 1;
      yield `not ok: ${name} (${event.data.file}:${event.data.line})\n${describe(event.data)}\n`;
    }
    const ids = [...name.matchAll(CAPABILITY)].map((match) => match[1]);
    if (ids.length) outcomes[`${event.data.file ?? ''}::${name}`] = { capability: ids, passed: event.type === 'test:pass' };
  }
  mkdirSync('build/results', { recursive: true });
  writeFileSync('build/results/node.json', JSON.stringify(outcomes, null, 1));
  yield `node: ${passed} passed, ${failed} failed\n`;
}
