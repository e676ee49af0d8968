/** The steps of a test as they end: done or failed, in words, with the time each took. */

import { CircleCheck, LoaderCircle, OctagonAlert } from 'lucide-react';
import { text } from '#renderer/text/en.ts';
import type { TestStep } from '#shared/contract.ts';
import { cx } from './cx.ts';
import styles from './test-steps.module.css';

export interface TestStepsProps {
  readonly label: string;
  readonly steps: readonly TestStep[];
  /** More will come. */
  readonly isRunning: boolean;
}

export function TestSteps({ label, steps, isRunning }: TestStepsProps) {
  return (
    <ol aria-label={label} aria-live="polite" className={cx(styles.steps)}>
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
        <li key={index} className={cx(styles.step, step.ok ? styles.ok : styles.failed)}>
          {step.ok ? <CircleCheck aria-hidden size={16} /> : <OctagonAlert aria-hidden size={16} />}
          <span className="unseen">{step.ok ? text.common.kinds.ok : text.common.kinds.error}: </span>
          <span className={cx(styles.words)}>
            <strong>{step.name}</strong>
            <span>{step.message}</span>
          </span>
          <span className={cx(styles.time)}>{text.common.milliseconds(step.milliseconds)}</span>
        </li>
      ))}
      {isRunning && (
        <li className={cx(styles.step, styles.running)}>
          <LoaderCircle aria-hidden size={16} className={cx(styles.spin)} />
          <span className={cx(styles.words)}>{text.common.working}</span>
        </li>
      )}
    </ol>
  );
}
