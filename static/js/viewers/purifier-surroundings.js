/**
 * The window as the purifier sees it. A letter has thousands of nodes, and about most of them none of its rules says anything: it walks
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

/**
 * @param {readonly string[]} elements allowed ones; none of those whose text is read as it stands, nor the form, whose fields stand
 *   before its own members
 */
export function surroundings(elements) {
  const document = globalThis.document.implementation.createHTMLDocument('');
  const { createNodeIterator } = document;
  const allowed = new Set(elements);
  /** @this {Document} @param {ParentNode & Node} root @param {number} kinds */
  document.createNodeIterator = function (root, kinds) {
    const nodes = createNodeIterator.call(this, root, kinds);
    return root.querySelector(FOREIGN) ? nodes : /** @type {any} */ (new Walk(nodes, allowed));
  };
  return {
    document, DocumentFragment, DOMParser, Element, HTMLFormElement, NamedNodeMap, Node, NodeFilter: KINDS,
    ...(trustedTypes && { trustedTypes: { createPolicy: trustedTypes.createPolicy.bind(trustedTypes) } }),
  };
}

/** Past every element that is allowed, is HTML within HTML, and has no attribute: nothing would happen to it. */
class Walk {
  /** @param {NodeIterator} nodes @param {ReadonlySet<string>} allowed */
  constructor(nodes, allowed) {
    this.nodes = nodes;
    this.allowed = allowed;
  }

  /** @returns {Node | null} */
  nextNode() {
    const { nodes, allowed } = this;
    let node = nodes.nextNode();
    while (node && isBare(/** @type {Element} */ (node), allowed)) node = nodes.nextNode();
    return node;
  }
}

/**
 * One that holds text beside a comment is looked at: the purifier has a rule about markup among text.
 * @param {Element} node or one without a name
 * @param {ReadonlySet<string>} allowed asked first: of what it names, no field of a form stands before the members asked next
 */
function isBare(node, allowed) {
  return allowed.has(node.localName) && !node.hasAttributes() && (node.firstElementChild !== null || node.firstChild === node.lastChild);
}
