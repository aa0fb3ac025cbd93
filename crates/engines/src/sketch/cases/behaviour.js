// Throws where the context does not behave as in a browser.
const same = (what, got, wanted) => { if (!Object.is(got, wanted)) throw new Error(`${what}: ${String(got)}, expected ${String(wanted)}`); };
const near = (what, got, wanted) => { if (!(Math.abs(got - wanted) < 1e-6)) throw new Error(`${what}: ${got}, expected ${wanted}`); };
const throws = (what, run, kind) => { try { run(); } catch (error) { if (error instanceof kind) return; throw error; } throw new Error(`${what}: nothing was thrown`); };

same('canvas', canvas.width, 200); same('context', canvas.getContext('2d'), ctx); same('back', ctx.canvas, canvas);
same('colour', ctx.fillStyle, '#000000'); ctx.fillStyle = 'nonsense'; same('ignored', ctx.fillStyle, '#000000');
ctx.fillStyle = 'RGB(100% 0% 0% / 50%)'; same('written', ctx.fillStyle, 'rgba(255, 0, 0, 0.5)');
ctx.lineWidth = -1; ctx.lineWidth = NaN; same('width', ctx.lineWidth, 1); ctx.lineWidth = '3'; same('text', ctx.lineWidth, 3);
ctx.globalAlpha = 2; same('alpha', ctx.globalAlpha, 1); ctx.lineCap = 'pointed'; same('cap', ctx.lineCap, 'butt');
ctx.globalCompositeOperation = 'mix'; same('mode', ctx.globalCompositeOperation, 'source-over');
ctx.font = 'bold italic 12pt/1.5 "EB Garamond", serif'; same('font', ctx.font, 'italic 700 16px "EB Garamond", serif');
ctx.font = 'large stuff'; same('font kept', ctx.font, 'italic 700 16px "EB Garamond", serif');
ctx.setLineDash([1, 2, 3]); same('dash', ctx.getLineDash().join(), '1,2,3,1,2,3'); ctx.setLineDash([-1]); same('dash kept', ctx.getLineDash().length, 6);
ctx.save(); ctx.fillStyle = 'blue'; ctx.scale(2, 3); ctx.restore(); same('restored', ctx.fillStyle, 'rgba(255, 0, 0, 0.5)'); same('matrix', ctx.getTransform().isIdentity, true);
ctx.restore(); ctx.restore();
ctx.translate(10, 20); ctx.rotate(Math.PI / 2); near('turned', ctx.getTransform().transformPoint({ x: 1, y: 0 }).y, 21); ctx.resetTransform();
near('inverse', new DOMMatrix([2, 0, 0, 4, 6, 8]).inverse().multiply(new DOMMatrix([2, 0, 0, 4, 6, 8])).e, 0);
throws('arc', () => ctx.arc(0, 0, -1, 0, 1), RangeError); throws('stop', () => ctx.createLinearGradient(0, 0, 1, 1).addColorStop(2, 'red'), RangeError);
throws('colour of a stop', () => ctx.createLinearGradient(0, 0, 1, 1).addColorStop(0, 'reddish'), SyntaxError);
throws('image', () => ctx.drawImage({}, 0, 0), TypeError); throws('rule', () => ctx.fill('oddeven'), TypeError);
throws('frozen', () => { 'use strict'; params.list.push(4); }, TypeError); same('params', params.list[2], 3);
ctx.lineTo(NaN, 1); ctx.fillRect(Infinity, 0, 1, 1); ctx.fillText('x', NaN, 0); ctx.drawImage(canvas, NaN, 0);

ctx.beginPath(); ctx.rect(20, 20, 40, 40); ctx.rect(30, 30, 10, 10);
same('inside', ctx.isPointInPath(35, 35), true); same('hole', ctx.isPointInPath(35, 35, 'evenodd'), false); same('outside', ctx.isPointInPath(70, 30), false);
ctx.lineWidth = 4; same('on the line', ctx.isPointInStroke(20, 40), true); same('beside it', ctx.isPointInStroke(50, 50), false);
const disc = new Path2D(); disc.arc(0, 0, 10, 0, 7); ctx.translate(100, 100); same('moved', ctx.isPointInPath(disc, 105, 100), true); ctx.resetTransform();

ctx.font = '100px "IBM Plex Mono"'; const m = ctx.measureText('ab');
near('width', m.width, 120); same('ascent', m.actualBoundingBoxAscent > 60 && m.actualBoundingBoxAscent < 80, true); same('line', m.fontBoundingBoxAscent > m.actualBoundingBoxAscent, true);
ctx.letterSpacing = '10px'; near('spaced', ctx.measureText('ab').width, 140); ctx.letterSpacing = '0px';

ctx.clearRect(0, 0, 200, 200); ctx.fillStyle = 'rgb(10, 200, 30)'; ctx.fillRect(0, 0, 1, 1);
same('pixel', Array.from(ctx.getImageData(0, 0, 1, 1).data).join(), '10,200,30,255'); same('beyond', ctx.getImageData(-5, -5, 1, 1).data[3], 0);
ctx.reset(); same('reset', ctx.getImageData(0, 0, 1, 1).data[3], 0); same('style', ctx.lineWidth, 1);
const small = new OffscreenCanvas(3, 2); small.width = 5; same('resized', small.width, 5); throws('fixed', () => { canvas.width = 7; }, TypeError);
same('power', 2 ** 3 ** 2, 512); same('left', (2 ** 3) ** 2, 64); same('bigint', 3n ** 40n, 12157665459056928801n); same('stable', [3, 1, 2].sort(() => 0).join(), '3,1,2');
same('seed', /^[0-9a-f]{64}$/.test(seed), true); same('density', density, 1); same('text asset', params.note.text, 'a note'); same('json asset', params.table.json.rows[0], 7);
same('photo', params.photo.width, 4); features({ passed: true }); features({ again: [1, 2] });
attach('note.txt', 'hello'); attach('table.json', { a: 1 }); attach('bytes.bin', new Uint8Array([1, 2, 3]).subarray(1)); attach('small.png', small); console.log('done', { a: [1] });
let order = []; function setup() { order.push('setup'); } function draw() { order.push('draw'); features({ order: order.join() }); }
