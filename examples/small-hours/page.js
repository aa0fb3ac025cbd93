// The page: a running head, the print, and the story set beside its hour, with a drop cap.

const { story, print, edition } = params;
const C = params.palette.json;
const INK = C.ink, MARGIN = 150, RIGHT = width - MARGIN;
const PICTURE = { x: MARGIN, y: 196, w: RIGHT - MARGIN, h: (RIGHT - MARGIN) * print.height / print.width };
const TEXT = { x: 430, size: 41, leading: 58, family: '"EB Garamond"' };
TEXT.w = RIGHT - TEXT.x;

ctx.fillStyle = C.paper;
ctx.fillRect(0, 0, width, height);

// Fibres of the paper: felt close by, unseen from afar.
const P = rng('paper'), fibres = new Path2D();
for (let i = 0; i < 900; i += 1) {
  const x = P() * width, y = P() * height, l = 6 + P() * 22, a = P() * Math.PI;
  fibres.moveTo(x, y);
  fibres.quadraticCurveTo(x + Math.cos(a) * l, y + Math.sin(a) * l, x + Math.cos(a + 0.6) * l * 1.5, y + Math.sin(a + 0.6) * l * 1.5);
}
ctx.strokeStyle = withAlpha(INK, 0.07);
ctx.lineWidth = 0.9;
ctx.stroke(fibres);

ctx.drawImage(print, PICTURE.x, PICTURE.y, PICTURE.w, PICTURE.h);

// ---- small type --------------------------------------------------------------------------------

function label(text, x, y, { font, align = 'left', spacing = 0, features: alternates = '"onum"', colour = INK }) {
  ctx.font = font;
  ctx.textAlign = align;
  ctx.letterSpacing = `${spacing}px`;
  ctx.fontFeatures = alternates;
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
  ctx.letterSpacing = '0px';
}
label('Small Hours', MARGIN, 148, { font: '500 34px "Cormorant SC"', spacing: 5 });
label(story.street.replace(/'/g, '’'), RIGHT, 148, { font: 'italic 400 34px "EB Garamond"', align: 'right' });
label(String(edition), RIGHT, height - 96, { font: '400 32px "EB Garamond"', align: 'right' });

// ---- the hour, in the margin ---------------------------------------------------------------------

const top = PICTURE.y + PICTURE.h + 118;
const accent = contrast(C.ember, C.paper) > 3.4 ? C.ember : darken(C.ember, 0.08);
label(story.time, MARGIN - 4, top, { font: '400 96px "EB Garamond"', spacing: -1 });
const SKIES = { rain: 'rain', fog: 'fog', snow: 'snow', wind: 'wind', clear: { half: 'clear, a thin moon', full: 'clear, full moon' }[story.moon] || 'clear' };
label(SKIES[story.sky], MARGIN, top + 58, { font: 'italic 400 32px "EB Garamond"', colour: accent });

// A long title is set smaller rather than broken.
ctx.font = '500 58px "Cormorant SC"';
const titleSize = Math.min(58, 58 * TEXT.w / (ctx.measureText(story.title).width + story.title.length * 1.5));
label(story.title, TEXT.x - 2, top, { font: `500 ${titleSize}px "Cormorant SC"`, spacing: 1.5 });

// ---- the story -------------------------------------------------------------------------------------

const body = () => { ctx.font = `400 ${TEXT.size}px ${TEXT.family}`; ctx.textAlign = 'left'; ctx.fontFeatures = '"onum", "liga", "kern"'; ctx.fillStyle = INK; };
const caps = () => { body(); ctx.fontFeatures = '"smcp", "onum"'; ctx.letterSpacing = '1.6px'; };

/** Where to break `words` so that the lines together are as even as they can be. */
function breakLines(words, measure, space) {
  const widths = words.map((word) => word.w);
  const routes = [[{ cost: 0, from: -1, line: 0 }]];
  for (let end = 1; end <= words.length; end += 1) {
    routes[end] = [];
    let w = -space;
    for (let start = end - 1; start >= 0; start -= 1) {
      w += widths[start] + space;
      for (const [index, route] of routes[start].entries()) {
        const slack = measure(route.line) - w;
        if (slack < 0) continue;
        const last = end === words.length;
        // A last line of one word is a widow; others are as bad as the square of what is left.
        const cost = route.cost + (last ? (end - start < 3 ? 40000 : 0) : slack * slack + (words[end - 1].short ? 9000 : 0));
        const seen = routes[end].find((other) => other.line === route.line + 1);
        if (!seen) routes[end].push({ cost, from: start, index, line: route.line + 1 });
        else if (cost < seen.cost) Object.assign(seen, { cost, from: start, index });
      }
      if (w > TEXT.w) break;
    }
  }
  const lines = [];
  let route = routes[words.length].reduce((a, b) => (b.cost < a.cost ? b : a));
  for (let end = words.length; end > 0;) {
    lines.unshift([route.from, end]);
    end = route.from;
    route = routes[end][route.index];
  }
  return lines;
}

const text = story.body.replace(/'/g, '’');
const initial = text[0];
const CAP_LINES = 3;
body();
const capital = ctx.measureText('H');
ctx.font = '100px "EB Garamond"';
const capSize = 100 * (TEXT.leading * (CAP_LINES - 1) + capital.capHeight) / ctx.measureText('H').capHeight;
ctx.font = `500 ${capSize}px "EB Garamond"`;
const indent = ctx.measureText(initial).width + 10;

// The first words go on in small capitals, from the large one down to the text.
const words = text.slice(1).split(' ').map((word, index) => ({ word, small: index < 3, short: /^(a|an|the|of|to|in|it|is)$/i.test(word) }));
for (const each of words) {
  if (each.small) caps(); else body();
  each.w = ctx.measureText(each.word).width;
  ctx.letterSpacing = '0px';
}
body();
const space = ctx.measureText(' ').width;
const start = top + 92;
const measure = (line) => TEXT.w - (line < CAP_LINES ? indent : 0);
const lines = breakLines(words, measure, space);
lines.forEach(([from, to], index) => {
  let x = TEXT.x + (index < CAP_LINES ? indent : 0);
  for (const each of words.slice(from, to)) {
    if (each.small) caps(); else body();
    ctx.fillText(each.word, x, start + index * TEXT.leading);
    ctx.letterSpacing = '0px';
    x += each.w + space;
  }
});
ctx.fontFeatures = '"lnum"';
ctx.font = `500 ${capSize}px "EB Garamond"`;
ctx.fillStyle = accent;
ctx.fillText(initial, TEXT.x - capSize * 0.02, start + (CAP_LINES - 1) * TEXT.leading);

const count = text.split(' ').length;
features({ words: count < 50 ? 'few' : count < 75 ? 'some' : 'many' });
