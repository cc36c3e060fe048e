/** The mailboxes of one person as the server lists them (RFC 8620 §2), the person's own first. Pure. */

/** @typedef {import('../pages/store-types.js').Account} Account */

/**
 * @param {import('./api.js').JmapSession['accounts']} accounts
 * @param {string} current id
 * @param {Account[]} before whose news are not forgotten
 * @returns {Account[]}
 */
export function accountsOf(accounts, current, before) {
  const news = new Set(before.filter((each) => each.news).map(({ id }) => id));
  const all = Object.entries(accounts).map(([id, { name, isPersonal, isReadOnly }]) => (
    { id, address: name, isPersonal, isReadOnly, current: id === current, news: id !== current && news.has(id) }));
  return all.sort((one, other) => Number(other.isPersonal) - Number(one.isPersonal) || one.address.localeCompare(other.address));
}

/** @param {Account[]} accounts @param {readonly string[]} changed ids */
export const withNews = (accounts, changed) => accounts.map((each) => ({ ...each, news: each.news || (!each.current && changed.includes(each.id)) }));
