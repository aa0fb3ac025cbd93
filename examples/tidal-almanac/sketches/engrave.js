// Second plate: engraves the survey. Isobaths, soundings, relief and names, each where it has room.
const W = width, H = height;
const { concept, crowd } = params;
const survey = params.survey.json, { columns, rows, values } = params.ground.json;
const { plate, ink, pale, deep, landInk, water, levels, depths, dries, tide, weather, cartouche, compass, bar, beacon, course, town, haze } = survey;

// ---- The ground as it was surveyed.
const box = { x: -12, y: -12, width: W + 24, height: H + 24 };
const ground = field({ ...box, columns, rows }, values).multiply(1e-5);
const shoreAway = ground.distance(0);                // positive on land
const inland = (x, y) => shoreAway.sample(x, y);
const band = (h) => { const i = levels.findIndex((level) => h >= level); return i < 0 ? 6 : i; };
const waterAt = (x, y) => { const h = ground.sample(x, y); return h > 0 ? ink.land : water[band(h)]; };
const average = (points) => points.map(([x, y]) => waterAt(x, y)).reduce((mean, colour, i) => (i ? blend(mean, colour, 1 / (i + 1)) : colour), "#000000");
const fathoms = (h) => {
  let [h0, d0] = [0, 0];
  for (let i = 0; i < levels.length; i += 1) {
    if (h >= levels[i]) return d0 + ((h - h0) / (levels[i] - h0)) * (depths[i] - d0);
    [h0, d0] = [levels[i], depths[i]];
  }
  return d0;
};
const outside = ({ x, y, w, h }, px, py) => Math.hypot(Math.max(x - px, px - x - w, 0), Math.max(y - py, py - y - h, 0));
// ---- Room on the chart: discs that are taken.
const buckets = new Map(), CELL = 48;
const around = (x, y, r, visit) => {
  for (let i = Math.floor((x - r) / CELL); i <= Math.floor((x + r) / CELL); i += 1) {
    for (let j = Math.floor((y - r) / CELL); j <= Math.floor((y + r) / CELL); j += 1) if (visit(i * 1000 + j)) return true;
  }
  return false;
};
const take = (x, y, r) => { around(x, y, r, (key) => { if (!buckets.has(key)) buckets.set(key, []); buckets.get(key).push([x, y, r]); return false; }); };
const free = (x, y, r) => !around(x, y, r, (key) => (buckets.get(key) ?? []).some(([tx, ty, tr]) => (tx - x) ** 2 + (ty - y) ** 2 < (tr + r) ** 2));
const within = (x, y, margin) => x > margin && y > margin && x < W - margin && y < H - margin;
take(compass.x, compass.y, compass.r + 8);
take(compass.x, compass.y - compass.r * 1.1, compass.r * 0.14);
for (let x = 0; x <= cartouche.w; x += 24) for (let y = 0; y <= cartouche.h; y += 24) take(cartouche.x + x, cartouche.y + y, 22);
for (let x = -8; x <= bar.w + 62; x += 14) take(bar.x + x, bar.y - 6, 18);
take(beacon.x, beacon.y, 15);
const middle = town && { x: town.x - Math.sin(town.angle) * 17, y: town.y + Math.cos(town.angle) * 17 };
if (town) for (const far of [-22, 0, 22]) take(middle.x + far * Math.cos(town.angle), middle.y + far * Math.sin(town.angle), 19);
for (let leg = 1; leg < course.points.length; leg += 1) {
  const [[ax, ay], [bx, by]] = [course.points[leg - 1], course.points[leg]], steps = Math.ceil(Math.hypot(bx - ax, by - ay) / 10);
  for (let i = 0; i <= steps; i += 1) take(ax + ((bx - ax) * i) / steps, ay + ((by - ay) * i) / steps, 4);
}
// The hours beside the fixes.
for (const [leg, t] of course.points.length ? [[1, 0.42], [2, 0.5]] : []) {
  const [[ax, ay], [bx, by]] = [course.points[leg - 1], course.points[leg]], turn = Math.atan2(by - ay, bx - ax) + (bx < ax ? Math.PI : 0);
  for (const far of [0, 14, 28]) take(ax + (bx - ax) * t + far * Math.cos(turn) + 6 * Math.sin(turn), ay + (by - ay) * t + far * Math.sin(turn) - 6 * Math.cos(turn), 10);
}

// ---- Names. Each is tried in many places; it stands where it fits best, or not at all.
under("names");
const names = [];
const setFont = (font, spacing = 0) => { ctx.font = font; ctx.letterSpacing = `${spacing}px`; };
// Whether a text of this height fits on a line of points: room, ground and gentle turning.
const fits = (points, size, test) => {
  let turning = 0, last = null;
  for (let i = 0; i < points.length; i += 1) {
    const [x, y] = points[i];
    if (!within(x, y, 27) || !test(x, y) || !free(x, y - size * 0.3, size * 0.62)) return Infinity;
    if (i === 0) continue;
    const angle = Math.atan2(y - points[i - 1][1], x - points[i - 1][0]);
    if (last !== null) turning += Math.abs(Math.atan2(Math.sin(angle - last), Math.cos(angle - last)));
    last = angle;
  }
  return turning;
};
const settle = (name, points) => {
  for (const [x, y] of points) take(x, y - name.size * 0.3, name.size * 0.62);
  names.push({ ...name, path: outline([polyline.smooth(Float64Array.from(points.flat()), 2)]), ground: average(points), middle: points[points.length >> 1] });
  return true;
};
const along = (name, lines, test, turnMax) => {
  setFont(name.font, name.spacing);
  const need = ctx.measureText(name.text).width + 10;
  let best = { turning: turnMax };
  for (const line of lines) {
    const total = polyline.length(line);
    for (let tries = 0; tries < 14 && total > need + 4; tries += 1) {
      const from = random(total - need), count = Math.max(3, Math.ceil(need / 11));
      const stops = Array.from({ length: count + 1 }, (_, i) => from + (need * i) / count);
      let points = polyline.at(line, stops).map(({ x, y }) => [x, y]);
      if (points[count][0] < points[0][0]) points.reverse();
      if (points[count][0] - points[0][0] < need * 0.45) continue;
      const turning = fits(points, name.size, test);
      if (turning < best.turning) best = { turning, points };
    }
  }
  return Boolean(best.points) && settle(name, best.points);
};
const arch = (name, test, tries = 260) => {
  setFont(name.font, name.spacing);
  const need = ctx.measureText(name.text).width + 8;
  let best = { worth: 0 };
  for (let i = 0; i < tries; i += 1) {
    const cx = random(need / 2, W - need / 2), cy = random(60, H - 60), tilt = random(-0.3, 0.3), sag = random(-0.14, 0.14);
    const count = Math.ceil(need / 16);
    const points = Array.from({ length: count + 1 }, (_, k) => {
      const t = k / count - 0.5, down = sag * need * (t * t * 4 - 0.5);
      return [cx + Math.cos(tilt) * t * need - Math.sin(tilt) * down, cy + Math.sin(tilt) * t * need + Math.cos(tilt) * down];
    });
    if (fits(points, name.size, test) === Infinity) continue;
    const tones = points.map(([x, y]) => light(waterAt(x, y)));
    const worth = 60 + Math.min(...points.map(([x, y]) => Math.min(Math.abs(inland(x, y)), 90))) - 170 * (Math.max(...tones) - Math.min(...tones)) + random(14);
    if (worth > best.worth) best = { worth, points };
  }
  if (best.points) settle(name, best.points);
};
const afloat = (x, y) => inland(x, y) < -7, ashore = (x, y) => inland(x, y) > 12;
// The light's own words stand to one side of it.
const beside = (name, { x, y }, gap, test) => {
  setFont(name.font, name.spacing);
  const w = ctx.measureText(name.text).width;
  for (const [side, down] of [[1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1]]) {
    const left = side > 0 ? x + gap : x - gap - w, base = y + name.size * 0.3 + down * (gap + 2);
    const points = Array.from({ length: 9 }, (_, i) => [left + (w * i) / 8, base]);
    if (fits(points, name.size, test) < Infinity) return settle(name, points);
  }
  return false;
};
const dry = (x, y) => inland(x, y) > 7, anywhere = () => true;
const lightName = { text: concept.light, font: 'italic 16px "IM FELL English"', size: 16, spacing: 0.3, kind: "place" };
beside(lightName, beacon, 27, dry) || beside(lightName, beacon, 27, afloat) || beside(lightName, beacon, 29, anywhere);
// The town: streets along the shore.
const houses = [];
if (town) {
  const [tx, ty] = [Math.cos(town.angle), Math.sin(town.angle)];
  for (let row = 0; row < 3; row += 1) for (let k = -5; k <= 5; k += 1) {
    const a = k * 6.4 + random(-1, 1), b = 8 + row * 7 + random(-1, 1);
    const [x, y] = [town.x + tx * a - ty * b, town.y + ty * a + tx * b];
    if (random() < 0.82 - 0.1 * Math.abs(k) - 0.12 * row && inland(x, y) > 4.5) houses.push([x, y, town.angle + random(-0.15, 0.15), random(3, 5), random(2.4, 3.6)]);
  }
  const townName = { text: concept.town, font: '600 17px "EB Garamond"', size: 17, spacing: 0.6, kind: "place" };
  beside(townName, middle, 44, dry) || beside(townName, middle, 44, afloat) || beside(townName, middle, 44, anywhere);
}
for (const size of [30, 24, 19]) {
  const before = names.length;
  arch({ text: concept.water.toUpperCase(), font: `${size}px "Cormorant SC"`, size, spacing: size * 0.42, kind: "water" }, (x, y) => inland(x, y) < -size * 1.1, 420);
  if (names.length > before) break;
}
arch({ text: concept.land.toUpperCase(), font: '500 21px "Cormorant SC"', size: 21, spacing: 8, kind: "land" }, ashore, 300);
const offShore = contours(shoreAway.blur(10), [-19, -34], { smooth: 2 }).map(({ lines }) => lines);
for (const text of concept.shore) {
  const name = { text, font: 'italic 17px "IM FELL English"', size: 17, spacing: 0.3, kind: "shore" };
  if (!along(name, offShore[0], afloat, 1.1)) along(name, offShore[1], afloat, 1.1);
}
// Reefs: rocks awash within a dotted danger line, a name beside.
const reefs = [];
for (const text of concept.reefs) {
  for (let tries = 0; tries < 80; tries += 1) {
    const x = random(70, W - 70), y = random(70, H - 70), r = random(11, 20), away = inland(x, y);
    if (away > -34 || away < -120 || !free(x, y, r + 10) || Math.hypot(x - beacon.x, y - beacon.y) < 190) continue;
    const label = { text, font: 'italic 13.5px "IM FELL English"', size: 13.5, spacing: 0.2, kind: "shore" };
    setFont(label.font, label.spacing);
    const w = ctx.measureText(text).width, side = chance() ? 1 : -1, left = side > 0 ? x + r + 7 : x - r - 7 - w;
    const points = Array.from({ length: 9 }, (_, i) => [left + (w * i) / 8, y + 4]);
    if (fits(points, 13.5, afloat) === Infinity) continue;
    take(x, y, r + 3);
    settle(label, points);
    reefs.push({ x, y, r, rocks: Array.from({ length: randomInt(3, 6) }, () => [x + randomGaussian(0, r * 0.4), y + randomGaussian(0, r * 0.4)]) });
    break;
  }
}

// ---- Isobaths, shoaling to the engraver's waterlines along the shore.
const strokeAll = (lines, colour, weight, dash = []) => {
  ctx.strokeStyle = colour;
  ctx.lineWidth = weight;
  ctx.setLineDash(dash);
  ctx.stroke(outline(lines.filter((line) => polyline.length(line) > 5)));   // specks would blot
  ctx.setLineDash([]);
};
ctx.drawImage(params.tints, 0, 0, W, H);
ctx.lineJoin = ctx.lineCap = "round";
const lineOn = (colour, strength) => blend(colour, on(colour), strength);
const fine = [];
for (let i = 0; i < (cartouche.onLand ? 6 : 5); i += 1) {
  const [from, to] = [levels[i], levels[i + 1]];
  for (let k = 1; k < 4; k += 1) fine.push([from + ((to - from) * k) / 4, water[i + 1]]);
}
for (const [level, colour] of fine) strokeAll(contours(ground, level, { smooth: 1 })[0].lines, lineOn(colour, 0.24), 0.55);
const waterlines = weather === "squall" ? [3, 6.5, 11, 17, 25, 35] : [2.6, 5.6, 9.2, 13.6, 19];
waterlines.forEach((away, i) => strokeAll(contours(shoreAway, -away, { smooth: 1 })[0].lines, veil(deep, 0.62 - i * 0.095), 0.75 - i * 0.06));
strokeAll(contours(ground, dries, { smooth: 1 })[0].lines, veil(deep, 0.75), 0.7, [1, 3.2]);
const scatter = (apart, test, mark) => {
  for (let y = 0, row = 0; y < H; y += apart * 0.87, row += 1) {
    for (let x = (row % 2) * apart * 0.5; x < W; x += apart) {
      const [px, py] = [x + random(-0.4, 0.4) * apart, y + random(-0.4, 0.4) * apart];
      if (test(px, py)) mark(px, py);
    }
  }
};
// Sand in the parts that dry.
ctx.fillStyle = veil(deep, 0.62);
const grains = new Path2D();
scatter(4.6, (x, y) => { const h = ground.sample(x, y); return h < -0.002 && h > dries; }, (x, y) => grains.rect(x, y, random(0.5, 1.2), random(0.5, 1.2)));
ctx.fill(grains);

// The isobaths of the bands carry their depth, in a gap of the line.
const cut = (line, from, to) => {
  const total = polyline.length(line), parts = [[], []];
  const flat = polyline.points(polyline.resample(line, 3));
  flat.forEach((point, i) => { const at = (i / (flat.length - 1)) * total; if (at < from) parts[0].push(point); else if (at > to) parts[1].push(point); });
  return parts.filter((part) => part.length > 1).map((part) => Float64Array.from(part.flat()));
};
const marks = [];
setFont('italic 11.5px "EB Garamond"');
levels.slice(0, 6).forEach((level, i) => {
  const colour = lineOn(blend(water[i], water[i + 1], 0.5), 0.55), text = String(depths[i]);
  const gap = ctx.measureText(text).width + 5;
  const whole = [];
  for (const line of contours(ground, level, { smooth: 1 })[0].lines) {
    const total = polyline.length(line);
    const pieces = [line];
    for (let tries = 0; tries < 5 && total > 190; tries += 1) {
      const at = random(40, total - 40), { x, y, angle } = polyline.at(line, at);
      if (!within(x, y, 16) || !free(x, y, 11)) continue;
      take(x, y, 12);
      pieces.splice(0, 1, ...cut(line, at - gap / 2, at + gap / 2));
      marks.push({ x, y, text, angle: Math.cos(angle) < 0 ? angle + Math.PI : angle, colour: on(blend(water[i], water[i + 1], 0.5)) });
      break;
    }
    whole.push(...pieces);
  }
  strokeAll(whole, colour, i === 2 ? 1.25 : 0.85);
});

// ---- Weather over the water.
under("weather");
let fog = null;
if (weather === "fog") {
  noiseDetail(3, 0.5);
  fog = field({ ...box, cell: 12 }, (x, y) => noise(x / 520, y / 260, 9.1) + noise(x / 150, y / 90, 2.2) * 0.16 + (cartouche.onLand ? 0 : 0.34) * Math.max(0, 1 - outside(cartouche, x, y) / 190));
  fog = fog.subtract(fog.quantile(0.62));
  ctx.save();
  for (const [level, blur, alpha] of [[-0.03, 34, 0.3], [0.02, 22, 0.28], [0.06, 14, 0.2]]) {
    ctx.filter = `blur(${blur}px)`;
    ctx.fillStyle = veil(haze, alpha);
    ctx.fill(outline(areas(fog, level)[0].lines));
  }
  ctx.restore();
}
if (weather === "squall") {
  noiseDetail(3, 0.5);
  const gust = field({ ...box, cell: 12 }, (x, y) => noise(x / 420, y / 420, 5.5));
  const heavy = gust.quantile(0.6), slant = random(0.22, 0.42) * random.sign(), drops = new Path2D();
  scatter(8.5, (x, y) => gust.sample(x, y) > heavy && outside(cartouche, x, y) > 22, (x, y) => {
    const long = random(9, 26);
    drops.moveTo(x, y);
    drops.lineTo(x - long * slant, y + long);
  });
  ctx.strokeStyle = veil(pale, light(ink.paper) < 0.5 ? 0.3 : 0.42);
  ctx.lineWidth = 0.6;
  ctx.stroke(drops);
}

// ---- Relief: hachures down the slope, heavier away from the light of the north-west.
under("relief");
noiseDetail(5, 0.5);
const relief = field({ ...box, cell: 5 }, (x, y) => {
  const up = Math.max(0, inland(x, y));
  if (up === 0) return 0;
  const ridge = 1 - Math.abs(noise(x / 190, y / 190, 7.3) - 0.5) * 3.2;
  return Math.min(up / 46, 1) * (0.35 + 0.75 * ridge) + up / 420;
}).blur(11);
const steps = [0.05, 0.16, 0.28, 0.4, 0.52, 0.64, 0.76, 0.88, 1, 1.12, 1.24, 1.36];
const wedges = new Path2D();
for (const stroke of hachures(relief, { levels: steps, spacing: 4.1, nearest: 0.55, step: 1.7, lengthMax: 26, within: { field: shoreAway, above: 4 } })) {
  const [x, y] = stroke, [ex, ey] = [stroke.at(-2), stroke.at(-1)], long = Math.hypot(ex - x, ey - y);
  if (long < 2.2 || !free(x, y, 1) || !free(ex, ey, 1)) continue;
  const fall = Math.min(1, Math.hypot(...relief.gradient(x, y)) * 60), shade = 0.5 + 0.5 * ((ex - x) * 0.7 + (ey - y) * 0.7) / long;
  if (fall < 0.1) continue;
  // A wedge: broad where the slope begins, fine where it ends.
  const half = (0.2 + 0.75 * fall) * (0.28 + 0.95 * shade), [ux, uy] = [-((ey - y) / long), (ex - x) / long];
  const [mx, my] = [stroke[(stroke.length >> 2) * 2], stroke[(stroke.length >> 2) * 2 + 1]];
  wedges.moveTo(x + ux * half, y + uy * half);
  wedges.lineTo(mx + ux * half * 0.72, my + uy * half * 0.72);
  wedges.lineTo(ex, ey);
  wedges.lineTo(mx - ux * half * 0.72, my - uy * half * 0.72);
  wedges.lineTo(x - ux * half, y - uy * half);
}
ctx.fillStyle = ink.stroke;
ctx.fill(wedges);
strokeAll(contours(ground, 0, { smooth: 1 })[0].lines, landInk, 1.5);

// ---- Tidal streams: arrows along the isobaths, feathered on the flood.
under("streams");
const stream = flowLines(ground.blur(70), { follow: "level", separation: 92, step: 6, lengthMin: 50, lengthMax: 62, within: { field: shoreAway, below: -30 } });
const flow = new Path2D();
for (const line of tide === "slack" ? [] : stream) {
  const points = polyline.points(polyline.resample(line, 4)).slice(0, 13);
  if (tide !== "ebb") points.reverse();
  if (points.length < 12 || points.some(([x, y]) => !within(x, y, 24) || !free(x, y, 9)) || (fog && fog.sample(...points[6]) > 0)) continue;
  for (const [x, y] of points) take(x, y, 5);
  outline([Float64Array.from(points.flat())], flow);
  const [[bx, by], [ax, ay]] = points.slice(-2), turn = Math.atan2(ay - by, ax - bx);
  for (const side of [2.6, -2.6]) { flow.moveTo(ax, ay); flow.lineTo(ax + 8 * Math.cos(turn + side), ay + 8 * Math.sin(turn + side)); }
  for (const i of tide === "flood" ? [1, 2, 3] : tide === "spring" ? [1, 2, 3, 4] : []) {
    const [[px, py], [qx, qy]] = [points[i - 1], points[i]], lean = Math.atan2(qy - py, qx - px) + 2.3;
    flow.moveTo(px, py);
    flow.lineTo(px + 6 * Math.cos(lean), py + 6 * Math.sin(lean));
  }
}
ctx.strokeStyle = veil(pale, 0.9);
ctx.lineWidth = 1;
ctx.stroke(flow);

// ---- Lettering, then soundings in what room is left.
const turned = (x, y, angle, draw) => { ctx.save(); ctx.translate(x, y); ctx.rotate(angle); draw(); ctx.restore(); };
const halo = (draw, colour, weight) => { ctx.strokeStyle = veil(colour, 0.72); ctx.lineWidth = weight; draw("strokeText"); };
for (const { text, font, spacing, path, kind, size, ground: bare, middle } of names) {
  const colour = fog && fog.sample(...middle) > -0.02 ? blend(bare, haze, 0.5) : bare;
  setFont(font, spacing);
  const draw = (method) => ctx[`${method}OnPath`](text, path, { align: "center", offset: 0 });
  const on_ = kind === "land" ? landInk : on(colour);
  if (kind !== "water") halo(draw, kind === "land" ? ink.high : colour, size * 0.22);
  ctx.fillStyle = on_;
  if (kind !== "water" || fog) { draw("fillText"); continue; }
  // Across the waters letters change with the ground: dark on the pale, pale on the dark.
  const turn = water.findIndex((tone) => on(tone) === pale), shallow = turn < 0 ? levels[6] - 1 : turn > 0 ? levels[turn - 1] : 0;
  for (const tone of [deep, pale]) {
    ctx.save();
    ctx.clip(outline([...areas(ground, shallow)[0].lines, ...(tone === pale ? [[-12, -12, W + 12, -12, W + 12, H + 12, -12, H + 12, -12, -12]] : [])]), "evenodd");
    ctx.fillStyle = veil(tone, 0.88);
    draw("fillText");
    ctx.restore();
  }
}
ctx.fillStyle = landInk;
for (const [x, y, turn, w, h] of houses) turned(x, y, turn, () => ctx.fillRect(-w / 2, -h / 2, w, h));
for (const { x, y, r, rocks } of reefs) {
  const colour = on(waterAt(x, y));
  ctx.strokeStyle = colour;
  ctx.fillStyle = veil(ink.sand, 0.35);
  ctx.lineWidth = 0.9;
  ctx.setLineDash([1, 3]);
  ctx.beginPath();
  ctx.arc(x, y, r, 0, Math.PI * 2);
  ctx.fill();
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.beginPath();
  for (const [rx, ry] of rocks) { ctx.moveTo(rx - 3, ry); ctx.lineTo(rx + 3, ry); ctx.moveTo(rx, ry - 3); ctx.lineTo(rx, ry + 3); }
  ctx.stroke();
}
for (const { x, y, text, angle, colour } of marks) {
  setFont('italic 11.5px "EB Garamond"');
  ctx.textAlign = "center";
  ctx.fillStyle = colour;
  turned(x, y, angle, () => ctx.fillText(text, 0, 3.6));
}
under("soundings");
const spread = (62 - 34 * crowd) * (survey.bar.one > 500000 ? 1.22 : 1);   // four figures need room
let count = 0;
const lead = [];
for (let i = 0; i < 7; i += 1) for (const part of [0.25, 0.6, 0.9]) lead.push((levels[i - 1] ?? 0) + (levels[i] - (levels[i - 1] ?? 0)) * part);
for (const { lines } of contours(ground, lead)) {
  for (const line of lines) {
    for (const { x, y } of polyline.at(line, Array.from({ length: Math.floor(polyline.length(line) / (spread * 0.8)) }, (_, i) => (i + random(0.2, 0.8)) * spread * 0.8))) {
      if (!within(x, y, 16) || inland(x, y) > -11 || (fog && fog.sample(x, y) > -0.02) || !free(x, y, spread * 0.3)) continue;
      take(x, y, spread * 0.3);
      const h = ground.sample(x, y), depth = fathoms(h) * random(0.94, 1.06), whole = Math.floor(depth), colour = on(water[band(h)]);
      setFont('12.5px "EB Garamond"');
      ctx.textAlign = "center";
      ctx.fillStyle = veil(colour, 0.9);
      ctx.fillText(String(whole), x, y + 4);
      if (whole < 12) {
        const wide = ctx.measureText(String(whole)).width;
        setFont('8px "EB Garamond"');
        ctx.fillText(String(Math.floor((depth - whole) * 6) || ""), x + wide / 2 + 2.6, y + 6.4);
      }
      count += 1;
    }
  }
}

features({ form: survey.form, tide, weather, scale: survey.scale, palette: survey.palette, rarity: survey.rarity, soundings: count, plate });
attach("survey.json", { ...survey, soundings: count });
