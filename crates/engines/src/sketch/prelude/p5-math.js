// p5's arithmetic: mapping, angles, vectors.
(() => {
  'use strict';
  const native = globalThis.__native;
  let degrees = false;
  const inward = (angle) => (degrees ? (angle * Math.PI) / 180 : angle);
  const outward = (angle) => (degrees ? (angle * 180) / Math.PI : angle);
  native.maths = { radians: inward };

  const constrain = (value, low, high) => Math.max(Math.min(value, high), low);
  const map = (value, a, b, c, d, within = false) => {
    const mapped = c + ((value - a) / (b - a)) * (d - c);
    return within ? constrain(mapped, Math.min(c, d), Math.max(c, d)) : mapped;
  };
  const lerp = (from, to, share) => from + (to - from) * share;
  const listed = (values) => (Array.isArray(values[0]) ? values[0] : values);

  class Vector {
    constructor(x = 0, y = 0, z = 0) { Object.assign(this, { x, y, z }); }
    static of(x, y, z) {
      if (x instanceof Vector) return x;
      return Array.isArray(x) ? new Vector(...x) : new Vector(x, y, z);
    }
    static fromAngle(angle, length = 1) { return new Vector(Math.cos(inward(angle)) * length, Math.sin(inward(angle)) * length); }
    static random2D() {
      const turn = native.random() * Math.PI * 2;
      return new Vector(Math.cos(turn), Math.sin(turn));
    }
    set(...v) { const { x, y, z } = Vector.of(...v); return Object.assign(this, { x, y, z }); }
    copy() { return new Vector(this.x, this.y, this.z); }
    add(...v) { const w = Vector.of(...v); return this.set(this.x + w.x, this.y + w.y, this.z + w.z); }
    sub(...v) { const w = Vector.of(...v); return this.set(this.x - w.x, this.y - w.y, this.z - w.z); }
    mult(n) { return this.set(this.x * n, this.y * n, this.z * n); }
    div(n) { return this.set(this.x / n, this.y / n, this.z / n); }
    dot(...v) { const w = Vector.of(...v); return this.x * w.x + this.y * w.y + this.z * w.z; }
    cross(w) { return new Vector(this.y * w.z - this.z * w.y, this.z * w.x - this.x * w.z, this.x * w.y - this.y * w.x); }
    magSq() { return this.dot(this); }
    mag() { return Math.sqrt(this.magSq()); }
    setMag(length) { return this.normalize().mult(length); }
    normalize() { const length = this.mag(); return length > 0 ? this.div(length) : this; }
    limit(most) { return this.mag() > most ? this.setMag(most) : this; }
    heading() { return outward(Math.atan2(this.y, this.x)); }
    rotate(angle) {
      const c = Math.cos(inward(angle)), s = Math.sin(inward(angle));
      return this.set(this.x * c - this.y * s, this.x * s + this.y * c, this.z);
    }
    dist(w) { return Vector.sub(this, w).mag(); }
    lerp(w, share) { return this.set(lerp(this.x, w.x, share), lerp(this.y, w.y, share), lerp(this.z, w.z, share)); }
    array() { return [this.x, this.y, this.z]; }
  }
  for (const name of ['add', 'sub', 'mult', 'div', 'lerp', 'normalize', 'rotate']) {
    Vector[name] = { [name](v, ...rest) { return v.copy()[name](...rest); } }[name];
  }
  for (const name of ['dist', 'dot', 'cross', 'mag']) Vector[name] = { [name](v, ...rest) { return v[name](...rest); } }[name];

  const bezierPoint = (a, b, c, d, t) => {
    const u = 1 - t;
    return u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d;
  };
  const curvePoint = (a, b, c, d, t) => 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);

  native.expose({
    map, lerp, constrain,
    norm: (value, low, high) => map(value, low, high, 0, 1),
    dist: (...n) => (n.length === 4 ? Math.hypot(n[2] - n[0], n[3] - n[1]) : Math.hypot(n[3] - n[0], n[4] - n[1], n[5] - n[2])),
    mag: (x, y) => Math.hypot(x, y),
    sq: (x) => x * x,
    fract: (x) => x - Math.floor(x),
    round: (x, digits = 0) => (digits === 0 ? Math.round(x) : Number(`${Math.round(Number(`${x}e${digits}`))}e${-digits}`)),
    abs: Math.abs, ceil: Math.ceil, floor: Math.floor, sqrt: Math.sqrt, exp: Math.exp, log: Math.log, pow: Math.pow,
    max: (...values) => Math.max(...listed(values)),
    min: (...values) => Math.min(...listed(values)),
    angleMode: (mode) => { degrees = mode === 'degrees'; },
    degrees: (angle) => (angle * 180) / Math.PI,
    radians: (angle) => (angle * Math.PI) / 180,
    sin: (angle) => Math.sin(inward(angle)),
    cos: (angle) => Math.cos(inward(angle)),
    tan: (angle) => Math.tan(inward(angle)),
    asin: (x) => outward(Math.asin(x)),
    acos: (x) => outward(Math.acos(x)),
    atan: (x) => outward(Math.atan(x)),
    atan2: (y, x) => outward(Math.atan2(y, x)),
    bezierPoint, curvePoint,
    int: (value) => Math.trunc(Number(value)),
    float: Number,
    str: String,
    nf: (value, left = 0, right = 0) => {
      const [whole, rest] = Math.abs(value).toFixed(right).split('.');
      return `${value < 0 ? '-' : ''}${whole.padStart(left, '0')}${rest ? `.${rest}` : ''}`;
    },
    createVector: (x, y, z) => new Vector(x, y, z),
    p5: { Vector },
    PI: Math.PI, TWO_PI: Math.PI * 2, TAU: Math.PI * 2, HALF_PI: Math.PI / 2, QUARTER_PI: Math.PI / 4,
    DEGREES: 'degrees', RADIANS: 'radians',
  });
})();
