/** Objects that name what they lack: what the shell newly uses must be added to the stand-in on purpose. */

const EXEMPT = new Set<PropertyKey>(['then', 'toJSON', 'constructor', '$$typeof', 'asymmetricMatch', 'nodeType']);

/** The same object, which throws when a member is read that it does not have. */
export function strict<Target extends object>(name: string, target: Target): Target {
  return new Proxy(target, {
    get: (object, key) => {
      if (!(key in object) && typeof key !== 'symbol' && !EXEMPT.has(key)) {
        throw new Error(`The stand-in for Electron has no ${name}.${key}.`);
      }
      const value = Reflect.get(object, key, object) as unknown;
      // What has members of its own would lose them.
      const isPlain = typeof value === 'function' && !isClass(value) && Object.keys(value).length === 0;
      return isPlain ? (value as () => unknown).bind(object) : value;
    },
    set: (object, key, value) => {
      if (!(key in object)) throw new Error(`The stand-in for Electron has no ${name}.${String(key)}.`);
      return Reflect.set(object, key, value, object);
    },
  });
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith('class');
}
