// HTML from a message becomes harmless HTML: no script, style sheet, form, SVG or MathML, and nothing to fetch.
//
// The frame's own CSP is the second wall; this is the first (DESIGN §6).
import DOMPurify from '../../vendor/dompurify/index.js';
import { surroundings } from './purifier-surroundings.js';

/**
 * @typedef {object} SanitisedHtml
 * @property {string} html
 * @property {number} blocked images on the network, which are never fetched
 * @property {string[]} hosts that would have learnt of the reading
 * @property {number} withheld images carried by the message itself, left out because nobody allowed them
 */

const FETCHING = new Set(['src', 'srcset', 'background', 'poster', 'ping', 'cite', 'longdesc', 'lowsrc', 'dynsrc', 'data', 'action', 'formaction']);
/**
 * What a letter needs. No element that runs, fetches, asks for input or draws by rules of its own. The body is the one whose
 * content comes back: were it not allowed, the purifier would copy all of that out of it first.
 */
const ELEMENTS = Object.freeze(['a', 'abbr', 'acronym', 'address', 'area', 'article', 'aside', 'b', 'bdi', 'bdo', 'big', 'blockquote', 'body', 'br', 'caption', 'center', 'cite',
  'code', 'col', 'colgroup', 'dd', 'del', 'details', 'dfn', 'dir', 'div', 'dl', 'dt', 'em', 'figcaption', 'figure', 'font', 'footer', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6',
  'header', 'hr', 'i', 'img', 'ins', 'kbd', 'li', 'main', 'map', 'mark', 'menu', 'nav', 'nobr', 'ol', 'p', 'pre', 'q', 's', 'samp', 'section', 'small', 'span', 'strike',
  'strong', 'sub', 'summary', 'sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'time', 'tr', 'tt', 'u', 'ul', 'var', 'wbr']);
const OPTIONS = Object.freeze({
  ALLOWED_TAGS: [...ELEMENTS], RETURN_TRUSTED_TYPE: false,
  FORBID_ATTR: ['style', 'id', 'class', 'name', 'target', 'autofocus', 'tabindex', 'contenteditable', 'popover', 'is', 'slot', 'part', 'for'],
  ADD_ATTR: ['data-cid', 'data-pli-style'], ADD_URI_SAFE_ATTR: ['data-cid', 'data-pli-style'],
  ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false,
  // The last two branches are values that are no URI at all, such as border="1", and relative ones, which lead nowhere.
  ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|tel|cid):|data:image\/(?:png|jpe?g|gif|webp);base64,|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i,
});

/**
 * Under our policy even a parsed, never shown document may not carry styles, event handlers or a base: the browser
 * complains of each. They travel through the purifier under other names. Styles get their own back as text, as do words
 * that only look like one; handlers are on no list. One that escapes the renaming is removed all the same.
 */
const STYLE = 'data-pli-style';
const HANDLER = 'data-pli-on';
/** How an image names the part of the message that it shows. */
const CID = 'data-cid';
const STYLE_SHEET = /<style\b[^]*?(?:<\/style\s*>|$)/gi;

/** @typedef {{carried: boolean, blocked: number, hosts: Set<string>, withheld: number}} Cleaning */

/** What the hook counts; sanitising is synchronous, one message at a time. @type {Cleaning} */
let cleaning = newCleaning(true);

/** @param {boolean} carried @returns {Cleaning} */
function newCleaning(carried) {
  return { carried, blocked: 0, hosts: new Set(), withheld: 0 };
}

/** CSS declarations that fetch, escape their box, or hide the trick behind escapes or behind the names that styles and handlers travel under: those get their own back after this was read. */
const UNSAFE_DECLARATION = /url|\b(?:image|image-set|src|cross-fade|element|paint|var|env|attr|expression)\s*\(|\\|\/\*|data-pli-|@import|position\s*:|behavior|-moz-binding|animation/i;

/** @param {string} style @returns {string} */
export const harmlessStyle = (style) =>
  style.split(';').filter((declaration) => declaration.trim() && !UNSAFE_DECLARATION.test(declaration)).join(';');

/** Only the attributes that are there are looked at: a letter may have thousands of elements. @param {Element} element */
function cleanAttributes(element) {
  const isImage = element.nodeName === 'IMG';
  for (const name of element.getAttributeNames()) {
    if (name === STYLE) cleanStyle(element);
    else if (name === CID) element.removeAttribute(name); // ours to give, not the sender's
    else if (isImage && name === 'src') cleanImage(element);
    else if (FETCHING.has(name)) removeFetching(element, name);
  }
}

/** @param {Element} element */
function cleanStyle(element) {
  const style = element.getAttribute(STYLE) ?? '';
  if (UNSAFE_DECLARATION.test(style)) element.setAttribute(STYLE, harmlessStyle(style));
}

/** @param {Element} element @param {string} name */
function removeFetching(element, name) {
  if (name === 'background' || name === 'srcset') block(element.getAttribute(name) ?? '');
  element.removeAttribute(name);
}

const INLINE_IMAGE = /^data:image\/(?:png|jpe?g|gif|webp);base64,/i;

/** An image is part of the message or nothing. @param {Element} image */
function cleanImage(image) {
  const source = (image.getAttribute('src') ?? '').trim();
  const inline = INLINE_IMAGE.test(source);
  if (inline && cleaning.carried) return;
  image.removeAttribute('src');
  const carried = inline || /^cid:/i.test(source);
  if (!carried) return void (source && block(source));
  if (!cleaning.carried) cleaning.withheld += 1;
  else image.setAttribute(CID, decodeCid(source.slice('cid:'.length)));
}

/** @param {string} source of an image that would be fetched; of a srcset, the first one */
function block(source) {
  cleaning.blocked += 1;
  const url = URL.parse(source.trim().split(/\s/, 1)[0] ?? '', 'https://x.invalid/');
  if (url?.host && url.hostname !== 'x.invalid') cleaning.hosts.add(url.host);
}

/** @param {string} value */
function decodeCid(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * @callback Sanitise
 * @param {string} html unsanitised, of one message
 * @param {{images?: boolean}} [allowed] images: those that the message carries may show
 * @returns {SanitisedHtml}
 */

/**
 * @param {object} place the window as the purifier sees it; with the browser's own it takes longer and comes to the same
 * @param {import('../../vendor/dompurify/index.js').Config} [more] options
 * @returns {Sanitise}
 */
export function sanitiserIn(place, more = {}) {
  const purifier = DOMPurify(/** @type {any} */ (place));
  purifier.setConfig({ ...OPTIONS, ...more });
  purifier.addHook('afterSanitizeAttributes', (element) => { if (element.hasAttributes()) cleanAttributes(element); });
  return (html, { images = true } = {}) => {
    cleaning = newCleaning(images);
    const clean = purifier.sanitize(renamed(html));
    const { blocked, hosts, withheld } = cleaning;
    return { html: clean.replaceAll(STYLE, 'style').replaceAll(HANDLER, 'on'), blocked, hosts: [...hosts], withheld };
  };
}

export const sanitise = sanitiserIn(surroundings());

/** @param {string} html */
const renamed = (html) => html.replace(STYLE_SHEET, '').replace(/<base\b/gi, '<no-base').replace(/(["'\s/])style(?=\s*=)/gi, `$1${STYLE}`).replace(/(["'\s/])on(?=[a-z]+\s*=)/gi, `$1${HANDLER}`);
