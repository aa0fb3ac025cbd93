ctx.fillStyle = 'white'; ctx.fillRect(0, 0, 400, 400); ctx.fillStyle = '#222';
ctx.font = '32px "EB Garamond"'; ctx.fillText('Waffle office', 10, 40);
ctx.font = 'italic 700 24px "IBM Plex Sans", sans-serif'; ctx.fillText('Italic', 220, 40);
ctx.font = '24px serif'; ctx.fontFeatures = '"onum", "smcp"'; ctx.fillText('Old 1234567890', 10, 80); ctx.fontFeatures = '';
ctx.fontVariantCaps = 'small-caps'; ctx.fillText('Small Caps', 220, 80); ctx.fontVariantCaps = 'normal';
ctx.letterSpacing = '4px'; ctx.fillText('spaced', 10, 115); ctx.letterSpacing = '0px';
ctx.fontKerning = 'none'; ctx.fillText('AVATo', 160, 115); ctx.fontKerning = 'auto'; ctx.fillText('AVATo', 260, 115);
ctx.font = '20px "Barlow Condensed"';
for (const [i, align] of ['left', 'center', 'right'].entries()) { ctx.textAlign = align; ctx.fillText(align, 200, 145 + i * 22); }
ctx.strokeStyle = '#c33'; ctx.lineWidth = 0.5; ctx.strokeRect(200, 125, 0, 70);
ctx.textAlign = 'left'; ctx.font = '22px "IM FELL English"';
for (const [i, line] of ['alphabetic', 'top', 'hanging', 'middle', 'ideographic', 'bottom'].entries()) { ctx.textBaseline = line; ctx.fillText(line.slice(0, 6), 8 + i * 65, 220); }
ctx.textBaseline = 'alphabetic'; ctx.beginPath(); ctx.moveTo(0, 220); ctx.lineTo(400, 220); ctx.stroke();
ctx.font = '60px UnifrakturCook'; ctx.lineWidth = 1; ctx.strokeStyle = '#06a'; ctx.strokeText('Daedal', 10, 295); ctx.fillText('squeezed into this', 200, 295, 180);
ctx.font = '18px "Cormorant SC"'; const shore = new Path2D('M20 380 C 120 300 260 400 380 320'); ctx.lineWidth = 0.5; ctx.stroke(shore);
ctx.textAlign = 'center'; ctx.fillTextOnPath('along the curving shore', shore, { letterSpacing: 3, baseline: 5 });
ctx.textAlign = 'left'; ctx.font = '14px "UnifrakturCook"'; ctx.fillText('fallback: Łódź → 5 €', 10, 320);
