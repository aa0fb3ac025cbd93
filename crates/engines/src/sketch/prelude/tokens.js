// What artists of fxhash and Art Blocks find around their scripts.
(() => {
  'use strict';
  const native = globalThis.__native;
  const { expose, complete } = native;
  const report = globalThis.features;
  const isFields = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

  // Features

  const told = {};
  const tell = (values) => {
    if (!isFields(values)) throw new TypeError('$fx.features: expected an object, such as { Mood: "calm" }');
    Object.assign(told, values);
    report?.(values);
  };

  // Parameters: those of the step, else the script's own defaults, else drawn from their range.

  const definitions = new Map();
  const hexOf = (value) => {
    const digits = String(value).replace(/^#/, '').toLowerCase();
    const long = digits.length < 6 ? [...digits].map((digit) => digit + digit).join('') : digits;
    return long.length === 6 ? `${long}ff` : long;
  };
  const colourOf = (value) => {
    const hex = hexOf(value), part = (i) => parseInt(hex.slice(i * 2, i * 2 + 2), 16);
    const [r, g, b, a] = [part(0), part(1), part(2), part(3) / 255];
    return {
      hex: { rgb: `#${hex.slice(0, 6)}`, rgba: `#${hex}` },
      obj: { rgb: { r, g, b }, rgba: { r, g, b, a } },
      arr: { rgb: [r, g, b], rgba: [r, g, b, a] },
    };
  };
  const drawn = ({ id, type, options = {} }) => {
    const stream = complete(native.stream(`fxparams/${id}`));
    const { min = 0, max = 1, step } = options;
    switch (type) {
      case 'number': {
        const value = stream(Number(min), Number(max));
        return step ? Number(min) + Math.round((value - Number(min)) / step) * step : value;
      }
      case 'bigint': return BigInt(stream.int(Number(min), Number(max)));
      case 'boolean': return stream.chance();
      case 'select': return stream.pick(options.options ?? ['']);
      case 'color': return Array.from({ length: 6 }, () => stream.pick('0123456789abcdef')).join('');
      default: return '';
    }
  };
  const rawParam = (id) => {
    const definition = definitions.get(id);
    return globalThis.params?.[id] ?? definition?.default ?? (definition ? drawn(definition) : undefined);
  };
  const param = (id) => {
    const value = rawParam(id);
    return definitions.get(id)?.type === 'color' && typeof value === 'string' ? colourOf(value) : value;
  };
  const everyParam = (read) => {
    const ids = new Set([...definitions.keys(), ...Object.keys(globalThis.params ?? {})]);
    return Object.fromEntries([...ids].map((id) => [id, read(id)]));
  };

  const rand = complete(native.fxstream(native.hash));
  const randminter = complete(native.fxstream(`oo${native.minter.slice(3)}`));
  const nothing = () => {};
  const $fx = {
    hash: native.hash,
    iteration: 1,
    minter: native.minter,
    rand,
    randminter,
    context: 'standalone',
    isPreview: false,
    preview: nothing,
    params(list) {
      if (!Array.isArray(list)) throw new TypeError('$fx.params: expected an array of definitions, such as [{ id: "count", type: "number" }]');
      for (const definition of list) definitions.set(definition.id, definition);
    },
    getParam: param,
    getParams: () => everyParam(param),
    getRawParam: (id) => String(rawParam(id)),
    getRawParams: () => everyParam((id) => String(rawParam(id))),
    getDefinitions: () => [...definitions.values()],
    stringifyParams: (values) => JSON.stringify(values, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    features: tell,
    getFeature: (name) => told[name],
    getFeatures: () => ({ ...told }),
    emit: nothing,
    on: () => nothing,
  };
  expose({
    $fx,
    fxhash: native.hash,
    fxrand: rand,
    fxminter: native.minter,
    fxrandminter: randminter,
    fxpreview: nothing,
    isFxpreview: false,
    tokenData: { hash: `0x${native.token}`, tokenId: '0' },
    window: globalThis,
  });

  // Art Blocks features may be a list of texts, "Name: value".
  const fieldsOf = (value) => {
    if (isFields(value)) return value;
    if (!Array.isArray(value)) return {};
    return Object.fromEntries(value.map((entry, i) => {
      const [name, ...rest] = String(entry).split(':');
      return rest.length > 0 ? [name.trim(), rest.join(':').trim()] : [`feature ${i + 1}`, name.trim()];
    }));
  };
  const found = (read) => { try { return fieldsOf(read()); } catch { return {}; } };

  // Called after the script: reports what it left in the variables that these platforms read, and
  // returns all features that went through here. Free names also find a script's `let` and `const`.
  expose({
    __features() {
      const left = {
        ...found(() => $fxhashFeatures),
        ...found(() => features),
        ...found(() => $features),
      };
      if (Object.keys(left).length > 0) tell(left);
      return { ...told };
    },
  });
})();
