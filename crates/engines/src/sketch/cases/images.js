const tile = new OffscreenCanvas(20, 20), t = tile.getContext('2d');
t.fillStyle = '#fd4'; t.fillRect(0, 0, 20, 20); t.fillStyle = '#226'; t.fillRect(0, 0, 10, 10); t.beginPath(); t.arc(15, 15, 4, 0, 7); t.fill();
for (const [i, repeat] of ['repeat', 'repeat-x', 'repeat-y', 'no-repeat'].entries()) {
  const pattern = ctx.createPattern(tile, repeat); pattern.setTransform(new DOMMatrix().translate(10 + (i % 2) * 100, 10 + (i > 1) * 60).rotate(20).scale(0.8));
  ctx.fillStyle = pattern; ctx.fillRect(5 + (i % 2) * 100, 5 + (i > 1) * 60, 90, 50);
}
ctx.drawImage(tile, 10, 130); ctx.drawImage(tile, 40, 130, 50, 50); ctx.drawImage(tile, 0, 0, 10, 10, 100, 130, 30, 30);
ctx.imageSmoothingQuality = 'high'; ctx.save(); ctx.translate(160, 150); ctx.rotate(0.4); ctx.globalAlpha = 0.6; ctx.drawImage(tile, -20, -20, 40, 40); ctx.restore();
ctx.drawImage(canvas, 0, 0, 200, 200, 150, 180, 18, 18);
ctx.drawImage(params.photo, 10, 185, 40, 12);
