/**
 * What correspondents announced by their signed messages, and what a person decided about them (docs/FORMATS.md,
 * *correspondents*). A certificate is remembered from a verified signature, and written to only once a person has
 * adopted it: nobody deploys a key here by sending a message. Pure.
 */
import { toBase64 } from '../cms/octets.js';
import { pinName } from './pins.js';

/** @typedef {import('./open.js').Harvest} Harvest */

/**
 * @typedef {object} Correspondent
 * @property {string} certificate base64 DER that encrypts to the address, '' where none was announced
 * @property {string[]} chain base64 DER
 * @property {string[]} capabilities names, such as `aes-256-gcm`
 * @property {boolean} adopted a person said that `certificate` may be written to
 * @property {string} seen RFC 3339, date of the newest message that taught this
 * @property {boolean} images this sender's pictures may be shown
 */

/** @typedef {{v: 1, people: Record<string, Correspondent>}} People */

/** Beyond this many, who was not decided about is forgotten, the oldest first: one object holds them all. */
const MAX_PEOPLE = 2_000;
/** A chain is issuers between a person and an anchor; more is somebody's luggage. */
const MAX_CHAIN = 8;

/** @returns {People} */
export function noPeople() {
  return { v: 1, people: {} };
}

/**
 * @param {People} people
 * @param {string} address
 * @returns {Correspondent | null}
 */
export function correspondent({ people }, address) {
  return Object.hasOwn(people, pinName(address)) ? people[pinName(address)] : null;
}

/**
 * Remember what a signed message announced. The newest message counts, not the one opened last; another certificate
 * than the adopted one is adopted again or not at all.
 * @param {People} people
 * @param {Harvest} harvested with a proof
 * @param {string} seen RFC 3339, when that message was signed
 * @returns {People} the same object where it tells nothing new
 */
export function harvest(people, { address, certificate, chain, capabilities }, seen) {
  const known = correspondent(people, address);
  if (known && known.seen >= seen) return people;
  const encoded = certificate.length ? toBase64(certificate) : '';
  const announced = { certificate: encoded, chain: chain.slice(0, MAX_CHAIN).map(toBase64), capabilities: [...capabilities] };
  const adopted = Boolean(known?.adopted) && known?.certificate === encoded;
  return bounded(withPerson(people, address, { images: false, ...known, ...announced, adopted, seen }));
}

/**
 * @param {People} people
 * @param {string} address
 * @returns {People} the same object where there is nothing to adopt
 */
export function adopt(people, address) {
  const known = correspondent(people, address);
  return known?.certificate ? withPerson(people, address, { ...known, adopted: true }) : people;
}

/**
 * @param {People} people
 * @param {string} address of a sender whose signature proves it
 * @param {boolean} [images]
 * @returns {People}
 */
export function allowImages(people, address, images = true) {
  const known = correspondent(people, address) ?? { certificate: '', chain: [], capabilities: [], adopted: false, seen: '' };
  return withPerson(people, address, { ...known, images });
}

/**
 * Whether writing it down again would tell another device anything: that the same was announced an hour later would not.
 * @param {Correspondent | null} known
 * @param {Correspondent | null} next
 */
export function isNews(known, next) {
  if (!known || !next) return known !== next;
  const { seen: before, ...rest } = known;
  const { seen: after, ...others } = next;
  return JSON.stringify(inOrder(rest)) !== JSON.stringify(inOrder(others)) || before.slice(0, 10) !== after.slice(0, 10);
}

/** @param {Omit<Correspondent, 'seen'>} person */
const inOrder = ({ certificate, chain, capabilities, adopted, images }) => [certificate, chain, capabilities, adopted, images];

/** @param {People} people @param {string} address @param {Correspondent} person @returns {People} */
function withPerson({ people }, address, person) {
  return { v: 1, people: { ...people, [pinName(address)]: person } };
}

/** @param {People} all @returns {People} */
function bounded(all) {
  const everyone = Object.entries(all.people);
  if (everyone.length <= MAX_PEOPLE) return all;
  const undecided = everyone.filter(([, { adopted, images }]) => !adopted && !images);
  undecided.sort(([, one], [, other]) => one.seen.localeCompare(other.seen));
  const forgotten = new Set(undecided.slice(0, everyone.length - MAX_PEOPLE).map(([address]) => address));
  return { v: 1, people: Object.fromEntries(everyone.filter(([address]) => !forgotten.has(address))) };
}
