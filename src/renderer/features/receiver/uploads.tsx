/** What waits for its upload to S3: how much, how long already, how fast it goes, and why it does not. */

import { CloudAlert, CloudCheck, CloudUpload, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { useNow } from '#renderer/components/use-now.ts';
import { ask } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatBytes, formatCount, formatDuration, formatRate } from '#renderer/text/format.ts';
import type { RunState } from '#shared/events.ts';
import type { UploadsState } from '#shared/uploads.ts';
import styles from './uploads.module.css';

const words = text.receiver.uploads;
const icons = { idle: CloudCheck, uploading: CloudUpload, waiting: CloudAlert, stopped: CloudAlert } as const;

export interface UploadsProps {
  readonly profileId: string;
  readonly run: RunState;
  readonly uploads: UploadsState;
}

export function Uploads({ profileId, run, uploads }: UploadsProps) {
  const now = useNow();
  const [isPending, setPending] = useState(false);
  const { state, waiting, bytes, oldest, bytesPerSecond, problem, retryAt } = uploads;
  const Icon = icons[state];
  const isRunning = run.phase === 'listening';
  const retry = async () => {
    setPending(true);
    await ask('uploads-retry', { id: profileId });
    setPending(false);
  };
  const sentence =
    !isRunning && waiting > 0 ? words.notRunning : state === 'idle' && problem ? words.lost : words.sentence[state];
  return (
    <Section
      title={words.title}
      actions={
        isRunning &&
        (state === 'waiting' || state === 'stopped') && (
          <Button size="small" icon={RotateCw} isPending={isPending} onPress={() => void retry()}>
            {words.retry}
          </Button>
        )
      }
    >
      <div className={cx(styles.state)} data-state={state}>
        <Icon aria-hidden size={20} className={cx(styles.icon)} />
        <p>
          {sentence}
          {retryAt !== undefined && retryAt > now && ` ${words.retryIn(formatDuration(retryAt - now))}`}
        </p>
      </div>
      {problem && state !== 'stopped' && <ProblemBanner problem={problem} kind="warn" />}
      {waiting > 0 && (
        <dl aria-label={words.label} className={cx(styles.figures)}>
          <Figure label={words.waiting} value={`${formatCount(waiting)} · ${formatBytes(bytes)}`} />
          <Figure label={words.rate} value={formatRate(bytesPerSecond)} />
          <Figure label={words.oldest} value={oldest === undefined ? '–' : formatDuration(now - oldest)} />
        </dl>
      )}
    </Section>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
