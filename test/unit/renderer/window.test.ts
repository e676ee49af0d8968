import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrollTo, TALLEST, windowOf } from '#renderer/components/window.ts';

const geometries = fc.record({
  count: fc.integer({ min: 0, max: 2_000_000 }),
  rowHeight: fc.constantFrom(24, 32, 40),
  viewport: fc.integer({ min: 0, max: 2000 }),
});

describe('windowOf', () => {
  it('draws the rows in view and a few more', () => {
    const geometry = { count: 100, rowHeight: 10, viewport: 50 };
    expect(windowOf(geometry, 0, 2)).toEqual({ first: 0, end: 7, height: 1000, top: 0 });
    expect(windowOf(geometry, 305, 2)).toEqual({ first: 28, end: 38, height: 1000, top: 280 });
    expect(windowOf(geometry, 950, 2)).toEqual({ first: 93, end: 100, height: 1000, top: 930 });
  });

  it('never draws rows that do not exist, nor more than fit, however long the list', () => {
    fc.assert(
      fc.property(geometries, fc.integer({ min: 0, max: TALLEST * 2 }), (geometry, scrollTop) => {
        const { first, end, height } = windowOf(geometry, scrollTop);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(geometry.count);
        expect(end - first).toBeLessThanOrEqual(geometry.viewport / geometry.rowHeight + 14);
        expect(end).toBeGreaterThanOrEqual(first);
        expect(height).toBeLessThanOrEqual(TALLEST);
      }),
    );
  });

  it('shows the last row at the very end, of a million rows too', () => {
    const geometry = { count: 1_000_000, rowHeight: 40, viewport: 800 };
    const { end, top, first } = windowOf(geometry, TALLEST - 800);
    expect(end).toBe(1_000_000);
    expect(top + (end - first) * 40).toBeCloseTo(TALLEST, 3);
  });
});

describe('scrollTo', () => {
  it('brings any row into view', () => {
    fc.assert(
      fc.property(
        geometries.filter(({ count, viewport, rowHeight }) => count > 0 && viewport >= rowHeight * 2),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (geometry, place, start) => {
          const index = Math.floor(place * geometry.count);
          const before =
            start * Math.max(0, Math.min(TALLEST, geometry.count * geometry.rowHeight) - geometry.viewport);
          const after = scrollTo(geometry, before, index);
          const { first, top } = windowOf(geometry, after);
          const y = top + (index - first) * geometry.rowHeight - after;
          expect(y).toBeGreaterThanOrEqual(-0.01);
          expect(y + geometry.rowHeight).toBeLessThanOrEqual(geometry.viewport + 0.01);
        },
      ),
    );
  });

  it('stays where it is when the row is in view', () => {
    expect(scrollTo({ count: 100, rowHeight: 10, viewport: 50 }, 200, 22)).toBe(200);
  });
});
