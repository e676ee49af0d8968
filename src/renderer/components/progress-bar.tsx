/** How far something is, or that it goes on. */

import { ProgressBar as AriaProgressBar, Label } from 'react-aria-components';
import { cx } from './cx.ts';
import styles from './progress-bar.module.css';

export interface ProgressBarProps {
  readonly label: string;
  /** 0 to 100; undefined: nobody knows. */
  readonly value?: number | undefined;
  readonly hideLabel?: boolean;
  /** Instead of the percentage. */
  readonly detail?: string;
}

export function ProgressBar({ label, value, hideLabel = false, detail }: ProgressBarProps) {
  return (
    <AriaProgressBar
      {...(value === undefined ? { isIndeterminate: true } : { value })}
      {...(detail !== undefined && { valueLabel: detail })}
      className={cx(styles.bar)}
    >
      {({ percentage, valueText }) => (
        <>
          <div className={cx(hideLabel ? 'unseen' : styles.head)}>
            <Label>{label}</Label>
            <span className={cx(styles.detail)}>{detail ?? valueText}</span>
          </div>
          <div className={cx(styles.track)}>
            <div
              className={cx(styles.fill, percentage === undefined && styles.unknown)}
              style={percentage === undefined ? {} : { width: `${percentage}%` }}
            />
          </div>
        </>
      )}
    </AriaProgressBar>
  );
}
