/**
 * `node replays.js` reads logs from stdin, in the form of tests/vectors/membership/membership.json, and answers what each comes to:
 * a reason, or what it shows.
 */
import { readFileSync } from 'node:fs';
import { Logs, described } from '../js/keys/replaying.js';

const logs = new Logs(JSON.parse(readFileSync(0, 'utf8')));

/** @param {any} vector */
async function outcome(vector) {
  try {
    return described(await logs.replayed(vector), new Date(vector.at));
  } catch (/** @type {any} */ error) {
    if (error.data?.reason === undefined) throw error;
    return error.data.reason;
  }
}

process.stdout.write(JSON.stringify(await Promise.all(logs.file.vectors.map(outcome))));
