// First of four plates: surveys a coast that does not exist and prints its colours, water and land.
// What the others need to know goes along: `survey.json` says what stands where, `ground.json` is
// the height of every point.
const W = width, H = height;
const { turbulence, palette: paletteName, theme = "" } = params;

// The plate number seeds every later plate, and within one each part has a stream of its own, so
// that a change to one part moves no other.
const plate = randomInt(1, 2147483646);

// ---- Palettes: paper and ink, land and its strokes, seven waters from the shore down, one
// accent for the sheet and a lamp for the light.
const palettes = {
  kelp: { paper: "#f1e9d4", ink: "#1b2b29", land: "#ecdcb2", high: "#dfc890", stroke: "#5b4a2a", sand: "#e9dfae", accent: "#cf3f23", lamp: "#e4502f",
    sea: ["#d5dcc0", "#b5d0b8", "#8cbba8", "#649f94", "#42807d", "#2b6264", "#1b484e"] },
  ember: { paper: "#f4e8d6", ink: "#2b191b", land: "#f3e3c6", high: "#e6cda3", stroke: "#6b3f2c", sand: "#f0cf9d", accent: "#0f6a70", lamp: "#fff3cf",
    sea: ["#f0c69c", "#e6a477", "#d58059", "#b96049", "#934543", "#6c333c", "#482734"] },
  dusk: { paper: "#efe6e2", ink: "#1d1d38", land: "#f2dcc4", high: "#e8c3a4", stroke: "#6a4a55", sand: "#f0cdb4", accent: "#d94f24", lamp: "#f2703f",
    sea: ["#e3ccd0", "#cab5cc", "#a79cc2", "#8283b1", "#606798", "#454b79", "#2f3459"] },
  admiralty: { paper: "#f4eddb", ink: "#16283a", land: "#ecd08d", high: "#deb766", stroke: "#5f4723", sand: "#cfd6a2", accent: "#b8286a", lamp: "#d8327f",
    sea: ["#d3e2df", "#b0d0d8", "#84b3c9", "#5991b4", "#3b7098", "#275478", "#193c5a"] },
  salt: { paper: "#f6f2e9", ink: "#22303a", land: "#f1e2bf", high: "#e7d09f", stroke: "#6f6248", sand: "#eadfb8", accent: "#d8431b", lamp: "#ee5a30",
    sea: ["#e9ebe1", "#d9e1db", "#c4d3d3", "#abc2c7", "#8dabb5", "#6c8e9b", "#4b6f7e"] },
  nocturne: { paper: "#13202b", ink: "#ead9b0", land: "#c3a468", high: "#d5bb84", stroke: "#33291a", sand: "#7d7f5c", accent: "#f06a3c", lamp: "#ffc074",
    sea: ["#4f7a78", "#3c6770", "#2e5565", "#244558", "#1c374a", "#162b3c", "#112130"] },
};
const ink = palettes[paletteName];
const dark = paletteName === "nocturne";
const landInk = dark ? "#1c1710" : ink.ink;
// Inks that read on a colour: the sheet's own dark and pale.
const pale = dark ? ink.ink : ink.paper, deep = dark ? "#0e1821" : ink.ink;

// ---- Traits and their rarity. Words of the theme lean on the scale, no more.
under("traits");
const leans = (words, weight) => (words.test(theme) ? weight * 6 : weight);
const CHANCES = {
  tide: { ebb: leans(/ebb|low/i, 34), flood: leans(/flood|high|rising/i, 34), slack: leans(/slack|still|calm/i, 22), spring: leans(/spring|full moon|new moon/i, 10) },
  weather: { clear: leans(/clear|sun|bright/i, 60), fog: leans(/fog|mist|haze/i, 25), squall: leans(/squall|storm|gale|rain/i, 15) },
  scale: { harbour: 16, approach: 44, coast: 30, ocean: 10 },
  form: { bay: 22, headland: 20, strait: 14, estuary: 14, archipelago: 16, island: 10, atoll: 4 },
};
const chosen = Object.fromEntries(Object.entries(CHANCES).map(([name, chances]) => [name, weighted(chances)]));
const { tide, weather, form } = chosen;
// How seldom each trait is, as a share.
const rarity = Object.fromEntries(Object.entries(CHANCES).map(([name, chances]) => {
  const all = Object.values(chances).reduce((sum, weight) => sum + weight, 0);
  return [name, Math.round((chances[chosen[name]] / all) * 1000) / 1000];
}));
// Springs come with a full or new moon; other days have any.
const moonAge = tide === "spring" ? pick([random(0, 1), random(14.2, 15.4)]) : random(0, 29.53);
const SCALES = {
  harbour: { one: 12500, scale: 560, depths: [1, 2, 3, 5, 7, 10, 14] },
  approach: { one: 50000, scale: 430, depths: [2, 5, 10, 15, 20, 30, 46] },
  coast: { one: 150000, scale: 330, depths: [5, 10, 20, 30, 50, 80, 130] },
  ocean: { one: 600000, scale: 260, depths: [10, 50, 100, 200, 500, 1000, 2400] },
};
const scale = SCALES[chosen.scale];

// ---- The ground: a form, roughened by noise whose positions are themselves moved by noise.
const box = { x: -12, y: -12, width: W + 24, height: H + 24 };
under("ground");
noiseDetail(3, 0.5);
const swirl = (shift) => field({ ...box, cell: 16 }, (x, y) => noise(x / scale.scale + shift, y / scale.scale, 3.7) - 0.5);
const swirlX = swirl(0), swirlY = swirl(41.3), amount = 720 * turbulence;

const facing = random(Math.PI * 2), [nx, ny] = [Math.cos(facing), Math.sin(facing)];
const slip = random(-0.35, 0.35);
const bump = (u, v, cu, cv, size) => Math.exp(-((u - cu) ** 2 + (v - cv) ** 2) / (size * size));
const islands = [];
const bow = random(-0.5, 0.5);
for (let i = 0, n = randomInt(7, 12); i < n; i += 1) {
  const along = ((i + 0.5) / n - 0.5) * 2.1, off = bow * (1 - along * along) + randomGaussian(0, 0.16);
  islands.push([-ny * along + nx * off, nx * along + ny * off, 0.1 + 0.26 * Math.pow(random(), 2)]);
}
const FORMS = {
  bay: { share: 0.4, at: (u, v, s, t) => s * 1.1 - 1.15 * Math.exp(-((Math.max(0, s - 0.3) / 0.42) ** 2) - ((t - slip) / 0.44) ** 2) },
  headland: { share: 0.36, at: (u, v, s, t) => s * 1.1 + 0.95 * Math.exp(-(((s + 0.1) / 0.55) ** 2) - ((t - slip) / 0.22) ** 2) },
  strait: { share: 0.44, at: (u, v, s, t) => Math.abs(s + slip + 0.16 * Math.sin(t * 2.6 + facing)) * 1.5 - 0.5 },
  estuary: { share: 0.44, at: (u, v, s, t) => s * 1.1 + 0.1 - 1.1 * Math.exp(-(((t - slip - 0.24 * Math.sin(s * 3.4 + facing)) / (0.13 + 0.22 * Math.max(0, 0.5 - s))) ** 2)) },
  archipelago: { share: 0.24, at: (u, v) => Math.max(...islands.map(([cu, cv, r]) => (r - Math.hypot(u - cu, v - cv)) * 1.5)) + 0.1 },
  island: { share: 0.27, at: (u, v, s, t) => 0.5 - Math.hypot(s * 1.25 + slip * 0.4, t * 0.85) },
  atoll: { share: 0.13, at: (u, v, s, t) => 0.2 - 1.3 * Math.abs(Math.hypot(s * 1.1, t) - 0.5) - 0.35 * bump(s, t, -0.5, slip, 0.22) },
};
const { share, at: shape } = FORMS[form];
noiseDetail(weather === "squall" ? 7 : 6, 0.44 + 0.16 * turbulence);
const raw = field({ ...box, cell: 4 }, (x, y) => {
  const px = x + amount * swirlX.sample(x, y), py = y + amount * swirlY.sample(x, y);
  const u = ((x + px) / 2 - W / 2) / (W / 2), v = ((y + py) / 2 - H / 2) / (W / 2);
  return shape(u, v, u * nx + v * ny, -u * ny + v * nx) + (noise(px / scale.scale, py / scale.scale) - 0.5) * 1.25;
});

// ---- The cartouche takes the quietest corner, and the ground there is made quiet for it.
const CARTOUCHE = { w: 404, h: 284, inset: 40 };
const shoreLevel = raw.quantile(1 - share);
const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([right, low]) => {
  const x = right ? W - CARTOUCHE.w - CARTOUCHE.inset : CARTOUCHE.inset, y = low ? H - CARTOUCHE.h - CARTOUCHE.inset : CARTOUCHE.inset;
  let sum = 0;
  for (let i = 0; i < 8; i += 1) for (let j = 0; j < 6; j += 1) sum += Math.sign(raw.sample(x + (i / 7) * CARTOUCHE.w, y + (j / 5) * CARTOUCHE.h) - shoreLevel) / 48;
  return { x, y, w: CARTOUCHE.w, h: CARTOUCHE.h, right, low, mean: sum, calm: Math.abs(sum) + (low ? 0 : 0.08) + (sum > 0 ? 0.15 : 0) };
});
const cartouche = corners.reduce((best, corner) => (corner.calm > best.calm ? corner : best));
const onLand = cartouche.mean > 0;
const outside = ({ x, y, w, h }, px, py) => Math.hypot(Math.max(x - px, px - x - w, 0), Math.max(y - py, py - y - h, 0));
const calmLevel = onLand ? 0.3 : raw.quantile((1 - share) * 0.05) - shoreLevel;
noiseDetail(3, 0.5);
const reach = field({ ...box, cell: 16 }, (x, y) => 90 + 760 * Math.max(0, noise(x / 240, y / 240, 8.8) - 0.33));
// Measured from within, so that its corners are round.
const heart = { x: cartouche.x + 110, y: cartouche.y + 110, w: cartouche.w - 220, h: cartouche.h - 220 };
const ground = raw.map((value, x, y) => {
  const away = outside(heart, x, y) - 118;
  if (away > 480) return value - shoreLevel;
  // How far the quiet reaches wanders, so that nothing betrays the rectangle.
  const t = Math.min(1, Math.max(0, 1 - away / reach.sample(x, y))), hold = t * t * (3 - 2 * t);
  return (value - shoreLevel) * (1 - hold) + (calmLevel + (value - shoreLevel) * 0.04) * hold;
});
const shoreAway = ground.distance(0);                // positive on land
const inland = (x, y) => shoreAway.sample(x, y);

// Depth by share of the sea, so that each water has its part of the picture; round fathoms between.
const seaLevel = (part) => ground.quantile((1 - share) * (1 - part));
const PARTS = [0.08, 0.19, 0.33, 0.49, 0.66, 0.84, 1];
const levels = PARTS.map(seaLevel);
// A title on the water lies wholly in the deepest.
if (!onLand) levels[5] = Math.max(levels[5], calmLevel + 0.07);
for (let i = 0; i < levels.length; i += 1) levels[i] = Math.min(levels[i], (levels[i - 1] ?? 0) - 0.004);
const fathoms = (h) => {
  let [h0, d0] = [0, 0];
  for (let i = 0; i < levels.length; i += 1) {
    if (h >= levels[i]) return d0 + ((h - h0) / (levels[i] - h0)) * (scale.depths[i] - d0);
    [h0, d0] = [levels[i], scale.depths[i]];
  }
  return d0;
};
const band = (h) => { const i = levels.findIndex((level) => h >= level); return i < 0 ? 6 : i; };
const haze = dark ? "#5d7078" : ink.paper;
// Weather changes the contrast: fog lifts the deep waters, a squall drives them down.
const water = ink.sea.map((colour, i) => (weather === "fog" ? blend(colour, dark ? "#4b6069" : ink.paper, 0.14 + 0.05 * i) : weather === "squall" ? blend(colour, "#10161c", 0.03 + 0.035 * i) : colour));
const waterAt = (x, y) => { const h = ground.sample(x, y); return h > 0 ? ink.land : water[band(h)]; };

const average = (points) => points.map(([x, y]) => waterAt(x, y)).reduce((mean, colour, i) => (i ? blend(mean, colour, 1 / (i + 1)) : colour), "#000000");
const within = (x, y, margin) => x > margin && y > margin && x < W - margin && y < H - margin;
const clearOfTitle = (x, y, r) => outside(cartouche, x, y) > r;

// ---- Where things stand: the light, the compass, the course of the ship.
under("places");
const coasts = contours(ground, 0, { smooth: 1 })[0].lines.filter((line) => polyline.length(line) > 60);
const openWater = (x, y) => {
  let count = 0;
  for (let i = 0; i < 32; i += 1) if (inland(x + (60 + (i % 2) * 90) * Math.cos(i / 5.1), y + (60 + (i % 2) * 90) * Math.sin(i / 5.1)) < -4) count += 1;
  return count / 32;
};
const golden = [cartouche.right ? W * 0.4 : W * 0.6, cartouche.low ? H * 0.42 : H * 0.58];
let beacon = { x: golden[0], y: golden[1], worth: -9 };
for (const line of coasts) {
  for (const [x, y] of polyline.points(polyline.resample(line, 18))) {
    if (!within(x, y, 150) || !clearOfTitle(x, y, 110)) continue;
    const worth = openWater(x, y) * 1.4 - Math.hypot(x - golden[0], y - golden[1]) / 420;
    if (worth > beacon.worth) beacon = { x, y, worth };
  }
}
// The scale bar takes a corner that no shore runs through.
const corner = ([x, y]) => Math.min(outside(cartouche, x, y), outside(cartouche, x + 270, y), ...[0, 54, 108, 162, 216, 270].map((along) => 3 * Math.abs(inland(x + along, y)))) + (y > H / 2 ? 8 : 0);
const [barX, barY] = [[40, H - 46], [W - 310, H - 46], [40, 54], [W - 310, 54]].reduce((best, at) => (corner(at) > corner(best) ? at : best));
const bar = { x: barX, y: barY, w: 210 };
const widest = pick([96, 112, 128]);
let compass = { x: W / 2, y: H / 2, r: 0 };
for (let i = 0; i < 700; i += 1) {
  const x = random(90, W - 90), y = random(90, H - 90);
  const room = Math.min(Math.abs(inland(x, y)) + 14, x - 26, y - 26, W - x - 26, H - y - 26, outside(cartouche, x, y) - 14, outside({ ...bar, y: bar.y - 16, h: 24 }, x, y) - 16, Math.hypot(x - beacon.x, y - beacon.y) - 130, widest);
  if (room > compass.r) compass = { x, y, r: room };
}
compass.r = Math.max(62, compass.r * 0.94);

// A leg is safe when it keeps off the shore all along.
const safe = ([ax, ay], [bx, by], margin) => {
  const steps = Math.ceil(Math.hypot(bx - ax, by - ay) / 9);
  for (let i = 0; i <= steps; i += 1) {
    const x = ax + ((bx - ax) * i) / steps, y = ay + ((by - ay) * i) / steps;
    if (inland(x, y) > -margin || !clearOfTitle(x, y, 16) || outside({ ...bar, y: bar.y - 20, w: 270, h: 30 }, x, y) < 6 || Math.hypot(x - compass.x, y - compass.y) < compass.r + 8) return false;
  }
  return true;
};
let course = [];
for (let i = 0, longest = 150; i < 900; i += 1) {
  const turn = random(Math.PI * 2), out = random(30, 90);
  const anchor = [beacon.x + Math.cos(turn) * out, beacon.y + Math.sin(turn) * out];
  const side = randomInt(0, 3), along = random();
  const edge = [side < 2 ? along * W : (side - 2) * W, side < 2 ? side * H : along * H];
  const knee = [random(70, W - 70), random(70, H - 70)];
  const length = Math.hypot(edge[0] - knee[0], edge[1] - knee[1]) + Math.hypot(anchor[0] - knee[0], anchor[1] - knee[1]);
  const bend = Math.abs(Math.hypot(edge[0] - anchor[0], edge[1] - anchor[1]) / length);
  if (length < longest || Math.hypot(anchor[0] - knee[0], anchor[1] - knee[1]) < 130 || bend < 0.72 || bend > 0.985) continue;
  if (inland(...anchor) < -13 && safe(edge, knee, 20) && safe(knee, anchor, 9)) [course, longest] = [[edge, knee, anchor], length];
}

// The town lies in shelter, not far from its light.
let town = { worth: 0 };
for (const line of coasts) {
  for (const { x, y, angle } of polyline.at(line, Array.from({ length: Math.floor(polyline.length(line) / 14) }, (_, i) => i * 14))) {
    const far = Math.hypot(x - beacon.x, y - beacon.y), behind = (away) => [x - Math.sin(angle) * away, y + Math.cos(angle) * away];
    if (far < 80 || far > 420 || !within(x, y, 60) || inland(...behind(13)) < 7 || inland(...behind(34)) < 22) continue;
    if (!clearOfTitle(x, y, 40) || Math.hypot(x - compass.x, y - compass.y) < compass.r + 40 || outside({ ...bar, h: 10 }, x, y) < 40) continue;
    const worth = 1.3 - openWater(x, y) - far / 900;
    if (worth > town.worth) town = { x, y, angle, worth };
  }
}

// Where the light is seen from: the widest arc of open water around it.
const seen = Array.from({ length: 72 }, (_, i) => [34, 62, 96].every((r) => inland(beacon.x + r * Math.cos(i * Math.PI / 36), beacon.y + r * Math.sin(i * Math.PI / 36)) < 0));
let view = [0, 0];
for (let i = 0; i < 72; i += 1) {
  let n = 0;
  while (n < 72 && seen[(i + n) % 72]) n += 1;
  if (n > view[1]) view = [i, n];
}
view = [view[0] * Math.PI / 36, (view[0] + view[1]) * Math.PI / 36];

// ---- Colour plates. Each lies a little off the others, as hand-fed paper does.
under("plates");
const slips = [[random(-1.3, 1.3), random(-1.1, 1.1)], [random(-1.6, 1.6), random(-1.3, 1.3)]];
const fillAreas = (of, level, colour) => {
  // Short steps first: smoothing cuts corners, and those of the frame are long.
  const rings = areas(of, level)[0].lines.map((ring) => polyline.smooth(polyline.resample(ring, 4.5), 1));
  ctx.fillStyle = colour;
  ctx.fill(outline(rings));
};
ctx.fillStyle = water[6];
ctx.fillRect(0, 0, W, H);
ctx.save();
ctx.translate(...slips[0]);
for (let i = 5; i >= 0; i -= 1) fillAreas(ground, levels[i], water[i]);
ctx.restore();
// What falls dry: wide at springs, little at flood.
const dries = seaLevel({ ebb: 0.05, slack: 0.028, flood: 0.012, spring: 0.085 }[tide]);
fillAreas(ground, dries, blend(ink.sand, water[0], 0.25));
ctx.save();
ctx.translate(...slips[1]);
fillAreas(ground, 0, ink.land);
const inlandField = shoreAway.blur(14);
fillAreas(inlandField, 46, blend(ink.land, ink.high, 0.5));
fillAreas(inlandField, 92, ink.high);
ctx.restore();

// ---- What goes along.
const around = ({ x, y, r }) => Array.from({ length: 40 }, (_, i) => [x + Math.cos(i * 2.4) * r * Math.sqrt(i / 40), y + Math.sin(i * 2.4) * r * Math.sqrt(i / 40)]);
const traits = { form, tide, weather, scale: chosen.scale, palette: paletteName, rarity };
features({ ...traits, plate });
attach("survey.json", {
  ...traits, plate, theme, moonAge, ink, pale, deep, landInk, water, levels, depths: scale.depths, dries,
  cartouche: { ...cartouche, onLand, ground: onLand ? ink.land : weather === "fog" ? blend(water[6], haze, 0.62) : water[6] },
  haze,
  course: { points: course, ground: course.length ? average(course.flatMap(([x, y], i) => (i ? [0.2, 0.5, 0.8].map((t) => [x + (course[i - 1][0] - x) * t, y + (course[i - 1][1] - y) * t]) : []))) : ink.land },
  compass: { ...compass, ground: average(around(compass)) },
  bar: { ...bar, one: scale.one, ground: average([0, 50, 100, 150, 200].map((x) => [bar.x + x, bar.y])) },
  beacon: { ...beacon, view }, town: town.worth > 0 ? town : null,
});
attach("ground.json", { columns: ground.columns, rows: ground.rows, values: Array.from(ground.values, (value) => Math.round(value * 1e5)) });
