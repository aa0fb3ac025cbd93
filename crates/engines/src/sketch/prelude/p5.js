// A part of p5's vocabulary on top of the Canvas 2D context: shapes, style, transforms, text.
(() => {
  'use strict';
  const native = globalThis.__native;
  const { expose, maths } = native;
  const { canvas } = globalThis;
  let surface = null;
  let style = {
    fill: true, stroke: true, rectMode: 'corner', ellipseMode: 'center', size: 12, font: 'sans-serif',
    face: '', leading: null, colours: 'rgb', ranges: [255, 255, 255, 255], tightness: 0,
  };
  const saved = [];

  // The context, in p5's initial style once something of p5 draws.
  const pen = () => {
    if (surface === null) {
      surface = canvas.getContext('2d');
      Object.assign(surface, { fillStyle: '#ffffff', strokeStyle: '#000000', lineWidth: 1, lineCap: 'round', lineJoin: 'miter' });
      setFont();
    }
    return surface;
  };
  const setFont = () => { surface.font = `${style.face} ${style.size}px ${style.font}`.trim(); };
  const paint = (record, close = false, rule = 'nonzero') => {
    const ctx = pen();
    ctx.beginPath();
    record(ctx);
    if (close) ctx.closePath();
    if (style.fill) ctx.fill(rule);
    if (style.stroke) ctx.stroke();
  };

  // Colours

  const color = (...parts) => {
    if (parts.length === 1 && Array.isArray(parts[0])) [parts] = parts;
    if (typeof parts[0] === 'string') return parts.length > 1 ? native.colourAlpha(parts[0], parts[1] / style.ranges[3]) : native.colourAlpha(parts[0], native.colourParts(parts[0])[3]);
    if (!parts.every(Number.isFinite) || parts.length === 0) throw new TypeError(`color: expected numbers or a colour, got ${parts.join(', ')}`);
    const [a, b, c, alpha] = style.ranges;
    if (parts.length < 3) return native.colourOf('rgb', ...Array(3).fill(parts[0] / (style.colours === 'rgb' ? a : c)), (parts[1] ?? alpha) / alpha);
    return native.colourOf(style.colours, parts[0] / a, parts[1] / b, parts[2] / c, (parts[3] ?? alpha) / alpha);
  };
  const part = (i) => (colour) => native.colourParts(color(colour))[i] * 255;

  // Shapes

  const box = (mode, a, b, c, d) => {
    if (mode === 'corners') return [Math.min(a, c), Math.min(b, d), Math.abs(c - a), Math.abs(d - b)];
    if (mode === 'center') return [a - c / 2, b - d / 2, c, d];
    if (mode === 'radius') return [a - c, b - d, c * 2, d * 2];
    return [a, b, c, d];
  };
  const round = (a, b, c, d) => {
    const [x, y, w, h] = box(style.ellipseMode, a, b, c, d);
    return [x + w / 2, y + h / 2, Math.abs(w / 2), Math.abs(h / 2)];
  };
  const ellipse = (a, b, w, h = w) => {
    const [x, y, rx, ry] = round(a, b, w, h);
    paint((ctx) => ctx.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2), true);
  };
  const rect = (a, b, c, d = c, ...radii) => {
    const [x, y, w, h] = box(style.rectMode, a, b, c, d);
    paint((ctx) => (radii.length > 0 ? ctx.roundRect(x, y, w, h, radii) : ctx.rect(x, y, w, h)));
  };
  const polygon = (points, close) => paint((ctx) => {
    points.forEach(([x, y], i) => (i === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)));
  }, close);
  const arc = (a, b, w, h, start, stop, mode) => {
    const [x, y, rx, ry] = round(a, b, w, h), ctx = pen(), [from, to] = [maths.radians(start), maths.radians(stop)];
    const record = (pie) => {
      ctx.beginPath();
      if (pie) ctx.moveTo(x, y);
      ctx.ellipse(x, y, rx, ry, 0, from, to);
      if (pie || mode === 'chord') ctx.closePath();
    };
    record(mode === 'pie' || mode === undefined);
    if (style.fill) ctx.fill();
    if (mode === undefined) record(false);
    if (style.stroke) ctx.stroke();
  };
  const point = (x, y) => {
    const ctx = pen();
    if (!style.stroke) return;
    ctx.save();
    ctx.fillStyle = ctx.strokeStyle;
    ctx.beginPath();
    ctx.arc(x, y, ctx.lineWidth / 2, 0, Math.PI * 2);
    ctx.fill();
    ctx.restore();
  };

  // Free shapes: recorded as steps, drawn at the end.

  let shape = null;
  const open = (who) => shape ?? (() => { throw new TypeError(`${who}: call beginShape() first`); })();
  const GROUPS = {
    points: [1, 1], lines: [2, 2], triangles: [3, 3], quads: [4, 4],
    triangle_strip: [3, 1], quad_strip: [4, 2],
  };
  const record = (ctx, steps, close) => {
    const curve = [];
    const flush = () => {
      const t = (1 - style.tightness) / 6;
      for (let i = 1; i + 2 < curve.length; i += 1) {
        const [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = curve.slice(i - 1, i + 3);
        if (i === 1) begun ? ctx.lineTo(bx, by) : ctx.moveTo(bx, by);
        begun = true;
        ctx.bezierCurveTo(bx + (cx - ax) * t, by + (cy - ay) * t, cx - (dx - bx) * t, cy - (dy - by) * t, cx, cy);
      }
      curve.length = 0;
    };
    let begun = false;
    for (const [kind, ...n] of steps) {
      if (kind === 'curve') { curve.push(n); continue; }
      flush();
      if (kind === 'hole') { ctx.closePath(); begun = false; }
      else if (kind === 'bezier') ctx.bezierCurveTo(...n);
      else if (kind === 'quadratic') ctx.quadraticCurveTo(...n);
      else if (begun) ctx.lineTo(...n);
      else ctx.moveTo(...n);
      begun = kind !== 'hole';
    }
    flush();
    if (close) ctx.closePath();
  };
  const endShape = (mode) => {
    const { kind, steps } = open('endShape');
    shape = null;
    const points = steps.map(([, x, y]) => [x, y]);
    if (kind === 'points') for (const [x, y] of points) point(x, y);
    else if (kind === 'triangle_fan') for (let i = 1; i + 1 < points.length; i += 1) polygon([points[0], points[i], points[i + 1]], true);
    else if (kind in GROUPS) {
      const [size, step] = GROUPS[kind];
      for (let i = 0; i + size <= points.length; i += step) {
        const group = points.slice(i, i + size);
        polygon(kind === 'quad_strip' ? [group[0], group[1], group[3], group[2]] : group, size > 2);
      }
    } else {
      const rule = steps.some(([step]) => step === 'hole') ? 'evenodd' : 'nonzero';
      paint((ctx) => record(ctx, steps, mode === 'close'), false, rule);
    }
  };

  // Text

  const text = (value, x, y, width) => {
    const ctx = pen();
    const leading = style.leading ?? style.size * 1.25;
    const lines = String(value).split('\n').flatMap((line) => {
      if (width === undefined) return [line];
      const rows = [''];
      for (const word of line.split(' ')) {
        const longer = rows.at(-1) === '' ? word : `${rows.at(-1)} ${word}`;
        if (ctx.measureText(longer).width <= width || rows.at(-1) === '') rows[rows.length - 1] = longer;
        else rows.push(word);
      }
      return rows;
    });
    lines.forEach((line, i) => {
      if (style.fill) ctx.fillText(line, x, y + i * leading);
      if (style.stroke && style.outlined) ctx.strokeText(line, x, y + i * leading);
    });
  };

  // The sketch's own units: its width and height are laid into the canvas, whose size the step sets.
  const createCanvas = (width, height) => {
    const ctx = pen(), [w, h] = [canvas.width, canvas.height];
    if (!(width > 0 && height > 0)) throw new RangeError(`createCanvas: ${width} x ${height} is no size`);
    const k = Math.min(w / width, h / height);
    ctx.setTransform(k, 0, 0, k, (w - width * k) / 2, (h - height * k) / 2);
    expose({ width, height });
    return canvas;
  };

  const set = (name, value) => { style[name] = value; };
  const inked = (name, ctxName) => (...parts) => {
    const ctx = pen();
    ctx[ctxName] = parts[0] !== null && typeof parts[0] === 'object' && !Array.isArray(parts[0]) ? parts[0] : color(...parts);
    style[name] = true;
    if (name === 'stroke') style.outlined = true;
  };

  expose({
    createCanvas,
    resizeCanvas: createCanvas,
    color,
    red: part(0), green: part(1), blue: part(2),
    alpha: (colour) => native.colourParts(color(colour))[3] * 255,
    lerpColor: (from, to, share) => native.colourMix(color(from), color(to), share, false),
    colorMode(mode, a, b = a, c = a, alpha) {
      const initial = mode === 'rgb' ? [255, 255, 255, 255] : [360, 100, 100, 1];
      style.colours = mode;
      style.ranges = a === undefined ? initial : [a, b, c, alpha ?? (b === a && c === a ? a : initial[3])];
    },
    background(...parts) {
      const ctx = pen();
      ctx.save();
      ctx.resetTransform();
      ctx.globalCompositeOperation = 'source-over';
      ctx.fillStyle = color(...parts);
      ctx.fillRect(0, 0, canvas.width, canvas.height);
      ctx.restore();
    },
    clear() {
      const ctx = pen();
      ctx.save();
      ctx.resetTransform();
      ctx.clearRect(0, 0, canvas.width, canvas.height);
      ctx.restore();
    },
    fill: inked('fill', 'fillStyle'),
    stroke: inked('stroke', 'strokeStyle'),
    noFill: () => set('fill', false),
    noStroke: () => set('stroke', false),
    strokeWeight: (weight) => { pen().lineWidth = weight; },
    strokeCap: (cap) => { pen().lineCap = cap; },
    strokeJoin: (join) => { pen().lineJoin = join; },
    blendMode: (mode) => { pen().globalCompositeOperation = mode; },
    rectMode: (mode) => set('rectMode', mode),
    ellipseMode: (mode) => set('ellipseMode', mode),
    curveTightness: (tightness) => set('tightness', tightness),

    line: (a, b, c, d) => {
      const ctx = pen();
      ctx.beginPath();
      ctx.moveTo(a, b);
      ctx.lineTo(c, d);
      if (style.stroke) ctx.stroke();
    },
    point,
    rect,
    square: (x, y, side, ...radii) => rect(x, y, side, side, ...radii),
    ellipse,
    circle: (x, y, diameter) => ellipse(x, y, diameter, diameter),
    triangle: (a, b, c, d, e, f) => polygon([[a, b], [c, d], [e, f]], true),
    quad: (a, b, c, d, e, f, g, h) => polygon([[a, b], [c, d], [e, f], [g, h]], true),
    arc,
    bezier: (a, b, ...n) => paint((ctx) => { ctx.moveTo(a, b); ctx.bezierCurveTo(...n); }),
    curve: (...n) => paint((ctx) => record(ctx, [0, 2, 4, 6].map((i) => ['curve', n[i], n[i + 1]]), false)),

    beginShape: (kind = 'polygon') => { shape = { kind, steps: [] }; },
    vertex: (x, y) => { open('vertex').steps.push(['vertex', x, y]); },
    curveVertex: (x, y) => { open('curveVertex').steps.push(['curve', x, y]); },
    bezierVertex: (...n) => { open('bezierVertex').steps.push(['bezier', ...n.slice(0, 6)]); },
    quadraticVertex: (...n) => { open('quadraticVertex').steps.push(['quadratic', ...n.slice(0, 4)]); },
    beginContour: () => { open('beginContour').steps.push(['hole']); },
    endContour: () => { open('endContour').steps.push(['hole']); },
    endShape,

    push: () => { pen().save(); saved.push({ ...style }); },
    pop: () => { if (saved.length > 0) { pen().restore(); style = saved.pop(); } },
    translate: (x, y = 0) => pen().translate(x, y),
    rotate: (angle) => pen().rotate(maths.radians(angle)),
    scale: (x, y = x) => pen().scale(x, y),
    shearX: (angle) => pen().transform(1, 0, Math.tan(maths.radians(angle)), 1, 0, 0),
    shearY: (angle) => pen().transform(1, Math.tan(maths.radians(angle)), 0, 1, 0, 0),
    applyMatrix: (...n) => pen().transform(...n),
    resetMatrix: () => pen().resetTransform(),

    text,
    textSize: (size) => { pen(); style.size = size; setFont(); },
    textFont: (font, size = style.size) => { pen(); Object.assign(style, { font: `"${font}"`, size }); setFont(); },
    textStyle: (face) => { pen(); style.face = face === 'normal' ? '' : face; setFont(); },
    textAlign: (across, down) => {
      pen().textAlign = across;
      if (down !== undefined) pen().textBaseline = { center: 'middle', baseline: 'alphabetic' }[down] ?? down;
    },
    textLeading: (leading) => set('leading', leading),
    textWidth: (value) => pen().measureText(String(value)).width,
    textAscent: () => pen().measureText('').fontBoundingBoxAscent,
    textDescent: () => pen().measureText('').fontBoundingBoxDescent,
    image: (picture, x, y, ...size) => pen().drawImage(picture, x, y, ...size),

    // One picture, drawn once.
    frameCount: 1,
    noLoop() {}, loop() {}, redraw() {}, frameRate() {}, pixelDensity: () => globalThis.density ?? 1,
    smooth() {}, noSmooth() {},
    windowWidth: globalThis.width, windowHeight: globalThis.height,
    innerWidth: globalThis.width, innerHeight: globalThis.height,
    print: (...values) => globalThis.console?.log(...values),

    RGB: 'rgb', HSB: 'hsb', HSL: 'hsl',
    CORNER: 'corner', CORNERS: 'corners', CENTER: 'center', RADIUS: 'radius',
    OPEN: 'open', CHORD: 'chord', PIE: 'pie', CLOSE: 'close',
    POINTS: 'points', LINES: 'lines', TRIANGLES: 'triangles', TRIANGLE_STRIP: 'triangle_strip',
    TRIANGLE_FAN: 'triangle_fan', QUADS: 'quads', QUAD_STRIP: 'quad_strip',
    ROUND: 'round', SQUARE: 'butt', PROJECT: 'square', MITER: 'miter', BEVEL: 'bevel',
    LEFT: 'left', RIGHT: 'right', TOP: 'top', BOTTOM: 'bottom', BASELINE: 'baseline',
    NORMAL: 'normal', ITALIC: 'italic', BOLD: 'bold', BOLDITALIC: 'italic bold',
    BLEND: 'source-over', ADD: 'lighter', MULTIPLY: 'multiply', SCREEN: 'screen', OVERLAY: 'overlay',
    DARKEST: 'darken', LIGHTEST: 'lighten', DIFFERENCE: 'difference', EXCLUSION: 'exclusion',
    HARD_LIGHT: 'hard-light', SOFT_LIGHT: 'soft-light', DODGE: 'color-dodge', BURN: 'color-burn',
    REPLACE: 'copy', REMOVE: 'destination-out',
  });
})();
