// 2,000 shapes of the kinds that sketches are made of: what `cargo xtask bench` draws.
ctx.fillStyle = '#f4efe6';
ctx.fillRect(0, 0, width, height);
const inks = ['#1d3557', '#e63946', '#457b9d', '#f1a208', '#2a9d8f'];
for (let i = 0; i < 2000; i += 1) {
  const x = random(0, width);
  const y = random(0, height);
  const size = random(8, 48);
  ctx.fillStyle = pick(inks);
  ctx.strokeStyle = pick(inks);
  ctx.globalAlpha = random(0.4, 1);
  ctx.lineWidth = random(1, 4);
  ctx.beginPath();
  switch (i % 4) {
    case 0:
      ctx.arc(x, y, size / 2, 0, Math.PI * 2);
      ctx.fill();
      break;
    case 1:
      ctx.fillRect(x, y, size, size);
      break;
    case 2:
      ctx.moveTo(x, y);
      ctx.bezierCurveTo(x + size, y, x, y + size, x + size, y + size);
      ctx.stroke();
      break;
    default:
      ctx.moveTo(x, y);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x + size / 2, y + size);
      ctx.closePath();
      ctx.fill();
  }
}
