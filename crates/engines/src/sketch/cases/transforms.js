ctx.fillStyle = '#fff'; ctx.fillRect(0, 0, 200, 200);
for (let i = 0; i < 12; i += 1) {
  ctx.save(); ctx.translate(100, 100); ctx.rotate((i * Math.PI) / 6); ctx.transform(1, 0.2, 0, 1, 0, 0); ctx.scale(1 - i * 0.03, 1);
  ctx.fillStyle = `oklch(0.7 0.15 ${i * 30})`; ctx.fillRect(40, -8, 45, 16); ctx.restore();
}
ctx.beginPath(); ctx.translate(100, 100); ctx.moveTo(0, 0); ctx.rotate(1); ctx.lineTo(40, 0); ctx.resetTransform(); ctx.lineTo(100, 140); ctx.closePath(); ctx.lineWidth = 3; ctx.stroke();
ctx.setTransform(new DOMMatrix([0.5, 0, 0, 0.5, 10, 10])); ctx.fillStyle = '#000'; ctx.fillRect(0, 0, 20, 20);
