/**
 * What the person at this page said of a restored backup (docs/FORMATS.md, *Restore statement*). A bridge asks in a prompt of its own; a
 * vault in this browser refuses until the page names the very statement that was agreed to.
 */

/** SHA-256 of a statement, base64; '' before anybody was asked. */
let agreed = '';

/** @param {string} statement as RESTORE_UNCONFIRMED named it */
export function agreeToRestore(statement) {
  agreed = statement;
}

export const agreedStatement = () => agreed;
