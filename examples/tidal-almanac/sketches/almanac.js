// Last plate: one day of that water under the chart (moon, tide, wind), the ship's course over it,
// and what the years did to the paper.
const { concept, age } = params;
const survey = params.survey.json;
const { ink, pale, deep, plate, tide, weather, theme } = survey;
const dark = survey.palette === "nocturne";

// ---- The grid: twelve columns under a chart that spans them all.
const GRID = { x: 60, w: 1080, gutter: 24 }, COLUMN = (GRID.w - 11 * GRID.gutter) / 12;
const column = (at, span) => ({ x: GRID.x + at * (COLUMN + GRID.gutter), w: span * COLUMN + (span - 1) * GRID.gutter });

const text = ink.ink;                                 // what reads on the paper

ctx.drawImage(params.sheet, 0, 0, width, height);

// ---- One day of water: two tides of the moon, one of the sun, and a smaller one once a day.
const clock = (hours, gap = ".") => { const all = Math.round((((hours % 24) + 24) % 24) * 60), h = Math.floor(all / 60) % 24, m = all % 60; return `${String(h).padStart(2, "0")}${gap}${String(m).padStart(2, "0")}`; };
const HOURS = [[/dawn|sunrise|morning/i, 5.6], [/noon|midday/i, 12], [/dusk|evening|sunset/i, 18.8], [/midnight/i, 0.4], [/night/i, 22.5]];
function reckon() {
  under("tide");
  const spring = Math.cos((survey.moonAge / 29.53) * 4 * Math.PI);
  const range = random(9, 17) * (0.72 + 0.28 * spring), mean = range * random(0.6, 0.68), odd = random(-0.09, 0.09) * range;
  // A theme may name the hour; then high water is where the tide of the sheet falls on it.
  const told = HOURS.find(([words]) => words.test(theme))?.[1], wish = told ?? random(3, 21);
  const phase = told === undefined ? random(12.42) : told - { ebb: 4.4, flood: -2.8, slack: 6.2, spring: 0 }[tide] + random(-0.4, 0.4);
  const height = (t) => mean + (range / 2) * Math.cos(((t - phase) / 12.42) * 2 * Math.PI) + odd * Math.cos((t / 24.84) * 2 * Math.PI);
  const turns = [];
  for (let t = 1 / 60; t < 24; t += 1 / 60) {
    const [a, b, c] = [height(t - 1 / 60), height(t), height(t + 1 / 60)];
    if ((b > a && b >= c) || (b < a && b <= c)) turns.push({ t, height: b, high: b > a });
  }
  // The hour of the sheet: that of the theme, as near as its tide allows.
  let now = wish, best = Infinity;
  for (let t = 0.4; t < 23.6; t += 0.05) {
    const slope = (height(t + 0.05) - height(t - 0.05)) / 0.1 / range;
    const fit = { ebb: slope < -0.16, flood: slope > 0.16, slack: Math.abs(slope) < 0.03, spring: Math.abs(slope) < 0.05 && height(t) > mean }[tide];
    if (fit && Math.abs(t - wish) < best) [now, best] = [t, Math.abs(t - wish)];
  }
  const month = randomInt(0, 11), light_ = 12 + 3.6 * Math.cos(((month - 5) / 6) * Math.PI);
  const rise = 12 - light_ / 2 + random(-0.3, 0.3), set = 12 + light_ / 2 + random(-0.3, 0.3);
  const date = `${pick(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])}, ${randomInt(1, 28)} ${["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"][month]}`;
  return { height, range, mean, turns, now, rise, set, date, top: Math.max(...turns.map((turn) => turn.height)) };
}

const STRIP = { y: 1214, top: 1250, bottom: 1478 };
function heading(label, at, span) {
  const { x, w } = column(at, span);
  line([[x, STRIP.y], [x + w, STRIP.y]], text, 1.6);
  type('600 12px "Barlow Condensed"', text, "left", 1.9);
  say(label.toUpperCase(), x, STRIP.y + 18);
  return { x, w };
}

const PHASES = ["New moon", "Waxing crescent", "First quarter", "Waxing gibbous", "Full moon", "Waning gibbous", "Last quarter", "Waning crescent"];
const phase = PHASES[Math.floor((survey.moonAge / 29.53) * 8 + 0.5) % 8];
function moon(day) {
  under("moon");
  const { x, w } = heading("The moon", 0, 2), r = 62, cx = x + w / 2, cy = STRIP.top + 74;
  const night = ink.sea[6], lit = dark ? ink.ink : ink.paper, turn = (survey.moonAge / 29.53) * 2 * Math.PI;
  disc(cx, cy, r, night);
  // The terminator is half an ellipse, the limb half a circle.
  const side = turn < Math.PI ? 1 : -1, bulge = Math.cos(turn);
  ctx.save();
  ctx.beginPath();
  for (let i = 0; i <= 60; i += 1) { const a = -Math.PI / 2 + (i / 60) * Math.PI; ctx.lineTo(cx + side * r * Math.cos(a), cy + r * Math.sin(a)); }
  for (let i = 60; i >= 0; i -= 1) { const a = -Math.PI / 2 + (i / 60) * Math.PI; ctx.lineTo(cx + side * bulge * r * Math.cos(a), cy + r * Math.sin(a)); }
  ctx.fillStyle = lit;
  ctx.fill();
  ctx.clip();
  noiseDetail(4, 0.55);
  const seas = field({ x: cx - r, y: cy - r, width: 2 * r, height: 2 * r, cell: 1.5 }, (px, py) => noise(px / 58, py / 58));
  for (const [share, alpha] of [[0.56, 0.13], [0.7, 0.14], [0.86, 0.16]]) { ctx.fillStyle = veil(night, alpha); ctx.fill(outline(areas(seas, seas.quantile(share), { smooth: 1 })[0].lines)); }
  ctx.restore();
  ctx.save();
  ctx.beginPath();
  ctx.arc(cx, cy, r, 0, Math.PI * 2);
  ctx.clip();
  for (let i = -r; i < r; i += 2.6) { const half = Math.sqrt(r * r - i * i); line([[cx - half, cy + i], [cx + half, cy + i]], veil(night, 0.22), 0.45); }
  ctx.restore();
  ring(cx, cy, r, text, 1);
  ring(cx, cy, r + 5, text, 0.5);
  type('italic 21px "EB Garamond"', text, "center");
  say(phase, cx, cy + r + 36);
  type('14px "EB Garamond"', text, "center", 0, '"onum"');
  say(`${Math.floor(survey.moonAge)} days old`, cx, cy + r + 56);
  say(`Sun ${clock(day.rise)} – ${clock(day.set)}`, cx, cy + r + 75);
}

function tideCurve(day) {
  const { x, w } = heading(`The tide at ${concept.town}`, 2, 6);
  type('italic 15px "EB Garamond"', text, "right", 0, '"onum"');
  say(day.date, x + w, STRIP.y + 18.5);
  const top = STRIP.top + 34, bottom = STRIP.bottom - 18, most = Math.ceil(day.top / 2) * 2;
  const px = (t) => x + (t / 24) * w, py = (feet) => bottom - (feet / most) * (bottom - top);
  const curve = new Path2D();
  curve.moveTo(px(0), bottom);
  for (let t = 0; t <= 24.01; t += 0.1) curve.lineTo(px(t), py(day.height(t)));
  curve.lineTo(px(24), bottom);
  // The day's water in the colours of the chart, shallow above.
  ctx.save();
  ctx.clip(curve);
  for (let i = 0; i < 7; i += 1) { ctx.fillStyle = ink.sea[i]; ctx.fillRect(x, top - 30 + ((bottom - top + 30) * i) / 7, w, (bottom - top + 30) / 7 + 1); }
  for (let feet = 0; feet < most; feet += 0.5) line([[x, py(feet)], [x + w, py(feet)]], veil(pale, 0.2), 0.5);
  ctx.restore();
  // Night is ruled over the water and the air alike.
  for (const [from, to] of [[0, day.rise], [day.set, 24]]) for (let at = px(from); at < px(to); at += 3.2) line([[at, top - 26], [at, bottom]], veil(text, 0.2), 0.5);
  ctx.strokeStyle = text;
  ctx.lineWidth = 1.7;
  ctx.beginPath();
  for (let t = 0; t <= 24.01; t += 0.1) ctx.lineTo(px(t), py(day.height(t)));
  ctx.stroke();
  line([[x, bottom], [x + w, bottom]], text, 1);
  for (let t = 0; t <= 24; t += 1) line([[px(t), bottom], [px(t), bottom + (t % 3 ? 3 : 6)]], text, t % 3 ? 0.5 : 0.9);
  for (let t = 0; t <= 24; t += 3) {
    type('500 11px "Barlow Condensed"', text, t === 0 ? "left" : t === 24 ? "right" : "center", 0.4, '"tnum"');
    say({ 0: "MIDNIGHT", 12: "NOON", 24: "MIDNIGHT" }[t] ?? String(t), px(t), bottom + 19);
  }
  const y = py(day.height(day.now)), label = `${{ ebb: "Ebb", flood: "Flood", slack: "Slack water", spring: "Top of springs" }[tide]}, ${clock(day.now)}`;
  line([[px(day.now), top - 26], [px(day.now), bottom]], ink.accent, 1.3);
  disc(px(day.now), y, 5.2, ink.paper);
  disc(px(day.now), y, 3.6, ink.accent);
  const right = day.now < 15;
  type('italic 17px "EB Garamond"', ink.accent, right ? "left" : "right", 0, '"onum"');
  say(label, px(day.now) + (right ? 8 : -8), top - 14);
}

function table(day) {
  const { x, w } = heading("High and low water", 8, 2);
  day.turns.slice(0, 4).forEach(({ t, height, high }, i) => {
    const y = STRIP.top + 22 + i * 31;
    type(`${high ? "500" : "italic"} 17px "EB Garamond"`, text, "left");
    say(high ? "High" : "Low", x, y);
    type('21px "EB Garamond"', text, "right", 0, '"tnum","lnum"');
    say(clock(t), x + w - 48, y);
    say(height.toFixed(1), x + w, y);
    line([[x, y + 9.5], [x + w, y + 9.5]], veil(text, 0.35), 0.5);
  });
  const y = STRIP.top + 22 + day.turns.length * 31;
  type('500 11px "Barlow Condensed"', text, "right", 0.8);
  say("HOURS", x + w - 48, y - 4);
  say("FEET", x + w + 0.8, y - 4);
  type('italic 14.5px "EB Garamond"', text, "left", 0, '"onum"');
  wrap(concept.notes[2], x, y + 24, w, 18);
}

// Sets a text in lines of a width.
function wrap(words, x, y, w, leading) {
  let row = "";
  for (const word of words.split(" ")) {
    if (row && ctx.measureText(`${row} ${word}`).width > w) {
      say(row, x, y);
      [row, y] = [word, y + leading];
    } else row = row ? `${row} ${word}` : word;
  }
  say(row, x, y);
}

const POINTS = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];
const BEAUFORT = ["Calm", "Light air", "Light breeze", "Gentle breeze", "Moderate", "Fresh breeze", "Strong breeze", "Near gale", "Gale"];
function reckonWind() {
  under("wind");
  const force = { clear: randomInt(1, 4), fog: randomInt(0, 1), squall: randomInt(6, 8) }[weather];
  const from = randomInt(0, 15), spread = { clear: 2.6, fog: 5, squall: 1.3 }[weather];
  const shares = POINTS.map((_, i) => { const off = Math.min((i - from + 16) % 16, (from - i + 16) % 16); return Math.exp(-((off / spread) ** 2)) * random(0.75, 1.1) + random(0.03, 0.2); });
  return { force, from, shares };
}
function wind({ force, from, shares }) {
  const { x, w } = heading("The wind", 10, 2), r = 62, cx = x + w / 2, cy = STRIP.top + 74, most = Math.max(...shares);
  for (const part of [0.36, 0.68, 1]) ring(cx, cy, r * part, veil(text, 0.35), 0.5);
  shares.forEach((share, i) => {
    const turn = (i / 8) * Math.PI - Math.PI / 2, far = 9 + (r - 9) * (share / most) ;
    ctx.beginPath();
    ctx.arc(cx, cy, far, turn - 0.13, turn + 0.13);
    ctx.arc(cx, cy, 9, turn + 0.13, turn - 0.13, true);
    ctx.fillStyle = i === from ? ink.accent : ink.sea[dark ? 0 : 4 - Math.round((share / most) * 0) ];
    ctx.fill();
  });
  disc(cx, cy, 9, ink.paper);
  ring(cx, cy, 9, text, 0.8);
  type('600 11px "Barlow Condensed"', text, "center", 0, '"tnum"');
  say(String(force), cx, cy + 4);
  ["N", "E", "S", "W"].forEach((name, i) => say(name, cx + Math.sin((i * Math.PI) / 2) * (r + 8), cy - Math.cos((i * Math.PI) / 2) * (r + 8) + 4));
  type('italic 21px "EB Garamond"', text, "center");
  say(force ? `${BEAUFORT[force]}, ${POINTS[from]}` : "Calm", cx, cy + r + 36);
  type('14px "EB Garamond"', text, "center", 0, '"onum"');
  say({ clear: "Clear to the horizon", fog: "Fog on the water", squall: "Squalls, rain at times" }[weather], cx, cy + r + 56);
}

// The ship's course, ruled from one fix to the next, with the hour of each.
function course(day) {
  const points = survey.course.points.map(([x, y]) => [FRAME.x + x, FRAME.y + y]);
  if (points.length < 2) return;
  // A casing keeps it from the waters that it crosses.
  const colour = weather === "fog" && !dark ? deep : pale, casing = veil(colour === pale ? deep : pale, 0.45);
  line(points, casing, 2.8, [9, 4]);
  line(points, veil(colour, 0.95), 1.1, [9, 4]);
  const [sx, sy] = points.at(-1);
  disc(sx, sy, 4.2, colour);
  disc(sx, sy, 2.4, ink.accent);
  const hours = [day.now - 2.3, day.now];
  [[0.42, 0], [0.5, 1]].forEach(([t, leg], i) => {
    const [[ax, ay], [bx, by]] = [points[leg], points[leg + 1]];
    const [x, y] = [ax + (bx - ax) * t, ay + (by - ay) * t];
    disc(x, y, 2.2, colour);
    ring(x, y, 5, colour, 0.9);
    type('500 11px "Barlow Condensed"', colour, "left", 0.5, '"tnum"');
    let turn = Math.atan2(by - ay, bx - ax);
    if (Math.cos(turn) < 0) turn += Math.PI;
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(turn);
    ctx.strokeStyle = casing;
    ctx.lineWidth = 2.6;
    ctx.strokeText(clock(hours[i] - (1 - i) * 0.7, ""), 9, -5);
    say(clock(hours[i] - (1 - i) * 0.7, ""), 9, -5);
    ctx.restore();
  });
}

// ---- What time has done to the paper.
function wear() {
  under("age");
  noiseDetail(4, 0.5);
  const tone = dark ? "#000000" : "#7a5a2c";
  ctx.save();
  ctx.globalCompositeOperation = dark ? "source-over" : "multiply";
  const mottle = field({ width, height, cell: 10 }, (x, y) => noise(x / 520, y / 520));
  ctx.filter = "blur(14px)";
  for (const share of [0.55, 0.72, 0.86]) { ctx.fillStyle = veil(tone, 0.045 * age + 0.01); ctx.fill(outline(areas(mottle, mottle.quantile(share), { smooth: 1 })[0].lines)); }
  ctx.filter = "none";
  const edge = ctx.createRadialGradient(width / 2, height / 2, 620, width / 2, height / 2, 1080);
  edge.addColorStop(0, veil(tone, 0));
  edge.addColorStop(1, veil(tone, 0.5 * age));
  ctx.fillStyle = edge;
  ctx.fillRect(0, 0, width, height);
  for (let i = 0; i < 46 * age; i += 1) {
    const x = random(width), y = random(height), r = 1.2 + 7 * Math.pow(random(), 4), spot = ctx.createRadialGradient(x, y, 0, x, y, r);
    spot.addColorStop(0, veil("#8a5a22", 0.42 * age));
    spot.addColorStop(0.6, veil("#8a5a22", 0.22 * age));
    spot.addColorStop(1, veil("#8a5a22", 0));
    disc(x, y, r, spot);
  }
  ctx.restore();
  // The sheet was folded once across and once down: each crease has a lit and a shaded lip.
  for (const [x0, y0, x1, y1] of [[width / 2 + random(-6, 6), 0, width / 2 + random(-6, 6), height], [0, height / 2 + random(-6, 6), width, height / 2 + random(-6, 6)]]) {
    const across = x0 > 1 ? [1, 0] : [0, 1];
    for (const [off, tint, weight] of [[-2.4, veil("#000000", 0.05 * age), 5], [-0.7, veil("#000000", 0.16 * age), 0.9], [0.4, veil("#ffffff", 0.3 * age), 1], [3, veil("#ffffff", 0.07 * age), 5]]) {
      line([[x0 + across[0] * off, y0 + across[1] * off], [x1 + across[0] * off, y1 + across[1] * off]], tint, weight);
    }
    for (let i = 0; i < 90 * age; i += 1) { const t = random(); disc(x0 + (x1 - x0) * t + randomGaussian(0, 1.1), y0 + (y1 - y0) * t + randomGaussian(0, 1.1), random(0.3, 1.1), veil(dark ? ink.ink : ink.paper, 0.5)); }
  }
}

const day = reckon(), air = reckonWind();
course(day);
moon(day);
tideCurve(day);
table(day);
wind(air);
wear();

features({
  form: survey.form, tide, moon: phase.toLowerCase(), weather, scale: survey.scale, palette: survey.palette, soundings: survey.soundings,
  rarity: survey.rarity, force: air.force, plate,
});
