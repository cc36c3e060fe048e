/**
 * Node as a long-lived engine: `{module, function, arguments}` comes in, `{ask}` goes out and its answer comes back,
 * `{answer}` or `{failure}` ends it. One JSON object per line.
 */
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** @param {object} value */
const send = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** Answers come in the order of the questions. @type {Promise<any>} */
let last = Promise.resolve();

/** @param {string} question @param {Record<string, any>} details */
function ask(question, details) {
  const answered = last.then(async () => {
    send({ ask: question, details });
    return JSON.parse((await lines.next()).value);
  });
  last = answered;
  return answered.then(({ answer, failure }) => {
    if (failure) throw new Error(failure);
    return answer;
  });
}

for (let next = await lines.next(); !next.done; next = await lines.next()) {
  const { module, function: name, arguments: values } = JSON.parse(next.value);
  try {
    const found = await import(pathToFileURL(ROOT + module.slice(1)).href);
    send({ answer: (await found[name](...values, ask)) ?? null });
  } catch (error) {
    send({ failure: String(error) });
  }
}
