// Which rows of a long list stand in the DOM. Fixed row height, so it is arithmetic.

/** No scroll position puts more rows than this into the DOM. */
export const MAX_ROWS = 60;

/**
 * @param {{scrollTop: number, viewportHeight: number, rowHeight: number, total: number, overscan?: number}} view pixels
 * @returns {{first: number, last: number}} row indices; `last` is one past the end
 */
export function visibleRange({ scrollTop, viewportHeight, rowHeight, total, overscan = 8 }) {
  const top = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const shown = Math.ceil(Math.max(0, viewportHeight) / rowHeight) + 1 + 2 * overscan;
  const first = Math.min(top, Math.max(0, total - 1));
  return { first: total === 0 ? 0 : first, last: Math.min(total, first + Math.min(shown, MAX_ROWS)) };
}

/**
 * The scroll position that brings a row into view with the least movement.
 * @param {{index: number, scrollTop: number, viewportHeight: number, rowHeight: number}} view
 * @returns {number}
 */
export function scrollToRow({ index, scrollTop, viewportHeight, rowHeight }) {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - viewportHeight);
}

/**
 * The pages of a list that a range of rows needs.
 * @param {{first: number, last: number}} range @param {number} pageSize @returns {number[]} page numbers
 */
export function pagesOf({ first, last }, pageSize) {
  const pages = [];
  for (let page = Math.floor(first / pageSize); page * pageSize < last; page += 1) pages.push(page);
  return pages;
}
