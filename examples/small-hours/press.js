// The last blocks of the print: the weather, which falls over everything, and the press itself,
// which leaves specks where no ink took and an edge that is not quite straight.

const W = width, H = height, TAU = Math.PI * 2;
const { sky, print } = params;
const C = params.palette.json;
const T = rng('gouge');
const between = (a, b) => a + (b - a) * T();

/** A cut of the gouge: thin where it enters, thick in the middle. */
function gouge(path, x, y, length, angle, wide) {
  const c = Math.cos(angle), s = Math.sin(angle), l = length / 2;
  path.moveTo(x - c * l, y - s * l);
  path.quadraticCurveTo(x - s * wide, y + c * wide, x + c * l, y + s * l);
  path.quadraticCurveTo(x + s * wide, y - c * wide, x - c * l, y - s * l);
}

function block(colour, path, alpha = 1) {
  ctx.globalAlpha = alpha;
  ctx.fillStyle = colour;
  ctx.fill(path);
  ctx.globalAlpha = 1;
}

const WEATHER = {
  rain() {
    const path = new Path2D(), lean = between(1.32, 1.5);
    for (let i = 0; i < 520; i += 1) gouge(path, T() * W, T() * H, 40 + T() * 70, lean + (T() - 0.5) * 0.05, 1.3 + T() * 1.1);
    block(C.pale, path);
  },
  snow() {
    const path = new Path2D();
    for (const [x, y] of poisson({ radius: 34, seed: 'flakes' })) {
      const r = T() < 0.12 ? 5 + T() * 4 : 2 + T() * 2.4;
      path.moveTo(x + r, y);
      path.arc(x, y, r, 0, TAU);
    }
    block(C.paper, path);
  },
  fog() {
    // Banks that thicken towards the ground, then the fine cuts that tie them together.
    for (let i = 0; i < 26; i += 1) {
      const bank = new Path2D();
      gouge(bank, T() * W, H * (0.12 + 0.88 * Math.sqrt(T())), 500 + T() * 900, (T() - 0.5) * 0.04, 14 + T() * 46);
      block(C.pale, bank, 0.27);
    }
    const fine = new Path2D();
    for (let y = H * 0.4; y < H; y += 19) {
      for (let x = -60; x < W; x += 120) if (T() < 0.5 * (y / H - 0.35)) gouge(fine, x + T() * 90, y + T() * 10, 70 + T() * 60, 0, 1.4 + T() * 1.4);
    }
    block(C.pale, fine);
  },
  wind() {
    const gusts = new Path2D(), leaves = new Path2D();
    for (let i = 0; i < 46; i += 1) {
      const x = T() * W, y = T() * H, l = 90 + T() * 180, lift = (T() - 0.5) * 50;
      gusts.moveTo(x, y);
      gusts.bezierCurveTo(x + l * 0.4, y - lift, x + l * 0.7, y + lift, x + l, y - 6);
      gusts.bezierCurveTo(x + l * 0.7, y + lift + 5, x + l * 0.4, y - lift + 5, x, y);
      if (T() < 0.6) gouge(leaves, x + l, y + 20 * T(), 22 + T() * 14, T() * TAU, 8);
    }
    block(C.pale, gusts);
    block(C.ember, leaves);
  },
  clear() {},
};

ctx.drawImage(print, 0, 0, W, H);
WEATHER[sky]();

// Specks where no ink took, in drifts.
const salt = new Path2D();
for (let i = 0; i < 2600; i += 1) {
  const x = T() * W, y = T() * H;
  if (T() < noise(x / 160, y / 160)) salt.rect(x, y, 0.8 + T() * 1.9, 0.8 + T() * 1.6);
}
block(C.paper, salt, 0.6);

// The edge of the block: what lies outside it is taken away again.
const rim = new Path2D();
rim.rect(-20, -20, W + 40, H + 40);
const bite = () => 3 + T() * 3.5 + (T() < 0.05 ? 4 : 0);
const steps = 70;
const edge = [];
for (let i = 0; i < steps; i += 1) edge.push([W * i / steps, bite()]);
for (let i = 0; i < steps; i += 1) edge.push([W - bite(), H * i / steps]);
for (let i = 0; i < steps; i += 1) edge.push([W - W * i / steps, H - bite()]);
for (let i = 0; i < steps; i += 1) edge.push([bite(), H - H * i / steps]);
edge.forEach(([x, y], i) => (i ? rim.lineTo(x, y) : rim.moveTo(x, y)));
rim.closePath();
ctx.globalCompositeOperation = 'destination-out';
ctx.fillStyle = '#000';
ctx.fill(rim, 'evenodd');
