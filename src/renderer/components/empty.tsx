/** What an empty place says: what will be here, and what to do so that it comes. */

import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './empty.module.css';

export interface EmptyProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

export function Empty({ icon: Icon, title, children, actions }: EmptyProps) {
  return (
    <div className={cx(styles.empty)}>
      <span className={cx(styles.icon)}>
        <Icon aria-hidden size={24} strokeWidth={1.75} />
      </span>
      <p className={cx(styles.title)}>{title}</p>
      {children !== undefined && <div className={cx(styles.words)}>{children}</div>}
      {actions !== undefined && <div className={cx(styles.actions)}>{actions}</div>}
    </div>
  );
}
