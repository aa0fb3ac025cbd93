const stops = (g) => { g.addColorStop(0, '#f40'); g.addColorStop(0.5, 'rgba(255, 240, 200, 0.8)'); g.addColorStop(1, '#048'); return g; };
ctx.fillStyle = stops(ctx.createLinearGradient(10, 0, 90, 60)); ctx.fillRect(5, 5, 90, 90);
ctx.fillStyle = stops(ctx.createRadialGradient(140, 40, 5, 150, 50, 45)); ctx.fillRect(105, 5, 90, 90);
ctx.fillStyle = stops(ctx.createConicGradient(1, 50, 150)); ctx.fillRect(5, 105, 90, 90);
ctx.globalAlpha = 0.7; ctx.strokeStyle = stops(ctx.createLinearGradient(105, 0, 195, 0)); ctx.lineWidth = 20; ctx.save(); ctx.rotate(0.1); ctx.strokeRect(135, 115, 50, 50); ctx.restore();
ctx.fillStyle = ctx.createLinearGradient(0, 0, 10, 0); ctx.fillRect(0, 0, 200, 200);
