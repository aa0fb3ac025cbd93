// Path2D and DOMMatrix. A path is a recording: numbers in `_d`, `_n` of them in use. The operation
// numbers are those of `path.rs`.
(function (kit) {
  'use strict';
  const { native } = kit;
  const MOVE = 0, LINE = 1, QUAD = 2, CUBIC = 3, CLOSE = 4, ELLIPSE = 5, ARC_TO = 6, RECT = 7;
  const ROUND_RECT = 8, TRANSFORM = 9;

  function negative(radius, method) {
    return new RangeError(`${method}: the radius ${radius} is negative`);
  }

  class Path2D {
    constructor(source) {
      this._d = new Float64Array(24);
      this._n = 0;
      if (source instanceof Path2D) {
        this._d = source._d.slice();
        this._n = source._n;
      } else if (source !== undefined) {
        this._d = native.svgPath(String(source));
        this._n = this._d.length;
      }
    }

    _room(count) {
      const needed = this._n + count;
      if (needed > this._d.length) {
        const larger = new Float64Array(Math.max(needed, this._d.length * 2));
        larger.set(this._d);
        this._d = larger;
      }
      const at = this._n;
      this._n = needed;
      return at;
    }

    moveTo(x, y) {
      const n = this._room(3), d = this._d;
      d[n] = MOVE; d[n + 1] = x; d[n + 2] = y;
    }

    lineTo(x, y) {
      const n = this._room(3), d = this._d;
      d[n] = LINE; d[n + 1] = x; d[n + 2] = y;
    }

    quadraticCurveTo(cx, cy, x, y) {
      const n = this._room(5), d = this._d;
      d[n] = QUAD; d[n + 1] = cx; d[n + 2] = cy; d[n + 3] = x; d[n + 4] = y;
    }

    bezierCurveTo(ax, ay, bx, by, x, y) {
      const n = this._room(7), d = this._d;
      d[n] = CUBIC; d[n + 1] = ax; d[n + 2] = ay; d[n + 3] = bx; d[n + 4] = by; d[n + 5] = x; d[n + 6] = y;
    }

    closePath() {
      // Room first: it may replace `_d`.
      const n = this._room(1);
      this._d[n] = CLOSE;
    }

    arc(x, y, radius, start, end, counterclockwise = false) {
      if (radius < 0) throw negative(radius, 'arc');
      this.ellipse(x, y, radius, radius, 0, start, end, counterclockwise);
    }

    ellipse(x, y, rx, ry, turn, start, end, counterclockwise = false) {
      if (rx < 0 || ry < 0) throw negative(Math.min(rx, ry), 'ellipse');
      const n = this._room(9), d = this._d;
      d[n] = ELLIPSE; d[n + 1] = x; d[n + 2] = y; d[n + 3] = rx; d[n + 4] = ry;
      d[n + 5] = turn; d[n + 6] = start; d[n + 7] = end; d[n + 8] = counterclockwise ? 1 : 0;
    }

    arcTo(x1, y1, x2, y2, radius) {
      if (radius < 0) throw negative(radius, 'arcTo');
      const n = this._room(6), d = this._d;
      d[n] = ARC_TO; d[n + 1] = x1; d[n + 2] = y1; d[n + 3] = x2; d[n + 4] = y2; d[n + 5] = radius;
    }

    rect(x, y, w, h) {
      const n = this._room(5), d = this._d;
      d[n] = RECT; d[n + 1] = x; d[n + 2] = y; d[n + 3] = w; d[n + 4] = h;
    }

    roundRect(x, y, w, h, radii = 0) {
      const list = (Array.isArray(radii) ? radii : [radii]).map((radius) => {
        const pair = typeof radius === 'object' ? [+radius.x, +radius.y] : [+radius, +radius];
        if (pair[0] < 0 || pair[1] < 0) throw negative(Math.min(...pair), 'roundRect');
        return pair;
      });
      if (list.length < 1 || list.length > 4) {
        throw new RangeError(`roundRect: ${list.length} radii were given; expected 1 to 4`);
      }
      const [a, b = a, c = a, d = b] = list;
      const n = this._room(13);
      this._d.set([ROUND_RECT, x, y, w, h, ...a, ...b, ...c, ...d], n);
    }

    addPath(path, transform) {
      const m = transform === undefined ? [1, 0, 0, 1, 0, 0] : matrixOf(transform)._m;
      const added = path._d.slice(0, path._n);
      let n = this._room(7);
      this._d.set([TRANSFORM, ...m], n);
      // A transform recorded within the added path holds inside this one.
      const sizes = [2, 2, 4, 6, 0, 8, 5, 4, 12, 6];
      for (let i = 0; i < added.length; i += 1 + sizes[added[i]]) {
        if (added[i] === TRANSFORM) added.set(multiply(m, added.subarray(i + 1, i + 7)), i + 1);
      }
      n = this._room(added.length);
      this._d.set(added, n);
      n = this._room(7);
      this._d.set([TRANSFORM, 1, 0, 0, 1, 0, 0], n);
    }

    _transform(m) {
      const n = this._room(7), d = this._d;
      d[n] = TRANSFORM; d[n + 1] = m[0]; d[n + 2] = m[1]; d[n + 3] = m[2]; d[n + 4] = m[3]; d[n + 5] = m[4]; d[n + 6] = m[5];
    }
  }

  // The matrix that applies `n` first and `m` after it.
  function multiply(m, n) {
    return [
      m[0] * n[0] + m[2] * n[1], m[1] * n[0] + m[3] * n[1],
      m[0] * n[2] + m[2] * n[3], m[1] * n[2] + m[3] * n[3],
      m[0] * n[4] + m[2] * n[5] + m[4], m[1] * n[4] + m[3] * n[5] + m[5],
    ];
  }

  function rotation(degrees) {
    const angle = (degrees * Math.PI) / 180, c = Math.cos(angle), s = Math.sin(angle);
    return [c, s, -s, c, 0, 0];
  }

  class DOMMatrix {
    constructor(init = [1, 0, 0, 1, 0, 0]) {
      const m = Array.from(init, Number);
      if (m.length !== 6) throw new TypeError(`DOMMatrix: ${m.length} numbers were given; expected 6: [a, b, c, d, e, f]`);
      this._m = m;
    }

    static fromMatrix(other) { return matrixOf(other); }

    multiplySelf(other) { this._m = multiply(this._m, matrixOf(other)._m); return this; }
    preMultiplySelf(other) { this._m = multiply(matrixOf(other)._m, this._m); return this; }
    translateSelf(x = 0, y = 0) { this._m = multiply(this._m, [1, 0, 0, 1, x, y]); return this; }
    scaleSelf(x = 1, y = x) { this._m = multiply(this._m, [x, 0, 0, y, 0, 0]); return this; }
    rotateSelf(degrees = 0) { this._m = multiply(this._m, rotation(degrees)); return this; }
    skewXSelf(degrees = 0) { this._m = multiply(this._m, [1, 0, Math.tan((degrees * Math.PI) / 180), 1, 0, 0]); return this; }
    skewYSelf(degrees = 0) { this._m = multiply(this._m, [1, Math.tan((degrees * Math.PI) / 180), 0, 1, 0, 0]); return this; }

    invertSelf() {
      const [a, b, c, d, e, f] = this._m, det = a * d - b * c;
      this._m = [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
      return this;
    }

    multiply(other) { return new DOMMatrix(this._m).multiplySelf(other); }
    translate(x, y) { return new DOMMatrix(this._m).translateSelf(x, y); }
    scale(x, y) { return new DOMMatrix(this._m).scaleSelf(x, y); }
    rotate(degrees) { return new DOMMatrix(this._m).rotateSelf(degrees); }
    skewX(degrees) { return new DOMMatrix(this._m).skewXSelf(degrees); }
    skewY(degrees) { return new DOMMatrix(this._m).skewYSelf(degrees); }
    inverse() { return new DOMMatrix(this._m).invertSelf(); }

    transformPoint({ x = 0, y = 0 } = {}) {
      const m = this._m;
      return { x: m[0] * x + m[2] * y + m[4], y: m[1] * x + m[3] * y + m[5] };
    }

    get is2D() { return true; }
    get isIdentity() { return this._m.every((part, i) => part === [1, 0, 0, 1, 0, 0][i]); }
    toJSON() { const { a, b, c, d, e, f } = this; return { a, b, c, d, e, f }; }
    toString() { return `matrix(${this._m.join(', ')})`; }
  }
  ['a', 'b', 'c', 'd', 'e', 'f'].forEach((name, i) => {
    Object.defineProperty(DOMMatrix.prototype, name, {
      get() { return this._m[i]; },
      set(value) { this._m[i] = +value; },
      enumerable: true,
      configurable: true,
    });
  });

  // From a DOMMatrix, `{a, b, c, d, e, f}` or six numbers.
  function matrixOf(value) {
    if (value instanceof DOMMatrix) return new DOMMatrix(value._m);
    if (value !== null && typeof value === 'object' && !(Symbol.iterator in value)) {
      const { a = 1, b = 0, c = 0, d = 1, e = 0, f = 0 } = value;
      return new DOMMatrix([a, b, c, d, e, f]);
    }
    return new DOMMatrix(value);
  }

  Object.assign(kit, { Path2D, DOMMatrix, matrixOf, multiply });
  kit.expose({ Path2D, DOMMatrix });
})
