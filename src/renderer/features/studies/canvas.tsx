/** Shows a bitmap. */

import { useLayoutEffect, useRef } from 'react';

export interface CanvasProps {
  readonly bitmap: ImageBitmap;
  /** Absent: the picture says nothing that is not said beside it. */
  readonly label?: string;
  readonly className?: string;
}

export function Canvas({ bitmap, label, className }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element || bitmap.width === 0) return;
    element.width = bitmap.width;
    element.height = bitmap.height;
    element.getContext('2d')?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  return (
    <canvas
      ref={canvas}
      className={className ?? ''}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    />
  );
}
