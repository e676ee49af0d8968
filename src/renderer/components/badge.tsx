/** A word with a shape and a colour; never a colour alone. */

import type { LucideIcon } from 'lucide-react';
import { Circle, CircleCheck, CircleDot, Info, OctagonAlert, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './badge.module.css';
import { cx } from './cx.ts';

export type Kind = 'ok' | 'active' | 'info' | 'warn' | 'error' | 'neutral';

export const kindIcons: Readonly<Record<Kind, LucideIcon>> = {
  ok: CircleCheck,
  active: CircleDot,
  info: Info,
  warn: TriangleAlert,
  error: OctagonAlert,
  neutral: Circle,
};

export interface BadgeProps {
  readonly kind: Kind;
  readonly children: ReactNode;
  readonly icon?: LucideIcon;
  /** Without a background. */
  readonly plain?: boolean;
}

export function Badge({ kind, children, icon, plain = false }: BadgeProps) {
  const Icon = icon ?? kindIcons[kind];
  return (
    <span className={cx(styles.badge, styles[kind], plain && styles.plain)}>
      <Icon aria-hidden size={13} strokeWidth={2.4} />
      <span>{children}</span>
    </span>
  );
}
