// The draft as weavers write it: threading above, tie-up in the corner, treadling at the right, drawdown between
// them; the same in words and figures below, and as a WIF file that weaving programs and looms read.

const draft = params.draft.json;
const { paper, ink, yarns, names } = draft.ways[0];
const { shafts, tieup, ends, picks } = draft;
const treadles = tieup.length;
const margin = 72;
const range = (n) => Array.from({ length: n }, (_, i) => i);
const lifts = tieup.map((list) => new Set(list));

ctx.fillStyle = paper;
ctx.fillRect(0, 0, width, height);

// ---- heading

ctx.fillStyle = ink;
ctx.font = '400 44px "EB Garamond"';
ctx.fillText(params.title, margin - 2, margin + 34);
ctx.textAlign = 'right';
ctx.font = '500 13px "Barlow Condensed"';
ctx.letterSpacing = '1.6px';
ctx.fillStyle = withAlpha(ink, 0.7);
ctx.fillText(`${draft.structure}, ${draft.dressing}`.toUpperCase(), width - margin, margin + 14);
ctx.fillText(`DRAFT NO. ${params.edition}`, width - margin, margin + 34);
ctx.letterSpacing = '0px';
ctx.textAlign = 'left';

// ---- chart: one repeat, or as many as make a pattern

const across = ends * Math.max(1, Math.round(56 / ends));
const down = picks * Math.max(1, Math.round(across / picks));
const room = { w: width - 2 * margin - 8, h: 1000 };
const cell = Math.min(20, room.w / (across + treadles + 2.5), room.h / (down + shafts + 2.5));
const bar = cell;                                        // a strip that tells the yarn of each thread
const left = margin;
const top = margin + 84;
const body = { x: left, y: top + (shafts + 2.5) * cell };
const tie = left + (across + 2.5) * cell;

function grid(x, y, columns, rows) {
  for (const [every, alpha, line] of [[1, 0.28, 0.5], [4, 0.6, 0.7]]) {
    ctx.strokeStyle = withAlpha(ink, cell < 7 && every === 1 ? 0.16 : alpha);
    ctx.lineWidth = line;
    ctx.beginPath();
    for (let i = 0; i <= columns; i += every) { ctx.moveTo(x + i * cell, y); ctx.lineTo(x + i * cell, y + rows * cell); }
    for (let j = 0; j <= rows; j += every) { ctx.moveTo(x, y + j * cell); ctx.lineTo(x + columns * cell, y + j * cell); }
    ctx.stroke();
  }
  ctx.strokeStyle = withAlpha(ink, 0.6);
  ctx.strokeRect(x, y, columns * cell, rows * cell);
}

const squares = new Path2D();
const square = (x, y, i, j) => squares.rect(x + (i + 0.14) * cell, y + (j + 0.14) * cell, cell * 0.72, cell * 0.72);
const solid = new Path2D();
for (let i = 0; i < across; i += 1) square(left, top, i, shafts - 1 - draft.threading[i % draft.repeat]);
for (let j = 0; j < down; j += 1) square(tie, body.y, draft.treadling[j % draft.repeat], j);
tieup.forEach((list, t) => list.forEach((s) => square(tie, top, t, shafts - 1 - s)));
for (let j = 0; j < down; j += 1) {
  const lift = lifts[draft.treadling[j % draft.repeat]];
  for (let i = 0; i < across; i += 1) if (lift.has(draft.threading[i % draft.repeat])) solid.rect(left + i * cell, body.y + j * cell, cell, cell);
}
ctx.fillStyle = ink;
ctx.fill(squares);
ctx.fill(solid);
for (let i = 0; i < across; i += 1) {
  ctx.fillStyle = yarns[draft.warp[i % draft.repeat]];
  ctx.fillRect(left + i * cell, body.y - cell * 1.75, cell, bar);
}
for (let j = 0; j < down; j += 1) {
  ctx.fillStyle = yarns[draft.weft[j % draft.repeat]];
  ctx.fillRect(left + (across + 0.75) * cell, body.y + j * cell, bar, cell);
}
grid(left, top, across, shafts);
grid(tie, top, treadles, shafts);
grid(tie, body.y, treadles, down);
grid(body.x, body.y, across, down);

ctx.strokeStyle = withAlpha(ink, 0.6);
ctx.lineWidth = 0.6;
ctx.strokeRect(left, body.y - cell * 1.75, across * cell, bar);
ctx.strokeRect(left + (across + 0.75) * cell, body.y, bar, down * cell);

// The bracket holds one repeat.
ctx.strokeStyle = yarns[4];
ctx.lineWidth = 1.8;
ctx.beginPath();
const under = body.y + down * cell + 7;
ctx.moveTo(left, under - 4); ctx.lineTo(left, under); ctx.lineTo(left + ends * cell, under); ctx.lineTo(left + ends * cell, under - 4);
const beside = tie + treadles * cell + 7;
ctx.moveTo(beside - 4, body.y); ctx.lineTo(beside, body.y); ctx.lineTo(beside, body.y + picks * cell); ctx.lineTo(beside - 4, body.y + picks * cell);
ctx.stroke();

const figure = Math.max(7, Math.min(11, cell * 0.72));
ctx.fillStyle = withAlpha(ink, 0.75);
ctx.font = `400 ${figure}px "IBM Plex Mono"`;
ctx.textAlign = 'right';
range(shafts).forEach((s) => cell >= 7 && ctx.fillText(String(s + 1), left - 5, top + (shafts - s) * cell - cell / 2 + figure * 0.35));
ctx.textAlign = 'center';
range(treadles).forEach((t) => cell >= 7 && ctx.fillText(String(t + 1), tie + (t + 0.5) * cell, top - 5));

// ---- the same in words

/** `linen 2, (walnut 1, linen 1) x 4`: runs of a colour, and pairs of runs that come again. */
function order(list) {
  const runs = [];
  for (const c of list) {
    if (runs.length && runs[runs.length - 1][0] === c) runs[runs.length - 1][1] += 1;
    else runs.push([c, 1]);
  }
  const words = runs.map(([c, n]) => `${names[c]} ${n}`);
  const out = [];
  for (let k = 0; k < words.length;) {
    let times = 1;
    while (words[k + 2 * times] === words[k] && words[k + 2 * times + 1] === words[k + 1] && k + 2 * times + 1 < words.length) times += 1;
    out.push(times > 1 ? `(${words[k]}, ${words[k + 1]}) × ${times}` : words[k]);
    k += times > 1 ? 2 * times : 1;
  }
  return out.join(', ');
}

const grouped = (list) => range(Math.ceil(list.length / 8)).map((k) => list.slice(8 * k, 8 * k + 8).map((n) => n + 1).join(' ')).join('   ');
const counted = range(yarns.length).map((c) => [c, draft.warp.slice(0, ends).filter((x) => x === c).length, draft.weft.slice(0, picks).filter((x) => x === c).length]).filter(([, a, b]) => a + b);

const texts = [
  ['threading', grouped(draft.threading.slice(0, ends))],
  ['tie-up', tieup.map((list, t) => `${t + 1}: ${list.map((s) => s + 1).join(',')}`).join('   ')],
  ['treadling', grouped(draft.treadling.slice(0, picks))],
  ['warp', order(draft.warp.slice(0, ends))],
  ['weft', order(draft.weft.slice(0, picks)) + (draft.thick[0] === null ? '' : '. Odd picks thick, even picks thin.')],
  ['in a repeat', `${counted.map(([c, a, b]) => `${names[c]} ${[a && `${a} ends`, b && `${b} picks`].filter(Boolean).join(', ')}`).join('; ')}. ${draft.sett} ends per inch, rising shed. ${params.remark}`],
];

/** Breaks at spaces, or between groups of figures. */
function lines(text, wide, figures) {
  const out = [''];
  for (const word of text.split(figures ? /(?<= {3})/ : /(?<= )/)) {
    const last = out.length - 1;
    if (ctx.measureText((out[last] + word).trimEnd()).width > wide && out[last]) out.push(word);
    else out[last] += word;
  }
  return out;
}

const column = margin + 118;
const bottom = height - margin;
const least = under + 46;
let type = 18;
let set;
let start;
do {
  type -= 0.5;
  set = texts.map(([head, text], k) => {
    ctx.font = k < 3 ? `400 ${type - 2}px "IBM Plex Mono"` : `400 ${type + 1}px "Barlow Condensed"`;
    ctx.letterSpacing = k < 3 ? '0px' : '0.2px';
    return { head, k, rows: lines(text, width - margin - column, k < 3) };
  });
  // It stands on the lower margin, whatever its length.
  start = bottom - set.reduce((sum, { rows }) => sum + rows.length * type * 1.42 + type * 0.75, 0) + type * 2;
} while (type > 7 && start < least);

ctx.textAlign = 'left';
let y = start;
for (const { head, k, rows } of set) {
  ctx.fillStyle = withAlpha(ink, 0.65);
  ctx.font = `500 ${Math.min(13, type)}px "Barlow Condensed"`;
  ctx.letterSpacing = '1.4px';
  ctx.fillText(head.toUpperCase(), margin, y);
  ctx.letterSpacing = k < 3 ? '0px' : '0.2px';
  ctx.fillStyle = ink;
  ctx.font = k < 3 ? `400 ${type - 2}px "IBM Plex Mono"` : `400 ${type + 1}px "Barlow Condensed"`;
  for (const row of rows) {
    ctx.fillText(row.trimEnd(), column, y);
    y += type * 1.42;
  }
  y += type * 0.75;
}

// ---- WIF 1.1 (its `Date` names the version of the format)

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(',');
const section = (name, pairs) => [`[${name}]`, ...pairs.map(([key, value]) => `${key}=${value}`), ''].join('\r\n');
const numbered = (list, text) => list.map((value, k) => [k + 1, text(value)]);
const one = { threading: draft.threading.slice(0, ends), treadling: draft.treadling.slice(0, picks), warp: draft.warp.slice(0, ends), weft: draft.weft.slice(0, picks) };
const parts = ['COLOR PALETTE', 'TEXT', 'WEAVING', 'WARP', 'WEFT', 'COLOR TABLE', 'THREADING', 'TIEUP', 'TREADLING', 'WARP COLORS', 'WEFT COLORS'];
const spacing = (2.54 / draft.sett).toFixed(4);
const wif = [
  section('WIF', [['Version', '1.1'], ['Date', 'April 20, 1997'], ['Developers', 'wif@mhsoft.com'], ['Source Program', 'Loom Notes'], ['Source Version', '1']]),
  section('CONTENTS', [...parts, ...(draft.thick[0] === null ? [] : ['WEFT THICKNESS'])].map((part) => [part, 'true'])),
  section('COLOR PALETTE', [['Entries', yarns.length], ['Form', 'RGB'], ['Range', '0,255']]),
  section('TEXT', [['Title', params.title]]),
  section('WEAVING', [['Rising Shed', 'true'], ['Treadles', treadles], ['Shafts', shafts]]),
  section('WARP', [['Threads', ends], ['Color', one.warp[0] + 1], ['Units', 'centimeters'], ['Spacing', spacing], ['Thickness', spacing]]),
  section('WEFT', [['Threads', picks], ['Color', one.weft[0] + 1], ['Units', 'centimeters'], ['Spacing', spacing], ['Thickness', spacing]]),
  section('COLOR TABLE', numbered(yarns, rgb)),
  section('THREADING', numbered(one.threading, (s) => s + 1)),
  section('TIEUP', numbered(tieup, (list) => list.map((s) => s + 1).join(','))),
  section('TREADLING', numbered(one.treadling, (t) => t + 1)),
  section('WARP COLORS', numbered(one.warp, (c) => c + 1)),
  section('WEFT COLORS', numbered(one.weft, (c) => c + 1)),
];
if (draft.thick[0] !== null) wif.push(section('WEFT THICKNESS', numbered(draft.thick.slice(0, picks), (thick) => (spacing * (thick ? 1.5 : 0.5)).toFixed(4))));
attach('draft.wif', wif.join('\r\n'), 'text/x-wif');
