/** Until something has come: what to do next, and what to look at when nothing happens. */

import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { text } from '#renderer/text/en.ts';
import styles from './waiting.module.css';

const words = text.receiver.waiting;

export interface WaitingProps {
  readonly isRunning: boolean;
  readonly port: string;
}

export function Waiting({ isRunning, port }: WaitingProps) {
  return (
    <Section title={isRunning ? words.title : words.titleStopped} description={words.hint}>
      <ol className={cx(styles.steps)}>
        {words.steps.map((step, index) => (
          <li key={step.title}>
            <span aria-hidden className={cx(styles.number)}>
              {index + 1}
            </span>
            <div>
              <p className={cx(styles.title)}>{step.title}</p>
              <p className={cx(styles.words)}>{step.words}</p>
            </div>
          </li>
        ))}
      </ol>
      <p className={cx(styles.nothing)}>
        <strong>{words.nothing}</strong> {words.nothingWords(port)}
      </p>
    </Section>
  );
}
