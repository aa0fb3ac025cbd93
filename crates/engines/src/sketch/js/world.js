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
  // What is not kept is not put into words either.
  const log = (...values) => {
    if (native.logTakes()) native.log(values.map((value) => shown(value).slice(0, 20000)).join(' '));
  };

  // The interpreter does not look at the clock while it fills an array, so it is filled piece by piece.
  const PIECE = 65536;
  const SMALL = 1024;
  const { fill } = Array.prototype;
  const { apply } = Reflect;
  const { isArray } = Array;
  const { min, max, trunc } = Math;
  const filling = {
    fill(value, ...range) {
      const length = isArray(this) ? this.length : 0;
      if (length > SMALL) native.checkTime();
      if (length <= PIECE) return apply(fill, this, [value, ...range]);
      const place = (given) => {
        const at = trunc(+given) || 0;
        return at < 0 ? max(length + at, 0) : min(at, length);
      };
      const from = place(range[0]);
      const to = range[1] === undefined ? length : place(range[1]);
      for (let at = from; at < to; at += PIECE) {
        native.checkTime();
        apply(fill, this, [value, at, min(at + PIECE, to)]);
      }
      return this;
    },
  };
  Object.defineProperty(filling.fill, 'length', { value: 1, configurable: true });
  Object.defineProperty(Array.prototype, 'fill', {
    value: filling.fill, writable: true, enumerable: false, configurable: true,
  });

  kit.expose({ console: Object.freeze({ log, info: log, warn: log, error: log, debug: log }) });
})
