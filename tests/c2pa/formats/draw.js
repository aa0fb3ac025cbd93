for (let i = 0; i < 24; i += 1) {
  ctx.fillStyle = `hsl(${random() * 360}, 60%, 50%)`;
  ctx.fillRect(random() * width, random() * height, 30, 20);
}
