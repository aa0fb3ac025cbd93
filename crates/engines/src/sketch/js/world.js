// What a script finds around it, and what it does not: arithmetic that is the same everywhere, no
// clock, no chance but the seed's, no code from text.
(function (kit) {
  'use strict';
  const { native } = kit;
  const { pow } = Math;

  kit.expose = (values) => {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
    }
  };

  kit.checkSize = (width, height) => {
    if (!(width >= 1 && height >= 1)) throw new RangeError(`ImageData: ${width} x ${height} is no size; expected at least 1 x 1`);
    native.checkSize(width, height);
  };

  // What `**` is rewritten to.
  Object.defineProperty(globalThis, '__pow', {
    value: (x, y) => (typeof x === 'bigint' || typeof y === 'bigint' ? x ** y : pow(x, y)),
  });

  // What else a sketch does without was never there; using it is explained where errors are told.
  for (const name of ['eval', 'Function']) delete globalThis[name];

  const noCode = function () { throw new TypeError('code from text is not available in a sketch: write the code in the script'); };
  const kinds = [function () {}, function* () {}, async function () {}, async function* () {}];
  for (const kind of kinds) {
    const proto = Object.getPrototypeOf(kind);
    Object.defineProperty(proto, 'constructor', { value: noCode, writable: false, configurable: false });
  }

  function shown(value) {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (typeof value === 'object' && value !== null) {
      try { return JSON.stringify(value); } catch { return String(value); }
    }
    return typeof value === 'bigint' ? `${value}n` : String(value);
  }
  const log = (...values) => { native.log(values.map(shown).join(' ')); };
  kit.expose({ console: Object.freeze({ log, info: log, warn: log, error: log, debug: log }) });
})
