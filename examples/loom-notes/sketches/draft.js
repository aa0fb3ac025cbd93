// A draft: which shaft every end hangs on, which shafts every treadle lifts, in which order they are
// trodden, and which yarn lies where. Cloth follows from these four and from nothing else; the
// drawdown below is only how the draft is judged. The draft itself is attached as JSON.

const FAMILIES = { twill: 30, 'colour and weave': 26, 'shadow weave': 20, overshot: 15, 'summer and winter': 9 };
const LONGEST_FLOAT = { twill: 7, 'colour and weave': 4, 'shadow weave': 4, overshot: 9, 'summer and winter': 7 };

// Roles of a yarn set, in this order: light, dark, voice, second voice, accent.
const YARNS = {
  madder: { paper: '#f0e7d8', ink: '#2b1c18', yarns: ['#ecdcc0', '#3d1c1f', '#b23a2a', '#dc8f4e', '#2c6468'], names: ['linen', 'walnut', 'madder', 'apricot', 'teal'] },
  indigo: { paper: '#ebe9e1', ink: '#141b2b', yarns: ['#e9e3d3', '#14203c', '#2f5a97', '#93b5c9', '#d96f35'], names: ['bleached', 'ink', 'indigo', 'sky', 'marigold'] },
  weld: { paper: '#f2ebd6', ink: '#28261a', yarns: ['#f1e5bd', '#3d4128', '#d39f22', '#8c9c55', '#8d2c3f'], names: ['cream', 'bog', 'weld', 'reed', 'cherry'] },
  lichen: { paper: '#e7e8de', ink: '#1d2622', yarns: ['#e2e3d0', '#213a35', '#6f967d', '#cbb887', '#da5a3c'], names: ['chalk', 'spruce', 'lichen', 'straw', 'rowan'] },
  heath: { paper: '#ece5e3', ink: '#261c2e', yarns: ['#e8dbd9', '#34233f', '#8d4a77', '#bd9dae', '#cda23a'], names: ['shell', 'sloe', 'heather', 'thrift', 'gorse'] },
  undyed: { paper: '#efebe3', ink: '#2b2521', yarns: ['#eee6d6', '#3a312b', '#9c866c', '#cfbea2', '#86302a'], names: ['white', 'black sheep', 'moorit', 'oatmeal', 'raddle'] },
  rosehip: { paper: '#f4e6de', ink: '#3a1524', yarns: ['#f4dfd2', '#4d182c', '#d5506a', '#f0a287', '#246863'], names: ['petal', 'damson', 'rose', 'salmon', 'verdigris'] },
  nightmill: { paper: '#1b1e25', ink: '#e8e1d1', yarns: ['#ded6c4', '#1f2733', '#3f7d8c', '#cf7448', '#e6c657'], names: ['bone', 'coal', 'petrol', 'rust', 'lamp'] },
};

const chanceOf = rng('draft');
const range = (n) => Array.from({ length: n }, (_, i) => i);
const mirrored = (half) => half.concat(half.slice(1, -1).reverse());
const flat = (lists) => lists.reduce((all, list) => all.concat(list), []);
const mod = (a, n) => ((a % n) + n) % n;
const gcd = (a, b) => (b ? gcd(b, a % b) : a);
const lcm = (a, b) => (a / gcd(a, b)) * b;
const repeated = (list, n) => range(n).map((i) => list[i % list.length]);
const even = (n) => 2 * Math.max(1, Math.round(n / 2));

/** A walk over a circle of `shafts`: `n` steps, turning now and then, mirrored so that it closes. */
function walk(shafts, n, turns) {
  const points = turns ? range(turns).map(() => chanceOf.int(3, n - 3)) : [];
  const half = [0];
  let way = 1;
  for (let i = 1; i <= n; i += 1) {
    if (points.includes(i)) way = -way;
    half.push(mod(half[i - 1] + way, shafts));
  }
  return mirrored(half);
}

// ---- structures: each gives { shafts, tieup, threading, treadling, name } and, where it says so, thick picks.

function twill(size) {
  const shafts = chanceOf.weighted([[4, 3], [6, 2], [8, 5]]);
  const bits = chanceOf.pick({
    4: ['1100', '1100', '1110'],
    6: ['111000', '110100', '110010'],
    8: ['11100100', '11010010', '11001010', '11110010', '11011000', '11101000', '11001100'],
  }[shafts]);
  const tieup = range(shafts).map((t) => range(shafts).filter((s) => bits[mod(s - t, shafts)] === '1'));
  const name = chanceOf.weighted({ 'point twill': 4, 'broken twill': 2, 'undulating twill': 3, 'goose eye': 3, 'advancing twill': 2, 'straight twill': 1 });
  const n = Math.max(shafts, Math.round(size / 2));
  let threading;
  if (name === 'straight twill') threading = repeated(range(shafts), even(size / shafts) * shafts);
  else if (name === 'point twill') threading = walk(shafts, chanceOf.pick([shafts - 1, n]), 0);
  else if (name === 'goose eye') threading = walk(shafts, n, chanceOf.int(2, 4));
  else if (name === 'broken twill') {
    const run = chanceOf.pick([shafts / 2, shafts, shafts + 2]);
    const steps = Math.max(2, Math.round(size / run / 2));
    const half = flat(range(steps).map((k) => range(run).map((i) => mod((k % 2 ? -i : i) + k * (shafts / 2 + 1), shafts))));
    threading = mirrored(half);
  } else if (name === 'advancing twill') {
    const run = shafts - chanceOf.int(1, 3);
    threading = flat(range(shafts).map((k) => range(run).map((i) => mod(k + i, shafts))));
    if (chanceOf.chance(0.5)) threading = mirrored(threading);
  } else {
    const line = walk(shafts, Math.round(n * 0.7), chanceOf.int(0, 2));
    const wave = chanceOf.int(1, 2);
    threading = flat(line.map((s, i) => (Math.cos((i / line.length) * 2 * Math.PI * wave) < -0.1 ? [s, s] : [s])));
  }
  const straight = name !== 'straight twill' && chanceOf.chance(0.3);
  const treadling = straight ? range(shafts) : name === 'straight twill' && chanceOf.chance(0.6) ? walk(shafts, n, chanceOf.int(0, 2)) : threading;
  return { name, shafts, tieup, threading, treadling };
}

function colourAndWeave() {
  const plain = chanceOf.chance(0.4);
  const tieup = plain ? [[0, 2], [1, 3]] : [[0, 1], [1, 2], [2, 3], [3, 0]];
  return { name: plain ? 'plain weave' : '2/2 twill', shafts: 4, tieup, threading: [0, 1, 2, 3], treadling: range(tieup.length), plain };
}

/** A path over blocks with a length each, mirrored about its ends; it closes on itself. */
function profile(blocks, total, lengths) {
  const half = [{ block: 0, length: chanceOf.pick(lengths) }];
  let way = chanceOf.sign();
  let sum = half[0].length;
  while (sum < total / 2) {
    const last = half[half.length - 1];
    if (half.length > 2 && chanceOf.chance(0.3)) way = -way;
    const length = chanceOf.chance(0.55) ? last.length : chanceOf.pick(lengths);
    half.push({ block: mod(last.block + way, blocks), length });
    sum += length;
  }
  return mirrored(half);
}

function shadowWeave(size) {
  const shafts = chanceOf.weighted([[4, 1], [6, 2], [8, 4]]);
  const half = shafts / 2;
  const tieup = range(shafts).map((t) => range(half).map((i) => mod(t + i, shafts)).sort());
  const path = profile(shafts, size / 2, chanceOf.pick([[1], [1, 1, 2, 3], [1, 2, 4]]));
  // Every dark end has a light one at its side that does the opposite.
  const threading = flat(path.map(({ block, length }) => flat(range(length).map(() => [block, mod(block + half, shafts)]))));
  return { name: 'shadow weave', shafts, tieup, threading, treadling: threading };
}

function overshot(size) {
  // Crosses run along the diagonal; a table goes to and fro between two blocks.
  const small = chanceOf.pick([2, 4]);
  const cross = range(chanceOf.int(3, 6)).map((i) => ({ block: i % 4, length: small }));
  const last = cross[cross.length - 1].block;
  const table = range(chanceOf.int(2, 5)).map((i) => ({ block: mod(last + 1 - (i % 2), 4), length: chanceOf.pick([2, 6, 6, 8]) }));
  const free = profile(4, size, [2, 4, 4, 6]);
  const path = chanceOf.chance(0.65) ? mirrored(cross.concat(table)) : free;
  const threading = [];
  for (const { block, length } of path) {
    // Every block has one odd and one even shaft: taking turns keeps the tabby whole.
    const pair = [block, (block + 1) % 4].sort((a, b) => (a % 2) - (b % 2));
    for (let i = 0; i < length; i += 1) threading.push(pair[threading.length % 2]);
  }
  const tieup = [[0, 2], [1, 3], ...range(4).map((b) => [mod(b + 2, 4), mod(b + 3, 4)])];
  const treadling = [];
  const thick = [];
  for (const { block, length } of path) {
    for (let i = 0; i < length / 2; i += 1) {
      treadling.push(2 + block, (treadling.length / 2) % 2);
      thick.push(true, false);
    }
  }
  return { name: 'overshot', shafts: 4, tieup, threading, treadling, thick, path };
}

function summerAndWinter(size) {
  const blocks = 4;
  const path = profile(blocks, Math.max(6, size / 4), [1, 1, 2, 3]);
  const wide = chanceOf.chance(0.5);       // two blocks at a time make broader figures
  const shown = (b) => (wide ? [b, (b + 1) % blocks] : [b]);
  const rest = (b) => range(blocks).filter((x) => !shown(b).includes(x)).map((x) => x + 2);
  const tieup = [[0, 1], range(blocks).map((x) => x + 2)];
  for (let b = 0; b < blocks; b += 1) tieup.push([0, ...rest(b)], [1, ...rest(b)]);
  const threading = flat(path.map(({ block, length }) => flat(range(length).map(() => [0, block + 2, 1, block + 2]))));
  const unit = (b) => [2 + 2 * b, 0, 3 + 2 * b, 1];
  const treadling = flat(path.map(({ block, length }) => flat(range(length).map(() => unit(block)))));
  return { name: 'summer and winter', shafts: 6, tieup, threading, treadling, thick: [true, false], path };
}

// ---- yarns: an index into the roles for every end and every pick.

const stripes = (parts) => flat(parts.map(([colour, n]) => Array(n).fill(colour)));

/** Broad bands of yarn that fill `n` ends exactly, mirrored. */
function bands(n, colours, unit) {
  const half = [];
  while (half.length < n / 2 + 1) {
    const colour = chanceOf.pick(colours.filter((c) => c !== half[half.length - 1]));
    half.push(...Array(unit * chanceOf.int(1, 3)).fill(colour));
  }
  return mirrored(half.slice(0, n / 2 + 1));
}

const CHECKS = {
  houndstooth: [[1, 4], [0, 4]],
  'puppytooth': [[1, 2], [0, 2]],
  'gun club check': [[1, 4], [0, 4], [2, 4], [0, 4]],
  'pinwheel': [[1, 4], [0, 4]],
  'log cabin': null, 'glen check': null, tartan: null, 'step pattern': [[1, 2], [0, 1], [1, 1], [0, 2], [1, 1], [0, 1]],
};

function checkOrder(name, size) {
  const k = 4 * Math.max(1, Math.round(size / 24));
  if (name === 'log cabin') return flat([...Array(k)].map(() => [1, 0])).concat(flat([...Array(k)].map((_, i) => [0, i % 2 && k > 8 ? 2 : 1])));
  if (name === 'glen check') {
    const broad = flat([...Array(Math.max(2, k / 4))].map(() => stripes([[1, 4], [0, 4]])));
    const fine = flat([...Array(Math.max(4, k / 2))].map(() => stripes([[1, 2], [0, 2]])));
    if (chanceOf.chance(0.6)) fine.splice(fine.length / 2 - 2, 2, 4, 4);
    return broad.concat(fine);
  }
  if (name === 'tartan') {
    const sett = [1, 2, 0, 3].map((c) => [c, 4 * chanceOf.int(1, 4)]);
    sett.splice(2, 0, [4, 2], [1, 2]);
    return mirrored(stripes(chanceOf.shuffle(sett)).concat(1));
  }
  return stripes(CHECKS[name]);
}

// The yarn that crosses each band of a plaid: another one, or the weave could not be seen; the accent stays.
const PLAID = [2, 1, 1, 1, 4];

/** Colours of warp and weft, and what the dressing is called. */
function dress(family, structure, size) {
  const { threading, treadling } = structure;
  const n = threading.length;
  if (family === 'colour and weave') {
    const fit = structure.plain ? { 'log cabin': 5, 'step pattern': 2, pinwheel: 1 } : { 'glen check': 4, tartan: 4, houndstooth: 2, 'gun club check': 2, puppytooth: 1 };
    const name = chanceOf.weighted(fit);
    // Half of the checks that know only dark and light are woven in a voice instead of the dark.
    const plain = checkOrder(name, size);
    const order = !plain.includes(2) && chanceOf.chance(0.5) ? plain.map((c) => (c === 1 ? 2 : c)) : plain;
    return { name, warp: order, weft: order };
  }
  if (family === 'shadow weave') {
    const name = chanceOf.weighted({ 'two tones': 3, 'two voices': 3, banded: 4 });
    const [dark, light] = name === 'two voices' ? chanceOf.pick([[1, 3], [2, 3], [1, 2], [2, 4]]) : name === 'banded' ? [1, 0] : [chanceOf.pick([1, 2]), 0];
    const ground = name === 'banded' ? bands(n, [dark, 2], 8) : Array(n).fill(dark);
    const alternate = (list) => list.map((c, i) => (i % 2 ? light : c));
    return { name, warp: alternate(ground), weft: alternate(name === 'banded' && chanceOf.chance(0.5) ? Array(n).fill(dark) : ground) };
  }
  if (structure.thick) {
    const night = chanceOf.chance(0.35);
    const ground = night ? 1 : 0;
    const voices = night ? [0, 2, 3] : [1, 2, 2];
    const first = chanceOf.pick(voices);
    const name = chanceOf.weighted({ 'one shuttle': 4, 'two shuttles': 4, 'accented': 2 });
    const other = name === 'one shuttle' ? first : name === 'accented' ? 4 : night ? (first === 3 ? 2 : 3) : first === 1 ? 2 : 3;
    const tops = Math.max(...structure.path.map((p) => p.length));
    const weft = [];
    for (const { length } of structure.path) {
      const picks = family === 'overshot' ? length / 2 : length * 2;
      for (let i = 0; i < picks; i += 1) weft.push(length === tops ? other : first, ground);
    }
    return { name: night ? `${name}, dark ground` : name, warp: [ground], weft };
  }
  const name = chanceOf.weighted({ 'light on dark': 3, 'two voices': 3, striped: 3, ombré: 2, plaid: 2 });
  if (name === 'light on dark') return { name, warp: [0], weft: [chanceOf.pick([1, 2, 2])] };
  if (name === 'two voices') return { name, warp: [3], weft: [chanceOf.pick([1, 2])] };
  if (name === 'ombré') {
    const steps = [1, 2, 3, 0];
    const half = range(n / 2 + 1).map((i) => steps[Math.min(3, Math.floor((i / (n / 2 + 1)) * 4 + (i % 2 ? 0.35 : -0.35)))] ?? 1);
    return { name, warp: mirrored(half), weft: [chanceOf.pick([1, 0])] };
  }
  const warp = bands(n, [0, 2, 3], Math.max(4, Math.round(n / 16)));
  if (chanceOf.chance(0.4)) warp.fill(4, n / 2 - 1, n / 2 + 1);
  if (name === 'striped') return { name, warp, weft: [1] };
  return { name, warp, weft: treadling.length === n ? warp.map((c) => PLAID[c]) : [1] };
}

// ---- the cloth that follows: floats, and whether it would hold together.

function longestFloat(list) {
  // Round the repeat, since the cloth goes on.
  const start = list.findIndex((up, i) => up !== list[mod(i - 1, list.length)]);
  if (start < 0) return Infinity;
  let longest = 0;
  let run = 0;
  for (let i = 0; i < list.length; i += 1) {
    run = i && list[(start + i) % list.length] === list[(start + i - 1) % list.length] ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

function floats({ tieup, threading, treadling }) {
  const lifted = tieup.map((shafts) => threading.map((s) => shafts.includes(s)));
  const across = Math.max(...lifted.map(longestFloat));
  const down = Math.max(...range(Math.max(...threading) + 1).map((s) => (threading.includes(s) ? longestFloat(treadling.map((t) => tieup[t].includes(s))) : 0)));
  return Math.max(across, down);
}

function devise(family, size) {
  const make = { twill, 'colour and weave': colourAndWeave, 'shadow weave': shadowWeave, overshot, 'summer and winter': summerAndWinter }[family];
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const structure = make(size);
    const colours = dress(family, structure, size);
    const ends = lcm(structure.threading.length, colours.warp.length);
    const picks = lcm(structure.treadling.length, colours.weft.length);
    const n = lcm(ends, picks);
    const float = floats(structure);
    if (n > 168 || n % 2 || float > LONGEST_FLOAT[family]) continue;
    return { ...structure, ends, picks, n, float, colours };
  }
  throw new Error(`no sound ${family} of about ${size} ends was found`);
}

const family = params.structure === 'any' ? chanceOf.weighted(FAMILIES) : params.structure;
const cloth = devise(family, params.repeat);
const set = params.yarns === 'any' ? chanceOf.pick(Object.keys(YARNS)) : params.yarns;
const others = chanceOf.shuffle(Object.keys(YARNS).filter((name) => name !== set)).slice(0, 3);

// The finer the repeat, the coarser the yarn may be; a tile is as many repeats as make 640 units or more.
const cell = cloth.n > 120 ? 6 : cloth.n > 84 ? 8 : chanceOf.weighted([[8, 3], [10, 3], [12, 2]]);
const times = Math.max(1, Math.round(840 / (cloth.n * cell)));
const sett = { 6: 36, 8: 28, 10: 22, 12: 18 }[cell];
const draft = {
  family, structure: cloth.name, dressing: cloth.colours.name,
  shafts: cloth.shafts, tieup: cloth.tieup.map((list) => [...list].sort()),
  ends: cloth.ends, picks: cloth.picks, repeat: cloth.n, times, cell, sett, longestFloat: cloth.float,
  threading: repeated(cloth.threading, cloth.n), treadling: repeated(cloth.treadling, cloth.n),
  warp: repeated(cloth.colours.warp, cloth.n), weft: repeated(cloth.colours.weft, cloth.n),
  thick: repeated(cloth.thick ?? [null], cloth.n),
  ways: [set, ...others].map((name) => ({ name, ...YARNS[name] })),
};
attach('draft.json', draft);

// The drawdown, flat: what the score sees.
const { yarns } = draft.ways[0];
const side = width / (draft.repeat * Math.max(1, Math.round(84 / draft.repeat)));
const count = Math.round(width / side);
for (let i = 0; i < count; i += 1) {
  ctx.fillStyle = yarns[draft.warp[i % draft.repeat]];
  ctx.fillRect(i * side, 0, side, height);
}
for (let j = 0; j < count; j += 1) {
  const lifted = draft.tieup[draft.treadling[j % draft.repeat]];
  const row = new Path2D();
  for (let i = 0; i < count; i += 1) if (!lifted.includes(draft.threading[i % draft.repeat])) row.rect(i * side, j * side, side, side);
  ctx.fillStyle = yarns[draft.weft[j % draft.repeat]];
  ctx.fill(row);
}

/** The yarn that is `rank`th by use in a list of threads (the last one if there are fewer). */
function named(list, rank) {
  const used = range(5).map((c) => [c, list.filter((x) => x === c).length]).filter(([, n]) => n).sort((a, b) => b[1] - a[1]);
  return draft.ways[0].names[used[Math.min(rank, used.length - 1)][0]];
}

// Stated rarity: twill 30 %, colour and weave 26 %, shadow weave 20 %, overshot 15 %, summer and winter 9 %.
features({
  family, structure: draft.structure, dressing: draft.dressing, yarns: set,
  shafts: draft.shafts, treadles: draft.tieup.length,
  'ends in a repeat': draft.ends, 'picks in a repeat': draft.picks, 'ends per inch': sett, 'longest float': draft.longestFloat,
  warp: named(draft.warp, 0), weft: named(draft.weft, 0), third: named([...draft.warp, ...draft.weft], 1),
  tile: draft.repeat * times * cell,
});
