/**
 * Draws every icon of the application and writes it into resources: PNG, ICO, ICNS, and the pictures of the tray.
 * What comes out is checked in; this runs only when the drawing changes, with Chromium: node scripts/generate-icons.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { ROOT } from './manifest.js';

const RESOURCES = join(ROOT, 'resources');

/** An arrow into a tray, before the ring of a scanner. `detail`: what can only be seen when it is large. */
function tile(detail: boolean, inset = 0): string {
  const ring = detail
    ? `<circle cx="256" cy="232" r="150" fill="none" stroke="#fff" stroke-opacity=".13" stroke-width="34"/>
       <circle cx="256" cy="232" r="104" fill="none" stroke="#fff" stroke-opacity=".16" stroke-width="4" stroke-dasharray="2 15" stroke-linecap="round"/>`
    : '';
  const stroke = detail ? 38 : 46;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-inset} ${-inset} ${512 + 2 * inset} ${512 + 2 * inset}">
    <defs>
      <linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#1277b8"/><stop offset="1" stop-color="#083f68"/></linearGradient>
      <linearGradient id="arrow" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#c3f5e8"/><stop offset="1" stop-color="#5fd0b6"/></linearGradient>
    </defs>
    <rect width="512" height="512" rx="112" fill="url(#sea)"/>
    ${detail ? '<rect x="3" y="3" width="506" height="506" rx="109" fill="none" stroke="#fff" stroke-opacity=".14" stroke-width="6"/>' : ''}
    ${ring}
    <path d="M108 292v62a50 50 0 0 0 50 50h196a50 50 0 0 0 50-50v-62" fill="none" stroke="#fff" stroke-width="${stroke}" stroke-linecap="round"/>
    <path d="M256 100v190m-84-82 84 84 84-84" fill="none" stroke="url(#arrow)" stroke-width="${stroke}" stroke-linecap="round" stroke-linejoin="round"/>
  </svg>`;
}

/** One shape for each condition, so that it can be told without colours. The box is 16 by 16. */
const BADGES = {
  stopped: ['<rect x="8.5" y="8.5" width="6.5" height="6.5" rx="1"/>', '#6b7783'],
  listening: ['<circle cx="11.75" cy="11.75" r="3.6"/>', '#1fa463'],
  receiving: ['<path d="M8 9.2h7.6L11.8 15.6z"/>', '#1d8fe0'],
  degraded: ['<path d="M11.75 7.6 15.9 15.4H7.6z"/>', '#e59a12'],
  error: ['<path d="m9 9 5.5 5.5m0-5.5L9 14.5" stroke-width="2.6" stroke-linecap="round"/>', '#dc3b31'],
} as const;
type Badge = keyof typeof BADGES;

const GLYPH = '<path d="M2.2 8.4v2.4A2.2 2.2 0 0 0 4.4 13h5.2a2.2 2.2 0 0 0 2.2-2.2V8.4M7 2v6.6M4 6l3 3 3-3"/>';

function tray(badge: Badge): string {
  const [shape, colour] = BADGES[badge];
  const isLine = badge === 'error';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
    <rect width="14" height="14" rx="3" fill="#0b5a8f"/>
    <g fill="none" stroke="#fff" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">${GLYPH}</g>
    <g fill="${isLine ? 'none' : '#fff'}" stroke="#fff" stroke-width="2.4" stroke-linejoin="round">${isLine ? shape.replace('stroke-width="2.6"', 'stroke-width="4.8"') : shape}</g>
    <g fill="${isLine ? 'none' : colour}" stroke="${isLine ? colour : 'none'}">${shape}</g>
  </svg>`;
}

/** For the menu bar of macOS, which gives it its colour: black and transparency only. */
function template(badge: Badge): string {
  const [shape] = BADGES[badge];
  const isLine = badge === 'error';
  const drawn = (wide: number, paint: string) =>
    isLine
      ? `<g fill="none" stroke="${paint}">${shape.replace('stroke-width="2.6"', `stroke-width="${2.2 + wide}"`)}</g>`
      : `<g fill="${paint}" stroke="${paint}" stroke-width="${wide}" stroke-linejoin="round">${shape}</g>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
    <mask id="cut"><rect width="16" height="16" fill="#fff"/>${drawn(2.6, '#000')}</mask>
    <g fill="none" stroke="#000" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" mask="url(#cut)">${GLYPH}</g>
    ${drawn(0, '#000')}
  </svg>`;
}

type Picture = { readonly size: number; readonly png: Buffer; readonly rgba: Buffer };

async function draw(browser: Browser, svg: string, size: number): Promise<Picture> {
  const page = await browser.newPage();
  const source = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  const [url, rgba] = (await page.evaluate(`(async () => {
    const image = new Image(${size}, ${size});
    image.src = ${JSON.stringify(source)};
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: ${size}, height: ${size} });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0, ${size}, ${size});
    const { data } = context.getImageData(0, 0, ${size}, ${size});
    let text = '';
    for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
    return [canvas.toDataURL('image/png'), btoa(text)];
  })()`)) as [string, string];
  await page.close();
  return { size, png: Buffer.from(url.split(',')[1]!, 'base64'), rgba: Buffer.from(rgba, 'base64') };
}

/** A bitmap as it is inside an icon: upside down, twice as high as it says, followed by a mask. */
function bitmap({ size, rgba }: Picture): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(40, 0);
  header.writeInt32LE(size, 4);
  header.writeInt32LE(size * 2, 8);
  header.writeUInt16LE(1, 12);
  header.writeUInt16LE(32, 14);
  const pixels = Buffer.alloc(size * size * 4);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const from = (y * size + x) * 4;
      const to = ((size - 1 - y) * size + x) * 4;
      pixels.set([rgba[from + 2]!, rgba[from + 1]!, rgba[from]!, rgba[from + 3]!], to);
    }
  }
  // Transparency is in the pixels; the mask says nothing.
  return Buffer.concat([header, pixels, Buffer.alloc(Math.ceil(size / 32) * 4 * size)]);
}

/** Small ones as bitmaps, which everything reads; the large one as PNG. */
function ico(pictures: readonly Picture[]): Buffer {
  const bodies = pictures.map((picture) => (picture.size < 256 ? bitmap(picture) : picture.png));
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  for (const [index, body] of bodies.entries()) {
    const at = 6 + 16 * index;
    head[at] = pictures[index]!.size % 256;
    head[at + 1] = pictures[index]!.size % 256;
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(body.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += body.length;
  }
  return Buffer.concat([head, ...bodies]);
}

function icns(pictures: ReadonlyMap<string, Picture>): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const head = Buffer.from(`${type}....`, 'latin1');
    head.writeUInt32BE(body.length + 8, 4);
    return Buffer.concat([head, body]);
  };
  return chunk('icns', Buffer.concat([...pictures].map(([type, { png }]) => chunk(type, png))));
}

function save(name: string, bytes: Buffer): void {
  writeFileSync(join(RESOURCES, name), bytes);
  process.stdout.write(`${name}: ${bytes.length} bytes\n`);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  mkdirSync(join(RESOURCES, 'tray'), { recursive: true });
  const small = (size: number) => tile(size > 48);
  writeFileSync(join(RESOURCES, 'icon.svg'), `${tile(true).replaceAll(/\n\s*\n/g, '\n')}\n`);
  save('icon.png', (await draw(browser, tile(true), 512)).png);
  save(
    'icon.ico',
    ico(await Promise.all([16, 24, 32, 48, 64, 128, 256].map((size) => draw(browser, small(size), size)))),
  );
  const types = {
    icp4: 16,
    icp5: 32,
    ic11: 32,
    ic12: 64,
    ic07: 128,
    ic13: 256,
    ic08: 256,
    ic14: 512,
    ic09: 512,
    ic10: 1024,
  };
  // macOS leaves air around an icon.
  const air = (size: number) => tile(size > 48, 58);
  const apple = await Promise.all(
    Object.entries(types).map(async ([type, size]) => [type, await draw(browser, air(size), size)] as const),
  );
  save('icon.icns', icns(new Map(apple)));
  for (const badge of Object.keys(BADGES) as Badge[]) {
    for (const [suffix, size] of [
      ['', 16],
      ['@2x', 32],
    ] as const) {
      save(`tray/${badge}${suffix}.png`, (await draw(browser, tray(badge), size)).png);
      save(`tray/${badge}Template${suffix}.png`, (await draw(browser, template(badge), size)).png);
    }
  }
} finally {
  await browser.close();
}
