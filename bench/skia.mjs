// Draws crates/engines/examples/shapes.js with Skia (npm: @napi-rs/canvas), encodes it as PNG, and prints how long each
// drawing took, in ms: `node skia.mjs SCRIPT REPEAT`. The package is looked for from the working directory.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { createCanvas } = createRequire(`${process.cwd()}/`)('@napi-rs/canvas');
const [script, repeat] = process.argv.slice(2);
const draw = new Function('ctx', 'width', 'height', 'random', 'pick', readFileSync(script, 'utf8'));
const [width, height] = [1200, 1600];

async function once() {
  let state = 7;
  // A generator as cheap as the sketch engine's own: what is compared is the drawing.
  const number = () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const random = (low, high) => low + number() * (high - low);
  const pick = (items) => items[Math.floor(number() * items.length)];
  const canvas = createCanvas(width, height);
  draw(canvas.getContext('2d'), width, height, random, pick);
  return (await canvas.encode('png')).length;
}

const drawn = [];
for (let at = -2; at < Number(repeat); at += 1) {
  const started = performance.now();
  await once();
  if (at >= 0) drawn.push(performance.now() - started);
}
console.log(JSON.stringify({ drawn_ms: drawn }));
