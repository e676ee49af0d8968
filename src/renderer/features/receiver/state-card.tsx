/** The big state with start and stop, the last contact, what came so far, and what is wrong. */

import { CircleStop, Ellipsis, FolderOpen, Play, RotateCw, Settings2 } from 'lucide-react';
import { useState } from 'react';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { conditionIcons, conditionKinds } from '#renderer/components/condition.tsx';
import { cx } from '#renderer/components/cx.ts';
import { ConfirmDialog } from '#renderer/components/dialog.tsx';
import { Menu } from '#renderer/components/menu.tsx';
import { useNow } from '#renderer/components/use-now.ts';
import { ask, navigate, selectProfile, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatAgo, formatBytes, formatClock, formatCount, formatDuration } from '#renderer/text/format.ts';
import type { Problem } from '#shared/contract.ts';
import type { ProfileState } from '#shared/state.ts';
import { conditionOf } from '#shared/state.ts';
import styles from './state-card.module.css';

const words = text.receiver;

export interface StateCardProps {
  readonly state: ProfileState;
}

export function StateCard({ state }: StateCardProps) {
  const { run, profile, totals } = state;
  const condition = conditionOf(state);
  const Icon = conditionIcons[condition];
  const { equal, keptBoth, replaced, refused } = totals.duplicates;
  const repeated = text.guards.duplicates.counts(equal, keptBoth, replaced, refused);
  const problems = run.problem ? [run.problem] : state.degraded;
  return (
    <section aria-label={words.state.label} className={cx(styles.card, styles[conditionKinds[condition]])}>
      <div className={cx(styles.head)}>
        <span className={cx(styles.icon, condition === 'receiving' && styles.alive)}>
          <Icon aria-hidden size={30} strokeWidth={2} className={cx(condition === 'starting' && styles.spin)} />
        </span>
        <div className={cx(styles.words)}>
          <h2 className={cx(styles.word)}>{text.common.condition[condition]}</h2>
          <p className={cx(styles.name)}>
            {profile.name}
            {run.address && ` · ${words.state.on(run.address.port)}`}
            {run.phase === 'listening' && ` · ${words.state.since(formatClock(run.since))}`}
          </p>
          <p className={cx(styles.sentence)}>
            {run.phase === 'stopping' ? words.state.stopping : words.state.sentence[condition]}
            {run.retryAt !== undefined && <RetryIn at={run.retryAt} />}
          </p>
        </div>
        <Actions state={state} />
      </div>
      {problems.map((problem) => (
        <ProblemBanner
          key={problem.code}
          problem={problem}
          kind={run.problem ? 'error' : 'warn'}
          actions={<ProblemAction problem={problem} profileId={profile.id} isStopped={run.phase !== 'listening'} />}
        />
      ))}
      {run.stale && <p className={cx(styles.stale)}>{words.state.stale}</p>}
      <div className={cx(styles.foot)}>
        <Contact state={state} />
        <dl aria-label={words.totals.label} className={cx(styles.totals)}>
          <Total label={words.totals.files} value={formatCount(totals.files)} />
          <Total label={words.totals.volume} value={formatBytes(totals.bytes)} />
          <Total label={words.totals.associations} value={formatCount(totals.associations)} />
          <Total label={words.totals.refused} value={formatCount(totals.refused)} />
          {repeated !== '' && <Total label={text.guards.duplicates.label} value={repeated} />}
        </dl>
      </div>
    </section>
  );
}

function Total({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function RetryIn({ at }: { readonly at: number }) {
  const now = useNow();
  return at > now ? ` ${words.state.retryIn(formatDuration(at - now))}` : null;
}

function Contact({ state: { lastContact, run } }: StateCardProps) {
  const now = useNow();
  if (!lastContact) {
    const isWaiting = run.phase === 'listening';
    return (
      <p className={cx(styles.contact)}>
        <span aria-hidden className={cx(styles.dot, isWaiting && styles.waiting)} />
        {isWaiting ? words.contact.waiting : words.contact.waitingStopped}
      </p>
    );
  }
  const { time, callingAeTitle, remoteAddress } = lastContact;
  return (
    <p className={cx(styles.contact)}>
      <span aria-hidden className={cx(styles.dot, styles.met)} />
      {words.contact.last(formatAgo(time, now), callingAeTitle || words.contact.unnamed, remoteAddress)}
    </p>
  );
}

function Actions({ state: { profile, run, associations } }: StateCardProps) {
  const [pending, setPending] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const canReveal = useReceiver(({ host }) => host.canReveal);
  const { id, name } = profile;
  const isStopped = run.phase === 'stopped' || run.phase === 'failed';
  const act = async (...commands: readonly ('receiver-start' | 'receiver-stop')[]) => {
    setPending(true);
    for (const command of commands) if ((await ask(command, { id })) === undefined) break;
    setPending(false);
  };
  const stop = () => {
    setAsking(false);
    void act('receiver-stop');
  };
  const showSettings = () => {
    selectProfile(id);
    navigate('settings');
  };
  return (
    <div className={cx(styles.actions)}>
      {run.stale && !isStopped && (
        <Button icon={RotateCw} isPending={pending} onPress={() => void act('receiver-stop', 'receiver-start')}>
          {words.state.restart}
        </Button>
      )}
      {isStopped ? (
        <Button
          variant="primary"
          size="large"
          icon={Play}
          isPending={pending}
          onPress={() => void act('receiver-start')}
          aria-label={words.state.startNamed(name)}
        >
          {words.state.start}
        </Button>
      ) : (
        <Button
          size="large"
          icon={CircleStop}
          isPending={pending || run.phase === 'stopping'}
          onPress={() => (associations.length > 0 ? setAsking(true) : stop())}
          aria-label={words.state.stopNamed(name)}
        >
          {words.state.stop}
        </Button>
      )}
      <Menu
        label={words.state.more}
        entries={[
          ...(canReveal && profile.options.storageBackend !== 'S3'
            ? [
                {
                  id: 'folder',
                  label: words.state.openFolder,
                  icon: FolderOpen,
                  onChoose: () => void ask('folder-open', { id }),
                },
              ]
            : []),
          { id: 'settings', label: words.state.settings, icon: Settings2, onChoose: showSettings },
        ]}
      >
        <IconButton label={words.state.more} icon={Ellipsis} />
      </Menu>
      <ConfirmDialog
        title={words.state.stopTitle}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        action={words.state.stop}
        onConfirm={stop}
        isDanger
      >
        <p>{words.state.stopQuestion(associations.length)}</p>
      </ConfirmDialog>
    </div>
  );
}

interface ProblemActionProps {
  readonly problem: Problem;
  readonly profileId: string;
  readonly isStopped: boolean;
}

/** The way to the setting that the problem is about. */
function ProblemAction({ problem, profileId, isStopped }: ProblemActionProps) {
  const option = problem.field ?? optionOf(problem.code);
  const show = () => {
    selectProfile(profileId);
    navigate('settings', option?.split(/[.[]/)[0]);
  };
  const label = option === 'port' ? words.fix.port : option === 'outDir' ? words.fix.folder : words.fix.settings;
  return (
    <>
      {option !== undefined && (
        <Button size="small" onPress={show}>
          {label}
        </Button>
      )}
      {isStopped && (
        <Button size="small" onPress={() => void ask('receiver-start', { id: profileId })}>
          {words.fix.retry}
        </Button>
      )}
    </>
  );
}

function optionOf(code: string): string | undefined {
  if (/port|eaddrinuse|eacces-port|address/i.test(code)) return 'port';
  if (/folder|read-only|permission|enoent|disk/i.test(code)) return 'outDir';
  return /s3|bucket/i.test(code) ? 's3Config' : undefined;
}
