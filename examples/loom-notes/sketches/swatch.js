// The swatch: woven cloth as the drawdown of its own draft. Every end climbs out of the cloth to the mark of
// the shaft that it hangs on, every pick runs out to the treadle that laid it, and where rows of the one and
// columns of the other meet stands the tie-up.

const draft = params.draft.json;
const tile = params.tile;
const way = draft.ways[0];
const { paper, ink, yarns } = way;
const { cell, repeat } = draft;
const range = (n) => Array.from({ length: n }, (_, i) => i);
const mod = (a, n) => ((a % n) + n) % n;

// ---- the grid: margins, then whatever whole number of threads fits; odd, so that a mirror has a middle.

const margin = 72;
const gap = 14;
const fringe = 58;
const foot = 150;
const odd = (n) => (Math.floor(n) % 2 ? Math.floor(n) : Math.floor(n) - 1);
const heads = draft.shafts * cell;
const treadles = draft.tieup.length * cell;
const ends = odd((width - 2 * margin - gap - treadles) / cell);
const picks = odd((height - margin - heads - gap - fringe - foot - margin + 18) / cell);
// What is left over goes to the gap, so that both margins hold.
const cloth = { x: margin, y: margin + heads + gap, w: ends * cell, h: picks * cell };
const right = width - margin - treadles;
const firstEnd = mod(-(ends - 1) / 2, repeat);
// Thick and thin picks come in pairs: begin with a whole one.
const half = Math.floor(picks / 2);
const firstPick = mod(-(half - (half % 2)), repeat);
const endAt = (i) => mod(firstEnd + i, repeat);
const pickAt = (j) => mod(firstPick + j, repeat);
const heightOf = (j) => (draft.thick[j] === null ? cell : draft.thick[j] ? cell * 1.5 : cell * 0.5);
const topOf = range(picks + 2).reduce((sums, j) => [...sums, sums[j] + heightOf(pickAt(j))], [0]);
const shownPicks = range(picks + 1).filter((j) => topOf[j] + heightOf(pickAt(j)) <= cloth.h + 0.01);
const lastPick = shownPicks[shownPicks.length - 1];
cloth.h = topOf[lastPick] + heightOf(pickAt(lastPick));          // no pick is cut through

// ---- ground

const hand = rng('hand');
const night = contrast(paper, '#000000') < 4;
ctx.fillStyle = paper;
ctx.fillRect(0, 0, width, height);

// Loose yarn goes onto a layer of its own, so that it throws one shadow.
const layer = new OffscreenCanvas(width, height);
const loose = layer.getContext('2d');

/** A yarn that is seen on its own: a darker edge, the body, the turns of its plies, a crest of light. */
function thread(path, yarn, thick) {
  // Dark yarn on a dark ground, or white on white, would vanish: it borrows a little ink.
  const colour = contrast(yarn, paper) < 1.4 ? mix(yarn, ink, 0.2) : yarn;
  loose.lineCap = 'round';
  const strokes = [[1, mix(darken(colour, 0.14), '#120d18', 0.18)], [0.68, colour], [0.3, mix(colour, '#fff6e4', 0.4)]];
  for (const [share, tone] of strokes) {
    loose.lineWidth = thick * share;
    loose.strokeStyle = tone;
    loose.stroke(path);
  }
  loose.lineCap = 'butt';
  loose.setLineDash([thick * 0.22, thick * 0.5]);
  loose.lineWidth = thick * 0.8;
  loose.strokeStyle = withAlpha(mix(darken(colour, 0.2), '#120d18', 0.2), 0.34);
  loose.stroke(path);
  loose.setLineDash([]);
}

// ---- threads that lead from the cloth to their marks, all of one colour at a time

const thin = Math.max(1.3, cell * 0.2);
const shaftY = (s) => margin + (draft.shafts - 1 - s) * cell + cell / 2;
const treadleX = (t) => right + t * cell + cell / 2;
const leads = new Map();
const lead = (colour) => leads.get(colour) ?? leads.set(colour, new Path2D()).get(colour);
for (let i = 0; i < ends; i += 1) {
  const path = lead(draft.warp[endAt(i)]);
  const x = cloth.x + (i + 0.5) * cell;
  path.moveTo(x, cloth.y + cell);
  path.lineTo(x, shaftY(draft.threading[endAt(i)]));
}
for (const j of shownPicks) {
  const path = lead(draft.weft[pickAt(j)]);
  const y = cloth.y + topOf[j] + heightOf(pickAt(j)) / 2;
  path.moveTo(cloth.x + cloth.w - cell, y);
  path.lineTo(treadleX(draft.treadling[pickAt(j)]), y);
}
for (const [colour, path] of leads) thread(path, yarns[colour], thin);

// ---- fringe: ends gathered in knots

function fringeOf(from, count) {
  const bottom = cloth.y + cloth.h;
  const centre = cloth.x + (from + count / 2) * cell + hand.gaussian(0, 1);
  const knot = bottom + 19 + hand(-2, 2);
  for (let i = from; i < from + count; i += 1) {
    const colour = yarns[draft.warp[endAt(i)]];
    const x = cloth.x + (i + 0.5) * cell;
    const path = new Path2D();
    path.moveTo(x, bottom - 3);
    path.bezierCurveTo(x, bottom + 8, centre + (x - centre) * 0.25, knot - 8, centre + (x - centre) * 0.12, knot);
    const tail = centre + (x - centre) * 0.5 + hand.gaussian(0, 1.6);
    path.bezierCurveTo(centre, knot + 8, tail, knot + 14, tail + hand.gaussian(0, 1.5), knot + 30 + hand(-3, 5));
    thread(path, colour, Math.max(2, cell * 0.34));
  }
  for (let k = -1; k <= 1; k += 1) {
    const loop = new Path2D();
    loop.ellipse(centre, knot + k * 1.9, count * 0.42 + 2.2, 2.6, hand(-0.15, 0.15), 0, Math.PI * 2);
    thread(loop, yarns[draft.warp[endAt(from + Math.floor(count / 2) + k)]], 3);
  }
}
const bundles = Math.round(cloth.w / 62);
range(bundles).forEach((b) => {
  const from = Math.round((b * ends) / bundles);
  fringeOf(from, Math.round(((b + 1) * ends) / bundles) - from);
});

// ---- selvedges: each pick turns at the edge and comes back as the next one of its shuttle

const turning = Math.min(1, cell * 0.1);
for (const j of shownPicks) {
  const h = heightOf(pickAt(j));
  for (const x of [cloth.x + 0.5, cloth.x + cloth.w - 0.5]) {
    const loop = new Path2D();
    const y = cloth.y + topOf[j] + h / 2;
    loop.ellipse(x, y, cell * 0.22 + hand(0, turning), h * 0.3, 0, 0, Math.PI * 2);
    thread(loop, yarns[draft.weft[pickAt(j)]], h * 0.42);
  }
}

ctx.save();
ctx.shadowColor = night ? 'rgba(0,0,0,0.7)' : withAlpha(ink, 0.38);
ctx.shadowBlur = 4;
ctx.shadowOffsetX = 2;
ctx.shadowOffsetY = 3;
ctx.drawImage(layer, 0, 0);
ctx.restore();

// ---- marks

const dot = cell * 0.62;
const mark = (x, y, h = dot) => ctx.rect(x - dot / 2, y - h / 2, dot, h);
ctx.fillStyle = ink;
ctx.beginPath();
for (let i = 0; i < ends; i += 1) mark(cloth.x + (i + 0.5) * cell, shaftY(draft.threading[endAt(i)]));
for (const j of shownPicks) {
  const h = heightOf(pickAt(j));
  mark(treadleX(draft.treadling[pickAt(j)]), cloth.y + topOf[j] + h / 2, Math.min(dot, h * 0.7));
}
ctx.fill();
ctx.fillStyle = yarns[4];
ctx.beginPath();
draft.tieup.forEach((shafts, t) => shafts.forEach((s) => mark(treadleX(t), shaftY(s))));
ctx.fill();
ctx.strokeStyle = withAlpha(ink, 0.3);
ctx.lineWidth = 0.5;
ctx.beginPath();
draft.tieup.forEach((_, t) => range(draft.shafts).forEach((s) => ctx.rect(treadleX(t) - cell / 2, shaftY(s) - cell / 2, cell, cell)));
ctx.stroke();

// ---- cloth

ctx.save();
ctx.shadowColor = night ? 'rgba(0,0,0,0.75)' : withAlpha(ink, 0.42);
ctx.shadowBlur = 22;
ctx.shadowOffsetX = 7;
ctx.shadowOffsetY = 11;
ctx.fillStyle = yarns[1];
ctx.fillRect(cloth.x, cloth.y, cloth.w, cloth.h - 1);
ctx.restore();

ctx.save();
ctx.beginPath();
ctx.rect(cloth.x, cloth.y, cloth.w, cloth.h);
ctx.clip();
const side = tile.width / density;
const offsetY = range(firstPick).reduce((sum, j) => sum + heightOf(j), 0);
for (let y = cloth.y - offsetY; y < cloth.y + cloth.h; y += side) {
  for (let x = cloth.x - firstEnd * cell; x < cloth.x + cloth.w; x += side) {
    if (x + side > cloth.x && y + side > cloth.y) ctx.drawImage(tile, x, y, side, side);
  }
}

// The cloth does not lie quite flat: slow swells, light on the slopes that face the lamp.
const swell = noiseField({ scale: 420, octaves: 3, seed: 'swell', cell: 24 });
const small = new OffscreenCanvas(swell.columns, swell.rows, { density: 1 });
const image = new ImageData(swell.columns, swell.rows);
for (let row = 0; row < swell.rows; row += 1) {
  for (let column = 0; column < swell.columns; column += 1) {
    const [dx, dy] = swell.gradient(column * 24, row * 24);
    const lit = -(0.8 * dx + 0.6 * dy) * 420;
    const at = 4 * (row * swell.columns + column);
    image.data.fill(lit > 0 ? 255 : 0, at, at + 3);
    image.data[at + 3] = Math.min(56, Math.abs(lit) * 26);
  }
}
small.getContext('2d').putImageData(image, 0, 0);
ctx.globalCompositeOperation = 'soft-light';
ctx.drawImage(small, 0, 0, width, height);
ctx.globalCompositeOperation = 'source-over';

const rake = ctx.createLinearGradient(cloth.x, cloth.y, cloth.x + cloth.w, cloth.y + cloth.h);
rake.addColorStop(0, 'rgba(255,244,220,0.13)');
rake.addColorStop(0.42, 'rgba(255,244,220,0)');
rake.addColorStop(0.58, 'rgba(12,8,24,0)');
rake.addColorStop(1, 'rgba(12,8,24,0.3)');
ctx.fillStyle = rake;
ctx.fillRect(cloth.x, cloth.y, cloth.w, cloth.h);
ctx.restore();

// ---- a tape label, sewn on at its short ends

const tape = { w: 132, h: 46, x: cloth.x + cloth.w - 132 - 34, y: cloth.y + cloth.h - 46 - 34 };
ctx.save();
ctx.shadowColor = 'rgba(10,6,18,0.6)';
ctx.shadowBlur = 8;
ctx.shadowOffsetX = 2.5;
ctx.shadowOffsetY = 3.5;
const tapeColour = night ? yarns[0] : paper;
const tapeInk = night ? paper : ink;
ctx.fillStyle = tapeColour;
ctx.fillRect(tape.x, tape.y, tape.w, tape.h);
ctx.restore();
ctx.strokeStyle = withAlpha(tapeInk, 0.1);
ctx.lineWidth = 0.5;
ctx.beginPath();
for (let y = tape.y + 1; y < tape.y + tape.h; y += 1.5) { ctx.moveTo(tape.x, y); ctx.lineTo(tape.x + tape.w, y); }
ctx.stroke();
ctx.strokeStyle = yarns[4];
ctx.lineWidth = 1.6;
ctx.lineCap = 'round';
ctx.beginPath();
for (let y = tape.y + 4; y < tape.y + tape.h - 3; y += 4.6) {
  for (const x of [tape.x + 4, tape.x + tape.w - 8]) { ctx.moveTo(x, y + hand(0, 1)); ctx.lineTo(x + 4, y + 2 + hand(-0.6, 0.6)); }
}
ctx.stroke();
ctx.textAlign = 'center';
ctx.fillStyle = tapeInk;
ctx.font = '500 17px "Cormorant SC"';
ctx.letterSpacing = '2.2px';
ctx.fillText('loom notes', tape.x + tape.w / 2 + 1, tape.y + 21);
ctx.font = '500 11px "Barlow Condensed"';
ctx.letterSpacing = '1.6px';
ctx.fillText(`No. ${params.edition}`, tape.x + tape.w / 2 + 1, tape.y + 36);
ctx.letterSpacing = '0px';

// ---- the imprint: the columns take what they need, the title what they leave

const base = height - margin;
const columns = [
  ['structure', draft.structure, draft.dressing],
  ['loom', `${draft.shafts} shafts, ${draft.tieup.length} treadles`, `${draft.sett} ends per inch`],
  ['repeat', `${draft.ends} ends, ${draft.picks} picks`, `no float over ${draft.longestFloat}`],
];
const face = (weight) => `${weight} 17px "Barlow Condensed"`;
ctx.textAlign = 'left';
let x = width - margin;
for (const [head, first, second] of columns.reverse()) {
  ctx.letterSpacing = '0.2px';
  ctx.font = face(500);
  const long = ctx.measureText(first).width;
  ctx.font = face(400);
  const wide = Math.max(112, long, ctx.measureText(second).width);
  x -= wide;
  ctx.strokeStyle = withAlpha(ink, 0.55);
  ctx.lineWidth = 0.75;
  ctx.beginPath();
  ctx.moveTo(x, base - 62);
  ctx.lineTo(x + wide, base - 62);
  ctx.stroke();
  ctx.fillStyle = ink;
  ctx.fillText(second, x, base - 3);
  ctx.font = face(500);
  ctx.fillText(first, x, base - 23);
  ctx.fillStyle = withAlpha(ink, 0.66);
  ctx.font = '500 12.5px "Barlow Condensed"';
  ctx.letterSpacing = '1.5px';
  ctx.fillText(head.toUpperCase(), x, base - 44);
  x -= 26;
}
ctx.letterSpacing = '0px';

ctx.fillStyle = ink;
let size = 62;
do {
  size -= 1;
  ctx.font = `400 ${size}px "EB Garamond"`;
} while (ctx.measureText(params.title).width > x - 20 - margin);
ctx.fillText(params.title, margin - size * 0.04, base - 36);
ctx.font = 'italic 400 21px "EB Garamond"';
ctx.fontFeatures = '"onum"';
ctx.fillStyle = withAlpha(ink, 0.8);
ctx.fillText(params.line, margin, base - 3);
ctx.fontFeatures = '';

features({ 'yarns in use': new Set([...draft.warp, ...draft.weft]).size });
