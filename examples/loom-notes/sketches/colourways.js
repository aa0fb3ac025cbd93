// A sample card: one draft in four yarn sets, cut with pinking shears and mounted two by two.

const draft = params.draft.json;
const { paper, ink } = draft.ways[0];
const margin = 72;
const gutter = 48;
const head = 96;
const hand = rng('card');
const range = (n) => Array.from({ length: n }, (_, i) => i);

ctx.fillStyle = paper;
ctx.fillRect(0, 0, width, height);

ctx.fillStyle = ink;
ctx.textBaseline = 'alphabetic';
ctx.font = '400 44px "EB Garamond"';
ctx.fillText(params.title, margin - 2, margin + 34);
ctx.textAlign = 'right';
ctx.font = '500 13px "Barlow Condensed"';
ctx.letterSpacing = '1.6px';
ctx.fillStyle = withAlpha(ink, 0.7);
ctx.fillText(`${params.remark}   No. ${params.edition}`.toUpperCase(), width - margin, margin + 32);
ctx.letterSpacing = '0px';
ctx.textAlign = 'left';

const w = (width - 2 * margin - gutter) / 2;
const h = (height - 2 * margin - head - gutter) / 2 + 12;
const caption = 62;

/** A rectangle with pinked edges: teeth that divide each side. */
function pinked(x, y, wide, high, tooth) {
  const path = new Path2D();
  const corners = [[x, y], [x + wide, y], [x + wide, y + high], [x, y + high], [x, y]];
  path.moveTo(x, y);
  for (let k = 0; k < 4; k += 1) {
    const [ax, ay] = corners[k];
    const [bx, by] = corners[k + 1];
    const teeth = Math.round(Math.hypot(bx - ax, by - ay) / tooth);
    for (let t = 0; t < teeth; t += 1) {
      const [dx, dy] = [(bx - ax) / teeth, (by - ay) / teeth];
      const inward = tooth * 0.5 / Math.hypot(dx, dy);
      path.lineTo(ax + dx * (t + 0.5) - dy * inward, ay + dy * (t + 0.5) + dx * inward);
      path.lineTo(ax + dx * (t + 1), ay + dy * (t + 1));
    }
  }
  path.closePath();
  return path;
}

/** Yarn wound on a card: what the caption shows of every colour. */
function winding(x, y, wide, high, colour) {
  const strands = Math.round(wide / 3.2);
  for (let k = 0; k < strands; k += 1) {
    const left = x + (k * wide) / strands;
    const fill = ctx.createLinearGradient(left, 0, left + wide / strands, 0);
    fill.addColorStop(0, mix(colour, '#fff4e0', 0.22));
    fill.addColorStop(0.5, colour);
    fill.addColorStop(1, mix(colour, '#100c16', 0.5));
    ctx.fillStyle = fill;
    ctx.fillRect(left, y + hand(-0.6, 0.6), wide / strands, high);
  }
}

draft.ways.forEach((way, k) => {
  const x = margin + (k % 2) * (w + gutter);
  const y = margin + head - 12 + Math.floor(k / 2) * (h + gutter - 12);
  const tile = params.tiles[k];
  const scale = 0.6;
  const shape = pinked(x, y, w, h - caption, 10.5);

  ctx.save();
  ctx.shadowColor = 'rgba(14,9,20,0.5)';
  ctx.shadowBlur = 14;
  ctx.shadowOffsetX = 4;
  ctx.shadowOffsetY = 7;
  ctx.fillStyle = way.yarns[1];
  ctx.fill(shape);
  ctx.restore();

  ctx.save();
  ctx.clip(shape);
  const side = (tile.width / 2) * scale;
  // Half a thread off, so that the middle thread of the repeat stands in the middle of the card.
  const from = (at, long) => at + long / 2 - side * Math.ceil(long / 2 / side) - (draft.cell * scale) / 2;
  for (let b = from(y, h - caption); b < y + h; b += side) {
    for (let a = from(x, w); a < x + w; a += side) ctx.drawImage(tile, a, b, side, side);
  }
  const rake = ctx.createLinearGradient(x, y, x + w, y + h);
  rake.addColorStop(0, 'rgba(255,244,220,0.14)');
  rake.addColorStop(0.5, 'rgba(255,244,220,0)');
  rake.addColorStop(1, 'rgba(12,8,24,0.26)');
  ctx.fillStyle = rake;
  ctx.fillRect(x, y, w, h);
  ctx.restore();

  const base = y + h - 18;
  ctx.fillStyle = ink;
  ctx.font = 'italic 400 25px "EB Garamond"';
  ctx.fillText(way.name, x, base - 2);
  const used = range(way.yarns.length).filter((c) => draft.warp.includes(c) || draft.weft.includes(c));
  const chip = 82;
  used.forEach((c, n) => {
    const left = x + w - (used.length - n) * chip + 10;
    winding(left, base - 24, chip - 10, 12, way.yarns[c]);
    ctx.fillStyle = withAlpha(ink, 0.85);
    ctx.font = '400 13px "Barlow Condensed"';
    ctx.letterSpacing = '0.3px';
    ctx.fillText(way.names[c], left, base + 4);
    ctx.letterSpacing = '0px';
  });
});

features({ colourways: draft.ways.map((way) => way.name) });
