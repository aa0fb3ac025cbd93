const modes = ['source-over', 'source-in', 'source-out', 'source-atop', 'destination-over', 'destination-in', 'destination-out', 'destination-atop', 'lighter', 'copy', 'xor', 'multiply', 'screen', 'overlay', 'darken', 'lighten', 'color-dodge', 'color-burn', 'hard-light', 'soft-light', 'difference', 'exclusion', 'hue', 'saturation', 'color', 'luminosity'];
modes.forEach((mode, i) => {
  const cell = new OffscreenCanvas(30, 30), c = cell.getContext('2d');
  c.fillStyle = '#e62'; c.fillRect(4, 4, 16, 16);
  c.globalCompositeOperation = mode;
  c.fillStyle = 'rgba(40, 120, 220, 0.8)'; c.beginPath(); c.arc(18, 18, 9, 0, 7); c.fill();
  ctx.drawImage(cell, 5 + (i % 6) * 32, 5 + Math.floor(i / 6) * 32);
});
