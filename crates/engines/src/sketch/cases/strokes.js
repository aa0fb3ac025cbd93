ctx.fillStyle = 'white'; ctx.fillRect(0, 0, 200, 200);
for (const [i, cap] of ['butt', 'round', 'square'].entries()) {
  ctx.lineCap = cap; ctx.lineWidth = 10; ctx.beginPath(); ctx.moveTo(20, 15 + i * 18); ctx.lineTo(80, 15 + i * 18); ctx.stroke();
}
for (const [i, join] of ['miter', 'round', 'bevel'].entries()) {
  ctx.lineCap = 'butt'; ctx.lineJoin = join; ctx.lineWidth = 8; ctx.beginPath(); ctx.moveTo(100, 10 + i * 20); ctx.lineTo(130, 25 + i * 20); ctx.lineTo(100, 28 + i * 20); ctx.stroke();
}
ctx.lineJoin = 'miter'; ctx.miterLimit = 1; ctx.beginPath(); ctx.moveTo(150, 15); ctx.lineTo(180, 25); ctx.lineTo(150, 30); ctx.stroke(); ctx.miterLimit = 10;
ctx.lineWidth = 3; ctx.setLineDash([12, 4, 2]); ctx.lineDashOffset = 5; ctx.strokeRect(15, 85, 170, 30); ctx.setLineDash([]);
for (let i = 0; i < 12; i += 1) { ctx.lineWidth = 0.1 + i * 0.12; ctx.beginPath(); ctx.moveTo(15, 130 + i * 3); ctx.lineTo(95, 127 + i * 3); ctx.stroke(); }
ctx.save(); ctx.translate(145, 155); ctx.rotate(0.5); ctx.scale(2, 0.5); ctx.lineWidth = 6; ctx.beginPath(); ctx.arc(0, 0, 18, 0, Math.PI * 2); ctx.stroke(); ctx.restore();
