/** The mailboxes that a person may open, as the server's session names them, and how much in each is unread. */
import { CAPABILITIES } from './api.js';

/** @typedef {import('../pages/store-types.js').Account} Account */

/**
 * @param {import('./api.js').JmapSession['accounts']} accounts
 * @param {string} current id of the one that is shown
 * @param {readonly Account[]} before what was known of them
 * @returns {Account[]} the person's own first, services next, then those of colleagues
 */
export function accountsOf(accounts, current, before) {
  const known = new Map(before.map((account) => [account.id, account]));
  return Object.entries(accounts)
    .map(([id, account]) => describe(id, account, id === current, known.get(id)))
    .sort((one, other) => rank(one) - rank(other) || one.address.localeCompare(other.address));
}

/** @param {string} id @param {import('./api.js').Account & {accountCapabilities?: any}} account @param {boolean} current @param {Account} [before] @returns {Account} */
function describe(id, { name: address, isPersonal, isReadOnly, accountCapabilities }, current, before) {
  const { kind = 'PER', role = 'owner', profile = 'member', until = null, name = '', members = 1, folders = null, rules = [] } = accountCapabilities?.[CAPABILITIES.keys] ?? {};
  return { id, address, isPersonal, isReadOnly, current, kind, role, profile, until, name, members, folders, rules, news: !current && (before?.news ?? false), unread: before?.unread ?? 0 };
}

/** @param {Account[]} accounts @param {readonly string[]} changed ids */
export const withNews = (accounts, changed) => accounts.map((each) => ({ ...each, news: each.news || (!each.current && changed.includes(each.id)) }));

/** @param {Account} account */
const rank = ({ isPersonal, kind }) => (isPersonal ? 0 : kind === 'PER' ? 2 : 1);

/**
 * What is unread in the inboxes of mailboxes that are not shown. One that cannot be asked is left out.
 * @param {Pick<import('./api.js').Api, 'call'>} api
 * @param {readonly string[]} ids
 * @returns {Promise<Map<string, number>>}
 */
export async function readUnread(api, ids) {
  const counts = await Promise.all(ids.map(async (accountId) => {
    const answer = await api.call('Mailbox/get', { accountId, ids: null, properties: ['id', 'role', 'unreadEmails'] }).catch(() => null);
    return answer ? [/** @type {const} */ ([accountId, inboxUnread(answer.list)])] : [];
  }));
  return new Map(counts.flat());
}

/** @param {{role: string | null, unreadEmails: number}[]} folders those in reach: a delegate of some folders may not see the inbox */
function inboxUnread(folders) {
  const inbox = folders.find(({ role }) => role === 'inbox');
  return inbox ? inbox.unreadEmails : folders.reduce((sum, { unreadEmails }) => sum + unreadEmails, 0);
}
