import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sha256 } from '../../../static/js/cms/digest.js';
import { fromBase64, fromHex, toBase64 } from '../../../static/js/cms/octets.js';
import { LogRefused } from '../../../static/js/keys/errors.js';
import { verifyLogEntry } from '../../../static/js/keys/membership-log.js';
import { checkRestore, verifyRestore } from '../../../static/js/keys/restore.js';

/** @type {any} */
const file = JSON.parse(readFileSync(new URL('../../vectors/restore/restore.json', import.meta.url), 'utf8'));
const log = await Promise.all(file.entries.map((/** @type {string} */ entry) => verifyLogEntry(fromBase64(entry))));

/** @param {import('../../../static/js/cms/certificate.js').Certificate} certificate */
const isAuthority = async ({ der }) => file.authorities.includes(toBase64(await sha256(der)));
/** @param {string | null} text */
const moment = (text) => (text ? new Date(text) : undefined);

for (const { name, statement, entries, restored, time, now, expect } of file.vectors) {
  test(`restore statement: ${name}`, async () => {
    const facts = { mailboxId: fromHex(file.mailboxId), entries: entries.map((/** @type {number} */ one) => log[one]), known: { restored: moment(restored), time: moment(time) }, now: new Date(now) };
    const judged = verifyRestore(fromBase64(statement), isAuthority).then((stated) => ({ stated, last: checkRestore(stated, facts) }));
    if (expect !== 'ok') return assert.rejects(judged, (error) => error instanceof LogRefused && error.data.reason === expect);
    const { stated, last } = await judged;
    assert.deepEqual([last.entry.seq, stated.time], [file.stated.seq, new Date(file.stated.time)]);
  });
}
