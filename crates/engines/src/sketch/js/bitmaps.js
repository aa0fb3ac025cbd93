// ImageData and OffscreenCanvas.
(function (kit) {
  'use strict';
  const { native } = kit;

  class ImageData {
    constructor(...given) {
      const options = typeof given.at(-1) === 'object' && !ArrayBuffer.isView(given.at(-1)) ? given.pop() : {};
      let data;
      if (ArrayBuffer.isView(given[0])) data = given.shift();
      let [width, height] = given;
      width = Math.trunc(width);
      if (height === undefined && data) height = data.length / 4 / width;
      height = Math.trunc(height);
      kit.checkSize(width, height);
      data ??= new Uint8ClampedArray(width * height * 4);
      if (data.length !== width * height * 4) {
        throw new RangeError(`ImageData: ${data.length} bytes were given; ${width} x ${height} pixels have ${width * height * 4}`);
      }
      Object.defineProperties(this, {
        data: { value: data, enumerable: true },
        width: { value: width, enumerable: true },
        height: { value: height, enumerable: true },
        density: { value: options.density ?? 1, enumerable: true },
      });
    }

    get colorSpace() { return 'srgb'; }
  }

  class OffscreenCanvas {
    constructor(width, height, { density = kit.density } = {}) {
      this._w = +width;
      this._t = +height;
      this.density = density;
      this._h = native.create(this._w, this._t, density);
      this._context = null;
    }

    get width() { return this._w; }
    set width(value) { this._resize(+value, this._t); }
    get height() { return this._t; }
    set height(value) { this._resize(this._w, +value); }

    _resize(width, height) {
      if (this._fixed && (width !== this._w || height !== this._t)) {
        throw new TypeError(`the canvas is ${this._w} x ${this._t}: set \`width\` and \`height\` in the step's \`with\` to change it, or draw on a \`new OffscreenCanvas(w, h)\``);
      }
      native.resize(this._h, width, height);
      this._w = width;
      this._t = height;
      if (this._context) this._context.reset();
    }

    getContext(kind) {
      if (kind !== '2d') throw new TypeError(`getContext: '${kind}' is not supported; expected '2d'`);
      return (this._context ??= new kit.Context(this, this._h));
    }
  }

  Object.assign(kit, { ImageData, OffscreenCanvas });
  kit.expose({ ImageData, OffscreenCanvas });
})
