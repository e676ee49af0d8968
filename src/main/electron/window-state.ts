/** Where the window was, so that it opens there again, if that place still exists. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState {
  /** Absent: in the middle of the first screen. */
  readonly bounds?: Bounds;
  readonly maximized: boolean;
}

export const SMALLEST = { width: 800, height: 560 } as const;
export const USUAL = { width: 1280, height: 860 } as const;

/** How much of the window must be on a screen to be found and moved with the mouse. */
const REACHABLE = { width: 120, height: 40 } as const;

/** What was written, or the usual when it makes no sense. */
export function parseWindowState(json: string): WindowState {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { maximized: false };
  }
  const { bounds, maximized } = Object(value) as { bounds?: unknown; maximized?: unknown };
  const { x, y, width, height } = Object(bounds) as Record<string, unknown>;
  const isWhole = (number: unknown): number is number => Number.isSafeInteger(number);
  const known = isWhole(x) && isWhole(y) && isWhole(width) && isWhole(height);
  return { ...(known ? { bounds: { x, y, width, height } } : {}), maximized: maximized === true };
}

/** The same bounds on the screens of today: not larger than the screen, and with a title bar that can be reached. */
export function clampBounds({ x, y, width, height }: Bounds, screens: readonly Bounds[]): Bounds | undefined {
  const home = screens.find(
    (screen) =>
      Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x) >= REACHABLE.width &&
      y >= screen.y - REACHABLE.height / 2 &&
      y <= screen.y + screen.height - REACHABLE.height,
  );
  if (home === undefined) return undefined;
  return {
    x: Math.max(x, home.x - width + REACHABLE.width),
    y: Math.max(y, home.y),
    width: Math.min(Math.max(width, SMALLEST.width), Math.max(home.width, SMALLEST.width)),
    height: Math.min(Math.max(height, SMALLEST.height), Math.max(home.height, SMALLEST.height)),
  };
}

export function readWindowState(file: string): WindowState {
  try {
    return parseWindowState(readFileSync(file, 'utf8'));
  } catch {
    // It was never written, or cannot be read: the window opens as it does the first time.
    return { maximized: false };
  }
}

/** A place that cannot be written to costs the position of the window, nothing else. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
  } catch {
    // Next time the window opens in the middle.
  }
}
