/** Callers that were turned away: what happened in plain words, and the fix in one click. */

import { ShieldX } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { useNow } from '#renderer/components/use-now.ts';
import { ask, navigate, showToast } from '#renderer/store.ts';
import { refusalWords } from '#renderer/text/en/receiver.ts';
import { text } from '#renderer/text/en.ts';
import { formatAgo } from '#renderer/text/format.ts';
import type { FixKind, Profile } from '#shared/contract.ts';
import { sopClassName, transferSyntaxName } from '#shared/dicom/uids.ts';
import type { Refusal } from '#shared/events.ts';
import { optionDefaults } from '#shared/options.ts';
import styles from './refusals.module.css';

const words = text.receiver.refusals;

export interface RefusalsProps {
  readonly profile: Profile;
  readonly refusals: readonly Refusal[];
}

export function Refusals({ profile, refusals }: RefusalsProps) {
  const now = useNow(5000);
  return (
    <Section
      title={words.title}
      actions={
        <Button size="small" variant="quiet" onPress={() => void ask('refusals-clear', { id: profile.id })}>
          {words.clear}
        </Button>
      }
    >
      <ul className={cx(styles.list)}>
        {refusals.map((refusal) => (
          <RefusalItem key={refusal.refusalId} profile={profile} refusal={refusal} now={now} />
        ))}
      </ul>
    </Section>
  );
}

interface RefusalItemProps {
  readonly profile: Profile;
  readonly refusal: Refusal;
  readonly now: number;
}

function RefusalItem({ profile, refusal, now }: RefusalItemProps) {
  const [pending, setPending] = useState<FixKind>();
  const { options } = profile;
  const titles = options.acceptedCalledAeTitles?.length
    ? options.acceptedCalledAeTitles
    : [options.callingAeTitle ?? optionDefaults.callingAeTitle];
  const { what, why } = refusalWords(refusal, { valueName: nameOf(refusal.value), titles });
  const fix = async (kind: FixKind, value: string) => {
    setPending(kind);
    const done = await ask('refusal-fix', { id: profile.id, kind, value });
    setPending(undefined);
    if (done) showToast({ kind: 'ok', message: words.fixed(words.fix(kind, value, nameOf(value))) });
  };
  return (
    <li className={cx(styles.item)}>
      <ShieldX aria-hidden size={18} className={cx(styles.icon)} />
      <div className={cx(styles.words)}>
        <p className={cx(styles.what)}>{what}</p>
        <p className={cx(styles.why)}>{why}</p>
        <p className={cx(styles.detail)}>
          <code>{refusal.remoteAddress}</code> · {words.times(refusal.count)},{' '}
          {words.last(formatAgo(refusal.time, now))} · <code>{refusal.code}</code>
        </p>
      </div>
      <div className={cx(styles.fixes)}>
        {refusal.fixes.map(({ kind, value }) => (
          <Button key={kind} isPending={pending === kind} onPress={() => void fix(kind, value)}>
            {words.fix(kind, value, nameOf(value))}
          </Button>
        ))}
        {refusal.code === 'object-quarantined' && (
          <Button onPress={() => navigate('rules', 'quarantine')}>{text.guards.quarantine}</Button>
        )}
        {refusal.code === 'commitment-peer-unknown' && refusal.fixes.length === 0 && (
          <Button onPress={() => navigate('settings', 'Acceptance')}>{words.setting}</Button>
        )}
      </div>
    </li>
  );
}

function nameOf(uid: string): string {
  return sopClassName(uid) ?? transferSyntaxName(uid) ?? uid;
}
