ctx.fillStyle = '#f6f2ea'; ctx.fillRect(0, 0, 200, 200);
ctx.save(); ctx.shadowColor = 'rgba(60, 0, 0, 0.6)'; ctx.shadowBlur = 10; ctx.shadowOffsetX = 5; ctx.shadowOffsetY = 6;
ctx.fillStyle = '#fff'; ctx.fillRect(15, 15, 50, 40); ctx.lineWidth = 3; ctx.strokeStyle = '#28a'; ctx.beginPath(); ctx.arc(115, 35, 22, 0, 7); ctx.stroke();
ctx.font = '30px serif'; ctx.fillStyle = '#111'; ctx.fillText('Ag', 150, 50); ctx.restore();
const filters = ['blur(4px)', 'grayscale(1)', 'sepia(80%)', 'hue-rotate(120deg)', 'saturate(3)', 'invert(1)', 'brightness(150%) contrast(0.6)', 'opacity(0.4)'];
filters.forEach((filter, i) => {
  ctx.filter = filter; ctx.fillStyle = '#c53'; ctx.fillRect(12 + (i % 4) * 48, 80 + Math.floor(i / 4) * 56, 20, 40); ctx.fillStyle = '#37a'; ctx.fillRect(32 + (i % 4) * 48, 80 + Math.floor(i / 4) * 56, 14, 40);
});
