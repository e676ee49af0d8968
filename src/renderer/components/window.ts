/** Which rows of a long list are in view. Pure. Browsers cannot draw elements of tens of millions of pixels, so long lists are scaled. */

/** Above this the scroll bar covers the list in proportion instead of pixel by pixel. */
export const TALLEST = 8_000_000;

export interface ListGeometry {
  readonly count: number;
  readonly rowHeight: number;
  /** Height of what is visible. */
  readonly viewport: number;
}

export interface ListWindow {
  /** Index of the first row to draw. */
  readonly first: number;
  /** Index after the last row to draw. */
  readonly end: number;
  /** Height of the scrolled element. */
  readonly height: number;
  /** Where the first drawn row begins, in pixels from the top of the scrolled element. */
  readonly top: number;
}

function measures({ count, rowHeight, viewport }: ListGeometry) {
  const total = count * rowHeight;
  const height = Math.min(total, TALLEST);
  return { height, scrolled: height - viewport, hidden: total - viewport };
}

/** The rows to draw at a scroll position, a few more than fit. */
export function windowOf(geometry: ListGeometry, scrollTop: number, more = 6): ListWindow {
  const { count, rowHeight, viewport } = geometry;
  const { height, scrolled, hidden } = measures(geometry);
  const at = Math.max(0, scrolled > 0 ? (Math.min(scrollTop, scrolled) / scrolled) * hidden : 0);
  const first = Math.max(0, Math.floor(at / rowHeight) - more);
  const end = Math.min(count, Math.ceil((at + viewport) / rowHeight) + more);
  return {
    first: Math.min(first, end),
    end,
    height,
    top: Math.min(scrollTop, Math.max(0, scrolled)) + first * rowHeight - at,
  };
}

/** The scroll position at which a row is in view, as near as possible to the present one. */
export function scrollTo(geometry: ListGeometry, scrollTop: number, index: number): number {
  const { rowHeight, viewport } = geometry;
  const { scrolled, hidden } = measures(geometry);
  if (scrolled <= 0) return 0;
  const at = (Math.min(scrollTop, scrolled) / scrolled) * hidden;
  const top = index * rowHeight;
  const wanted = top < at ? top : top + rowHeight > at + viewport ? top + rowHeight - viewport : at;
  return wanted === at ? scrollTop : (wanted / hidden) * scrolled;
}
