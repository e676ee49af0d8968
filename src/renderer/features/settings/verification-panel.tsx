/** When the stored files of a profile are verified, how far that is, and how it went last time. */

import { ShieldCheck, X } from 'lucide-react';
import { useState } from 'react';
import { Banner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { ProgressBar } from '#renderer/components/progress-bar.tsx';
import { Select } from '#renderer/components/select.tsx';
import { useNow } from '#renderer/components/use-now.ts';
import { ask, showToast, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatAgo } from '#renderer/text/format.ts';
import type { Profile } from '#shared/contract.ts';
import { VERIFY_EVERY, type VerificationState, wrongFiles } from '#shared/guards.ts';
import styles from './settings.module.css';

const words = text.guards.verification;
const CHOICES = (['off', ...VERIFY_EVERY] as const).map((every) => ({
  value: String(every),
  label: words.choices[every],
}));

export function VerificationPanel({ profile }: { readonly profile: Profile }) {
  const { id, options, retention, verifyEvery } = profile;
  const state = useReceiver(({ profiles }) => profiles.find((one) => one.profile.id === id)?.verification);
  const [isPending, setPending] = useState(false);
  const setEvery = async (value: string) => {
    const every = VERIFY_EVERY.find((days) => String(days) === value) ?? null;
    const done = await ask('guards-save', { id, retention: retention ?? null, verifyEvery: every });
    if (done) showToast({ kind: 'ok', message: words.saved });
  };
  const act = async (command: 'verification-start' | 'verification-cancel') => {
    setPending(true);
    await ask(command, { id });
    setPending(false);
  };
  const running = state?.running;
  return (
    <Section title={words.title} description={words.description}>
      <div className={cx(styles.fields)}>
        <div className={cx(styles.option)}>
          <Select
            label={words.every}
            help={words.everyHelp}
            className={cx(styles.narrow)}
            choices={CHOICES}
            value={String(verifyEvery ?? 'off')}
            onChange={(value) => void setEvery(value)}
          />
        </div>
        {options.checksums !== true && options.storageBackend !== 'S3' && (
          <Banner kind="info">{words.checksumsOff}</Banner>
        )}
        <div className={cx(styles.option, styles.listField)}>
          {running ? <Progress running={running} /> : <Last state={state} />}
          <div className={cx(styles.row)}>
            {running ? (
              <Button icon={X} isPending={isPending} onPress={() => void act('verification-cancel')}>
                {words.cancel}
              </Button>
            ) : (
              <Button icon={ShieldCheck} isPending={isPending} onPress={() => void act('verification-start')}>
                {words.start}
              </Button>
            )}
          </div>
        </div>
      </div>
    </Section>
  );
}

function Progress({ running }: { readonly running: NonNullable<VerificationState['running']> }) {
  const { sound, firstSeen, inBucket, total } = running;
  const done = sound + firstSeen + inBucket + wrongFiles(running);
  return (
    <ProgressBar
      label={words.running}
      value={total > 0 ? Math.min(100, (100 * done) / total) : undefined}
      detail={words.progress(done, total)}
    />
  );
}

function Last({ state }: { readonly state: VerificationState | undefined }) {
  const now = useNow(5000);
  const report = state?.report;
  if (!report) return <p className={cx(styles.muted)}>{words.never}</p>;
  const wrong = wrongFiles(report);
  return (
    <>
      <p className={cx(styles.muted)}>{words.last(formatAgo(report.ended, now), report, report.outcome)}</p>
      {wrong > 0 && (
        <Banner kind="error" title={words.wrong(wrong)}>
          {words.what}
        </Banner>
      )}
    </>
  );
}
