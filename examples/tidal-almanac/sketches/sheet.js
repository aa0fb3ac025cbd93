// Third plate: sets the engraved chart in its graticule, with title, compass, light and scale.
const { concept, chart } = params;
const survey = params.survey.json;
const { ink, pale, deep, plate } = survey;

// The largest size, from `most` down, at which a text keeps within a width.
const fitting = (text, width, most, font, spacing) => {
  for (let size = most; size > 12; size -= 1) {
    type(font(size), deep, "left", spacing * size);
    if (ctx.measureText(text).width <= width) return size;
  }
  return 12;
};
const text = ink.ink;                                 // what reads on the paper

ctx.fillStyle = ink.paper;
ctx.fillRect(0, 0, width, height);
ctx.drawImage(chart, FRAME.x, FRAME.y, FRAME.w, FRAME.h);

// ---- The graticule: minutes of latitude and longitude, black and open by turns.
function graticule() {
  under("graticule");
  const { x, y, w, h } = FRAME, b = 9;
  ctx.strokeStyle = text;
  ctx.lineWidth = 0.9;
  ctx.strokeRect(x, y, w, h);
  ctx.strokeRect(x - b, y - b, w + 2 * b, h + 2 * b);
  ctx.lineWidth = 2.6;
  ctx.strokeRect(x - b - 4.5, y - b - 4.5, w + 2 * b + 9, h + 2 * b + 9);
  const step = w / 24, lat = randomInt(34, 58), lon = randomInt(2, 38), minute = randomInt(0, 40);
  ctx.fillStyle = text;
  for (let i = 0; i < 24; i += 2) for (const edge of [y - b + 2.4, y + h + 2.4]) ctx.fillRect(x + i * step, edge, step, b - 4.8);
  const rows = Math.floor(h / step);
  for (let i = 0; i < rows; i += 2) for (const edge of [x - b + 2.4, x + w + 2.4]) ctx.fillRect(edge, y + h - (i + 1) * step, b - 4.8, step);
  for (let i = 0; i <= 24; i += 1) for (const edge of [y - b, y + h]) line([[x + i * step, edge], [x + i * step, edge + b]], text, 0.6);
  for (let i = 0; i <= rows; i += 1) for (const edge of [x - b, x + w]) line([[edge, y + h - i * step], [edge + b, y + h - i * step]], text, 0.6);
  const degree = (whole, part) => `${whole + Math.floor(part / 60)}° ${String(part % 60).padStart(2, "0")}′`;
  type('500 10.5px "Barlow Condensed"', text, "center", 0.6, '"tnum"');
  for (let i = 6; i < 24; i += 6) {
    say(degree(lon, minute + i), x + i * step, y - 19);
    for (const [edge, turn] of [[x - 19, -1], [x + w + 19, 1]]) {
      ctx.save();
      ctx.translate(edge, y + h - i * step);
      ctx.rotate((turn * Math.PI) / 2);
      say(degree(lat, minute + i), 0, 0);
      ctx.restore();
    }
  }
}

// ---- Over the chart: compass, light, course and scale, printed last.
function compass() {
  const { x, y, r } = { x: FRAME.x + survey.compass.x, y: FRAME.y + survey.compass.y, r: survey.compass.r };
  const colour = light(survey.compass.ground) > 0.56 ? deep : pale, at = (turn, far) => [x + Math.sin(turn) * far, y - Math.cos(turn) * far];
  const variation = ((plate % 23) - 11) * (Math.PI / 180);
  ctx.save();
  ctx.beginPath();
  ctx.rect(FRAME.x, FRAME.y, FRAME.w, FRAME.h);
  ctx.clip();
  for (let i = 0; i < 16; i += 1) line([at((i * Math.PI) / 8, r * 1.04), at((i * Math.PI) / 8, 1800)], veil(colour, i % 2 ? 0.1 : 0.17), 0.6);
  ctx.restore();
  disc(x, y, r, veil(survey.compass.ground, 0.62));
  for (const [far, weight] of [[r, 1.3], [r * 0.965, 0.5], [r * 0.86, 0.5], [r * 0.7, 0.9], [r * 0.67, 0.4]]) ring(x, y, far, colour, weight);
  for (let i = 0; i < 180; i += 1) line([at((i * Math.PI) / 90, r * 0.965), at((i * Math.PI) / 90, r * (i % 5 ? 0.935 : i % 15 ? 0.905 : 0.86))], colour, i % 5 ? 0.4 : 0.7);
  for (let i = 0; i < 64; i += 1) line([at((i * Math.PI) / 32 + variation, r * 0.7), at((i * Math.PI) / 32 + variation, r * (i % 2 ? 0.725 : 0.75))], colour, 0.5);
  // Each point of the star is cut in two: one flank printed, one open.
  for (const [count, far, waist, from] of [[16, 0.5, 0.15, 1], [8, 0.62, 0.17, 1], [4, 0.84, 0.2, 0]]) {
    for (let i = 0; i < count; i += 1) {
      if (from && i % 2 === 0) continue;
      const turn = (i * 2 * Math.PI) / count;
      for (const side of [-1, 1]) {
        const [tip, flank] = [at(turn, r * far), at(turn + (side * Math.PI) / count, r * waist)];
        ctx.beginPath();
        ctx.moveTo(x, y);
        ctx.lineTo(...flank);
        ctx.lineTo(...tip);
        ctx.lineTo(x, y);
        ctx.fillStyle = side > 0 ? colour : survey.compass.ground;
        ctx.fill();
        ctx.strokeStyle = colour;
        ctx.lineWidth = 0.6;
        ctx.stroke();
      }
    }
  }
  disc(x, y, r * 0.045, survey.compass.ground);
  ring(x, y, r * 0.045, colour, 0.8);
  const [tx, ty] = at(0, r * 0.965);
  ctx.beginPath();
  ctx.moveTo(tx, ty - r * 0.2);
  ctx.quadraticCurveTo(tx + r * 0.11, ty - r * 0.03, tx, ty + r * 0.02);
  ctx.quadraticCurveTo(tx - r * 0.11, ty - r * 0.03, tx, ty - r * 0.2);
  ctx.fillStyle = ink.accent;
  ctx.fill();
}

function lighthouse() {
  const x = FRAME.x + survey.beacon.x, y = FRAME.y + survey.beacon.y, [from, to] = survey.beacon.view;
  ctx.save();
  ctx.beginPath();
  ctx.rect(FRAME.x, FRAME.y, FRAME.w, FRAME.h);
  ctx.clip();
  const glow = ctx.createRadialGradient(x, y, 6, x, y, 210);
  const strong = light(ink.lamp) > 0.7 ? 0.95 : 0.55;   // a pale light needs more of it
  glow.addColorStop(0, veil(ink.lamp, strong));
  glow.addColorStop(0.35, veil(ink.lamp, strong * 0.4));
  glow.addColorStop(1, veil(ink.lamp, 0));
  ctx.fillStyle = glow;
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.arc(x, y, 210, from, to);
  ctx.fill();
  if (to - from > 0.3) {
    for (const turn of [from, to]) line([[x + 16 * Math.cos(turn), y + 16 * Math.sin(turn)], [x + 150 * Math.cos(turn), y + 150 * Math.sin(turn)]], veil(ink.lamp, 0.9), 0.8, [6, 4]);
    for (const [r, weight] of [[96, 1.1], [100, 0.5], [150, 1.6]]) { ctx.beginPath(); ctx.arc(x, y, r, from, to); ctx.strokeStyle = veil(ink.lamp, 0.9); ctx.lineWidth = weight; ctx.stroke(); }
  }
  ctx.restore();
  ctx.beginPath();
  for (let i = 0; i < 16; i += 1) { const r = i % 2 ? 4.6 : 12, turn = (i * Math.PI) / 8; ctx.lineTo(x + r * Math.cos(turn), y + r * Math.sin(turn)); }
  ctx.fillStyle = ink.accent;
  ctx.fill();
  ctx.strokeStyle = ink.land;
  ctx.lineWidth = 1;
  ctx.stroke();
  disc(x, y, 2, pale);
}

function scaleBar() {
  const colour = on(survey.bar.ground), x = FRAME.x + survey.bar.x, y = FRAME.y + survey.bar.y, unit = survey.bar.w / 5;
  ctx.lineWidth = 0.8;
  for (let i = 0; i < 5; i += 1) {
    ctx.fillStyle = colour;
    ctx.fillRect(x + i * unit, y + (i % 2 ? 3 : 0), unit, 3);
  }
  ctx.strokeStyle = colour;
  ctx.strokeRect(x, y, survey.bar.w, 6);
  const cables = { 12500: ["Cables", 1], 50000: ["Cables", 4], 150000: ["Miles", 1], 600000: ["Leagues", 2] }[survey.bar.one];
  type('500 10.5px "Barlow Condensed"', colour, "center", 0.4, '"tnum"');
  for (let i = 0; i <= 5; i += 1) say(String(i * cables[1]), x + i * unit, y - 5);
  type('italic 12px "IM FELL English"', colour, "left");
  say(cables[0], x + survey.bar.w + 9, y + 6);
}

function cartouche() {
  const { x, y, w, ground, onLand } = survey.cartouche, cx = FRAME.x + x + w / 2, top = FRAME.y + y;
  const colour = onLand ? survey.landInk : on(ground);
  const words = concept.title.split(" ");
  const display = (size) => `bold ${size}px "Cormorant SC"`;
  // A long title breaks before its last word.
  let rows = [concept.title];
  if (fitting(concept.title, w, 74, display, 0.03) < 54 && words.length > 1) rows = [words.slice(0, -1).join(" "), words.at(-1)];
  const sizes = rows.map((row) => fitting(row, w - 10, 74, display, 0.03));
  const size = Math.min(...sizes), tall = rows.length > 1 ? 4 : 40;
  type('italic 21px "IM FELL English"', colour, "center", 0.4);
  say(concept.kind, cx, top + tall + 20);
  let at = top + tall + 20;
  rows.forEach((row) => {
    at += size * 0.9;
    type(display(size), colour, "center", size * 0.03);
    say(row, cx, at);
  });
  at += 19;
  line([[cx - 92, at], [cx - 12, at]], colour, 0.8);
  line([[cx + 12, at], [cx + 92, at]], colour, 0.8);
  ctx.save();
  ctx.translate(cx, at);
  ctx.rotate(Math.PI / 4);
  ctx.fillStyle = ink.accent;
  ctx.fillRect(-4, -4, 8, 8);
  ctx.restore();
  at += 26;
  const size2 = fitting(concept.line, w - 8, 19, (s) => `italic ${s}px "EB Garamond"`, 0);
  type(`italic ${size2}px "EB Garamond"`, colour, "center");
  say(concept.line, cx, at);
  at += 23;
  const size3 = fitting(concept.survey, w - 4, 14.5, (s) => `${s}px "EB Garamond"`, 0);
  type(`${size3}px "EB Garamond"`, veil(colour, 0.92), "center", 0, '"onum"');
  say(concept.survey, cx, at);
  at += 25;
  type('600 11.5px "Barlow Condensed"', colour, "center", 2.1);
  say(`NATURAL SCALE 1 : ${String(survey.bar.one).replace(/(\d)(?=(\d{3})+$)/g, "$1 ")}`, cx, at);
  type('500 11.5px "Barlow Condensed"', veil(colour, 0.85), "center", 1.1);
  say("SOUNDINGS IN FATHOMS AND FEET AT LOW WATER OF SPRINGS", cx, at + 17);
}

graticule();
compass();
lighthouse();
scaleBar();
cartouche();

features({ form: survey.form, tide: survey.tide, weather: survey.weather, scale: survey.scale, palette: survey.palette, rarity: survey.rarity, plate });
attach("survey.json", survey);
