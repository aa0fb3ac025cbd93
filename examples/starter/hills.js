// Hills before sunrise: layers of noise, each paler the farther it lies.
const palettes = {
  rose: { sky: ["#f7dcc9", "#e9a99b"], far: "#d98f89", near: "#3d2634", paper: "#f6efe6" },
  slate: { sky: ["#e8e4dc", "#a9b6bd"], far: "#8fa1aa", near: "#1f2b33", paper: "#f3f1ec" },
  moss: { sky: ["#f2ecd2", "#b9c7a0"], far: "#93a887", near: "#22301f", paper: "#f5f3e6" },
};
const { sky, far, near, paper } = palettes[params.palette];
const margin = 60;
const frame = { x: margin, y: margin, w: width - 2 * margin, h: height - 4 * margin };

ctx.fillStyle = paper;
ctx.fillRect(0, 0, width, height);

ctx.save();
ctx.beginPath();
ctx.rect(frame.x, frame.y, frame.w, frame.h);
ctx.clip();

const glow = ctx.createLinearGradient(0, frame.y, 0, frame.y + frame.h);
glow.addColorStop(0, sky[1]);
glow.addColorStop(0.7, sky[0]);
ctx.fillStyle = glow;
ctx.fillRect(frame.x, frame.y, frame.w, frame.h);

// The sun stands on one of three marks of the grid.
const mark = pick([1, 2, 3]);
const sun = { x: frame.x + (frame.w * mark) / 4, y: frame.y + frame.h * random(0.38, 0.5), r: random(38, 64) };
ctx.fillStyle = mix(sky[0], "#ffffff", 0.55);
ctx.beginPath();
ctx.arc(sun.x, sun.y, sun.r, 0, Math.PI * 2);
ctx.fill();

for (let i = 0; i < params.hills; i++) {
  const depth = (i + 1) / params.hills;
  const base = frame.y + frame.h * (0.45 + 0.45 * depth);
  const swell = frame.h * (0.16 - 0.07 * depth);
  ctx.fillStyle = mix(far, near, depth);
  ctx.beginPath();
  ctx.moveTo(frame.x, frame.y + frame.h);
  for (let x = 0; x <= frame.w; x += 4) {
    const rise = noise((x / frame.w) * (2 + i), i * 17.3);
    ctx.lineTo(frame.x + x, base - (rise - 0.35) * swell * 2);
  }
  ctx.lineTo(frame.x + frame.w, frame.y + frame.h);
  ctx.fill();
}
ctx.restore();

features({ palette: params.palette, hills: params.hills, sun: ["left", "middle", "right"][mark - 1] });
