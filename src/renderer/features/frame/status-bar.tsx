/** The bar at the bottom: state, address, open associations, MB/s, free disk, profile. */

import { HardDrive, Network, Users, Zap } from 'lucide-react';
import { ConditionBadge } from '#renderer/components/condition.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { useNow } from '#renderer/components/use-now.ts';
import { currentProfile, useReceiver, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatBytes, formatRate } from '#renderer/text/format.ts';
import { conditionOf } from '#shared/state.ts';
import styles from './frame.module.css';

const words = text.common.status;

export function StatusBar() {
  const current = useStore(currentProfile);
  const all = useReceiver(({ profiles }) => profiles.length);
  const running = useReceiver(({ profiles }) => profiles.filter(({ run }) => run.phase === 'listening').length);
  const address = useReceiver(({ host }) => host.addresses[0]?.address ?? host.hostName);
  const now = useNow(2000);
  if (!current) {
    return (
      <footer className={cx(styles.status)}>
        <span>{words.noProfile}</span>
      </footer>
    );
  }
  const { run, samples, associations, freeBytes, profile } = current;
  const last = samples.at(-1);
  const rate = last && now - last.time < 4000 ? last.bytes : 0;
  const place = run.address && `${run.address.aeTitle}@${hostOf(run.address.host, address)}:${run.address.port}`;
  return (
    <footer className={cx(styles.status)}>
      <ConditionBadge condition={conditionOf(current)} plain />
      <span className={cx(styles.part, styles.place)}>
        <Network aria-hidden size={14} />
        {place ? <code>{place}</code> : words.notListening}
        {place && <CopyButton value={place} what={words.address} />}
      </span>
      <span className={cx(styles.part)}>
        <Users aria-hidden size={14} />
        {words.associations(associations.length)}
      </span>
      <span className={cx(styles.part)}>
        <Zap aria-hidden size={14} />
        {formatRate(rate)}
      </span>
      {freeBytes !== undefined && (
        <span className={cx(styles.part)}>
          <HardDrive aria-hidden size={14} />
          {words.free(formatBytes(freeBytes))}
        </span>
      )}
      <span className={cx(styles.part, styles.profileName)}>
        {profile.name}
        {all > 1 && <span className={cx(styles.muted)}> · {words.profiles(running, all)}</span>}
      </span>
    </footer>
  );
}

/** Where others reach it when it listens on every address. */
function hostOf(bound: string, address: string): string {
  const host = bound === '::' || bound === '0.0.0.0' ? address : bound;
  return host.includes(':') ? `[${host}]` : host;
}
