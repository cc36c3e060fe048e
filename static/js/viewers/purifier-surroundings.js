/**
 * The window as the purifier sees it. A letter has thousands of nodes that are alike, and about most of them its rules say nothing: it walks
 * past these, and asks of no attribute whether it takes a trusted type (none on our list does, and a browser refuses to write one that would).
 */

const { DocumentFragment, DOMParser, Element, HTMLFormElement, NamedNodeMap, Node, NodeFilter, trustedTypes } = /** @type {any} */ (globalThis);

/** Text is half the nodes, and no rule is about it. */
const KINDS = Object.freeze({
  SHOW_ELEMENT: NodeFilter.SHOW_ELEMENT, SHOW_TEXT: 0, SHOW_CDATA_SECTION: NodeFilter.SHOW_CDATA_SECTION,
  SHOW_COMMENT: NodeFilter.SHOW_COMMENT, SHOW_PROCESSING_INSTRUCTION: NodeFilter.SHOW_PROCESSING_INSTRUCTION,
});

/** The only ways out of the namespace of HTML. */
const FOREIGN = 'svg, math';
/** Kinds of elements remembered of one letter, and characters of a value in a description. */
const DESCRIPTIONS = 100;
const LONG = 256;

export function surroundings() {
  const document = globalThis.document.implementation.createHTMLDocument('');
  const { createNodeIterator } = document;
  /** @this {Document} @param {ParentNode & Node} root @param {number} kinds */
  document.createNodeIterator = function (root, kinds) {
    const nodes = createNodeIterator.call(this, root, kinds);
    return root.querySelector(FOREIGN) ? nodes : /** @type {any} */ (new Walk(nodes));
  };
  return {
    document, DocumentFragment, DOMParser, Element, HTMLFormElement, NamedNodeMap, Node, NodeFilter: KINDS,
    ...(trustedTypes && { trustedTypes: { createPolicy: trustedTypes.createPolicy.bind(trustedTypes) } }),
  };
}

/**
 * Past every element like one that came out as it went in: where all is HTML, what becomes of an element follows from its name, its
 * attributes, and whether text stands in it beside something else.
 */
class Walk {
  /** Whether the first of that description came out as it went in. @type {Map<string, boolean>} */ #unchanged = new Map();
  /** Handed over last, the first of its description. @type {{element: Element, description: string} | null} */ #first = null;
  #nodes;

  /** @param {NodeIterator} nodes */
  constructor(nodes) {
    this.#nodes = nodes;
  }

  /** @returns {Node | null} */
  nextNode() {
    this.#learn();
    let node = this.#nodes.nextNode();
    while (node && this.#isLikeUnchanged(node)) node = this.#nodes.nextNode();
    return node;
  }

  /** @param {Node} node */
  #isLikeUnchanged(node) {
    const description = describe(node);
    if (description === null) return false;
    const unchanged = this.#unchanged.get(description);
    const isFirst = unchanged === undefined && this.#unchanged.size < DESCRIPTIONS;
    if (isFirst) this.#first = { element: /** @type {Element} */ (node), description };
    return unchanged ?? false;
  }

  /** What the purifier made of the one it got. */
  #learn() {
    if (!this.#first) return;
    const { element, description } = this.#first;
    this.#first = null;
    this.#unchanged.set(description, element.parentNode !== null && describe(element) === description);
  }
}

/**
 * No name and no value holds a NUL once it was parsed.
 * @param {any} node
 * @returns {string | null} null for what is looked at each time: a form, whose fields take the place of its members; text beside a comment,
 *   for which the purifier has a rule; a long value, which hardly comes twice
 */
function describe(node) {
  if (!(node instanceof Element) || node instanceof HTMLFormElement) return null;
  if (node.firstElementChild === null && node.firstChild !== node.lastChild) return null;
  let description = node.localName;
  for (const name of node.getAttributeNames()) {
    const value = node.getAttribute(name);
    if (value.length > LONG) return null;
    description += `\0${name}\0${value}`;
  }
  return description;
}
