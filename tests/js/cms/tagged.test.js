import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withTagBehind } from '../../../static/js/cms/tagged.js';

/** A ciphertext of `length` octets, `gap` octets, and a tag, in one buffer with something around. @param {number} length @param {number} gap */
function together(length, gap) {
  const whole = Uint8Array.from({ length: 5 + length + gap + 16 + 7 }, (_, i) => i % 251);
  const ciphertext = whole.subarray(5, 5 + length);
  const tag = whole.subarray(5 + length + gap, 5 + length + gap + 16);
  return { whole, ciphertext, tag, joined: [...ciphertext, ...tag] };
}

test('joins a tag two octets behind in place, and leaves the octets as they were', () => {
  for (const length of [0, 1, 40]) {
    const { whole, ciphertext, tag, joined } = together(length, 2);
    const before = [...whole];
    const seen = withTagBehind(ciphertext, tag, (tagged) => {
      assert.equal(tagged.buffer, whole.buffer);
      return [...tagged];
    });
    assert.deepEqual([seen, [...whole]], [joined, before]);
  }
});

test('joins a copy where the tag stands anywhere else', () => {
  for (const gap of [0, 1, 3]) {
    const { whole, ciphertext, tag, joined } = together(20, gap);
    const before = [...whole];
    const seen = withTagBehind(ciphertext, tag, (tagged) => {
      assert.notEqual(tagged.buffer, whole.buffer);
      return [...tagged];
    });
    assert.deepEqual([seen, [...whole]], [joined, before]);
  }
  const apart = together(20, 2);
  assert.deepEqual(withTagBehind(apart.ciphertext, apart.tag.slice(), (tagged) => [...tagged]), apart.joined);
});

test('leaves the octets as they were after a failure, too', () => {
  const { whole, ciphertext, tag } = together(20, 2);
  const before = [...whole];
  assert.throws(() => withTagBehind(ciphertext, tag, () => { throw new Error('refused'); }), /refused/);
  assert.deepEqual([...whole], before);
});
