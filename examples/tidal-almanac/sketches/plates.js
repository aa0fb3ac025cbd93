// What the plates share. It runs before each of them; `plate`, `pale` and `deep` are the plate's own.

// Each part of a plate has a stream of its own, so that a change to one part moves no other.
const under = (label) => {
  let hash = plate;
  for (const letter of label) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0;
  randomSeed(hash);
  noiseSeed(hash);
};

// ---- Colours, as `#rrggbb`.
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const blend = (a, b, share) => "#" + rgb(a).map((part, i) => Math.round(part + (rgb(b)[i] - part) * share).toString(16).padStart(2, "0")).join("");
const veil = (hex, alpha) => `rgba(${rgb(hex).join(",")},${alpha})`;
const light = (hex) => { const [r, g, b] = rgb(hex); return (0.3 * r + 0.59 * g + 0.11 * b) / 255; };
// Ink that reads on a colour.
const on = (colour) => (light(colour) > 0.47 ? deep : pale);

// ---- Drawing.
// A path of lines. Closed ones end where they began.
const outline = (lines, path = new Path2D()) => {
  for (const line of lines) {
    path.moveTo(line[0], line[1]);
    for (let i = 2; i < line.length; i += 2) path.lineTo(line[i], line[i + 1]);
  }
  return path;
};
// Where the chart lies on the sheet.
const FRAME = { x: 78, y: 78, w: 1044, h: 1084 };
const type = (font, colour, align = "left", spacing = 0, features = "") => {
  ctx.font = font;
  ctx.fillStyle = colour;
  ctx.textAlign = align;
  ctx.letterSpacing = `${spacing}px`;
  ctx.fontFeatures = features;
};
const say = (text, x, y) => ctx.fillText(text, ctx.textAlign === "center" ? x + parseFloat(ctx.letterSpacing) / 2 : x, y);
const line = (points, colour, weight, dash = []) => {
  ctx.strokeStyle = colour;
  ctx.lineWidth = weight;
  ctx.setLineDash(dash);
  ctx.beginPath();
  points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.stroke();
  ctx.setLineDash([]);
};
const disc = (x, y, r, fill) => { ctx.beginPath(); ctx.arc(x, y, r, 0, Math.PI * 2); ctx.fillStyle = fill; ctx.fill(); };
const ring = (x, y, r, colour, weight) => { ctx.beginPath(); ctx.arc(x, y, r, 0, Math.PI * 2); ctx.strokeStyle = colour; ctx.lineWidth = weight; ctx.stroke(); };
