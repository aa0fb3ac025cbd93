// Plates engraved in horizontal lines: what is light is thick, what is dark is thin. Cold lines are the night's,
// warm ones a lamp's; the two were printed one after the other, and do not quite meet.

const INKS = {
  harbour: { ground: '#0b1826', dark: '#060d16', cold: '#86aabb', edge: '#3d6175', warm: '#f0b45c', white: '#f6e9cd' },
  iron: { ground: '#15161a', dark: '#08090b', cold: '#a9aaa6', edge: '#5a5c5e', warm: '#e58a4e', white: '#f3e9da' },
  plum: { ground: '#1b1228', dark: '#0c0714', cold: '#a494bd', edge: '#5f4d7a', warm: '#f2a877', white: '#f8e6d6' },
};
const ink = INKS[params.ink];
const W = width, H = height, PITCH = 8, STEP = 9;
const dice = rng(params.scene);

const clamp = (v) => (v < 0 ? 0 : v > 1 ? 1 : v);
const ramp = (a, b, v) => clamp((v - a) / (b - a));

// A light: where it is, how far it reaches, and how far down its reflection goes.
const lights = [];
const light = (x, y, reach, strength = 1, trail = 0) => lights.push({ x, y, reach, strength, trail });

function warmAt(x, y, horizon) {
  let sum = 0;
  for (const l of lights) {
    const dx = x - l.x, dy = y - l.y;
    const far = Math.sqrt(dx * dx + dy * dy) / l.reach;
    if (far < 1) sum += l.strength * (1 - far) * (1 - far);
    if (l.trail && y > horizon) {
      const depth = (y - horizon) / l.trail;
      if (depth < 1) {
        const wide = 10 + depth * 46;
        const shiver = (noise(l.x * 0.1, y * 0.075) - 0.5) * wide * 2.4;
        const near = 1 - Math.abs(dx - shiver) / wide;
        if (near > 0) sum += l.strength * near * (1 - depth) * (0.45 + noise(x * 0.03, y * 0.22));
      }
    }
  }
  return sum;
}

// Engraves one ink. `tone` says how light a place is, from 0 to 1.
function engrave(colour, tone, shift = 0) {
  ctx.fillStyle = colour;
  for (let y = PITCH / 2; y < H; y += PITCH) {
    let upper = [], lower = [];
    const flush = () => {
      if (upper.length > 1) {
        ctx.beginPath();
        ctx.moveTo(upper[0][0], upper[0][1]);
        for (const p of upper) ctx.lineTo(p[0], p[1]);
        for (let i = lower.length - 1; i >= 0; i -= 1) ctx.lineTo(lower[i][0], lower[i][1]);
        ctx.fill();
      }
      upper = []; lower = [];
    };
    for (let x = -STEP; x <= W + STEP; x += STEP) {
      const t = clamp(tone(x, y));
      if (t < 0.05) { flush(); continue; }
      const half = t * PITCH * 0.47;
      const wave = (noise(x * 0.006, y * 0.02) - 0.5) * 3 + shift;
      upper.push([x + shift, y - half + wave]);
      lower.push([x + shift, y + half + wave]);
    }
    flush();
  }
}

const solid = (colour, draw) => { ctx.fillStyle = colour; ctx.beginPath(); draw(); ctx.fill(); };
const poly = (points, colour = ink.dark) => solid(colour, () => points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y))));
const box = (x, y, w, h, colour = ink.dark) => { ctx.fillStyle = colour; ctx.fillRect(x, y, w, h); };
const disc = (x, y, r, colour) => solid(colour, () => ctx.arc(x, y, r, 0, Math.PI * 2));
const line = (points, wide, colour) => {
  ctx.strokeStyle = colour; ctx.lineWidth = wide; ctx.lineCap = 'round'; ctx.lineJoin = 'round';
  ctx.beginPath();
  points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.stroke();
};
const lamp = (x, y, r = 9) => { disc(x, y, r, ink.warm); disc(x, y, r * 0.55, ink.white); };

// How far the shadow on the moon has gone, as a share of her radius.
const BITE = { thin: 0.45, half: 0.85, full: 9 }[params.moon];
const shadow = (x, y, m) => Math.hypot(x - m.x - m.r * BITE, y - m.y + m.r * 0.14) < m.r * 0.97;
const onMoon = (x, y, m) => Math.hypot(x - m.x, y - m.y) < m.r + 3;
function shine(m) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(m.x - m.r * 2, m.y - m.r * 2, m.r * 4, m.r * 4);
  ctx.arc(m.x + m.r * BITE, m.y - m.r * 0.14, m.r * 0.97, 0, Math.PI * 2);
  ctx.clip('evenodd');
  disc(m.x, m.y, m.r, ink.white);
  ctx.restore();
}

// Sky above, water below, and the moon in both.
function night({ horizon, moon, sky = 0.34, water = 0.3, beam = null }) {
  engrave(ink.cold, (x, y) => {
    const cloud = noise(x * 0.0022 + 7, y * 0.006);
    let tone;
    if (y < horizon) {
      tone = sky * (0.25 + 0.75 * (y / horizon)) * (0.55 + 0.9 * cloud);
      if (moon) {
        const dx = x - moon.x, dy = y - moon.y, far = Math.sqrt(dx * dx + dy * dy);
        if (far < moon.r + 3) return shadow(x, y, moon) ? tone * 0.8 : 0;
        tone += 0.42 * Math.max(0, 1 - far / 460) ** 2;
      }
      if (beam) tone += beam(x, y);
    } else {
      const depth = (y - horizon) / (H - horizon);
      const swell = noise(x * (0.009 - depth * 0.005), y * 0.085 + 40);
      tone = water * (1 - depth * 0.55) * ramp(0.38, 0.62, swell);
      if (moon) {
        const wide = 26 + depth * 170, near = 1 - Math.abs(x - moon.x + (noise(3, y * 0.06) - 0.5) * wide) / wide;
        if (near > 0) tone += near * (0.95 - depth * 0.4) * ramp(0.4, 0.56, noise(x * 0.016, y * 0.14 + 9));
      }
    }
    return tone - warmAt(x, y, horizon) * 0.7;
  });
  engrave(ink.warm, (x, y) => warmAt(x, y, horizon) * 0.95, 1.6);
  if (moon) shine(moon);
}

// The ferry from the side; `s` is her scale, (x, y) the middle of her waterline.
function ferryLights(x, y, s) {
  for (let i = 0; i < 9; i += 1) light(x + (-250 + i * 56) * s, y - 82 * s, 120 * s, 0.34, 330 * s);
  light(x - 40 * s, y - 170 * s, 200 * s, 0.5);
  light(x + 352 * s, y - 96 * s, 130 * s, 0.5, 300 * s);
}
function ferry(x, y, s) {
  const p = (dx, dy) => [x + dx * s, y + dy * s];
  poly([p(-390, -62), p(400, -62), p(368, 4), p(-352, 4)]);
  poly([p(-330, -118), p(300, -118), p(330, -60), p(-330, -60)]);
  poly([p(-170, -186), p(90, -186), p(112, -118), p(-190, -118)]);
  poly([p(-120, -228), p(30, -228), p(48, -184), p(-132, -184)]);
  poly([p(-232, -232), p(-196, -232), p(-190, -118), p(-238, -118)]);
  line([p(210, -118), p(210, -262)], 4 * s, ink.dark);
  line([p(210, -256), p(400, -64)], 1.6 * s, ink.edge);
  line([p(-390, -62), p(400, -62)], 3 * s, ink.edge);
  line([p(-330, -118), p(300, -118)], 2 * s, ink.edge);
  line([p(-170, -186), p(90, -186)], 2 * s, ink.edge);
  for (let i = 0; i < 10; i += 1) box(x + (-290 + i * 56) * s, y - 102 * s, 34 * s, 26 * s, i % 4 === 2 ? ink.white : ink.warm);
  for (let i = 0; i < 5; i += 1) box(x + (-146 + i * 46) * s, y - 168 * s, 26 * s, 28 * s, ink.warm);
  box(x - 96 * s, y - 216 * s, 112 * s, 18 * s, ink.white);
  lamp(x + 352 * s, y - 96 * s, 7 * s);
  disc(x + 210 * s, y - 264 * s, 5 * s, ink.white);
  for (let i = 0; i < 26; i += 1) {
    const t = i / 26;
    line([p(-360 - t * 420, 8 + t * 26 + dice(-6, 6)), p(-400 - t * 520, 8 + t * 26 + dice(-6, 6))], (2.4 - t * 1.8) * s, ink.cold);
  }
  ctx.fillStyle = ink.cold;
  ctx.font = `500 ${26 * s}px "Barlow Condensed"`;
  ctx.textAlign = 'left';
  ctx.fillText(params.boat.toUpperCase().split('').join('\u200a'), x + 150 * s, y - 26 * s);
}

const moon = { x: W * 0.66, y: H * 0.3, r: 54 };

const scenes = {
  quay() {
    const horizon = H * 0.56;
    const posts = [0.2, 0.36, 0.5, 0.62, 0.72, 0.8].map((at, i) => ({ x: W * at, y: H * (0.46 + i * 0.018), s: 1.5 - i * 0.19 }));
    for (const p of posts) light(p.x, p.y, 190 * p.s, 0.95, 560 * p.s);
    light(W * 0.5, H * 0.66, 260, 0.35);
    night({ horizon, moon: { ...moon, x: W * 0.8, y: H * 0.34 }, water: 0.34 });
    poly([[0, H * 0.69], [W * 0.88, H * 0.6], [W * 0.9, H * 0.612], [W * 0.3, H * 0.75], [0, H * 0.84]]);
    line([[0, H * 0.69], [W * 0.88, H * 0.6]], 3, ink.edge);
    for (const p of posts) {
      const foot = H * 0.69 - (p.x / (W * 0.88)) * H * 0.09;
      line([[p.x, foot + 8], [p.x, p.y]], 7 * p.s, ink.dark);
      line([[p.x - 16 * p.s, p.y - 6], [p.x + 16 * p.s, p.y - 6]], 5 * p.s, ink.dark);
      lamp(p.x, p.y + 6, 11 * p.s);
    }
    for (let i = 0; i < 16; i += 1) {
      const x = W * (0.02 + i * 0.05), top = H * 0.705 - i * H * 0.0052;
      box(x, top, 15 - i * 0.6, H * 0.11 - i * 8);
    }
    const [bx, by] = [W * 0.43, H * 0.645];
    box(bx - 62, by - 128, 124, 132); poly([[bx - 80, by - 124], [bx, by - 172], [bx + 80, by - 124]]);
    box(bx - 36, by - 96, 72, 50, ink.warm); box(bx - 2, by - 96, 4, 50); line([[bx - 80, by - 124], [bx, by - 172], [bx + 80, by - 124]], 2.5, ink.edge);
  },
  departure() {
    const horizon = H * 0.53;
    ferryLights(W * 0.5, H * 0.6, 1.02);
    night({ horizon, moon, water: 0.36 });
    ferry(W * 0.5, H * 0.6, 1.02);
  },
  saloon() {
    const far = [W * 0.5, H * 0.44];
    for (let i = 0; i < 5; i += 1) { const t = i / 4.6; light(far[0], H * (0.16 + t * 0.2), 300 * (1.1 - t), 0.8); }
    engrave(ink.cold, (x, y) => {
      const dx = Math.abs(x - far[0]) / (W * 0.5), dy = Math.abs(y - far[1]) / (H * 0.5);
      const wall = Math.max(dx, dy);
      return (0.13 + 0.2 * (1 - wall)) * (0.7 + 0.5 * noise(x * 0.01, y * 0.004)) * (y > far[1] + (H * 0.5) * dx * 0.9 ? 1.35 : 0.8);
    });
    engrave(ink.warm, (x, y) => warmAt(x, y, H * 2) * 0.8 + (y > H * 0.5 ? 0.34 * Math.max(0, 1 - Math.abs(x - far[0]) / (90 + (y - H * 0.44) * 0.34)) * noise(x * 0.02, y * 0.1) * 1.5 : 0), 1.6);
    const toFar = (x, y, t) => [x + (far[0] - x) * t, y + (far[1] - y) * t];
    for (let i = 0; i < 6; i += 1) {
      const near = 1 - 0.82 ** i, next = 1 - 0.82 ** (i + 0.62);
      for (const side of [-1, 1]) {
        const x = W * 0.5 + side * W * 0.58;
        const quad = [toFar(x, H * 0.12, near), toFar(x, H * 0.12, next), toFar(x, H * 0.6, next), toFar(x, H * 0.6, near)];
        poly(quad, ink.dark);
        const inner = [toFar(x, H * 0.16, near + 0.02), toFar(x, H * 0.16, next - 0.015), toFar(x, H * 0.55, next - 0.015), toFar(x, H * 0.55, near + 0.02)];
        line([...inner, inner[0]], 3 * (1 - near), ink.edge);
        const [mx, my] = toFar(x, H * 0.28, (near + next) / 2);
        if (i % 2 === 0) disc(mx, my, 15 * (1 - near), side > 0 && i === 0 ? ink.white : ink.cold);
      }
    }
    for (let i = 7; i >= 0; i -= 1) {
      const t = 1 - 0.8 ** i, s = 1 - t;
      for (const side of [-1, 1]) {
        const [x, y] = toFar(W * 0.5 + side * W * 0.47, H * 1.04, t);
        const w = 400 * s, h = 300 * s, from = side < 0 ? x - w * 0.5 : x - w * 0.5;
        poly([[from, y], [from + 16 * s, y - h], [from + w - 16 * s, y - h], [from + w, y]]);
        line([[from + 16 * s, y - h], [from + w - 16 * s, y - h]], 7 * s, ink.edge);
        for (const k of [0.34, 0.66]) line([[from + w * k, y - h + 12 * s], [from + w * k, y - 20 * s]], 3 * s, ink.edge);
        line([[side < 0 ? from + w - 18 * s : from + 18 * s, y - h], [side < 0 ? from + w : from, y]], 5 * s, ink.warm);
      }
    }
    for (let i = 4; i >= 0; i -= 1) {
      const t = 1 - 0.72 ** i, [x, y] = toFar(W * 0.5, H * 0.1, t), s = 1 - t;
      line([[x, y - 150 * s], [x, y]], 3 * s, ink.dark);
      poly([[x - 46 * s, y + 26 * s], [x - 16 * s, y - 12 * s], [x + 16 * s, y - 12 * s], [x + 46 * s, y + 26 * s]]);
      lamp(x, y + 30 * s, 20 * s);
    }
    box(far[0] - 34, far[1] - 40, 68, 86, ink.dark); box(far[0] - 22, far[1] - 30, 44, 34, ink.white);
  },
  light() {
    const horizon = H * 0.62, tower = [W * 0.5, H * 0.36];
    light(tower[0], tower[1], 300, 1.3, 620);
    const beam = (x, y) => {
      const dx = x - tower[0], dy = y - tower[1];
      const lean = dy + Math.abs(dx) * (dx > 0 ? 0.1 : -0.02), spread = 10 + Math.abs(dx) * 0.13;
      return Math.max(0, 1 - Math.abs(lean) / spread) * 1.0 * (1 - Math.abs(dx) / (W * 0.75));
    };
    night({ horizon, moon: null, sky: 0.26, water: 0.3, beam });
    poly([[W * 0.3, horizon + 26], [W * 0.36, horizon - 30], [W * 0.44, horizon - 66], [W * 0.56, horizon - 74], [W * 0.63, horizon - 34], [W * 0.71, horizon + 26]]);
    const [x, y] = tower;
    poly([[x - 27, y + 52], [x + 27, y + 52], [x + 46, horizon - 60], [x - 46, horizon - 60]]);
    poly([[x - 35, y + 102], [x + 35, y + 102], [x + 39, y + 162], [x - 39, y + 162]], ink.edge);
    box(x - 44, y + 42, 88, 12); box(x - 26, y - 32, 52, 76); poly([[x - 32, y - 30], [x, y - 74], [x + 32, y - 30]]);
    box(x - 20, y - 22, 40, 52, ink.warm); disc(x, y + 2, 19, ink.white);
    line([[x - 27, y + 52], [x - 46, horizon - 60]], 2.5, ink.edge);
    box(x + 60, horizon - 112, 78, 50); poly([[x + 52, horizon - 110], [x + 99, horizon - 144], [x + 146, horizon - 110]]); box(x + 88, horizon - 98, 20, 18, ink.warm);
    ferry(W * 0.2, H * 0.755, 0.24); ferry(W * 0.2, H * 0.755, 0.24);
  },
  bench() {
    const pane = { x: W * 0.2, y: H * 0.16, w: W * 0.6, h: H * 0.34 };
    const horizon = pane.y + pane.h * 0.62;
    light(W * 0.5, H * 0.05, 760, 0.62);
    const inside = (x, y) => x > pane.x && x < pane.x + pane.w && y > pane.y && y < pane.y + pane.h;
    const m = { x: W * 0.6, y: H * 0.27, r: 40 };
    engrave(ink.cold, (x, y) => {
      if (!inside(x, y)) return y > H * 0.72 ? 0.2 * noise(x * 0.004, y * 0.03) : 0.16 + 0.06 * Math.sin(x * 0.0436);
      if (y < horizon) {
        const far = Math.hypot(x - m.x, y - m.y);
        if (onMoon(x, y, m)) return shadow(x, y, m) ? 0.22 : 0;
        return 0.24 + 0.45 * Math.max(0, 1 - far / 260) ** 2;
      }
      const near = 1 - Math.abs(x - m.x) / (30 + (y - horizon) * 0.5);
      return 0.4 * ramp(0.4, 0.6, noise(x * 0.01, y * 0.09)) + Math.max(0, near) * noise(x * 0.02, y * 0.15) * 1.4;
    });
    engrave(ink.warm, (x, y) => (inside(x, y) ? 0 : warmAt(x, y, H * 2)), 1.6);
    shine(m);
    ctx.strokeStyle = ink.dark; ctx.lineWidth = 26; ctx.strokeRect(pane.x, pane.y, pane.w, pane.h);
    line([[W * 0.5, pane.y], [W * 0.5, pane.y + pane.h]], 14, ink.dark);
    ctx.strokeStyle = ink.edge; ctx.lineWidth = 3; ctx.strokeRect(pane.x - 15, pane.y - 15, pane.w + 30, pane.h + 30);
    const seat = H * 0.72;
    for (let i = 0; i < 5; i += 1) { box(W * 0.08, H * 0.56 + i * 34, W * 0.84, 24); line([[W * 0.08, H * 0.56 + i * 34], [W * 0.92, H * 0.56 + i * 34]], 2.5, i < 2 ? ink.warm : ink.edge); }
    box(W * 0.06, seat, W * 0.88, 42); line([[W * 0.06, seat], [W * 0.94, seat]], 4, ink.warm);
    for (const x of [0.1, 0.36, 0.62, 0.88]) box(W * x, seat + 40, 26, H * 0.16);
    ctx.save(); ctx.translate(W * 0.5, seat - 3); ctx.scale(1.35, 1.35);
    THINGS[params.thing](0, 0);
    ctx.restore();
  },
  shore() {
    const horizon = H * 0.56, home = [W * 0.5, H * 0.44];
    light(home[0], home[1], 250, 1.25, 700);
    night({ horizon, moon: { ...moon, x: W * 0.72, y: H * 0.2, r: 40 }, sky: 0.3, water: 0.3 });
    const hill = [[0, horizon + 6]];
    for (let i = 0; i <= 60; i += 1) {
      const t = i / 60;
      hill.push([W * t, horizon - 20 - 190 * Math.sin(Math.PI * t) ** 1.5 - 46 * (noise(t * 5, 90) - 0.3)]);
    }
    hill.push([W, horizon + 6]);
    const [x, y] = home;
    poly(hill);
    line(hill.slice(1, -1), 2.5, ink.edge);
    for (let i = 0; i < 15; i += 1) {
      const hx = W * (0.1 + i * 0.057) + dice(-14, 14), hy = horizon - 26 - 150 * Math.sin(Math.PI * hx / W) ** 1.6 + dice(0, 60), s = dice(0.7, 1.1);
      if (Math.abs(hx - x) < 90) continue;
      box(hx - 24 * s, hy - 30 * s, 48 * s, 46 * s, ink.ground); poly([[hx - 30 * s, hy - 28 * s], [hx, hy - 54 * s], [hx + 30 * s, hy - 28 * s]], ink.ground);
      line([[hx - 30 * s, hy - 28 * s], [hx, hy - 54 * s], [hx + 30 * s, hy - 28 * s]], 2, ink.edge);
    }
    engrave(ink.warm, (px, py) => (py < horizon ? Math.max(0, 0.75 - Math.hypot(px - x, py - y) / 170) : 0), 1.6);
    box(x - 52, y - 44, 104, 92); poly([[x - 66, y - 42], [x, y - 96], [x + 66, y - 42]]); box(x + 26, y - 100, 16, 40);
    line([[x - 66, y - 42], [x, y - 96], [x + 66, y - 42]], 3, ink.edge);
    box(x - 22, y - 24, 44, 44, ink.white); box(x - 2, y - 24, 4, 44, ink.dark); box(x - 22, y - 4, 44, 4, ink.dark);
    ferryLights(W * 0.42, H * 0.84, 0.5);
    ferry(W * 0.46, H * 0.79, 0.62);
  },
};

const THINGS = {
  suitcase(x, y) {
    box(x - 120, y - 160, 240, 160, ink.edge); line([[x - 120, y - 160], [x + 120, y - 160]], 4, ink.warm);
    line([[x - 38, y - 160], [x - 38, y - 190], [x + 38, y - 190], [x + 38, y - 160]], 9, ink.dark);
    for (const dx of [-70, 70]) { box(x + dx - 8, y - 160, 16, 160, ink.dark); disc(x + dx, y - 128, 7, ink.warm); }
    box(x - 26, y - 86, 52, 32, ink.white);
  },
  umbrella(x, y) {
    line([[x - 190, y - 14], [x + 150, y - 96]], 7, ink.dark);
    poly([[x - 150, y - 28], [x - 60, y - 88], [x + 96, y - 108], [x + 112, y - 84], [x - 20, y - 20]], ink.edge);
    line([[x - 150, y - 28], [x + 104, y - 96]], 3, ink.edge); line([[x - 60, y - 88], [x + 96, y - 108]], 4, ink.warm);
    line([[x + 150, y - 96], [x + 176, y - 102], [x + 186, y - 84], [x + 176, y - 70]], 9, ink.warm);
  },
  hatbox(x, y) {
    solid(ink.dark, () => ctx.ellipse(x, y - 22, 118, 22, 0, 0, Math.PI * 2)); box(x - 118, y - 150, 236, 130); for (let i = -5; i <= 5; i += 1) line([[x + i * 21, y - 118], [x + i * 21, y - 8]], 2, ink.edge);
    solid(ink.dark, () => ctx.ellipse(x, y - 152, 126, 26, 0, 0, Math.PI * 2)); box(x - 126, y - 152, 252, 30);
    ctx.strokeStyle = ink.warm; ctx.lineWidth = 4; ctx.beginPath(); ctx.ellipse(x, y - 152, 126, 26, 0, Math.PI, Math.PI * 2); ctx.stroke();
    line([[x - 126, y - 122], [x + 126, y - 122]], 3, ink.edge);
    poly([[x - 16, y - 174], [x + 16, y - 174], [x + 14, y], [x - 14, y]], ink.edge);
    for (const k of [-1, 1]) poly([[x, y - 178], [x + k * 74, y - 222], [x + k * 86, y - 184]], ink.edge);
    disc(x, y - 180, 13, ink.warm);
  },
  birdcage(x, y) {
    box(x - 90, y - 16, 180, 16); line([[x - 90, y - 16], [x + 90, y - 16]], 3, ink.warm);
    for (let i = -4; i <= 4; i += 1) {
      const top = y - 150 - 86 * Math.sqrt(1 - (i / 4.6) ** 2);
      line([[x + i * 19, y - 16], [x + i * 19, y - 150], [x + i * 10, top]], 3.2, ink.warm);
    }
    line([[x - 78, y - 150], [x + 78, y - 150]], 4, ink.warm); disc(x, y - 250, 12, ink.warm); disc(x, y - 250, 6, ink.ground);
    line([[x - 40, y - 90], [x + 40, y - 90]], 4, ink.edge);
  },
};

ctx.fillStyle = ink.ground;
ctx.fillRect(0, 0, W, H);
scenes[params.scene]();
describe({
  quay: 'A quay at night, its lamps reflected in the water.',
  departure: 'A lit ferry without passengers under the moon.',
  saloon: 'The empty saloon of a ferry, lamps above rows of benches.',
  light: 'A lighthouse sends its beam over the water; a small ferry passes.',
  bench: `A ${params.thing} alone on a bench, the sea in the window.`,
  shore: 'A dark village on a hill with one lit window; a ferry comes in.',
}[params.scene]);
features({ scene: params.scene, moon: params.moon, ink: params.ink });
