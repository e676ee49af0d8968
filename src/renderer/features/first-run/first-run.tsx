/** The first run: folder, name and port, firewall, test. Under two minutes, and skippable. */

import { useEffect, useRef, useState } from 'react';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { call, navigate, saveSettings, useReceiver, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { FolderCheck, PortCheck, Problem } from '#shared/contract.ts';
import type { ProfileState } from '#shared/state.ts';
import type { Draft } from './draft.ts';
import { firstDraft, mistakeOf, optionsOf } from './draft.ts';
import styles from './first-run.module.css';
import { AddressStep, FirewallStep, FolderStep, TestStepView } from './steps.tsx';

const words = text.firstRun;
const STEPS = ['folder', 'address', 'firewall', 'test'] as const;

/** Ends the first run, whatever has been done in it. */
function leave(): void {
  useStore.setState({ layer: undefined, isFirstRunSkipped: true });
  void saveSettings({ firstRunDone: true });
  navigate('receiver');
}

export function FirstRun() {
  const host = useReceiver((state) => state.host);
  const current = useReceiver(({ profiles }): ProfileState | undefined => profiles[0]);
  const profile = current?.profile;
  const [step, setStep] = useState<(typeof STEPS)[number]>('folder');
  const [draft, setDraft] = useState<Draft>(() => firstDraft(profile, host));
  const [folder, setFolder] = useState<FolderCheck>();
  const [port, setPort] = useState<PortCheck>();
  const [problem, setProblem] = useState<Problem>();
  const [isSaving, setSaving] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const position = STEPS.indexOf(step);
  const change = (part: Partial<Draft>) => {
    setProblem(undefined);
    setDraft((old) => ({ ...old, ...part }));
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the heading of a new step is read out
  useEffect(() => heading.current?.focus(), [step]);

  const mistakes = {
    folder: mistakeOf(draft, profile, 'outDir'),
    aeTitle: mistakeOf(draft, profile, 'callingAeTitle'),
    port: mistakeOf(draft, profile, 'port'),
  };
  const isReady = {
    folder: mistakes.folder === undefined && folder !== undefined && folder.problem === undefined,
    address:
      !mistakes.aeTitle && !mistakes.port && (port === undefined || port.free || isListeningOn(current, draft.port)),
    firewall: true,
    test: true,
  }[step];

  const next = async () => {
    if (step === 'address') {
      setSaving(true);
      const failure = await saveAndStart(draft, current);
      setSaving(false);
      setProblem(failure);
      if (failure) return;
    }
    const following = STEPS[position + 1];
    if (following) setStep(following);
    else leave();
  };

  return (
    <main className={cx(styles.ground)}>
      <div className={cx(styles.card)}>
        <header className={cx(styles.head)}>
          <div>
            <h1 className={cx(styles.title)}>{words.title}</h1>
            <p className={cx(styles.intro)}>{words.intro}</p>
          </div>
          <Button variant="quiet" onPress={leave}>
            {words.skip}
          </Button>
        </header>
        <ol aria-label={words.progressLabel} className={cx(styles.progress)}>
          {STEPS.map((name, index) => (
            <li
              key={name}
              className={cx(index < position && styles.done, index === position && styles.now)}
              {...(index === position && { 'aria-current': 'step' })}
            >
              <span className={cx(styles.number)}>{index < position ? '✓' : index + 1}</span>
              <span className={cx(styles.stepName)}>{words.names[name]}</span>
            </li>
          ))}
        </ol>
        <form
          className={cx(styles.body)}
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady && !isSaving) void next();
          }}
        >
          <div>
            <p className={cx(styles.count)}>{words.progress(position + 1, STEPS.length)}</p>
            <h2 ref={heading} tabIndex={-1} className={cx(styles.question)}>
              {words[step].title}
            </h2>
            <p className={cx(styles.intro)}>{words[step].hint}</p>
          </div>
          {step === 'folder' && (
            <FolderStep draft={draft} onChange={change} error={mistakes.folder} check={folder} onChecked={setFolder} />
          )}
          {step === 'address' && (
            <AddressStep
              draft={draft}
              onChange={change}
              mistakes={mistakes}
              profileId={profile?.id}
              check={port}
              onChecked={setPort}
              isOurs={isListeningOn(current, draft.port)}
            />
          )}
          {step === 'firewall' && <FirewallStep port={draft.port ?? 0} platform={host.platform} />}
          {step === 'test' && <TestStepView state={current} />}
          {problem && <ProblemBanner problem={problem} live />}
          <footer className={cx(styles.foot)}>
            {position > 0 && (
              <Button onPress={() => setStep(STEPS[position - 1]!)} isDisabled={isSaving}>
                {words.back}
              </Button>
            )}
            <Button type="submit" variant="primary" isDisabled={!isReady} isPending={isSaving}>
              {isSaving ? words.address.saving : step === 'test' ? words.finish : words.next}
            </Button>
          </footer>
        </form>
      </div>
    </main>
  );
}

function isListeningOn(state: ProfileState | undefined, port: number | undefined): boolean {
  return state?.run.address !== undefined && state.run.address.port === port;
}

/** undefined: it runs. */
async function saveAndStart(draft: Draft, state: ProfileState | undefined): Promise<Problem | undefined> {
  const options = optionsOf(draft, state?.profile);
  const saved = state
    ? await call('profile-save', {
        id: state.profile.id,
        name: state.profile.name,
        autoStart: true,
        options,
        restart: 'now',
      })
    : await call('profile-create', { name: text.firstRun.profileName, options, autoStart: true });
  if (!saved.ok) return saved.error;
  const { id } = saved.value;
  const run = useStore.getState().receiver?.profiles.find(({ profile }) => profile.id === id)?.run;
  if (run && ['starting', 'listening', 'restarting'].includes(run.phase)) return undefined;
  const started = await call('receiver-start', { id });
  if (started.ok) return undefined;
  // Saving may have started it meanwhile: then there is nothing to report.
  const now = useStore.getState().receiver?.profiles.find(({ profile }) => profile.id === id)?.run;
  return now?.phase === 'listening' || now?.phase === 'starting' ? undefined : started.error;
}
