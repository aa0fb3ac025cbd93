// Numbers that no picture needs: nothing may break.
const extremes = [0, -0, 1, -1, 0.5, 1e-9, 1e9, -1e9, 1e38, -1e38, 1e300, 5e-324, 16777217, NaN, Infinity, -Infinity, 30, 47.3];
const n = () => pick(extremes);
const quiet = (run) => { try { run(); } catch (error) { if (!(error instanceof RangeError || error instanceof TypeError || error.name === 'LimitError')) throw error; } };
const tile = new OffscreenCanvas(3, 3);
const paths = ['moveTo', 'lineTo', 'quadraticCurveTo', 'bezierCurveTo', 'arc', 'arcTo', 'ellipse', 'rect', 'roundRect'];
for (let i = 0; i < 600; i += 1) {
  ctx.save();
  ctx.globalCompositeOperation = pick(['source-over', 'multiply', 'copy', 'destination-in', 'xor']);
  if (chance(0.5)) quiet(() => ctx.setTransform(n(), n(), n(), n(), n(), n()));
  if (chance(0.3)) { ctx.shadowColor = 'black'; ctx.shadowBlur = random(5); ctx.shadowOffsetX = n(); ctx.shadowOffsetY = n(); }
  if (chance(0.2)) ctx.filter = pick(['blur(2px)', 'sepia(1)']);
  ctx.lineWidth = n(); ctx.miterLimit = n(); ctx.lineCap = pick(['round', 'square']); ctx.lineJoin = pick(['round', 'miter']);
  if (chance(0.3)) ctx.setLineDash([n(), n(), 3]);
  ctx.lineDashOffset = n();
  if (chance(0.3)) quiet(() => { const g = pick([() => ctx.createLinearGradient(n(), n(), n(), n()), () => ctx.createRadialGradient(n(), n(), n(), n(), n(), n()), () => ctx.createConicGradient(n(), n(), n())])(); g.addColorStop(0, 'red'); g.addColorStop(0, 'blue'); g.addColorStop(1, 'lime'); ctx.fillStyle = g; ctx.strokeStyle = g; });
  if (chance(0.1)) quiet(() => { const p = ctx.createPattern(tile, pick(['repeat', 'repeat-x', 'no-repeat'])); p.setTransform([n(), n(), n(), n(), n(), n()]); ctx.fillStyle = p; });
  ctx.beginPath();
  for (let k = 0; k < 4; k += 1) quiet(() => ctx[pick(paths)](n(), n(), n(), n(), n(), n(), n()));
  quiet(() => pick([() => ctx.fill(), () => ctx.stroke(), () => ctx.clip(), () => ctx.fillRect(n(), n(), n(), n()), () => ctx.clearRect(n(), n(), n(), n()), () => ctx.strokeRect(n(), n(), n(), n()),
    () => ctx.drawImage(tile, n(), n(), n(), n()), () => ctx.drawImage(canvas, n(), n(), n(), n(), n(), n(), n(), n()), () => ctx.putImageData(new ImageData(2, 2), n(), n(), n(), n(), n(), n()),
    () => ctx.getImageData(n(), n(), n() % 99, n() % 99), () => ctx.fillText('ab', n(), n(), n()), () => { ctx.font = `${n()}px serif`; ctx.strokeText('q', n(), n()); }, () => ctx.isPointInPath(n(), n()),
    () => ctx.isPointInStroke(n(), n()), () => { const p = new Path2D(); p.moveTo(n(), n()); p.arc(n(), n(), n(), n(), n()); ctx.fillTextOnPath('abc', p, { offset: n(), baseline: n() }); }])());
  ctx.restore();
}
