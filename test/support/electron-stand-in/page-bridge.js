/**
 * The page's side of the stand-in, put into the page as text: the main world's half of contextBridge, and the world of the
 * preload script with contextBridge and ipcRenderer. The two share no objects, only window events whose names nobody can guess.
 */

/** What both halves have in common: values with functions that cross from one world into the other. */
function bridge(nonce, side, other, wire) {
  const functions = new Map();
  const promises = new Map();
  let count = 0;
  const name = () => `${side}${++count}`;
  const dispatch = (to, detail) => window.dispatchEvent(new CustomEvent(`${nonce}:${to}`, { detail }));
  const receive = (from, listener) => window.addEventListener(`${nonce}:${from}`, ({ detail }) => listener(detail));
  const encode = (value) =>
    wire.encode(value, (call) => {
      const id = name();
      functions.set(id, call);
      return id;
    });
  const decode = (value) =>
    wire.decode(
      value,
      (id) =>
        (...values) =>
          callOther(id, values),
    );

  function callOther(id, values) {
    const call = name();
    let reply;
    window.addEventListener(`${nonce}:reply:${call}`, ({ detail }) => (reply = JSON.parse(detail)), { once: true });
    dispatch(`call:${other}`, JSON.stringify({ call, id, values: encode(values) }));
    if (reply.promise) return new Promise((resolve, reject) => promises.set(call, { resolve, reject }));
    if (reply.error) throw decode(reply.error);
    return decode(reply.value);
  }

  receive(`call:${side}`, (detail) => {
    const { call, id, values } = JSON.parse(detail);
    const settle = (result) => dispatch(`settle:${other}`, JSON.stringify({ call, ...result }));
    let reply;
    try {
      const value = functions.get(id)(...decode(values));
      if (value instanceof Promise) {
        reply = { promise: true };
        value.then(
          (done) => settle({ value: encode(done) }),
          (error) => settle({ error: encode(error) }),
        );
      } else reply = { value: encode(value) };
    } catch (error) {
      reply = { error: encode(error) };
    }
    dispatch(`reply:${call}`, JSON.stringify(reply));
  });
  receive(`settle:${side}`, (detail) => {
    const { call, value, error } = JSON.parse(detail);
    const { resolve, reject } = promises.get(call);
    promises.delete(call);
    if (error) reject(decode(error));
    else resolve(decode(value));
  });
  return { encode, decode, dispatch, receive };
}

/** Receives what is exposed, and freezes it. */
export function mainWorld(nonce, wire) {
  if (window !== window.top) return;
  const { decode, dispatch, receive } = bridge(nonce, 'main', 'preload', wire);
  const freeze = (value) => {
    if (value !== null && typeof value === 'object') Object.values(value).forEach(freeze);
    return Object.freeze(value);
  };
  receive('expose', (detail) => {
    const { key, value } = JSON.parse(detail);
    if (Object.hasOwn(window, key)) return;
    Object.defineProperty(window, key, { value: freeze(decode(value)), enumerable: true });
  });
  dispatch('ready');
}

/** The preload script's world. `post` is the way to the main process. */
export function preloadWorld(nonce, wire, bindingName, preload) {
  if (window !== window.top) return;
  const post = window[bindingName];
  const { encode, dispatch, receive } = bridge(nonce, 'preload', 'main', wire);
  const channels = new Map();
  const calls = new Map();
  const exposed = [];
  let count = 0;

  globalThis.deliver = (messages) => {
    for (const { channel, values, reply, value, error } of messages) {
      if (reply === undefined) {
        for (const listener of channels.get(channel) ?? []) listener({ sender: ipcRenderer }, ...wire.decode(values));
        continue;
      }
      const { resolve, reject } = calls.get(reply);
      calls.delete(reply);
      if (error === undefined) resolve(wire.decode(value));
      else reject(new Error(error));
    }
  };

  const only = (name, members) =>
    new Proxy(members, {
      get: (target, key) => {
        if (typeof key === 'symbol' || key in target || key === 'then' || key === 'toJSON') return target[key];
        throw new Error(`The stand-in has no ${name}.${key}.`);
      },
    });
  const ipcRenderer = only('ipcRenderer', {
    invoke: (channel, ...values) => {
      const id = ++count;
      const cloned = structuredClone(values);
      return new Promise((resolve, reject) => {
        calls.set(id, { resolve, reject });
        post(JSON.stringify({ id, channel, values: wire.encode(cloned), url: location.href }));
      });
    },
    on: (channel, listener) => {
      channels.set(channel, [...(channels.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
  });
  const contextBridge = only('contextBridge', {
    exposeInMainWorld: (key, value) => {
      const detail = JSON.stringify({ key, value: encode(value) });
      exposed.push(detail);
      dispatch('expose', detail);
    },
  });
  // Either half may be the first.
  receive('ready', () => exposed.forEach((detail) => void dispatch('expose', detail)));

  const electron = only('electron', { ipcRenderer, contextBridge });
  const require = (name) => {
    if (name === 'electron' || name === 'electron/renderer') return electron;
    throw new Error(`module not found: ${name}`);
  };
  const module = { exports: {} };
  preload(
    require,
    module,
    module.exports,
    only('process', { platform: 'linux', contextIsolated: true, sandboxed: true }),
  );
}
