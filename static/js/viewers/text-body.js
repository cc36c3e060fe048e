// The plain text of a message: quotes set apart, web addresses as links that ask before they open.
import { t } from '../i18n.js';
import { html } from './lit.js';

/** @typedef {{quote: boolean, text: string}} Block */
/** @typedef {{text: string, href?: string}} Piece */

/** Runs of quoted and own lines. @param {string} text @returns {Block[]} */
export function textBlocks(text) {
  /** @type {Block[]} */
  const blocks = [];
  for (const line of text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n')) {
    const quote = line.startsWith('>');
    const last = blocks.at(-1);
    const shown = quote ? line.replace(/^>\s?/, '') : line;
    if (last && last.quote === quote) last.text += `\n${shown}`;
    else blocks.push({ quote, text: shown });
  }
  return blocks;
}

const WEB_ADDRESS = /\bhttps?:\/\/[^\s<>"'«»]+/gi;

/** @param {string} text @returns {Piece[]} */
export function textPieces(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let at = 0;
  for (const match of text.matchAll(WEB_ADDRESS)) {
    const href = match[0].replace(/[).,;:!?\]]+$/, '');
    pieces.push({ text: text.slice(at, match.index) }, { text: href, href });
    at = match.index + href.length;
  }
  pieces.push({ text: text.slice(at) });
  return pieces.filter((piece) => piece.text);
}

/** @param {string} text @param {(href: string, text: string) => void} follow @param {boolean} links false: leave addresses dead */
export function textBodyView(text, follow, links) {
  const blocks = textBlocks(text);
  if (!text.trim()) return html`<p class="message-empty">${t('This message has no text.')}</p>`;
  return html`<div class="message-text">${blocks.map((block, index) => blockView(block, index === blocks.length - 1 && index > 0, follow, links))}</div>`;
}

/** @param {Block} block @param {boolean} fold @param {(href: string, text: string) => void} follow @param {boolean} links */
function blockView({ quote, text }, fold, follow, links) {
  const words = links ? textPieces(text).map((piece) => pieceView(piece, follow)) : text;
  if (!quote) return html`<span>${words}${'\n'}</span>`;
  const body = html`<span class="quote">${words}</span>`;
  return fold ? html`<details><summary>${t('Earlier message')}</summary>${body}</details>` : body;
}

/** @param {Piece} piece @param {(href: string, text: string) => void} follow */
const pieceView = ({ text, href }, follow) => (href
  ? html`<a href=${href} rel="noopener noreferrer" @click=${(/** @type {Event} */ event) => { event.preventDefault(); follow(href, text); }}>${text}</a>`
  : text);
