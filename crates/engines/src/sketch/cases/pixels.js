ctx.fillStyle = '#39c'; ctx.fillRect(10, 10, 80, 80);
const data = ctx.getImageData(0, 0, 100, 100);
for (let y = 0; y < data.height; y += 1) for (let x = 0; x < data.width; x += 1) {
  const at = (y * data.width + x) * 4;
  if ((x ^ y) & 8) [data.data[at], data.data[at + 2]] = [data.data[at + 2], data.data[at]];
}
ctx.putImageData(data, 100, 0);
ctx.putImageData(data, 0, 100, 20, 20, 40, 40);
const own = new ImageData(20, 20);
for (let i = 0; i < own.data.length; i += 4) { own.data[i] = i / 6; own.data[i + 1] = 120; own.data[i + 3] = 255 - i / 7; }
ctx.putImageData(own, 120, 120);
ctx.imageSmoothingEnabled = false;
ctx.drawImage(canvas, 120, 120, 20, 20, 150, 120, 40, 40);
