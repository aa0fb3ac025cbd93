// Opens a published gallery in a real browser, from file://, on a wide and a narrow screen, in light and dark, and
// uses it by keyboard. Usage: node gallery.cjs SITE SCREENSHOTS
const { chromium } = require('playwright-core');
const { existsSync, mkdirSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { pathToFileURL } = require('node:url');

const [site, shots] = process.argv.slice(2).map((path) => resolve(path));
const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const failures = [];
const check = (truth, what) => {
  console.log(`${truth ? 'ok  ' : 'FAIL'} ${what}`);
  if (!truth) failures.push(what);
};

async function visit(browser, name, options, path) {
  const page = await (await browser.newContext(options)).newPage();
  const noises = [];
  page.on('pageerror', (error) => noises.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && noises.push(message.text()));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) noises.push(`asks ${request.url()}`);
  });
  await page.goto(pathToFileURL(path).href, { waitUntil: 'load' });
  await page.screenshot({ path: join(shots, `${name}.png`) });
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  check(!sideways, `${name}: nothing sticks out sideways`);
  const broken = await page.evaluate(async () => {
    const images = [...document.images];
    images.forEach((image) => (image.loading = 'eager'));
    await Promise.all(images.map((image) => image.decode().catch(() => {})));
    return images.filter((image) => !image.naturalWidth || !image.hasAttribute('alt')).map((image) => image.src);
  });
  check(broken.length === 0, `${name}: every picture is there and has a text (${broken})`);
  check(noises.length === 0, `${name}: no errors, and nothing is asked of the network (${noises})`);
  return page;
}

(async () => {
  mkdirSync(shots, { recursive: true });
  const browser = await chromium.launch({
    executablePath: found,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  });
  const wide = { viewport: { width: 1440, height: 1000 } };
  const narrow = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
  const index = join(site, 'index.html');

  const page = await visit(browser, 'index-wide-light', { ...wide, colorScheme: 'light' }, index);
  await visit(browser, 'index-narrow-light', { ...narrow, colorScheme: 'light' }, index);
  const dark = await visit(browser, 'index-wide-dark', { ...wide, colorScheme: 'dark' }, index);
  const ground = (page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor
    + getComputedStyle(document.body).backgroundColor);
  check((await ground(page)) !== (await ground(dark)), 'dark is not light');

  const pieces = await page.$$eval('main a[href^="p/"]', (links) => links.map((link) => link.href));
  const piece = pieces.find((href) => !href.endsWith('/index.html'));
  check(Boolean(piece), 'the gallery leads to a piece');

  // By keyboard: the first stop is the way to the content, and a piece is reached and opened.
  await page.keyboard.press('Tab');
  const first = await page.evaluate(() => document.activeElement.getAttribute('href') || '');
  check(first.startsWith('#'), `the first stop skips to the content (${first})`);
  let reached = false;
  for (let stop = 0; stop < 40 && !reached; stop += 1) {
    await page.keyboard.press('Tab');
    reached = await page.evaluate((href) => document.activeElement.href === href, piece);
  }
  check(reached, 'a piece is reached by Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(piece);
  check(page.url() === piece, 'and opened by Enter');

  const { fileURLToPath } = require('node:url');
  for (const [name, options] of [['piece-wide', wide], ['piece-narrow', narrow]]) {
    const shown = await visit(browser, name, options, fileURLToPath(piece));
    check(/daedal verify/.test(await shown.textContent('main')), `${name}: it says how to check it`);
  }
  await browser.close();
  console.log(`${failures.length ? failures.length : 'no'} failures`);
  process.exit(failures.length ? 1 : 0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
