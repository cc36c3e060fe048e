/** The verbs in node: one JSON object per line each way. `{verb, input}` comes first; `{ask}` and `{answer}` go back. */
import { createInterface } from 'node:readline';
import { answer } from './verbs.js';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const receive = async () => JSON.parse((await lines.next()).value);
/** @param {object} value */
const send = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** Answers come in the order of the questions. @type {Promise<any>} */
let last = Promise.resolve();

/** @param {string} question @param {Record<string, any>} details */
function ask(question, details) {
  last = last.then(() => {
    send({ ask: question, details });
    return receive();
  });
  return last;
}

const { verb, input } = await receive();
try {
  const found = await answer(verb, input, ask);
  await last; // a question that the answer did not wait for is answered all the same
  send({ answer: found });
} catch (error) {
  send({ failure: String(error) });
}
process.stdin.destroy();
