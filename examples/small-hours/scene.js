// The picture of a story: a block print of one night. The story says what is in it.
//
// The hand is that of a linocut: flat planes in five inks, and everything between them cut with
// a gouge. Light is printed from a block of its own that never quite registers. The weather and
// the edges come later, in press.js.

const W = width, H = height, TAU = Math.PI * 2;
const story = { place: 'window', sky: 'rain', hour: 2, thing: 'kettle', cat: 'none', warmth: 0.5, moon: 'none', ...params };
const R = rng('composition'), T = rng('gouge');
const between = (a, b) => a + (b - a) * R();
const { inks, cast, shelves } = params.blocks;
const { sky, thing } = story;
const cat = story.cat !== 'none';

// The inks follow the weather; a rare set is for the hour before dawn.
const inkName = story.hour >= 4 && sky !== 'fog' && R.chance(0.55) ? 'dawn' : sky;
const C = { ...inks[inkName] };
C.light = story.warmth < 0.5
  ? mix(C.light, '#eef0b4', (0.5 - story.warmth) * 1.3)
  : mix(C.light, '#f58a2c', (story.warmth - 0.5) * 1.1);
const mirrored = ['shop', 'tram', 'stairwell'].includes(story.place) && R.chance(0.5);
// Without a cat in the street the picture may come nearer.
const near = ['shop', 'tram'].includes(story.place) && !cat && story.moon === 'none' && R.chance(0.5);
const off = [R.pick([-4, -3, 3, 4]), between(-3, 3)];

ctx.lineCap = ctx.lineJoin = 'round';

// ---- cutting ---------------------------------------------------------------------------------

/** A cut of the gouge: thin where it enters, thick in the middle. */
function gouge(path, x, y, length, angle, wide) {
  const c = Math.cos(angle), s = Math.sin(angle), l = length / 2;
  path.moveTo(x - c * l, y - s * l);
  path.quadraticCurveTo(x - s * wide, y + c * wide, x + c * l, y + s * l);
  path.quadraticCurveTo(x + s * wide, y - c * wide, x - c * l, y - s * l);
}

/** Fills a rectangle with cuts, row by row; `keep` thins them out, as a share or by place. */
function carve(x, y, w, h, { colour = C.mid, step = 15, length = 34, wide = 2.6, angle = 0, keep = 0.75 } = {}) {
  const path = new Path2D();
  const share = typeof keep === 'function' ? keep : () => keep;
  const turn = typeof angle === 'function' ? angle : () => angle;
  for (let row = y; row < y + h; row += step) {
    for (let at = x - T() * length; at < x + w; at += length * (0.85 + T() * 0.3)) {
      if (T() > share(at, row)) continue;
      gouge(path, at + length / 2, row + (T() - 0.5) * step * 0.5, length * (0.6 + T() * 0.5), turn(at, row) + (T() - 0.5) * 0.09, wide * (0.5 + T() * 0.8));
    }
  }
  ctx.fillStyle = colour;
  ctx.fill(path);
}

/** Rings of cuts around a light, fainter outwards. */
function halo(x, y, from, to, colour, radial = false) {
  const path = new Path2D();
  for (let r = from; r < to; r += 17) {
    const fade = 1 - (r - from) / (to - from);
    const count = Math.round(r * TAU / (radial ? 26 : 40));
    for (let i = 0; i < count; i += 1) {
      if (T() > 0.25 + fade * 0.65) continue;
      const a = (i + T() * 0.5) / count * TAU;
      gouge(path, x + Math.cos(a) * r, y + Math.sin(a) * r, radial ? 22 * (0.5 + fade) : 30, radial ? a : a + Math.PI / 2, 1 + fade * 2.4);
    }
  }
  ctx.fillStyle = colour;
  ctx.fill(path);
}

/** A polygon cut by hand: no corner is quite where it was drawn. */
function poly(colour, ...points) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  for (const [x, y] of points) ctx.lineTo(x + (T() - 0.5) * 2.6, y + (T() - 0.5) * 2.6);
  ctx.fill();
}
const box = (colour, x, y, w, h) => poly(colour, [x, y], [x + w, y], [x + w, y + h], [x, y + h]);
function disc(colour, x, y, rx, ry = rx, from = 0, to = TAU) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.ellipse(x, y, rx, ry, 0, from, to);
  ctx.fill();
}
function line(colour, wide, ...points) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = wide;
  ctx.beginPath();
  for (const [x, y] of points) ctx.lineTo(x, y);
  ctx.stroke();
}
/** Draws, and leaves no trace in the state of the canvas. */
function apart(draw) {
  ctx.save();
  draw();
  ctx.restore();
}
function within(points, draw) {
  apart(() => {
    ctx.beginPath();
    for (const [px, py] of points) ctx.lineTo(px, py);
    ctx.clip();
    draw();
  });
}
const inside = (x, y, w, h, draw) => within([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], draw);
/** What the block of light prints. */
const lit = (draw) => apart(() => {
  ctx.translate(off[0], off[1]);
  draw();
});
/** Letters read the right way, also in a block that is mirrored. */
const letters = (text, x, y, font, spacing = 0) => apart(() => {
  ctx.translate(x, y);
  if (mirrored) ctx.scale(-1, 1);
  ctx.fillStyle = C.paper;
  ctx.textAlign = 'center';
  ctx.font = font;
  ctx.letterSpacing = `${spacing}px`;
  ctx.fillText(text, 0, 0);
});


// ---- what returns in many pictures; each stands on (0, 0) --------------------------------------

/** Prints a silhouette of cast.json: what has a width is a line, all else a plane. */
const put = (name, x, y, scale = 1, flip = 1, tone = C.ink) => apart(() => {
  ctx.translate(x, y);
  ctx.scale(scale * flip, scale);
  for (const [role, path, wide] of cast[name]) {
    ctx.fillStyle = ctx.strokeStyle = role === 'ink' ? tone : C[role];
    ctx.lineWidth = wide || 1;
    if (wide) ctx.stroke(new Path2D(path)); else ctx.fill(new Path2D(path));
  }
});
function person(kind, x, y, scale, flip) {
  put(kind, x, y, scale, flip);
  put(kind === 'bust' ? R.pick(['bun', 'cap', 'bob', 'short']) : R.pick(['hat', 'short', 'short']), x, y, scale, flip);
}
/** On dark ground a silhouette is cut out, not printed. */
const cutOut = (name, x, y, scale, flip) => put(name, x, y, scale, flip, story.place !== 'rooftops' && sky === 'snow' ? C.ink : thing === name ? C.pale : C.paper);

/** A window; `show` draws what is seen in it when it is lit. */
function pane(x, y, w, h, { on = false, show, bars = [1, 1], frame = C.ink, sill = true, glow = C.light } = {}) {
  box(frame, x - w * 0.06, y - w * 0.06, w * 1.12, h + w * 0.12);
  if (on) {
    lit(() => box(glow, x, y, w, h));
    if (show) inside(x, y, w, h, show);
  } else {
    box(C.deep, x, y, w, h);
    inside(x, y, w, h, () => carve(x, y, w, h, { step: h / 5, length: w * 0.7, wide: 1.8, angle: -0.9, keep: 0.3 }));
  }
  const thick = Math.max(3, w * 0.04);
  for (let i = 1; i <= bars[0]; i += 1) box(frame, x + w * i / (bars[0] + 1) - thick / 2, y, thick, h);
  for (let i = 1; i <= bars[1]; i += 1) box(frame, x, y + h * i / (bars[1] + 1) - thick / 2, w, thick);
  if (!sill) return;
  box(C.pale, x - w * 0.12, y + h + w * 0.06, w * 1.24, Math.max(6, w * 0.08));
  cap(x - w * 0.12, y + h + w * 0.06, w * 1.24);
}

/** Snow on a ledge. */
function cap(x, y, w, deep = 9) {
  if (sky !== 'snow') return;
  ctx.fillStyle = C.paper;
  ctx.beginPath();
  ctx.moveTo(x - 3, y + 4);
  for (let i = 0; i < w; i += 22) ctx.quadraticCurveTo(x + i + 11, y - deep * (0.7 + T() * 0.7), x + Math.min(w, i + 22), y + (i + 22 < w ? -2 : 4));
  ctx.fill();
}

function chimney(colour, x, top, w, base) {
  box(colour, x, top, w, base - top);
  if (w > 60) carve(x, top + 8, w, base - top - 20, { step: 17, length: 30, wide: 2, colour: C.pale, keep: 0.5 });
  box(C.ink, x - w * 0.13, top - 10, w * 1.26, 14);
  cap(x - w * 0.13, top - 10, w * 1.26);
}
/** Rows of small windows on a house behind. */
function windows(x, y, w, h, [dx, dy], share, frame) {
  for (let py = y; py < y + h; py += dy) {
    for (let px = x; px < x + w; px += dx) pane(px, py, dx * 0.47, dy * 0.58, { ...stranger(share), bars: [0, 1], sill: false, frame });
  }
}

/** A few lights for those who are not in the story. */
const stranger = (share) => R.chance(share) ? { on: true, glow: R.chance(0.3) ? C.ember : C.light } : {};

/** Somebody at a lit window, with what the story names. */
function room(x, y, w, h, { objectAt = 0.72, scale = h / 420 } = {}) {
  const lamp = R.pick(['hanging', 'standing', 'none']);
  const side = objectAt > 0.5 ? 0.34 : 0.68;
  const lampX = x + w * (lamp === 'hanging' ? 0.5 : 1 - side + 0.06 * (side - 0.5));
  halo(lampX, y + h * 0.3, h * 0.09, h * 0.75, C.paper, true);
  if (lamp !== 'none') {
    const top = lamp === 'hanging' ? y + h * 0.16 : y + h * 0.24;
    if (lamp === 'hanging') line(C.ink, 4, [lampX, y], [lampX, top]);
    else line(C.ink, 6 * scale, [lampX, top], [lampX, y + h]);
    poly(C.ember, [lampX - 30 * scale, top], [lampX + 30 * scale, top], [lampX + 66 * scale, top + 58 * scale], [lampX - 66 * scale, top + 58 * scale]);
  }
  person('bust', x + w * side, y + h, scale * 1.15, side < 0.5 ? 1 : -1);
  for (const edge of [0, 1]) {
    const cx = x + edge * w, d = edge ? -1 : 1, drawn = w * between(0.09, 0.15);
    poly(C.ember, [cx, y], [cx + d * drawn * 1.25, y], [cx + d * drawn * 0.6, y + h * 0.62], [cx + d * drawn, y + h], [cx, y + h]);
    for (let i = 1; i < 4; i += 1) line(C.ink, 2, [cx + d * drawn * 0.28 * i, y], [cx + d * drawn * 0.16 * i, y + h * 0.62], [cx + d * drawn * 0.22 * i, y + h]);
  }
}

// ---- the air ---------------------------------------------------------------------------------

/** The sky down to `horizon`; a moon finds room above `free`. */
function heaven(horizon, free = horizon) {
  box(C.deep, -9, -9, W + 18, H + 18);
  const x = between(0.14, 0.86) * W, r = Math.min(between(46, 78), free * 0.32), y = r + 24 + between(0, 0.5) * Math.max(0, free - 2 * r - 40);
  const wave = sky === 'wind' ? 0.5 : 0.06;
  const angle = (px, py) => (noise(px / 300, py / 220) - 0.5) * wave * 4 - (sky === 'wind' ? 0.12 : 0);
  const shine = (px, py) => story.moon !== 'none' ? constrain(1.1 - Math.hypot(px - x, py - y) / 620, 0, 1) : 0;
  carve(-40, -10, W + 80, horizon + 20, { colour: sky === 'fog' ? C.pale : C.mid, step: 16, length: 62, wide: 3.4, angle, keep: (px, py) => 0.3 + 0.5 * py / horizon + shine(px, py) * 0.4 });
  if (story.moon !== 'none') {
    halo(x, y, r + 24, r + 210, C.pale);
    disc(C.deep, x, y, r + 14);
    disc(C.paper, x, y, r);
    if (story.moon === 'half') disc(C.deep, x + r * 0.45, y - r * 0.1, r * 0.86);
    else for (const [dx, dy, k] of [[-0.3, -0.2, 0.2], [0.25, 0.3, 0.26], [0.1, -0.45, 0.12]]) disc(C.pale, x + dx * r, y + dy * r, k * r, k * r * 0.8);
  } else if (sky === 'clear') {
    const stars = rng('stars');
    for (let i = 0; i < 60; i += 1) disc(C.paper, stars() * W, stars() * horizon, 1.4 + stars() * 2.4);
  }
}

/** Wet or frozen ground, with what light falls on it. */
function street(y, lights = []) {
  box(C.ink, -9, y, W + 18, H - y + 9);
  if (sky === 'snow') {
    box(C.pale, -9, y, W + 18, H - y + 9);
    carve(-20, y + 8, W + 40, H - y, { colour: C.paper, step: 15, length: 90, wide: 6, keep: 0.8 });
  } else carve(-20, y + 8, W + 40, H - y, { colour: C.mid, step: 17, length: 70, wide: 2.6, keep: 0.5 });
  const wet = { rain: 1, fog: 0.55, snow: 0.45, clear: 0.5, wind: 0.5 }[sky];
  for (const [x, w, colour = C.light] of lights) {
    lit(() => carve(x - w * 0.16, y + 12, w * 1.32, (H - y) * (0.5 + wet * 0.5), { colour, step: 14, length: w * 0.42, wide: 4.6, keep: (px, py) => wet * (1.25 - (py - y) / (H - y)) }));
  }
}

/** A flight of stairs with its rail. */
function flight(x, y, run, rise, steps = 9) {
  const corner = (i) => [x + run * i / steps, y - rise * i / steps];
  const points = [corner(0)];
  for (let i = 0; i < steps; i += 1) points.push([corner(i)[0], corner(i + 1)[1]], corner(i + 1));
  poly(C.ember, ...points, [x + run, y - rise + 26], [x + run * 0.13, y]);
  line(C.ink, 6, [x, y - 62], [x + run, y - rise - 62]);
  for (let i = 0; i <= steps; i += 2) line(C.ink, 3, [corner(i)[0], corner(i)[1] - 62], corner(i));
}

/** Bricks or plaster, cut lightly. */
function wall(colour, x, y, w, h, { cut = C.mid, keep = 0.34, bricks = true } = {}) {
  box(colour, x, y, w, h);
  inside(x, y, w, h, () => carve(x, y + 6, w, h, bricks
    ? { colour: cut, step: 21, length: 38, wide: 2, keep: (px, py) => keep * (0.35 + 1.3 * noise(px / 170, py / 130)) }
    : { colour: cut, step: 14, length: 24, wide: 2, angle: 1.2, keep: (px, py) => keep * 1.5 * noise(px / 120, py / 200) }));
}

function lamppost(x, base) {
  lit(() => halo(x, base - 430, 44, 230, C.light, true));
  put('lamppost', x, base);
}

// ---- the places --------------------------------------------------------------------------------

const PLACES = {
  /** One window, near. */
  window() {
    wall(C.ink, -9, -9, W + 18, H + 18, { cut: C.mid, keep: 0.5 });
    const w = between(520, 640), h = w * between(1.12, 1.26), x = R.pick([110, (W - w) / 2, W - w - 110]), y = H - h - between(190, 270);
    const arch = R.chance(0.35), right = R.chance(0.5);
    if (arch) disc(C.deep, x + w / 2, y - 20, w * 0.62, w * 0.25, Math.PI, TAU);
    else { box(C.deep, x - 60, y - 92, w + 120, 58); carve(x - 60, y - 86, w + 120, 46, { colour: C.pale, step: 15, length: 46, wide: 2.4, keep: 0.6 }); }
    lit(() => halo(x + w / 2, y + h / 2, w * 0.62, w * 1.02, C.light, true));
    pane(x, y, w, h, { on: true, frame: C.deep, bars: R.pick([[1, 1], [2, 1], [1, 0], [0, 1]]), sill: false, show: () => room(x, y, w, h, { objectAt: right ? 0.72 : 0.2 }) });
    if (R.chance(0.4)) {
      for (const sx of [x - w * 0.06 - 150, x + w * 1.06]) {
        box(C.mid, sx, y - 30, 150, h + 52);
        for (let sy = y; sy < y + h; sy += 26) box(C.ink, sx + 18, sy, 114, 5);
      }
    }
    box(C.pale, x - 80, y + h + 20, w + 160, 44);
    carve(x - 80, y + h + 46, w + 160, 20, { colour: C.mid, step: 9, length: 60, keep: 0.7 });
    cap(x - 80, y + h + 20, w + 160, 16);
    put(thing, x + w * (right ? 0.72 : 0.28), y + h + 22, 1.25);
    if (cat) put('sitting', x + w * (right ? 0.94 : 0.06), y + h + 22, 1.2, R.sign());
    if (x > 300) pane(x - 420, y, 250, h, { frame: C.deep });
    else if (x < 200 && W - x - w > 330) pane(x + w + 190, y, 300, h, { frame: C.deep });
  },

  /** Roofs, and one dormer that is awake. */
  rooftops() {
    const horizon = between(380, 480);
    heaven(horizon + 160, horizon - 60);
    const roof = (base, tall, colour, cut, lights) => {
      for (let x = -between(20, 160); x < W + 20;) {
        const w = between(190, 330), top = base - tall * between(0.55, 1.1), lean = R.pick([0.2, 0.5, 0.8]);
        for (let i = R.int(1, 2); i > 0; i -= 1) chimney(colour, x + w * between(0.12, 0.8), top - between(20, 70), 40, base);
        const slope = [[x - 12, base], [x + w * lean * 0.7, top], [x + w * (0.35 + lean * 0.6), top], [x + w + 12, base]];
        poly(colour, ...slope);
        box(colour, x, base, w + 4, H);
        within(slope, () => carve(x - 20, top, w + 40, base - top, { colour: sky === 'snow' ? C.paper : cut, step: 14, length: 26, wide: sky === 'snow' ? 4.5 : 2.4, keep: sky === 'snow' ? 0.85 : 0.55 }));
        cap(x + w * lean * 0.7, top, w * (0.35 - lean * 0.1));
        windows(x + 26, base + 34, w - 76, 146, [76, 90], lights, C.ink);
        x += w + R.pick([0, 0, 26]);
      }
    };
    roof(horizon, 120, C.mid, C.deep, 0.05);
    roof(horizon + 130, 150, C.ink, C.mid, 0.2);
    const ridge = between(650, 720), w = between(320, 380), h = w * 0.98, y = ridge + 70, dx = R.chance(0.5) ? between(150, 260) : W - w - between(150, 260);
    box(C.deep, -9, ridge, W + 18, H);
    carve(-20, ridge + 16, W + 40, H - ridge, { colour: sky === 'snow' ? C.paper : C.mid, step: 24, length: 40, wide: sky === 'snow' ? 6 : 2.6, keep: sky === 'snow' ? 0.8 : 0.5 });
    cap(-9, ridge, W + 18, 14);
    lit(() => halo(dx + w / 2, y + h / 2, w * 0.78, w * 1.25, C.light, true));
    poly(C.ink, [dx - 56, y + h + 70], [dx - 56, y - 10], [dx + w / 2, y - 170], [dx + w + 56, y - 10], [dx + w + 56, y + h + 70]);
    line(C.pale, 9, [dx - 82, y + 4], [dx + w / 2, y - 174], [dx + w + 82, y + 4]);
    pane(dx, y, w, h, { on: true, frame: C.deep, show: () => room(dx, y, w, h, { scale: w / 300 }) });
    const free = dx > W / 2 - w / 2 ? [100, dx - 130] : [dx + w + 130, W - 100];
    const stack = free[0] + (free[1] - free[0]) * 0.2;
    chimney(C.deep, stack - 44, ridge - 110, 88, ridge + 20);
    if (thing === 'ladder') put(thing, stack + 66, ridge + 190, 1.05);
    else put(thing, stack, ridge - (thing === 'kite' ? 10 : 122), 1.15);
    if (cat) cutOut('walking', free[0] + (free[1] - free[0]) * 0.8, ridge + 3, 1.05, R.sign());
  },

  /** A yard between houses, seen from its open end. */
  courtyard() {
    const top = between(150, 240), ground = H - between(210, 260), left = between(200, 270), right = W - between(200, 270);
    heaven(top + 130, top);
    wall(C.deep, left, top, right - left, ground - top, { keep: 0.42, bricks: false });
    cap(left, top, right - left, 12);
    poly(C.ink, [-9, -9], [left, top], [left, ground], [-9, H + 9]);
    poly(C.ink, [W + 9, -9], [right, top], [right, ground], [W + 9, H + 9]);
    const columns = R.int(3, 4), rows = 4, cw = (right - left) / columns, rh = (ground - top - 40) / rows;
    const hero = [R.int(0, columns - 1), R.int(1, 2)];
    for (let r = 0; r < rows; r += 1) for (let c = 0; c < columns; c += 1) {
      const w = cw * 0.46, h = rh * 0.64, x = left + cw * (c + 0.27), y = top + 44 + rh * r;
      const here = c === hero[0] && r === hero[1];
      if (here) lit(() => halo(x + w / 2, y + h / 2, w * 0.75, w * 1.9, C.light, true));
      pane(x, y, w, h, here ? { on: true, frame: C.ink, bars: [1, 0], show: () => room(x, y, w, h, { scale: h / 300 }) } : { ...stranger(0.1), bars: [1, 1] });
    }
    for (const [edge, far, d] of [[0, left, 1], [W, right, -1]]) for (let r = 0; r < 3; r += 1) {
      const x1 = edge + d * Math.abs(far - edge) * 0.38, x2 = edge + d * Math.abs(far - edge) * 0.7, y = 250 + r * 270, warm = R.chance(0.12);
      const pts = [[x1, y - 40 + r * 20], [x2, y + 6 + r * 8], [x2, y + 130], [x1, y + 150 + r * 4]];
      if (warm) lit(() => poly(C.ember, ...pts)); else poly(C.deep, ...pts);
      line(C.mid, 4, pts[3], pts[2]);
    }
    inside(0, 0, left, H, () => carve(0, 60, left, H, { colour: C.mid, step: 22, length: 44, wide: 2, angle: 0.3, keep: 0.2 }));
    inside(right, 0, W - right, H, () => carve(right, 60, W - right, H, { colour: C.mid, step: 22, length: 44, wide: 2, angle: -0.3, keep: 0.2 }));
    const heroX = left + cw * (hero[0] + 0.5);
    within([[left, ground], [right, ground], [W + 9, H + 9], [-9, H + 9]], () => street(ground, [[heroX - 60, 120]]));
    // The washing line, with what was forgotten on it.
    const y1 = top + rh * 0.98, y2 = y1 + between(-30, 30), sag = 46;
    ctx.strokeStyle = C.pale;
    ctx.lineWidth = 3;
    ctx.beginPath();
    ctx.moveTo(left - 60, y1);
    ctx.quadraticCurveTo(W / 2, (y1 + y2) / 2 + sag * 2, right + 60, y2);
    ctx.stroke();
    if (thing === 'shirt') put('shirt', W / 2 + (heroX > W / 2 ? -cw * 0.5 : cw * 0.5), (y1 + y2) / 2 + sag, 0.95);
    else cutOut(thing, heroX > W / 2 ? W * 0.36 : W * 0.64, H - 96, 1.25);
    if (cat) cutOut('sitting', heroX > W / 2 ? W * 0.62 : W * 0.38, H - 120, 0.95, R.sign());
  },

  /** A shop on a corner, kept open. */
  shop() {
    const ground = H - between(190, 240), edge = between(190, 300), right = W - between(60, 130), top = between(180, 300);
    heaven(ground, top - 30);
    for (let x = -20; x < W; x += between(110, 190)) {
      const t = between(top + 120, ground - 330);
      box(C.mid, x, t, 200, H);
      windows(x + 26, t + 30, 70, ground - t - 90, [66, 80], 0.12, C.mid);
    }
    wall(C.deep, edge, top, right - edge, ground - top, { keep: 0.45 });
    poly(C.ink, [edge, top], [edge - 80, top + 34], [edge - 80, ground], [edge, ground]);
    box(C.ink, edge - 16, top - 26, right - edge + 32, 32);
    cap(edge - 16, top - 26, right - edge + 32, 14);
    const awake = R.int(0, 3);
    const uw = (right - edge) / 4, head = ground - 440;
    const h = Math.min(180, (head - top) * 0.62);
    for (let i = 0; i < 4; i += 1) pane(edge + uw * (i + 0.28), top + (head - top - h) / 2, uw * 0.44, h, i === awake ? stranger(0.5) : {});
    const wx = edge + 40, ww = (right - edge) * 0.6, wy = ground - 310, wh = 240, dx = wx + ww + 44, dw = right - dx - 40;
    lit(() => halo(wx + ww / 2, wy + wh / 2, ww * 0.4, ww * 0.78, C.light, true));
    const shelf = () => {
      halo(wx + ww * 0.5, wy + 30, 30, ww * 0.6, C.paper, true);
      person('bust', wx + ww * 0.72, wy + wh - 40, 0.7, -1);
      box(C.ink, wx, wy + wh - 46, ww, 10);
      // Goods hang at so many units from the lintel, or stand on the shelf.
      for (const [name, share, hang, size] of shelves[thing]) put(name, wx + ww * share, hang === 0 ? wy + wh - 46 : hang > 0 ? wy + hang : wy + wh - 46 + hang, size);
    };
    pane(wx, wy, ww, wh, { on: true, frame: C.ink, bars: [2, 0], sill: false, show: shelf });
    box(C.ink, wx - 20, wy + wh + 12, ww + 40, ground - wy - wh - 12);
    pane(dx, wy, dw, ground - wy - 14, { on: R.chance(0.8), frame: C.ember, bars: [0, 1], sill: false });
    // The sign says what the story says.
    box(C.ink, edge - 4, wy - 112, right - edge + 8, 74);
    letters(story.sign, (edge + right) / 2, wy - 60, '700 50px "Cormorant SC"', 9);
    const stripes = 12, sw = (ww + 40) / stripes;
    for (let i = 0; i < stripes; i += 1) {
      const x = wx - 20 + i * sw, colour = i % 2 ? C.paper : C.ember;
      poly(colour, [x, wy - 30], [x + sw, wy - 30], [x + sw * 1.05 - 8, wy + 34], [x - 8, wy + 34]);
      disc(colour, x + sw / 2 - 8, wy + 33, sw / 2, 13);
    }
    cap(wx - 20, wy - 30, ww + 40);
    street(ground, [[wx, ww], [dx, dw, C.light]]);
    line(C.pale, 5, [-9, ground + 2], [W + 9, ground + 2]);
    lamppost(edge - 150 > 60 ? edge - 150 : 80, ground + 60);
    if (cat) cutOut('sitting', dx - 20, ground + 52, 0.85, -1);
  },

  /** The last tram, or the first. */
  tram() {
    const ground = H - between(230, 290), tall = 500, roofY = ground - tall;
    heaven(roofY + 60, roofY * 0.4);
    for (const [colour, low, high, share] of [[C.mid, 0.4, 0.6, 0.05], [C.ink, 0.55, 0.8, 0.12]]) {
      for (let x = -between(10, 120); x < W;) {
        const w = between(150, 280), t = between(low, high) * roofY;
        wall(colour, x, t, w + 3, ground - t, { cut: C.deep, keep: 0.4 });
        cap(x, t, w);
        if (R.chance(0.6)) chimney(colour, x + w * 0.6, t - 44, 34, t + 6);
        windows(x + 28, t + 44, w - 78, roofY - t - 84, [72, 92], share, colour);
        x += w;
      }
    }
    const sx = between(70, 170), w = W - sx + between(-90, 120);
    for (const y of [roofY - 150, roofY - 128]) line(C.pale, 3, [-9, y], [W + 9, y + between(-12, 12)]);
    line(C.ink, 8, [sx + w * 0.42, roofY - 30], [sx + w * 0.36, roofY - 84], [sx + w * 0.43, roofY - 138]);
    box(C.ink, sx + w * 0.43 - 60, roofY - 142, 120, 9);
    street(ground, [[sx + 30, w - 60]]);
    const livery = R.chance(0.65) ? C.ember : C.mid;
    ctx.fillStyle = livery;
    ctx.beginPath();
    ctx.roundRect(sx, roofY, w, tall - 34, 54);
    ctx.fill();
    box(C.ink, sx + 60, roofY - 26, w - 120, 28);
    cap(sx + 60, roofY - 26, w - 120, 14);
    inside(sx + 8, roofY + 300, w - 16, 140, () => carve(sx, roofY + 312, w, 130, { colour: C.ink, step: 16, length: 60, wide: 2, keep: 0.4 }));
    box(C.paper, sx + 14, roofY + 292, w - 28, livery === C.mid ? 26 : 10);
    const n = 4, ww = (w - 90) / n, hero = R.int(1, 2);
    for (let i = 0; i < n; i += 1) {
      const px = sx + 45 + ww * i + 9, pw = ww - 18, py = roofY + 66, ph = 208;
      pane(px, py, pw, ph, { on: true, bars: [0, 0], sill: false, show: () => {
        carve(px, py, pw, ph, { colour: C.paper, step: 22, length: 40, wide: 2, angle: -0.7, keep: 0.35 });
        line(C.ink, 3, [px, py + 26], [px + pw, py + 26]);
        for (const k of [0.3, 0.7]) line(C.ink, 3, [px + pw * k, py + 26], [px + pw * k, py + 50]);
        if (i === hero) { person('bust', px + pw * 0.36, py + ph, 0.82, 1); put(thing, px + pw * 0.8, py + ph, { umbrella: 0.6, cello: 0.8 }[thing] || 0.78); }
      } });
    }
    lit(() => disc(C.light, sx + 20, roofY + 372, 19));
    letters(story.sign, sx + w / 2, roofY + 392, '600 64px "Barlow Condensed"');
    box(C.ink, sx + 90, ground - 42, w - 180, 30);
    for (const k of [0.2, 0.32, 0.68, 0.8]) { disc(C.ink, sx + w * k, ground - 14, 40); disc(C.pale, sx + w * k, ground - 14, 15); }
    for (const y of [ground + 18, ground + 62]) line(C.pale, 5, [-9, y], [W + 9, y]);
    if (cat) cutOut('walking', W * 0.6, H - 44, 1.05, -1);
  },

  /** A house front, with the stairs lit from cellar to attic. */
  stairwell() {
    const ground = H - between(120, 160);
    wall(C.deep, -9, -9, W + 18, H + 18, { keep: 0.5, bricks: R.chance(0.5) });
    const w = between(300, 360), x = R.pick([between(150, 240), (W - w) / 2, W - w - between(150, 240)]), top = 96, floors = 4, fh = (ground - 170 - top) / floors;
    lit(() => halo(x + w / 2, (top + ground) / 2 - 60, w * 0.8, w * 1.5, C.light, true));
    const hero = R.int(1, 2), sideUp = R.int(0, 1);
    const bottom = top + fh * floors;
    pane(x, top, w, bottom - top, { on: true, frame: C.ink, bars: [0, 0], sill: false, show: () => {
      carve(x, top, w, bottom - top, { colour: C.paper, step: 19, length: 30, wide: 2, angle: -0.6, keep: 0.4 });
      for (let f = 0; f < floors; f += 1) {
        const y = top + fh * (f + 1), up = (f + sideUp) % 2, dir = up ? 1 : -1, from = up ? x + w * 0.18 : x + w * 0.82;
        flight(from, y, w * 0.64 * dir, fh);
        box(C.ink, up ? x : x + w * 0.8, y, w * 0.2, 12);
        box(C.ink, up ? x + w * 0.8 : x, y, w * 0.2, 12);
        if (f === hero) { person('standing', up ? x + w * 0.86 : x + w * 0.14, y, 0.68, -dir); put(thing, up ? x + w * 0.12 : x + w * 0.88, y, 0.5); }
      }
    } });
    for (let i = 1; i < floors; i += 1) box(C.ink, x, top + fh * i + 12, w, 5);
    const spaces = [[20, x - 60], [x + w + 60, W - 20]];
    for (const [a, b] of spaces) {
      const n = Math.floor((b - a) / 190), cw = (b - a) / n;
      for (let i = 0; i < n * floors; i += 1) pane(a + cw * (i % n + 0.5) - 52, top + fh * Math.floor(i / n) + 34, 104, fh * 0.62, stranger(0.09));
    }
    street(ground, [[x, w]]);
    box(C.ink, x + w / 2 - 90, bottom + 34, 180, ground - bottom - 34);
    box(C.ember, x + w / 2 - 70, bottom + 50, 140, ground - bottom - 50);
    lit(() => box(C.light, x + w / 2 - 50, bottom + 64, 100, 34));
    box(C.pale, x + w / 2 - 110, ground - 12, 220, 20);
    cap(x + w / 2 - 110, ground - 12, 220);
    if (cat) cutOut('sitting', x + w / 2 + 130, ground + 14, 0.8, R.sign());
  },
};

if (mirrored) {
  ctx.translate(W, 0);
  ctx.scale(-1, 1);
}
if (near) {
  const [zoom, x, y] = { shop: [1.4, 0.6, 0.86], tram: [1.34, 0.5, 0.62] }[story.place];
  ctx.translate(x * W * (1 - zoom), y * H * (1 - zoom));
  ctx.scale(zoom, zoom);
}
PLACES[story.place]();

features({ place: story.place, weather: sky, inks: inkName === 'dawn' ? 'before dawn' : sky, cat: cat ? 'yes' : 'no', moon: story.moon, view: near ? 'near' : 'street' });
// The later sketches print with the same inks.
attach('inks', C, 'application/json');
