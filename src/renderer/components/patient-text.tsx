/** Patient data: blurred everywhere while the privacy blur is on (`data-privacy` of the document). */

import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './patient-text.module.css';

export interface PatientTextProps {
  readonly children: ReactNode;
  readonly className?: string;
  /** Blurred here whatever holds for the page. */
  readonly isBlurred?: boolean;
}

export function PatientText({ children, className, isBlurred = false }: PatientTextProps) {
  return <span className={cx(styles.patient, isBlurred && styles.blurred, className)}>{children}</span>;
}
