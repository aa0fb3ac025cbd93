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
    return Object.freeze(fields);
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
