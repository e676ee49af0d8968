/** Requests for storage commitment whose senders have not been told yet: shown only while there are any. */

import { Hourglass } from 'lucide-react';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { Uid } from '#renderer/components/uid.tsx';
import { useNow } from '#renderer/components/use-now.ts';
import { text } from '#renderer/text/en.ts';
import { formatAgo } from '#renderer/text/format.ts';
import type { CommitmentState } from '#shared/events.ts';
import styles from './commitments.module.css';

const words = text.receiver.commitments;

export function Commitments({ commitments }: { readonly commitments: readonly CommitmentState[] }) {
  const now = useNow(5000);
  return (
    <Section title={words.title} description={words.hint}>
      <ul aria-label={words.label} className={cx(styles.list)}>
        {commitments.map((commitment) => {
          const { callingAeTitle, transactionUid, requested, committed, failed, state, problem, received } = commitment;
          const isChecked = committed + failed > 0;
          return (
            <li key={`${callingAeTitle} ${transactionUid}`} className={cx(styles.item)}>
              <Hourglass aria-hidden size={18} className={cx(styles.icon)} data-bad={state === 'retrying'} />
              <div className={cx(styles.words)}>
                <p>
                  <strong>{callingAeTitle}</strong> {words.asked(requested)}
                  {isChecked && `: ${words.result(committed, failed)}`}
                </p>
                <p className={cx(styles.detail)}>{problem ?? words.checking}</p>
                <p className={cx(styles.detail)}>
                  {words.since(formatAgo(received, now))} · <Uid uid={transactionUid} />
                </p>
              </div>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
