// Lines that follow fields, scattered points, cells, and work on polylines. A line is a
// Float64Array: x, y, x, y, …; a closed one ends with its first point.
(() => {
  'use strict';
  const native = globalThis.__native;
  const { Field, expose } = native;
  const { Path2D } = globalThis;

  // An angle given as a function becomes a pair of fields: its cosine and sine.
  const directed = (source, options) => {
    if (typeof source !== 'function') return source;
    const { x, y, width, height, cell } = options ?? {};
    const sines = [];
    const across = native.field({ x, y, width, height, cell }, (px, py) => {
      const angle = source(px, py);
      sines.push(Math.sin(angle));
      return Math.cos(angle);
    });
    const [, , , , columns, rows] = native.fieldFrame(across);
    const down = native.field({ x, y, width, height, columns, rows }, sines);
    return [new Field(across), new Field(down)];
  };

  const trace = (target, line) => {
    const length = line.length;
    if (length < 4) return;
    const closed = length > 7 && line[0] === line[length - 2] && line[1] === line[length - 1];
    const end = closed ? length - 2 : length;
    target.moveTo(line[0], line[1]);
    for (let i = 2; i < end; i += 2) target.lineTo(line[i], line[i + 1]);
    if (closed) target.closePath();
  };

  // A line as flat numbers, whatever way it was given.
  const flatten = (line) => (typeof line[0] === 'number' ? line
    : Float64Array.from(Array.from(line, (point) => (Array.isArray(point) ? [point[0], point[1]] : [point.x, point.y])).flat()));
  const many = (lines) => (lines.length > 0 && typeof lines[0] !== 'number' && (lines[0].length > 2 || typeof lines[0][0] === 'object')
    ? Array.from(lines, flatten) : [flatten(lines)]);

  const change = (name, initial) => ({ [name]: (line, by = initial) => native.lineChange(name, line, by) })[name];

  const polyline = {
    length: (line) => native.lineMeasure('length', line),
    area: (line) => native.lineMeasure('area', line),
    centroid: (line) => native.lineCentroid(line),
    isClosed: (line) => line.length > 7 && line[0] === line.at(-2) && line[1] === line.at(-1),
    at(line, distances) {
      const several = typeof distances !== 'number';
      const flat = native.linePlaces(line, several ? Array.from(distances) : [distances]);
      const places = [];
      for (let i = 0; i < flat.length; i += 3) places.push({ x: flat[i], y: flat[i + 1], angle: flat[i + 2] });
      return several ? places : places[0];
    },
    resample: change('resample'),
    simplify: change('simplify'),
    smooth: change('smooth', 1),
    offset: change('offset'),
    reverse(line) {
      const flat = flatten(line), turned = new Float64Array(flat.length);
      for (let i = 0; i < flat.length; i += 2) turned.set([flat[flat.length - 2 - i], flat[flat.length - 1 - i]], i);
      return turned;
    },
    clip: (lines, region, { inside = true } = {}) => native.lineClip(lines, region, Boolean(inside)),
    contains: (region, point) => native.lineContains(region, point),
    hull: (points) => native.hull(points, undefined),
    points(line) {
      const points = [];
      for (let i = 0; i + 1 < line.length; i += 2) points.push([line[i], line[i + 1]]);
      return points;
    },
    // Adds lines to the path of a context or of a Path2D.
    trace(target, lines) {
      for (const line of many(lines)) trace(target, line);
      return target;
    },
    // The same as a Path2D of its own, recorded in one go.
    path(lines) {
      const path = new Path2D();
      path._d = native.linePath(lines);
      path._n = path._d.length;
      return path;
    },
  };

  expose({
    polyline: Object.freeze(polyline),
    flowLines: (source, options) => native.flowLines(directed(source, options), options),
    hachures: (of, options) => native.hachures(of, options),
    poisson: (options) => native.poisson(options, undefined),
    voronoi: (points, options) => native.voronoi(points, options),
    relax: (points, options) => native.relax(points, options),
  });
})();
