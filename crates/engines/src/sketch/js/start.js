// The canvas of the step, its parameters, and what a script reports.
(function (kit, settings) {
  'use strict';
  const { native, OffscreenCanvas } = kit;

  class Image {
    constructor(handle, fields) {
      this._h = handle;
      Object.assign(this, fields);
    }
  }
  kit.Image = Image;

  function withAssets(value) {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return Object.freeze(value.map(withAssets));
    const fields = {};
    for (const [name, inner] of Object.entries(value)) fields[name] = withAssets(inner);
    if (typeof fields.$asset !== 'string') return Object.freeze(fields);
    const content = native.asset(fields.$asset, String(fields.media_type));
    if (content.image) return Object.freeze(new Image(content.image, { ...fields, width: content.width, height: content.height }));
    if (content.json !== undefined) fields.json = withAssets(JSON.parse(content.json));
    if (content.text !== undefined) fields.text = content.text;
    if (/^text\/csv\b/.test(fields.media_type)) fields.rows = withAssets(table(content.text));
    return Object.freeze(fields);
  }

  // Rows of a CSV (RFC 4180) as objects with the names of its first row; what is a number becomes one.
  function table(text) {
    const rows = [[]];
    let cell = '', quoted = false;
    const end = () => { rows.at(-1).push(cell); cell = ''; };
    const source = text.replace(/\r\n?/g, '\n');
    for (let i = 0; i < source.length; i += 1) {
      const c = source[i];
      if (quoted && c === '"' && source[i + 1] === '"') { cell += '"'; i += 1; }
      else if (c === '"' && (quoted || cell === '')) quoted = !quoted;
      else if (quoted) cell += c;
      else if (c === ',') end();
      else if (c === '\n') { end(); rows.push([]); }
      else cell += c;
    }
    end();
    const [names, ...rest] = rows.filter((row) => row.length > 1 || row[0] !== '');
    const read = (value = '') => (/^-?(0|[1-9]\d*)(\.\d+)?(e[-+]?\d+)?$/i.test(value.trim()) ? Number(value) : value);
    return rest.map((row) => Object.fromEntries(names.map((name, i) => [name.trim(), read(row[i])])));
  }

  function spoken(name, text) {
    if (typeof text !== 'string') throw new TypeError(`${name}: expected a text`);
    native[name](text);
  }

  const canvas = new OffscreenCanvas(settings.width, settings.height);
  canvas._fixed = true;
  const ctx = canvas.getContext('2d');
  if (settings.background !== null) {
    ctx.fillStyle = settings.background;
    ctx.fillRect(0, 0, settings.width, settings.height);
    ctx.fillStyle = '#000000';
  }

  kit.expose({
    canvas, ctx, width: settings.width, height: settings.height, density: kit.density,
    seed: settings.seed, params: withAssets(settings.data),

    features(values) {
      if (values === null || typeof values !== 'object' || Array.isArray(values)) {
        throw new TypeError('features: expected an object, such as { mood: "calm", rings: 7 }');
      }
      native.features(JSON.stringify(values) ?? '{}');
    },

    title(text) { spoken('title', text); },

    // p5's second argument says where a page shows the text; there is no page.
    describe(text) { spoken('describe', text); },

    attach(name, content, mediaType = '') {
      name = String(name);
      if (content instanceof OffscreenCanvas || content instanceof Image) native.attachCanvas(name, content._h);
      else if (typeof content === 'string') native.attachText(name, String(mediaType), content);
      else if (ArrayBuffer.isView(content)) native.attachBytes(name, String(mediaType), new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
      else if (content instanceof ArrayBuffer) native.attachBytes(name, String(mediaType), new Uint8Array(content));
      else if (content !== null && typeof content === 'object') native.attachText(name, String(mediaType) || 'application/json', JSON.stringify(content));
      else throw new TypeError(`attach: '${name}' has no content; expected a canvas, a text, bytes or an object`);
    },
  });
  return canvas._h;
})
