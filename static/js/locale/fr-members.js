// French sentences of the pages about members and delegation.

/** @type {import('../i18n.js').Catalogue} */
export default {
};
