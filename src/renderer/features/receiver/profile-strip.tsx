/** Several receivers side by side, each with its own state, start and stop. */

import { CircleStop, Play } from 'lucide-react';
import { IconButton } from '#renderer/components/button.tsx';
import { ConditionBadge } from '#renderer/components/condition.tsx';
import { cx } from '#renderer/components/cx.ts';
import { ask, selectProfile, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatCount } from '#renderer/text/format.ts';
import { conditionOf } from '#shared/state.ts';
import styles from './profile-strip.module.css';

const words = text.receiver;

export interface ProfileStripProps {
  readonly selected: string;
}

export function ProfileStrip({ selected }: ProfileStripProps) {
  const profiles = useReceiver((state) => state.profiles);
  return (
    <nav aria-label={words.profiles}>
      <ul className={cx(styles.strip)}>
        {profiles.map((state) => {
          const { profile, run, totals } = state;
          const isStopped = run.phase === 'stopped' || run.phase === 'failed';
          const isSelected = profile.id === selected;
          return (
            <li key={profile.id} className={cx(styles.tile, isSelected && styles.selected)}>
              <button
                type="button"
                className={cx(styles.choose)}
                onClick={() => selectProfile(profile.id)}
                {...(isSelected && { 'aria-current': true })}
              >
                <span className={cx(styles.name)}>{profile.name}</span>
                <span className={cx(styles.detail)}>
                  {words.state.on(run.address?.port ?? Number(profile.options.port))} · {formatCount(totals.files)}{' '}
                  {words.totals.files.toLowerCase()}
                </span>
                <ConditionBadge condition={conditionOf(state)} />
              </button>
              {isStopped ? (
                <IconButton
                  icon={Play}
                  label={words.state.startNamed(profile.name)}
                  onPress={() => void ask('receiver-start', { id: profile.id })}
                />
              ) : (
                <IconButton
                  icon={CircleStop}
                  label={words.state.stopNamed(profile.name)}
                  isDisabled={state.associations.length > 0 || run.phase === 'stopping'}
                  onPress={() => void ask('receiver-stop', { id: profile.id })}
                />
              )}
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
