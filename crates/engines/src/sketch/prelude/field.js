// Fields: a number at each point of a rectangle of the drawing.
(() => {
  'use strict';
  const native = globalThis.__native;
  const { expose } = native;

  class Field {
    constructor(handle) {
      const [x, y, width, height, columns, rows] = native.fieldFrame(handle);
      Object.assign(this, { x, y, width, height, columns, rows, sample: native.fieldSampler(handle) });
      Object.defineProperty(this, '_handle', { value: handle });
    }

    // All values, row by row: a copy.
    get values() { return native.fieldValues(this._handle); }
    get range() { return native.fieldRange(this._handle); }
    quantile(share) { return native.fieldQuantile(this._handle, number('quantile', share)); }
    gradient(x, y) { return native.fieldGradient(this._handle, x, y); }

    mix(other, share) { return this.multiply(-1).add(other).multiply(share).add(this); }
    curve(points) {
      const stops = Array.from(points, (point, i) => (typeof point === 'number' ? [i / (points.length - 1), point] : [+point[0], +point[1]]));
      const [xs, ys] = [stops.map((stop) => stop[0]), stops.map((stop) => stop[1])];
      const rising = xs.every((x, i) => i === 0 || x > xs[i - 1]);
      if (stops.length < 2 || !rising || !stops.flat().every(Number.isFinite)) {
        throw new RangeError('curve: expected two or more numbers, or points [value, result] in rising order');
      }
      return new Field(native.fieldCurve(this._handle, xs, ys));
    }
    map(f) {
      if (typeof f !== 'function') throw new TypeError('map: expected a function of (value, x, y)');
      return new Field(native.fieldMap(this._handle, f));
    }
    abs() { return change('abs', this); }
    blur(radius) { return change('blur', this, radius); }
    clamp(low = 0, high = 1) { return change('clamp', this, low, high); }
    distance(level = 0.5) { return change('distance', this, level); }
    normalise(low = 0, high = 1) { return change('normalise', this, low, high); }
    power(exponent) { return change('power', this, exponent); }
    smoothstep(low, high) { return change('smoothstep', this, low, high); }
  }

  const number = (who, value) => {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new TypeError(`${who}: expected a number, got ${value}`);
  };
  const change = (name, of, a = 0, b = 0) => new Field(native.fieldChange(name, of._handle, number(name, a), number(name, b)));
  const join = (name, of, other) => new Field(native.fieldJoin(name, of._handle, other));
  for (const name of ['add', 'subtract', 'multiply', 'divide', 'min', 'max']) {
    const method = { [name](other) { return join(name, this, other); } }[name];
    Object.defineProperty(Field.prototype, name, { value: method, writable: true, configurable: true });
  }

  const maker = (name) => ({ [name]: (options) => new Field(native[name](options)) });
  native.Field = Field;
  expose({
    Field,
    ...maker('noiseField'),
    ...maker('linearField'),
    ...maker('radialField'),
    field: (options, source) => new Field(native.field(options, source)),
    contours: (of, levels, options) => native.contours(false, of, levels, options),
    areas: (of, levels, options) => native.contours(true, of, levels, options),
  });
})();
