/** How far a study is; while it is being received, with the time until it counts as complete. */

import { Badge, type Kind } from '#renderer/components/badge.tsx';
import { cx } from '#renderer/components/cx.ts';
import { useNow } from '#renderer/components/use-now.ts';
import { useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { StudyStatus as Status, StudyRow } from '#shared/contract.ts';
import { BURNED_IN_RISK } from '#shared/rules.ts';
import { countdownOf } from './live.ts';
import styles from './studies.module.css';

const kinds: Readonly<Record<Status, Kind>> = { receiving: 'active', complete: 'ok', interrupted: 'warn' };

/** `isBrief`: one line, in which what is not in the bucket stands for "complete". */
export function StudyStatus({ study, isBrief = false }: { readonly study: StudyRow; readonly isBrief?: boolean }) {
  if (study.status === 'receiving') return <Receiving study={study} />;
  const own = (
    <Badge kind={kinds[study.status]} plain>
      {text.studies.status[study.status]}
    </Badge>
  );
  const waiting = study.waiting > 0 && (
    <Badge kind="info" plain>
      {text.studies.notUploaded(study.waiting)}
    </Badge>
  );
  const gone = study.gone > 0 && (
    <span title={text.studies.goneHelp}>
      <Badge kind="error" plain>
        {text.studies.gone(study.gone)}
      </Badge>
    </span>
  );
  if (isBrief) return gone || (study.status === 'complete' && waiting) || own;
  return (
    <span className={cx(styles.badges)}>
      {own}
      {waiting}
      {gone}
    </span>
  );
}

/** Says that text, perhaps a name, may be part of the pictures. */
export function BurnedIn({ study }: { readonly study: StudyRow }) {
  if (study.burnedIn < BURNED_IN_RISK) return null;
  return (
    <span title={text.studies.burnedInScore(study.burnedIn)}>
      <Badge kind="warn">{text.studies.burnedIn}</Badge>
    </span>
  );
}

function Receiving({ study }: { readonly study: StudyRow }) {
  const now = useNow();
  const profiles = useReceiver((state) => state.profiles);
  const { quiet, left, part } = countdownOf(study, profiles, now);
  const isQuiet = quiet >= 2000;
  return (
    <span className={cx(styles.receiving)} title={text.studies.countdown(left)}>
      <span className={cx(styles.receivingWords)}>
        <Badge kind="active" plain>
          {text.studies.receiving(study.instances)}
        </Badge>
        {isQuiet && <span className={cx(styles.quiet)}>· {text.studies.quiet(quiet)}</span>}
      </span>
      <span className={cx(styles.countdown)} aria-hidden>
        <span style={{ width: `${(1 - part) * 100}%` }} />
      </span>
    </span>
  );
}
