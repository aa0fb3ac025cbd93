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

  const absent = (name, advice) => Object.defineProperty(globalThis, name, {
    get() { throw new ReferenceError(`${name} is not available in a sketch: ${advice}`); },
    set(value) { Object.defineProperty(globalThis, name, { value, writable: true, configurable: true }); },
    configurable: true,
  });
  absent('Date', 'the same seed has to give the same picture at any time; take dates from `params`');
  absent('performance', 'the same seed has to give the same picture at any speed');
  absent('eval', 'write the code in the script');
  absent('setTimeout', 'a sketch runs once, from top to bottom');
  absent('setInterval', 'a sketch runs once, from top to bottom');
  absent('requestAnimationFrame', 'a sketch draws one picture; call your draw function once');
  absent('fetch', 'take what you need from `params`');
  absent('document', 'draw on `canvas`; make more with `new OffscreenCanvas(width, height)`');
  absent('WebAssembly', 'write the code in the script');

  const noCode = function () { throw new TypeError('code from text is not available in a sketch: write the code in the script'); };
  const kinds = [function () {}, function* () {}, async function () {}, async function* () {}];
  for (const kind of kinds) {
    const proto = Object.getPrototypeOf(kind);
    Object.defineProperty(proto, 'constructor', { value: noCode, writable: false, configurable: false });
  }
  absent('Function', 'write the code in the script');

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
