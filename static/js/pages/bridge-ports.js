// The loopback ports where the server lets its pages look for a bridge.
import { PORTS } from '../bridge/messages.js';

/** @returns {readonly number[]} */
export function bridgePorts() {
  const [first = 0, last = 0] = (document.documentElement.dataset['bridgePorts'] ?? '').split('-').map(Number);
  return last >= first && first > 0 ? Array.from({ length: last - first + 1 }, (_, index) => first + index) : PORTS;
}
