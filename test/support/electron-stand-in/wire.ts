/** Values as JSON and back, with what structured clones keep and JSON loses. Runs in Node and, as text, in the page. */

export interface Wire {
  /** @param keep gives a function a name under which the other side may call it; without it functions are refused */
  encode(value: unknown, keep?: (value: (...values: unknown[]) => unknown) => string): unknown;
  decode(value: unknown, find?: (id: string) => (...values: unknown[]) => unknown): unknown;
}

/** Self-contained, because its text is put into the page. */
export function wire(): Wire {
  type Call = (...values: unknown[]) => unknown;
  const tag = (kind: string, value?: unknown) => ({ $: kind, v: value });

  function encode(value: unknown, keep?: (value: Call) => string): unknown {
    const inner = (part: unknown) => encode(part, keep);
    if (value === undefined) return tag('undefined');
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : tag('number', String(value));
    if (typeof value === 'bigint') return tag('bigint', String(value));
    if (typeof value === 'function') {
      if (keep === undefined) throw new Error('An object could not be cloned.');
      return tag('function', keep(value as Call));
    }
    if (typeof value !== 'object') throw new Error('An object could not be cloned.');
    if (Array.isArray(value)) return value.map(inner);
    if (value instanceof Date) return tag('date', value.getTime());
    if (value instanceof Map) return tag('map', [...value].map(inner));
    if (value instanceof Set) return tag('set', [...value].map(inner));
    if (value instanceof Error) return tag('error', { name: value.name, message: value.message });
    if (value instanceof ArrayBuffer) return tag('buffer', [...new Uint8Array(value)]);
    if (ArrayBuffer.isView(value)) {
      return tag('bytes', [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]);
    }
    return tag('object', Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part)])));
  }

  function decode(value: unknown, find?: (id: string) => Call): unknown {
    const inner = (part: unknown) => decode(part, find);
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(inner);
    const { $: kind, v } = value as { $: string; v: never };
    switch (kind) {
      case 'undefined':
        return undefined;
      case 'number':
        return Number(v);
      case 'bigint':
        return BigInt(v);
      case 'function':
        return find?.(v);
      case 'date':
        return new Date(v);
      case 'map':
        return new Map((v as unknown[]).map(inner) as [unknown, unknown][]);
      case 'set':
        return new Set((v as unknown[]).map(inner));
      case 'error':
        return Object.assign(new Error((v as Error).message), { name: (v as Error).name });
      case 'buffer':
        return new Uint8Array(v).buffer;
      case 'bytes':
        return new Uint8Array(v);
      default:
        return Object.fromEntries(Object.entries(v as object).map(([key, part]) => [key, inner(part)]));
    }
  }

  return { encode, decode };
}
