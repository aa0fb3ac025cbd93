// Weaves a draft: every float is a piece of yarn with thickness, twist and sheen under a raking light from
// the upper left. The result is one repeat of a pattern, drawn on a torus: whatever crosses an edge is drawn
// on the other side too, at the same moment, so that the tile has no seam. That is checked at the end.

const draft = params.draft.json;
const way = draft.ways[params.way];
const { cell, repeat, times } = draft;
const soft = params.softness;

if (repeat * times * cell !== width || width !== height) {
  throw new Error(`${times} repeats of ${repeat} threads of ${cell} units make ${repeat * times * cell}, not ${width} by ${height}`);
}

const threads = repeat * times;
const range = (n) => Array.from({ length: n }, (_, i) => i);
const lifts = draft.tieup.map((shafts) => new Set(shafts));
const lifted = (i, j) => lifts[draft.treadling[j % repeat]].has(draft.threading[i % repeat]);

// A thick pick and the thin one after it share two cells of height.
const heights = range(threads).map((j) => {
  const thick = draft.thick[j % repeat];
  return thick === null ? cell : thick ? cell * 1.5 : cell * 0.5;
});
const tops = heights.reduce((sums, h) => [...sums, sums[sums.length - 1] + h], [0]);

// ---- one float of yarn, drawn once and laid many times.

const strength = 1 - 0.45 * soft;
const VARIANTS = 4;
const sprites = new Map();
const PAD = 3;

/** How a colour looks in shade and in light. Shades keep their hue and only then go cool; lights go warm. */
function tones(colour) {
  return {
    deep: mix(darken(colour, 0.24), '#0d0a16', 0.3), shade: mix(darken(colour, 0.09 * strength), '#1a1222', 0.12 * strength), body: colour,
    light: mix(lighten(colour, 0.04), '#fff1d6', 0.24 * strength), sheen: mix(colour, '#fffaf0', 0.72),
  };
}

/** The outline of a float: full in the middle, narrower where it dives under its neighbours. */
function outline(length, thick, tuck, inset) {
  const bend = Math.min(length * 0.5, cell * 0.55);
  const mid = thick / 2;
  const path = new Path2D();
  path.moveTo(-tuck, mid - thick * 0.24);
  path.bezierCurveTo(0, mid - thick * 0.4, bend * 0.4, inset, bend, inset);
  path.lineTo(length - bend, inset);
  path.bezierCurveTo(length - bend * 0.4, inset, length, mid - thick * 0.4, length + tuck, mid - thick * 0.24);
  path.lineTo(length + tuck, mid + thick * 0.24);
  path.bezierCurveTo(length, mid + thick * 0.4, length - bend * 0.4, thick - inset, length - bend, thick - inset);
  path.lineTo(bend, thick - inset);
  path.bezierCurveTo(bend * 0.4, thick - inset, 0, mid + thick * 0.4, -tuck, mid + thick * 0.24);
  path.closePath();
  return path;
}

function gradient(g, x, y, stops) {
  const fill = g.createLinearGradient(0, 0, x, y);
  for (const [at, colour] of stops) fill.addColorStop(at, colour);
  return fill;
}

/** Paints a float along x: `raking` lights it across (ends), or also along (picks, which lie in the light). */
function paint(g, colour, length, thick, along, r) {
  const tone = tones(mix(colour, r(1) < 0.5 ? '#000' : '#fff', r(0, 0.05)));
  const inset = thick * r(0.03, 0.07) * (1 - 0.6 * soft);
  const shape = outline(length, thick, cell * 0.1, inset);
  g.save();
  g.clip(shape);
  const across = along ? [[0, tone.light], [0.4, tone.body], [0.78, tone.shade], [1, tone.deep]] : [[0, tone.light], [0.3, tone.light], [0.62, tone.body], [0.86, tone.shade], [1, tone.deep]];
  g.fillStyle = gradient(g, 0, thick, across);
  g.fillRect(-PAD, 0, length + 2 * PAD, thick);

  // Twist: the plies wind round the yarn, a dark valley and a light crest for each turn.
  const pitch = Math.max(2.4, Math.min(thick * 0.5, cell * 0.42));
  const lean = thick * (along ? 0.55 : 0.7);
  const phase = r(pitch);
  const valleys = new Path2D();
  const crests = new Path2D();
  for (let x = -lean - pitch + phase; x < length + lean; x += pitch) {
    valleys.moveTo(x, thick);
    valleys.bezierCurveTo(x + lean * 0.2, thick * 0.7, x + lean * 0.8, thick * 0.3, x + lean, 0);
    const y = x + pitch * 0.5;
    crests.moveTo(y, thick);
    crests.bezierCurveTo(y + lean * 0.2, thick * 0.7, y + lean * 0.8, thick * 0.3, y + lean, 0);
  }
  g.lineWidth = pitch * 0.3;
  g.strokeStyle = withAlpha(tone.deep, 0.34 * strength);
  g.stroke(valleys);
  g.lineWidth = pitch * 0.26;
  g.strokeStyle = withAlpha(tone.sheen, 0.24 * strength);
  g.stroke(crests);

  // Single fibres in the plies, some darker and some lighter.
  g.lineWidth = 0.5;
  for (const tint of [tone.deep, tone.sheen]) {
    g.strokeStyle = withAlpha(tint, 0.22);
    g.beginPath();
    for (let k = length / cell * 2.5; k > 0; k -= 1) {
      const x = r(-lean, length);
      const y = r(thick * 0.3, thick);
      const run = r(0.25, 0.6);
      g.moveTo(x, y);
      g.lineTo(x + lean * run, y - thick * run * 0.8);
    }
    g.stroke();
  }

  // Ends dive into shade; a float that lies in the light is bright where it rises towards it.
  const dive = Math.min(0.45, (cell * 0.42) / length);
  const dark = withAlpha(tone.deep, 0.7);
  const none = withAlpha(tone.deep, 0);
  g.fillStyle = gradient(g, length, 0, [[0, withAlpha(tone.deep, along ? 0.26 : 0.4)], [dive * 0.7, none], [1 - dive, none], [1, dark]]);
  g.fillRect(-PAD, 0, length + 2 * PAD, thick);

  // Sheen grows with the length of the float: long ones lie smooth.
  const gloss = Math.min(0.55, 0.16 + 0.07 * (length / cell)) * strength;
  const from = length * (along ? 0.12 : 0.15);
  const reach = length * (along ? 0.56 : 0.62);
  g.lineCap = 'round';
  g.lineWidth = Math.max(0.8, thick * 0.13);
  g.strokeStyle = withAlpha(tone.sheen, gloss * 0.75);
  g.beginPath();
  g.moveTo(from + thick * 0.2, thick * 0.28);
  g.lineTo(Math.max(from + thick * 0.25, from + reach - thick * 0.2), thick * 0.28);
  g.stroke();
  g.restore();
}

function sprite(weft, colour, length, thick, variant) {
  const key = `${weft}|${colour}|${length}|${thick}|${variant}`;
  if (!sprites.has(key)) {
    const [w, h] = weft ? [length, thick] : [thick, length];
    const piece = new OffscreenCanvas(w + 2 * PAD, h + 2 * PAD);
    const g = piece.getContext('2d');
    g.translate(PAD, PAD);
    if (!weft) g.transform(0, 1, 1, 0, 0, 0);
    paint(g, way.yarns[colour], length, thick, weft, rng(key));
    sprites.set(key, piece);
  }
  return sprites.get(key);
}

// ---- the cloth, on a sheet that is a little larger than the tile: the surplus is there to be compared.

const SURPLUS = 8;
const sheet = new OffscreenCanvas(width + SURPLUS, height + SURPLUS);
const g = sheet.getContext('2d');
const turns = [-1, 0, 1];

/** Calls `lay` for every place on the sheet where a thing of the torus shows. */
function wrapped(x, y, w, h, lay) {
  for (const a of turns) {
    for (const b of turns) {
      const left = x + a * width;
      const top = y + b * height;
      if (left < width + SURPLUS && left + w > 0 && top < height + SURPLUS && top + h > 0) lay(left, top);
    }
  }
}

/** The stretches round a circle of `n` where `shown` holds: [start, count]. */
function stretches(n, shown) {
  const first = range(n).find((k) => shown(k) && !shown((k + n - 1) % n));
  if (first === undefined) return shown(0) ? [[0, n]] : [];
  const found = [];
  for (let k = 0; k < n; k += 1) {
    const at = (first + k) % n;
    if (!shown(at)) continue;
    if (shown((at + n - 1) % n) && found.length) found[found.length - 1][1] += 1;
    else found.push([at, 1]);
  }
  return found;
}

const chanceOf = rng(`weave ${way.name}`);
const hands = range(threads).map(() => chanceOf.int(0, VARIANTS - 1));
const variant = (thread) => (chanceOf.chance(0.7) ? hands[thread] : chanceOf.int(0, VARIANTS - 1));
const span = (from, count) => range(count).reduce((sum, k) => sum + heights[(from + k) % threads], 0);

function lay(piece, x, y) {
  wrapped(x - PAD, y - PAD, piece.width, piece.height, (left, top) => g.drawImage(piece, left, top));
}

const shadow = ramp([way.yarns[draft.warp[0]], way.yarns[draft.weft[0]]], 0.5);
g.fillStyle = mix(shadow, '#0b0912', 0.8);
g.fillRect(0, 0, width + SURPLUS, height + SURPLUS);

// A row repeats after `repeat` ends: its floats are found once and laid `times` times.
for (let j = 0; j < threads; j += 1) {
  for (const [start, count] of stretches(repeat, (i) => !lifted(i, j))) {
    for (let t = 0; t < times; t += 1) {
      lay(sprite(true, draft.weft[j % repeat], count * cell, heights[j], variant(j)), (start + t * repeat) * cell, tops[j]);
    }
  }
}
for (let i = 0; i < threads; i += 1) {
  for (const [start, count] of stretches(repeat, (j) => lifted(i, j))) {
    const length = span(start, count);
    for (let t = 0; t < times; t += 1) {
      lay(sprite(false, draft.warp[i % repeat], length, cell, variant(i)), i * cell, tops[start + t * repeat]);
    }
  }
}

// Loose fibres stand up from soft yarn, each in the colour of the thread below it. They are pieces too, since
// only whole pixels move across an edge without a change.
const FIBRES = 12;

function fibre(colour, k) {
  const key = `fibre ${colour} ${k}`;
  if (!sprites.has(key)) {
    const r = rng(key);
    const piece = new OffscreenCanvas(2 * cell, 2 * cell);
    const f = piece.getContext('2d');
    const turn = r(Math.PI * 2);
    const reach = cell * r(0.35, 0.9);
    f.translate(cell, cell);
    f.rotate(turn);
    f.beginPath();
    f.moveTo(-reach / 2, 0);
    f.quadraticCurveTo(0, reach * r(-0.5, 0.5), reach / 2, reach * r(-0.2, 0.2));
    f.lineWidth = 0.5;
    f.lineCap = 'round';
    f.strokeStyle = withAlpha(mix(way.yarns[colour], '#fff6e6', 0.3), 0.4);
    f.stroke();
    sprites.set(key, piece);
  }
  return sprites.get(key);
}

const fibres = Math.round(threads * threads * 0.9 * soft);
for (let k = 0; k < fibres; k += 1) {
  const i = chanceOf.int(0, threads - 1);
  const j = chanceOf.int(0, threads - 1);
  const colour = lifted(i, j) ? draft.warp[i % repeat] : draft.weft[j % repeat];
  lay(fibre(colour, chanceOf.int(0, FIBRES - 1)), i * cell + chanceOf.int(-cell, 0), Math.floor(tops[j]) + chanceOf.int(-cell, 0));
}

// ---- what goes over the right and lower edges has to be what the left and upper edges begin with.

const same = (a, b) => a.data.every((value, k) => value === b.data[k]);
const seamless = same(g.getImageData(width, 0, SURPLUS, height), g.getImageData(0, 0, SURPLUS, height))
  && same(g.getImageData(0, height, width, SURPLUS), g.getImageData(0, 0, width, SURPLUS));
if (!seamless) throw new Error('the tile has a seam');

ctx.drawImage(sheet, 0, 0);
features({ seamless, softness: Math.round(soft * 100) / 100 });
