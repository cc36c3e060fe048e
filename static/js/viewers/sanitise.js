// HTML from a message becomes harmless HTML: no script, style sheet, form, SVG or MathML, and nothing to fetch.
//
// The frame's own CSP is the second wall; this is the first (DESIGN §6).
import DOMPurify from '../../vendor/dompurify/index.js';

/** @typedef {{html: string, blocked: number}} SanitisedHtml blocked: remote images that were taken out */

const FETCHING = Object.freeze(['src', 'srcset', 'background', 'poster', 'ping', 'cite', 'longdesc', 'lowsrc', 'dynsrc', 'data', 'action', 'formaction']);
const OPTIONS = Object.freeze({
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'input', 'button', 'select', 'textarea', 'option', 'label', 'fieldset', 'dialog', 'audio', 'video', 'source', 'track',
    'picture', 'template', 'slot', 'link', 'meta', 'base', 'svg', 'math', 'canvas', 'marquee', 'iframe', 'object', 'embed'],
  FORBID_ATTR: ['style', 'id', 'class', 'name', 'target', 'autofocus', 'tabindex', 'contenteditable', 'popover', 'is', 'slot', 'part', 'for'],
  ADD_ATTR: ['data-cid', 'data-pli-style'], ADD_URI_SAFE_ATTR: ['data-cid', 'data-pli-style'],
  ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false,
  // The last two branches are values that are no URI at all, such as border="1", and relative ones, which lead nowhere.
  ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|tel|cid):|data:image\/(?:png|jpe?g|gif|webp);base64,|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i,
});

/**
 * Under `style-src 'self'` even a parsed, never shown document may not carry style attributes. They travel through the
 * purifier under this name and get their own back as text; one that escaped the renaming is removed.
 */
const STYLE = 'data-pli-style';

let blocked = 0;

/** CSS declarations that fetch, escape their box or hide the trick behind escapes. */
const UNSAFE_DECLARATION = /url\s*\(|image(?:-set)?\s*\(|\\|expression|@import|position\s*:|behavior|-moz-binding|animation/i;

/** @param {string} style @returns {string} */
export const harmlessStyle = (style) =>
  style.split(';').filter((declaration) => declaration.trim() && !UNSAFE_DECLARATION.test(declaration)).join(';');

/** @param {Element} element */
function cleanAttributes(element) {
  if (element.nodeName === 'IMG') cleanImage(element);
  for (const name of FETCHING) {
    if (element.nodeName === 'IMG' && name === 'src') continue;
    if (element.hasAttribute(name)) {
      if (name === 'background' || name === 'srcset') blocked += 1;
      element.removeAttribute(name);
    }
  }
  const style = element.getAttribute(STYLE);
  if (style !== null) element.setAttribute(STYLE, harmlessStyle(style));
}

/** An image may be part of the message or nothing. @param {Element} image */
function cleanImage(image) {
  const source = (image.getAttribute('src') ?? '').trim();
  if (/^data:image\//i.test(source)) return;
  image.removeAttribute('src');
  if (/^cid:/i.test(source)) image.setAttribute('data-cid', decodeCid(source.slice(4)));
  else if (source) blocked += 1;
}

/** @param {string} value */
function decodeCid(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const purifier = DOMPurify(window);
purifier.addHook('afterSanitizeAttributes', (node) => { if (node instanceof Element) cleanAttributes(node); });

/** @param {string} html unsanitised, of one message @returns {SanitisedHtml} */
export function sanitise(html) {
  blocked = 0;
  const renamed = html.replace(/(["'\s/])style(?=\s*=)/gi, `$1${STYLE}`);
  const clean = String(purifier.sanitize(renamed, { ...OPTIONS, RETURN_TRUSTED_TYPE: false }));
  return { html: clean.replaceAll(STYLE, 'style'), blocked };
}
