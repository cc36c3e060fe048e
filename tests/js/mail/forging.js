/** SignedData taken apart and put together otherwise, as somebody without a key can do it. */
import { parseBer } from '../../../static/js/cms/ber.js';
import { encode, explicit, sequence, setOf } from '../../../static/js/cms/der.js';

/** @typedef {import('../../../static/js/cms/ber.js').Element} Element */
/**
 * @typedef {object} Forgery
 * @property {(attributes: Uint8Array[]) => Uint8Array[] | null} [signedAttrs] other ones, or none
 * @property {Uint8Array[]} [unsignedAttrs]
 * @property {(infos: Uint8Array[]) => Uint8Array[]} [signerInfos]
 */

/** @param {Element[]} elements */
const raws = (elements) => elements.map(({ raw }) => raw);

/**
 * @param {Uint8Array} cms ContentInfo
 * @param {Forgery} forgery
 * @returns {Uint8Array}
 */
export function forge(cms, forgery) {
  const [type, content] = parseBer(cms).children;
  const fields = content.only().children;
  const infos = (forgery.signerInfos ?? ((each) => each))(fields[fields.length - 1].children.map((info) => forgeInfo(info, forgery)));
  return encode(sequence(type.raw, explicit(0, sequence(...raws(fields.slice(0, -1)), setOf(infos)))));
}

/** @param {Element} info @param {Forgery} forgery */
function forgeInfo({ children }, { signedAttrs, unsignedAttrs }) {
  const [version, sid, digest, attributes, ...rest] = children;
  const kept = signedAttrs ? signedAttrs(raws(attributes.children)) : raws(attributes.children);
  return encode(sequence(
    ...raws([version, sid, digest]), ...(kept ? [setOf(kept, 0xa0)] : []), ...raws(rest), ...(unsignedAttrs ? [setOf(unsignedAttrs, 0xa1)] : [])));
}

/** The signed attributes as they are signed. @param {Uint8Array} cms @returns {Uint8Array} SET OF */
export function signedAttributesOf(cms) {
  const fields = parseBer(cms).children[1].only().children;
  const { raw } = fields[fields.length - 1].children[0].children[3];
  return Uint8Array.of(0x31, ...raw.subarray(1));
}
