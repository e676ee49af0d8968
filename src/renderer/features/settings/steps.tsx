/** The steps of a test, each with what happened and how long it took. */

import { Badge } from '#renderer/components/badge.tsx';
import { cx } from '#renderer/components/cx.ts';
import { text } from '#renderer/text/en.ts';
import type { TestStep } from '#shared/contract.ts';
import styles from './settings.module.css';

const words = text.settings;

export interface StepsProps {
  readonly label: string;
  readonly steps: readonly TestStep[];
}

export function Steps({ label, steps }: StepsProps) {
  return (
    <ol aria-label={label} className={cx(styles.steps)}>
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
        <li key={index} className={cx(styles.step)}>
          <Badge kind={step.ok ? 'ok' : 'error'}>{step.ok ? words.app.stepOk : words.app.stepFailed}</Badge>
          <strong>{words.s3.stepNames[step.name] ?? step.name}</strong>
          <span className={cx(styles.stepWords)}>{step.message}</span>
          <span className={cx(styles.muted)}>{words.s3.milliseconds(step.milliseconds)}</span>
        </li>
      ))}
    </ol>
  );
}
