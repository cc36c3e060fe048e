/** The judge's verbs in node, one after the other: `judge/node.js` ends after its first, and hundreds of starts cost minutes. */
import { createInterface } from 'node:readline';
import { answer } from '../judge/verbs.js';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** @param {object} value */
const send = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
/** Answers come in the order of the questions. @type {Promise<any>} */
let last = Promise.resolve();

/** @param {string} question @param {Record<string, any>} details */
function ask(question, details) {
  last = last.then(async () => {
    send({ ask: question, details });
    return JSON.parse((await lines.next()).value);
  });
  return last;
}

for (let line = await lines.next(); !line.done; line = await lines.next()) {
  const { verb, input } = JSON.parse(line.value);
  send(await answer(verb, input, ask).then((result) => ({ answer: result }), (error) => ({ failure: String(error) })));
}
