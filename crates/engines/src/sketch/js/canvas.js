// The Canvas 2D context. It checks and coerces as browsers do, keeps what getters show, and crosses
// to Rust with plain numbers. Names that start with `_` are not for scripts.
(function (kit) {
  'use strict';
  const { native, Path2D, DOMMatrix, ImageData, OffscreenCanvas, matrixOf, multiply } = kit;
  const IDENTITY = Object.freeze([1, 0, 0, 1, 0, 0]);
  const BLENDS = [
    'source-over', 'source-in', 'source-out', 'source-atop', 'destination-over', 'destination-in',
    'destination-out', 'destination-atop', 'lighter', 'copy', 'xor', 'multiply', 'screen', 'overlay',
    'darken', 'lighten', 'color-dodge', 'color-burn', 'hard-light', 'soft-light', 'difference',
    'exclusion', 'hue', 'saturation', 'color', 'luminosity',
  ];

  function initial() {
    return {
      m: IDENTITY, fillStyle: '#000000', strokeStyle: '#000000', shadowColor: 'rgba(0, 0, 0, 0)',
      globalAlpha: 1, lineWidth: 1, miterLimit: 10, lineDashOffset: 0, shadowBlur: 0,
      shadowOffsetX: 0, shadowOffsetY: 0, lineCap: 'butt', lineJoin: 'miter', dash: [],
      globalCompositeOperation: 'source-over', imageSmoothingEnabled: true,
      imageSmoothingQuality: 'low', font: '10px sans-serif', textAlign: 'start',
      textBaseline: 'alphabetic', letterSpacing: '0px', wordSpacing: '0px', fontKerning: 'auto',
      fontVariantCaps: 'normal', fontFeatures: '', direction: 'ltr', filter: 'none',
    };
  }

  function line(text) {
    text = String(text);
    if (text.length > 20000) throw new RangeError(`a text of ${text.length} characters is longer than the limit of 20000 a line`);
    return text;
  }

  function rule(name, method) {
    if (name === undefined || name === 'nonzero') return 0;
    if (name === 'evenodd') return 1;
    throw new TypeError(`${method}: '${name}' is not a fill rule; expected 'nonzero' or 'evenodd'`);
  }

  class CanvasGradient {
    constructor(handle) { this._h = handle; }

    addColorStop(offset, colour) {
      offset = +offset;
      if (!(offset >= 0 && offset <= 1)) throw new RangeError(`addColorStop: the offset ${offset} is not within 0 to 1`);
      if (!native.stop(this._h, offset, String(colour))) throw new SyntaxError(`addColorStop: '${colour}' is not a colour`);
    }
  }

  class CanvasPattern {
    constructor(handle) { this._h = handle; }
    setTransform(matrix = IDENTITY) { native.patternTransform(this._h, ...matrixOf(matrix)._m); }
  }

  class CanvasRenderingContext2D {
    constructor(canvas, handle) {
      this.canvas = canvas;
      this._h = handle;
      this._s = initial();
      this._stack = [];
      this._path = new Path2D();
      this._moved = false;
    }

    save() {
      native.save(this._h);
      this._stack.push({ ...this._s });
    }

    restore() {
      if (this._stack.length === 0) return;
      native.restore(this._h);
      this._s = this._stack.pop();
      this._moved = true;
    }

    reset() {
      native.reset(this._h);
      this._s = initial();
      this._stack = [];
      this._path = new Path2D();
      this._moved = false;
    }

    isContextLost() { return false; }
    getContextAttributes() { return { alpha: true, colorSpace: 'srgb', desynchronized: false, willReadFrequently: false }; }

    // Transforms

    _set(m) {
      this._s.m = m;
      this._moved = true;
      native.transform(this._h, m[0], m[1], m[2], m[3], m[4], m[5]);
    }

    translate(x, y) {
      const m = this._s.m;
      if (Number.isFinite((x = +x) + (y = +y))) this._set([m[0], m[1], m[2], m[3], m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]]);
    }

    scale(x, y) {
      const m = this._s.m;
      if (Number.isFinite((x = +x) + (y = +y))) this._set([m[0] * x, m[1] * x, m[2] * y, m[3] * y, m[4], m[5]]);
    }

    rotate(angle) {
      if (!Number.isFinite((angle = +angle))) return;
      const c = Math.cos(angle), s = Math.sin(angle);
      this._set(multiply(this._s.m, [c, s, -s, c, 0, 0]));
    }

    transform(a, b, c, d, e, f) {
      const m = [+a, +b, +c, +d, +e, +f];
      if (m.every(Number.isFinite)) this._set(multiply(this._s.m, m));
    }

    setTransform(a = IDENTITY, b, c, d, e, f) {
      const m = b === undefined ? matrixOf(a)._m : [+a, +b, +c, +d, +e, +f];
      if (m.every(Number.isFinite)) this._set(m);
    }

    getTransform() { return new DOMMatrix(this._s.m); }
    resetTransform() { this._set(IDENTITY); }

    // Paths

    _at() {
      if (this._moved) {
        this._moved = false;
        this._path._transform(this._s.m);
      }
      return this._path;
    }

    beginPath() {
      this._path._n = 0;
      this._moved = true;
    }

    // Which recording, and whether it is in user space (a Path2D) or has its own transforms.
    _call(method, path, fillRule) {
      if (path instanceof Path2D) native[method](this._h, path._d, path._n, rule(fillRule, method), 1);
      else native[method](this._h, this._path._d, this._path._n, rule(path, method), 0);
    }

    fill(path, fillRule) { this._call('fill', path, fillRule); }
    clip(path, fillRule) { this._call('clip', path, fillRule); }

    stroke(path) {
      if (path === undefined) native.stroke(this._h, this._path._d, this._path._n, 0, 0);
      else if (path instanceof Path2D) native.stroke(this._h, path._d, path._n, 0, 1);
      else throw new TypeError('stroke: expected a Path2D or nothing');
    }

    isPointInPath(path, x, y, fillRule) {
      if (path instanceof Path2D) return native.inPath(this._h, path._d, path._n, rule(fillRule, 'isPointInPath'), 1, +x, +y);
      return native.inPath(this._h, this._path._d, this._path._n, rule(y, 'isPointInPath'), 0, +path, +x);
    }

    isPointInStroke(path, x, y) {
      if (path instanceof Path2D) return native.inStroke(this._h, path._d, path._n, 0, 1, +x, +y);
      return native.inStroke(this._h, this._path._d, this._path._n, 0, 0, +path, +x);
    }

    fillRect(x, y, w, h) { native.fillRect(this._h, +x, +y, +w, +h); }
    strokeRect(x, y, w, h) { native.strokeRect(this._h, +x, +y, +w, +h); }
    clearRect(x, y, w, h) { native.clearRect(this._h, +x, +y, +w, +h); }

    // Styles

    createLinearGradient(x0, y0, x1, y1) {
      return new CanvasGradient(native.gradient(0, finite('createLinearGradient', [x0, y0, x1, y1])));
    }

    createRadialGradient(x0, y0, r0, x1, y1, r1) {
      if (r0 < 0 || r1 < 0) throw new RangeError(`createRadialGradient: the radius ${Math.min(r0, r1)} is negative`);
      return new CanvasGradient(native.gradient(1, finite('createRadialGradient', [x0, y0, r0, x1, y1, r1])));
    }

    createConicGradient(angle, x, y) {
      return new CanvasGradient(native.gradient(2, finite('createConicGradient', [angle, x, y])));
    }

    createPattern(image, repetition = 'repeat') {
      const code = ['repeat', 'repeat-x', 'repeat-y', 'no-repeat'].indexOf(repetition || 'repeat');
      if (code < 0) throw new SyntaxError(`createPattern: '${repetition}' is not one of repeat, repeat-x, repeat-y, no-repeat`);
      return new CanvasPattern(native.pattern(source(image, 'createPattern'), code));
    }

    setLineDash(dashes) {
      const list = Array.from(dashes, Number);
      if (!list.every((dash) => dash >= 0 && dash < Infinity)) return;
      this._s.dash = list.length % 2 ? [...list, ...list] : list;
      native.dash(this._h, Float64Array.from(this._s.dash));
    }

    getLineDash() { return [...this._s.dash]; }

    // Images

    drawImage(image, ...n) {
      const handle = source(image, 'drawImage'), w = image.width, h = image.height;
      for (let i = 0; i < n.length; i += 1) n[i] = +n[i];
      if (n.length === 2) n = [0, 0, w, h, n[0], n[1], w, h];
      else if (n.length === 4) n = [0, 0, w, h, ...n];
      else if (n.length !== 8) throw new TypeError(`drawImage: ${n.length + 1} arguments were given; expected 3, 5 or 9`);
      if (n.every(Number.isFinite)) native.drawImage(this._h, handle, Float64Array.from(n));
    }

    createImageData(width, height) {
      if (typeof width === 'object') return new ImageData(width.width, width.height, { density: width.density });
      const scale = this.canvas.density;
      return new ImageData(Math.round(Math.abs(width) * scale), Math.round(Math.abs(height) * scale), { density: scale });
    }

    getImageData(x, y, width, height) {
      const scale = this.canvas.density;
      const [left, top, w, h] = finite('getImageData', [x, y, width, height]).map((n) => Math.round(n * scale));
      if (w === 0 || h === 0) throw new RangeError('getImageData: the width or the height is 0');
      const box = [w < 0 ? left + w : left, h < 0 ? top + h : top, Math.abs(w), Math.abs(h)];
      kit.checkSize(box[2], box[3]);
      const bytes = new Uint8ClampedArray(native.getPixels(this._h, ...box));
      return new ImageData(bytes, box[2], box[3], { density: scale });
    }

    putImageData(image, x, y, dirtyX = 0, dirtyY = 0, dirtyWidth, dirtyHeight) {
      if (!(image instanceof ImageData)) throw new TypeError('putImageData: expected an ImageData');
      const { width, height, density } = image;
      dirtyWidth ??= width / density;
      dirtyHeight ??= height / density;
      const box = finite('putImageData', [x, y, dirtyX, dirtyY, dirtyWidth, dirtyHeight]);
      native.putPixels(this._h, image.data, Float64Array.from([width, height, density, ...box]));
    }

    // Text

    fillText(text, x, y, widthMax) { this._text(0, text, x, y, widthMax); }
    strokeText(text, x, y, widthMax) { this._text(1, text, x, y, widthMax); }

    _text(mode, text, x, y, widthMax = Infinity) {
      if (Number.isFinite(x) && Number.isFinite(y) && widthMax > 0) native.text(this._h, mode, line(text), +x, +y, +widthMax);
    }

    measureText(text) {
      const m = native.measure(this._h, line(text));
      return {
        width: m[0], actualBoundingBoxLeft: m[1], actualBoundingBoxRight: m[2],
        actualBoundingBoxAscent: m[3], actualBoundingBoxDescent: m[4],
        fontBoundingBoxAscent: m[5], fontBoundingBoxDescent: m[6],
        emHeightAscent: m[7], emHeightDescent: m[8], hangingBaseline: m[9],
        alphabeticBaseline: m[10], ideographicBaseline: m[11], capHeight: m[12], xHeight: m[13],
      };
    }

    // The outline of a text, to fill, stroke, clip or measure. An extension.
    textPath(text, x = 0, y = 0) {
      const path = new Path2D();
      path._d = native.textOutline(this._h, line(text), +x, +y);
      path._n = path._d.length;
      return path;
    }

    fillTextOnPath(text, path, options) { this._textOnPath(0, text, path, options); }
    strokeTextOnPath(text, path, options) { this._textOnPath(1, text, path, options); }

    _textOnPath(mode, text, path, { offset = 0, letterSpacing, align, baseline = 0 } = {}) {
      if (!(path instanceof Path2D)) throw new TypeError('fillTextOnPath: expected a Path2D as the second argument');
      if (letterSpacing !== undefined || align !== undefined) {
        const before = [this.letterSpacing, this.textAlign];
        if (letterSpacing !== undefined) this.letterSpacing = typeof letterSpacing === 'number' ? `${letterSpacing}px` : letterSpacing;
        if (align !== undefined) this.textAlign = align;
        native.textOnPath(this._h, mode, line(text), path._d, path._n, +offset, +baseline);
        [this.letterSpacing, this.textAlign] = before;
      } else {
        native.textOnPath(this._h, mode, line(text), path._d, path._n, +offset, +baseline);
      }
    }
  }

  const proto = CanvasRenderingContext2D.prototype;

  for (const name of ['moveTo', 'lineTo', 'quadraticCurveTo', 'bezierCurveTo', 'arc', 'ellipse', 'arcTo', 'rect', 'roundRect', 'closePath']) {
    const record = Path2D.prototype[name];
    const method = { [name](a, b, c, d, e, f, g, h) { record.call(this._at(), a, b, c, d, e, f, g, h); } }[name];
    Object.defineProperty(proto, name, { value: method, writable: true, configurable: true });
  }

  function property(name, set) {
    Object.defineProperty(proto, name, {
      get() { return this._s[name]; }, set, enumerable: true, configurable: true,
    });
  }

  // Numbers and what they must be; anything else is ignored, as in browsers.
  const positive = (n) => n > 0 && n < Infinity, natural = (n) => n >= 0 && n < Infinity;
  [
    ['globalAlpha', (n) => n >= 0 && n <= 1], ['lineWidth', positive], ['miterLimit', positive],
    ['lineDashOffset', Number.isFinite], ['shadowBlur', natural], ['shadowOffsetX', Number.isFinite],
    ['shadowOffsetY', Number.isFinite],
  ].forEach(([name, fits], code) => property(name, function (value) {
    value = +value;
    if (fits(value)) {
      this._s[name] = value;
      native.number(this._h, code, value);
    }
  }));

  [
    ['lineCap', ['butt', 'round', 'square']], ['lineJoin', ['miter', 'round', 'bevel']],
    ['globalCompositeOperation', BLENDS], ['imageSmoothingQuality', ['low', 'medium', 'high']],
    ['textAlign', ['start', 'left', 'center', 'right', 'end']],
    ['textBaseline', ['alphabetic', 'top', 'hanging', 'middle', 'ideographic', 'bottom']],
    ['fontKerning', ['auto', 'normal', 'none']],
    ['fontVariantCaps', ['normal', 'small-caps', 'all-small-caps', 'petite-caps', 'all-petite-caps', 'unicase', 'titling-caps']],
    ['direction', ['ltr', 'rtl', 'inherit']],
  ].forEach(([name, choices], code) => property(name, function (value) {
    const at = choices.indexOf(value);
    if (at >= 0) {
      this._s[name] = value;
      native.choice(this._h, code, at);
    }
  }));

  property('imageSmoothingEnabled', function (value) {
    this._s.imageSmoothingEnabled = Boolean(value);
    native.choice(this._h, 9, value ? 1 : 0);
  });

  // Texts that Rust reads; it returns the usual form, or nothing for what it can't read.
  ['font', 'letterSpacing', 'wordSpacing', 'filter', 'fontFeatures'].forEach((name, code) => property(name, function (value) {
    const read = native.words(this._h, code, String(value));
    if (read !== undefined) this._s[name] = read;
  }));

  ['fillStyle', 'strokeStyle'].forEach((name, code) => Object.defineProperty(proto, name, {
    get() {
      const value = this._s[name];
      return typeof value === 'string' ? native.css(value) : value;
    },
    set(value) {
      if (typeof value === 'string') {
        if (native.colour(this._h, code, value)) this._s[name] = value;
      } else if (value instanceof CanvasGradient || value instanceof CanvasPattern) {
        native.style(this._h, code, value._h);
        this._s[name] = value;
      } else if (value !== null && value !== undefined) {
        this[name] = String(value);
      }
    },
    enumerable: true,
    configurable: true,
  }));

  Object.defineProperty(proto, 'shadowColor', {
    get() { return native.css(this._s.shadowColor); },
    set(value) { if (native.colour(this._h, 2, String(value))) this._s.shadowColor = String(value); },
    enumerable: true,
    configurable: true,
  });

  function finite(method, numbers) {
    return numbers.map((n) => {
      if (!Number.isFinite(+n)) throw new TypeError(`${method}: ${n} is not a finite number`);
      return +n;
    });
  }

  function source(image, method) {
    if (image instanceof OffscreenCanvas || image instanceof kit.Image) return image._h;
    throw new TypeError(`${method}: expected a canvas or an image of \`params\``);
  }

  kit.Context = CanvasRenderingContext2D;
  kit.expose({ CanvasRenderingContext2D, CanvasGradient, CanvasPattern });
})
