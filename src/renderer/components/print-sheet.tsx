/** What goes on paper instead of the page. */

import type { ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { cx } from './cx.ts';
import styles from './print-sheet.module.css';

export interface PrintSheetProps {
  readonly children: ReactNode;
}

export function PrintSheet({ children }: PrintSheetProps) {
  return createPortal(<div className={cx(styles.sheet)}>{children}</div>, document.body);
}
