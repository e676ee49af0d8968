/** The line between two parts above each other: dragged, or moved with the arrow keys. */

import type { KeyboardEvent, PointerEvent } from 'react';
import { cx } from './cx.ts';
import styles from './splitter.module.css';

export interface SplitterProps {
  readonly label: string;
  /** How much the upper part has, in percent of both. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

const STEP = 4;

/** Must be a child of what it splits. */
export function Splitter({ label, value, min, max, onChange }: SplitterProps) {
  const set = (next: number) => onChange(Math.round(Math.max(min, Math.min(max, next))));
  const onKeyDown = (event: KeyboardEvent) => {
    const targets: Record<string, number> = { ArrowUp: value - STEP, ArrowDown: value + STEP, Home: min, End: max };
    const target = targets[event.key];
    if (target === undefined) return;
    set(target);
    event.preventDefault();
  };
  const onPointerMove = ({ currentTarget, clientY, pointerId }: PointerEvent<HTMLDivElement>) => {
    if (!currentTarget.hasPointerCapture(pointerId)) return;
    const { top, height } = currentTarget.parentElement!.getBoundingClientRect();
    set(((clientY - top) / height) * 100);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a line that can be moved is no thematic break
    <div
      role="separator"
      aria-orientation="horizontal"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      className={cx(styles.splitter)}
      onKeyDown={onKeyDown}
      onPointerDown={({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId)}
      onPointerMove={onPointerMove}
    />
  );
}
