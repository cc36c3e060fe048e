/** Members that the server asserts and the signed log does not prove: shown as a warning, never as members. */

/** @typedef {{bodyHash: string, name: string, rppsNumber: string, role: string}} Claim */

/**
 * @param {Pick<import('./api.js').Api, 'call'>} api
 * @param {string} accountId
 * @param {readonly Pick<import('../keys/agent.js').Member, 'bodyHash' | 'state'>[]} proven of the log
 * @returns {Promise<Claim[]>} none where only managers may look
 */
export async function unprovenMembers(api, accountId, proven) {
  const { list } = await api.call('Member/get', { accountId, ids: null }).catch((error) => (error.code === 'forbidden' ? { list: [] } : Promise.reject(error)));
  const standing = new Set(proven.filter(({ state }) => state !== 'ended').map(({ bodyHash }) => bodyHash));
  return list.filter((/** @type {any} */ { bodyHash, state }) => state !== 'ended' && !standing.has(bodyHash))
    .map((/** @type {any} */ { bodyHash, name, rppsNumber, role }) => ({ bodyHash, name, rppsNumber, role }));
}
