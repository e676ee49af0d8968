/** What the test images show: drawn by formula, the same every time, and nobody's body. */

import { drawText } from './test-font.ts';

export interface GreyPicture {
  readonly size: number;
  /** Row by row, 12 bits. */
  readonly samples: Uint16Array;
}

export interface ColourPicture {
  readonly rows: number;
  readonly columns: number;
  /** Red, green and blue of each pixel, row by row. */
  readonly samples: Uint8Array;
}

const SIZE = 256;
/** What a stored value of 0 means in a CT (Rescale Intercept). */
export const CT_INTERCEPT = -1024;

/** Subsamples of a pixel: edges are smooth. */
const SUBSAMPLES = [
  [-0.25, -0.25],
  [0.25, -0.25],
  [-0.25, 0.25],
  [0.25, 0.25],
] as const;

/** Fills a square picture from a function of the plane from -1 to 1. */
function paint(value: (x: number, y: number) => number): Uint16Array {
  const samples = new Uint16Array(SIZE * SIZE);
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      let sum = 0;
      for (const [dx, dy] of SUBSAMPLES) {
        sum += value(((column + 0.5 + dx) / SIZE) * 2 - 1, ((row + 0.5 + dy) / SIZE) * 2 - 1);
      }
      samples[row * SIZE + column] = Math.round(sum / SUBSAMPLES.length);
    }
  }
  return samples;
}

interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  /** In degrees. */
  readonly angle?: number;
  /** In Hounsfield units. */
  readonly value: number;
}

/** A test of points that has done its trigonometry. */
function insideOf({ x, y, a, b, angle = 0 }: Ellipse): (px: number, py: number) => boolean {
  const cos = Math.cos((angle * Math.PI) / 180);
  const sin = Math.sin((angle * Math.PI) / 180);
  return (px, py) => {
    const dx = px - x;
    const dy = py - y;
    return ((dx * cos + dy * sin) / a) ** 2 + ((dy * cos - dx * sin) / b) ** 2 <= 1;
  };
}

/** A phantom of ellipses after Shepp and Logan: they grow, shrink and wander from slice to slice. */
export function ctPicture(slice: number, slices: number): GreyPicture {
  const through = slices === 1 ? 0.5 : slice / (slices - 1);
  // The head is a ball: widest in the middle.
  const wide = Math.sqrt(1 - (0.6 * (2 * through - 1)) ** 2);
  const round = through * 2 * Math.PI;
  const ellipses: readonly Ellipse[] = [
    { x: 0, y: 0.05, a: 0.67 * wide, b: 0.86 * wide, value: 900 },
    { x: 0, y: 0.05, a: 0.61 * wide, b: 0.8 * wide, value: 32 },
    { x: 0.22, y: -0.05, a: 0.11 * wide, b: 0.31 * wide, angle: 18, value: 4 },
    { x: -0.22, y: -0.05, a: 0.15 * wide, b: 0.4 * wide, angle: -18, value: 4 },
    { x: 0, y: 0.38 * wide, a: 0.2, b: 0.24 * wide, value: 48 },
    { x: 0.3 * Math.cos(round), y: 0.3 * Math.sin(round) - 0.05, a: 0.075, b: 0.075, value: 85 },
    { x: 0, y: -0.6 * wide, a: 0.06 + 0.05 * through, b: 0.05, value: 62 },
    { x: -0.08, y: 0.65 * wide, a: 0.045, b: 0.025, value: 70 },
    { x: 0.07, y: 0.65 * wide, a: 0.025, b: 0.045, value: 70 },
  ];
  const painted = ellipses.map((ellipse) => ({ value: ellipse.value, inside: insideOf(ellipse) })).reverse();
  const head = insideOf(ellipses[0]!);
  const samples = paint((x, y) => {
    const value = head(x, y) ? painted.find(({ inside }) => inside(x, y))!.value : -1000;
    return value - CT_INTERCEPT;
  });
  // Brighter than any window that shows the phantom.
  burn(samples, `TEST ${slice + 1}/${slices}`, 1000 - CT_INTERCEPT);
  return { size: SIZE, samples };
}

const SEGMENTS = 11;

/** A citrus fruit, cut: rind, pith, segments with their membranes. It turns from slice to slice. */
export function mrPicture(slice: number, slices: number): GreyPicture {
  const through = slices === 1 ? 0.5 : slice / (slices - 1);
  const radius = 0.86 * Math.sqrt(1 - (0.55 * (2 * through - 1)) ** 2);
  const turn = through * 0.9;
  const samples = paint((x, y) => {
    const distance = Math.hypot(x, y * 1.04) / radius;
    if (distance > 1) return 12;
    if (distance > 0.95) return 820;
    if (distance > 0.87) return 260;
    if (distance < 0.09) return 300;
    const place = (((Math.atan2(y, x) / (2 * Math.PI) + 1 + turn) * SEGMENTS) % 1) - 0.5;
    // Membranes are equally thick from the core to the pith.
    const toMembrane = (0.5 - Math.abs(place)) * ((2 * Math.PI) / SEGMENTS) * distance;
    if (toMembrane < 0.018 || distance > 0.84) return 240;
    const vesicles = 60 * Math.sin(distance * 19 + place * 5) * Math.sin(place * 13 + slice);
    return 640 + 120 * distance + vesicles;
  });
  burn(samples, `TEST ${slice + 1}/${slices}`, 1000);
  return { size: SIZE, samples };
}

function burn(samples: Uint16Array, text: string, value: number): void {
  drawText(text, 8, 8, 2, (x, y) => {
    samples[y * SIZE + x] = value;
  });
}

const US_COLUMNS = 480;
const US_ROWS = 360;
const BACKGROUND = [8, 10, 14] as const;
type Colour = readonly [red: number, green: number, blue: number];

/** A sector of echoes with a vessel in colour, and the words that say what it is. */
export function usPicture(): ColourPicture {
  const samples = new Uint8Array(US_ROWS * US_COLUMNS * 3);
  const put = (x: number, y: number, colour: Colour) => samples.set(colour, (y * US_COLUMNS + x) * 3);
  for (let y = 0; y < US_ROWS; y++) {
    for (let x = 0; x < US_COLUMNS; x++) put(x, y, echo(x, y));
  }
  const write = (text: string, left: number, top: number, scale: number, colour: Colour) =>
    drawText(text, left, top, scale, (x, y) => put(x, y, colour));
  write('STUDYPORT TEST', 14, 14, 3, [255, 196, 64]);
  write('NOT A PATIENT', 14, 44, 2, [150, 170, 190]);
  for (let y = 0; y < 120; y++) {
    const flow = 1 - y / 60;
    for (let x = 0; x < 12; x++) put(US_COLUMNS - 30 + x, 120 + y, flowColour(flow));
  }
  return { rows: US_ROWS, columns: US_COLUMNS, samples };
}

const APEX = { x: 240, y: 34 };

function echo(x: number, y: number): Colour {
  const dx = x - APEX.x;
  const dy = y - APEX.y;
  const depth = Math.hypot(dx, dy);
  const angle = Math.atan2(dx, dy);
  if (depth < 36 || depth > 306 || Math.abs(angle) > 0.72) return BACKGROUND;
  const speckle = 0.55 + 0.45 * noise(Math.floor(depth / 2), Math.floor(angle * depth * 0.35));
  // A vessel along an arc, with flow in two directions, and a round hollow beside it.
  const wall = Math.abs(depth - 190 - 22 * Math.sin(angle * 4));
  if (wall < 17) return flowColour(Math.sin(angle * 4.4) * (1 - (wall / 19) ** 2) * (0.7 + 0.3 * speckle));
  const hollow = Math.hypot(dx + 52, dy - 118);
  if (hollow < 27) return [14, 16, 20];
  const edge = wall < 22 || hollow < 31 ? 90 : 0;
  const layers = 26 * Math.sin(depth / 13);
  const grey = Math.max(0, Math.min(255, (150 - depth * 0.32 + layers + edge) * speckle));
  return [grey * 0.94, grey * 0.97, grey];
}

/** Towards us red to yellow, away from us blue to cyan. */
function flowColour(flow: number): Colour {
  const strength = Math.min(1, Math.abs(flow));
  const strong = 70 + 185 * strength;
  const weak = 200 * Math.max(0, strength - 0.35);
  return flow >= 0 ? [strong, weak, 24] : [24, weak, strong];
}

/** 0 to 1, the same for the same place. */
function noise(x: number, y: number): number {
  let value = Math.imul(x, 374761393) + Math.imul(y, 668265263);
  value = Math.imul(value ^ (value >>> 13), 1274126177);
  return ((value ^ (value >>> 16)) >>> 0) / 0xffffffff;
}
