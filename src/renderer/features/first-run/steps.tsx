/** What each step of the first run asks and says. */

import { FlaskConical, ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Banner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import type { FolderAccess } from '#renderer/components/folder-picker.tsx';
import { FolderPicker } from '#renderer/components/folder-picker.tsx';
import { NumberField } from '#renderer/components/number-field.tsx';
import { TestSteps } from '#renderer/components/test-steps.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { ask, call, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { FolderCheck, PortCheck } from '#shared/contract.ts';
import type { ProfileState } from '#shared/state.ts';
import type { Draft } from './draft.ts';
import styles from './first-run.module.css';

const words = text.firstRun;
const LITTLE = 5_000_000_000;

interface StepProps {
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
}

const startOf = (path: string | undefined) => (path === undefined ? {} : { path });

const folders: Omit<FolderAccess, 'pick'> = {
  check: (path) => call('check-folder', { path }),
  list: (path) => call('folder-list', startOf(path)),
  create: (path) => call('folder-create', { path }),
};

export interface FolderStepProps extends StepProps {
  readonly error: string | undefined;
  readonly check: FolderCheck | undefined;
  readonly onChecked: (check: FolderCheck | undefined) => void;
}

export function FolderStep({ draft, onChange, error, check, onChecked }: FolderStepProps) {
  const canPick = useReceiver(({ host }) => host.canPickFolder);
  return (
    <>
      <FolderPicker
        label={words.folder.label}
        help={words.folder.help}
        value={draft.folder}
        onChange={(folder) => onChange({ folder })}
        access={{
          ...folders,
          ...(canPick && { pick: (path: string | undefined) => call('folder-pick', startOf(path)) }),
        }}
        error={error}
        onChecked={onChecked}
      />
      {check?.network && <Banner kind="warn">{words.folder.network}</Banner>}
      {check?.freeBytes !== undefined && check.freeBytes < LITTLE && <Banner kind="warn">{words.folder.little}</Banner>}
    </>
  );
}

export interface AddressStepProps extends StepProps {
  readonly mistakes: { readonly aeTitle: string | undefined; readonly port: string | undefined };
  readonly profileId: string | undefined;
  readonly check: PortCheck | undefined;
  readonly onChecked: (check: PortCheck | undefined) => void;
  /** The port is taken by this very receiver. */
  readonly isOurs: boolean;
}

export function AddressStep({ draft, onChange, mistakes, profileId, check, onChecked, isOurs }: AddressStepProps) {
  const { port } = draft;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new port is the only reason to ask again
  useEffect(() => {
    onChecked(undefined);
    if (port === undefined || mistakes.port) return;
    let isOver = false;
    const timer = setTimeout(async () => {
      const result = await call('check-port', { port, ...(profileId !== undefined && { id: profileId }) });
      if (!isOver && result.ok) onChecked(result.value);
    }, 300);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [port]);
  const taken = check && !check.free && !isOurs ? (check.problem?.message ?? words.address.privileged) : undefined;
  return (
    <div className={cx(styles.fields)}>
      <TextField
        label={words.address.aeTitle}
        help={words.address.aeTitleHelp}
        value={draft.aeTitle}
        onChange={(aeTitle) => onChange({ aeTitle })}
        error={mistakes.aeTitle}
        maxLength={16}
        mono
      />
      <div>
        <NumberField
          label={words.address.port}
          help={words.address.portHelp}
          value={port}
          onChange={(value) => onChange({ port: value })}
          min={1}
          max={65535}
          error={mistakes.port ?? taken}
        />
        <div role="status" className={cx(styles.portState)}>
          {isOurs ? (
            <span className={cx(styles.good)}>{words.address.ours}</span>
          ) : mistakes.port ? null : check === undefined ? (
            words.address.checking
          ) : check.free ? (
            <span className={cx(styles.good)}>{words.address.free}</span>
          ) : null}
        </div>
        {check?.free && check.privileged && <Banner kind="warn">{words.address.privileged}</Banner>}
      </div>
    </div>
  );
}

export interface FirewallStepProps {
  readonly port: number;
  readonly platform: string;
}

export function FirewallStep({ port, platform }: FirewallStepProps) {
  const known = platform === 'win32' || platform === 'darwin' || platform === 'linux' ? platform : 'other';
  const { title, steps, command } = words.firewall.platforms[known];
  const line = command?.(port);
  return (
    <>
      <Banner kind="info">{words.firewall.port(port)}</Banner>
      <div>
        <h3 className={cx(styles.platform)}>
          <ShieldCheck aria-hidden size={16} /> {title}
        </h3>
        <ul className={cx(styles.hints)}>
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ul>
        {line !== undefined && (
          <div className={cx(styles.command)}>
            <code>{line}</code>
            <CopyButton value={line} what={words.firewall.commandWhat} />
          </div>
        )}
        <p className={cx(styles.intro)}>{words.firewall.other}</p>
      </div>
    </>
  );
}

export interface TestStepViewProps {
  readonly state: ProfileState | undefined;
}

export function TestStepView({ state }: TestStepViewProps) {
  const [run, setRun] = useState<'never' | 'running' | 'done'>('never');
  if (state?.run.phase !== 'listening') {
    return (
      <Banner kind="warn" {...(state?.run.problem && { code: state.run.problem.code })} live>
        {state?.run.problem?.message ?? words.test.notListening}
      </Banner>
    );
  }
  const { id } = state.profile;
  const start = async () => {
    setRun('running');
    await ask('self-test', { id });
    setRun('done');
  };
  const test = state.test?.kind === 'self-test' ? state.test : undefined;
  const steps = run === 'never' || (run === 'running' && test?.done) ? [] : (test?.steps ?? []);
  const isGood = steps.length > 0 && steps.every(({ ok }) => ok);
  return (
    <>
      <div>
        <Button icon={FlaskConical} isPending={run === 'running'} onPress={() => void start()}>
          {run === 'running' ? words.test.running : run === 'done' ? words.test.again : words.test.run}
        </Button>
      </div>
      {run !== 'never' && <TestSteps label={words.test.steps} steps={steps} isRunning={run === 'running'} />}
      {run === 'done' && steps.length > 0 && (
        <Banner kind={isGood ? 'ok' : 'error'} live>
          {isGood ? words.test.passed : words.test.failed}
        </Banner>
      )}
    </>
  );
}
