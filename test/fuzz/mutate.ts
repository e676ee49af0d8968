/** Inputs that are nearly right: bytes and JSON values, changed in a few places. The same seed gives the same changes. */

/** A generator of numbers in [0, 1) (mulberry32): good enough to break things with, and repeatable. */
export type Random = () => number;

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[Math.floor(random() * values.length)]!;
}

const below = (random: Random, limit: number) => Math.floor(random() * limit);

// --- Bytes --------------------------------------------------------------------------------------------------------

/** Bytes that mean something somewhere: lengths at their limits, delimiters, escapes, padding. */
const TELLING = ['00', 'ff', '7f', '80', '1b', '5c', '5e', '0000', 'ffff', 'fffe', 'feff', '00000000', 'ffffffff'];
const TELLING_BYTES = [...TELLING, 'fffffffe', '0100', '7fffffff', 'feff0de0', 'feffdde0', '0d0a0d0a'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** One to six changes: bits, telling bytes, pieces left out, doubled, moved, cut off, or taken from another input. */
export function mutateBytes(random: Random, input: Uint8Array, others: readonly Uint8Array[]): Buffer {
  let bytes = Buffer.from(input);
  for (let count = 1 + below(random, 6); count > 0; count--) {
    const at = below(random, bytes.length + 1);
    const size = 1 + below(random, Math.min(64, bytes.length + 1));
    const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (below(random, 8)) {
      case 0:
        if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << below(random, 8));
        break;
      case 1:
        if (at < bytes.length) bytes[at] = below(random, 256);
        break;
      case 2: {
        const telling = pick(random, TELLING_BYTES);
        bytes = Buffer.concat([before, telling, behind.subarray(telling.length)]);
        break;
      }
      case 3:
        bytes = Buffer.concat([before, pick(random, TELLING_BYTES), behind]);
        break;
      case 4:
        bytes = Buffer.concat([before, behind.subarray(size)]);
        break;
      case 5:
        bytes = Buffer.concat([before, behind.subarray(0, size), behind]);
        break;
      case 6:
        bytes = Buffer.from(before);
        break;
      default: {
        const other = pick(random, others);
        const from = below(random, other.length + 1);
        bytes = Buffer.concat([before, other.subarray(from, from + size), behind]);
      }
    }
  }
  return bytes;
}

// --- JSON ---------------------------------------------------------------------------------------------------------

const TELLING_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, -0, 2 ** 53, '', ' ', '\0', '../..', '*', '(a+)+$', '[', '\ud800'],
  ...['__proto__', 'constructor', '{n:4}', '٣', '1.2.840.10008.1.2', 'PatientName', '(0010,0010)', 'ISO_IR 192'],
  ...[[], {}, [[]], [null], { do: 'remove' }, { kind: 'all', of: [] }, 'x'.repeat(100_000), nested(400)],
];

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { kind: 'not', of: value };
  return value;
}

/** One to four changes somewhere in a JSON value: another value, a key too many or too few, an entry twice. */
export function mutateValue(random: Random, input: unknown): unknown {
  let value = structuredClone(input);
  for (let count = 1 + below(random, 4); count > 0; count--) value = changeOne(random, value);
  return value;
}

function changeOne(random: Random, value: unknown): unknown {
  const isContainer = typeof value === 'object' && value !== null;
  const keys = isContainer ? Object.keys(value) : [];
  if (!isContainer || keys.length === 0 || random() < 0.1) return replacement(random, value);
  const container = value as Record<string, unknown>;
  const key = pick(random, keys);
  switch (below(random, 10)) {
    case 0:
      if (Array.isArray(value)) value.splice(Number(key), 1);
      else delete container[key];
      return value;
    case 1:
      if (Array.isArray(value)) value.push(structuredClone(value[Number(key)]));
      // JSON.parse makes such keys, an assignment does not.
      else Object.defineProperty(container, pick(random, ['__proto__', 'extra', 'kind', 'id', 'do']), entry(random));
      return value;
    default:
      container[key] = changeOne(random, container[key]);
      return value;
  }
}

function entry(random: Random): PropertyDescriptor {
  return { value: pick(random, TELLING_VALUES), enumerable: true, configurable: true, writable: true };
}

function replacement(random: Random, value: unknown): unknown {
  if (typeof value === 'string' && random() < 0.6) {
    return mutateBytes(random, Buffer.from(value), [Buffer.from(value)]).toString('utf8');
  }
  if (typeof value === 'number' && random() < 0.5) return value + pick(random, [-1, 1, 0.5, 1e9]);
  return pick(random, TELLING_VALUES);
}
