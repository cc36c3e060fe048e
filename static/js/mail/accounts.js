/** The mailboxes that a person may open, as the server's session names them, and how much in each is unread. */
import { CAPABILITIES } from './api.js';

/** @typedef {import('../pages/store-types.js').Account} Account */
/** @typedef {{address: string, name: string, kind: string}} AwaitedInbox that the list of a network keeps for this person to open */

/** Events: `change`. */
export class Accounts extends EventTarget {
  /** The person's own first. @type {Account[]} */ list = [];
  /** Id of the one that is open, or was last; '' until the server has said which there are. */ current = '';
  /** What waits for this person beside his mailboxes. @type {{administers: boolean, awaitedInboxes: readonly AwaitedInbox[], serviceDomains: readonly string[]}} */ tasks = { administers: false, awaitedInboxes: [], serviceDomains: [] };
  #api;

  /** @param {Pick<import('./api.js').Api, 'call' | 'session'>} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /** Asks which there are. @returns {Promise<void>} @throws {import('./api.js').ApiError} session-expired, offline */
  async read() {
    const { primaryAccounts, accounts, capabilities } = await this.#api.session();
    const { administers = null, awaitedInboxes = [], serviceDomains = [] } = capabilities?.[CAPABILITIES.keys] ?? {};
    this.tasks = { administers: administers !== null, awaitedInboxes, serviceDomains };
    const ids = Object.keys(accounts);
    this.current = this.current in accounts ? this.current : Object.values(primaryAccounts)[0] ?? ids[0] ?? '';
    this.#become(accountsOf(accounts, this.current, this.list));
  }

  /** The one that is shown, where the server has named it. @returns {Account | undefined} */
  get shown() {
    return this.list.find(({ current }) => current);
  }

  /** Whether the open one is the person's own. */
  get own() {
    return this.list.find(({ id }) => id === this.current)?.isPersonal ?? true;
  }

  /** The current one is shown from now on, and what waits in the others is counted. */
  markCurrent() {
    this.#become(this.list.map((each) => ({ ...each, current: each.id === this.current, news: each.news && each.id !== this.current })));
    void this.#countUnread(this.list.filter(({ current }) => !current).map(({ id }) => id));
  }

  /** Something changed in mailboxes that are not shown, or this person just got one. @param {string[]} ids */
  note(ids) {
    if (ids.some((id) => !this.list.some((each) => each.id === id))) void this.read().catch(() => {});
    this.#become(withNews(this.list, ids));
    void this.#countUnread(ids);
  }

  /** @param {readonly string[]} ids of mailboxes that are not shown */
  async #countUnread(ids) {
    const counts = await readUnread(this.#api, ids);
    if (counts.size) this.#become(this.list.map((each) => ({ ...each, unread: counts.get(each.id) ?? each.unread })));
  }

  /** @param {Account[]} list */
  #become(list) {
    this.list = list;
    this.dispatchEvent(new Event('change'));
  }
}

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
  const { kind = 'PER', role = 'owner', profile = 'member', until = null, name = '', members = 1, folders = null, rules = [], perPersonUnread = false, delegationDays = 0, timeZone = null } = accountCapabilities?.[CAPABILITIES.keys] ?? {};
  return { id, address, isPersonal, isReadOnly, current, kind, role, profile, until, name, members, folders, rules, perPersonUnread, delegationDays, timeZone, news: !current && (before?.news ?? false), unread: before?.unread ?? 0 };
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
