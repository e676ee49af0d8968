/** What holds for the application as a whole: appearance, notifications, desktop, log, where things are kept, the self-test. */

import { FlaskConical, Play, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Banner, ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { Select } from '#renderer/components/select.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { ask, call, saveSettings, showToast, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { defaultSettings, LOG_LEVELS, type Problem, type Settings } from '#shared/contract.ts';
import type { HostInfo } from '#shared/events.ts';
import { FiguresPanel, MetricsToken } from './figures-panel.tsx';
import { matchesSearch } from './form-model.ts';
import styles from './settings.module.css';
import { Steps } from './steps.tsx';

const words = text.settings.app;
const metricWords = text.monitoring.metrics;

type Toggle =
  | 'privacyBlur'
  | 'notifyStudyComplete'
  | 'notifyRefusedCaller'
  | 'notifyDisk'
  | 'notifyWithNames'
  | 'metrics'
  | 'startAtLogin'
  | 'closeToTray';
type Choice = 'theme' | 'density' | 'logLevel';

type Row =
  | { readonly kind: 'switch'; readonly name: Toggle; readonly label: string; readonly help?: string }
  | {
      readonly kind: 'choice';
      readonly name: Choice;
      readonly label: string;
      readonly help?: string;
      readonly choices: Readonly<Record<string, string>>;
    };

interface Part {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What can be set on this host. */
export function applicationParts(host: Pick<HostInfo, 'kind' | 'canStartAtLogin' | 'canTray'>): Part[] {
  const desktop: Row[] = [
    ...(host.canStartAtLogin
      ? [{ kind: 'switch', name: 'startAtLogin', label: words.startAtLogin, help: words.startAtLoginHelp } as const]
      : []),
    ...(host.canTray
      ? [{ kind: 'switch', name: 'closeToTray', label: words.closeToTray, help: words.closeToTrayHelp } as const]
      : []),
  ];
  // The page of a desktop is served to nobody.
  const served = host.kind === 'headless';
  const monitoring: Row[] = served
    ? [{ kind: 'switch', name: 'metrics', label: metricWords.label, help: metricWords.help }]
    : [];
  const parts: Part[] = [
    {
      title: words.appearance,
      rows: [
        { kind: 'choice', name: 'theme', label: words.theme, choices: words.themes },
        { kind: 'choice', name: 'density', label: words.density, choices: words.densities },
        { kind: 'switch', name: 'privacyBlur', label: words.blur, help: words.blurHelp },
      ],
    },
    {
      title: words.notifications,
      rows: [
        { kind: 'switch', name: 'notifyStudyComplete', label: words.notifyStudyComplete },
        { kind: 'switch', name: 'notifyRefusedCaller', label: words.notifyRefusedCaller },
        { kind: 'switch', name: 'notifyDisk', label: words.notifyDisk },
        { kind: 'switch', name: 'notifyWithNames', label: words.notifyWithNames, help: words.notifyWithNamesHelp },
      ],
    },
    { title: words.desktop, rows: desktop },
    { title: metricWords.part, rows: monitoring },
    {
      title: words.log,
      rows: [
        {
          kind: 'choice',
          name: 'logLevel',
          label: words.logLevel,
          help: words.logLevelHelp,
          choices: Object.fromEntries(LOG_LEVELS.map((level) => [level, words.logLevels[level]])),
        },
      ],
    },
  ];
  return parts.filter(({ rows }) => rows.length > 0);
}

/** The rows that a search finds. */
export function searchParts(parts: readonly Part[], query: string): Part[] {
  return parts
    .map(({ title, rows }) => ({
      title,
      rows: rows.filter(({ name, label, help }) => matchesSearch(query, [words.group, title, name, label, help])),
    }))
    .filter(({ rows }) => rows.length > 0);
}

/** @param query what was searched for; empty: everything */
export function ApplicationSettings({ query }: { readonly query: string }) {
  const host = useReceiver((state) => state.host);
  return (
    <>
      {searchParts(applicationParts(host), query).map(({ title, rows }) => (
        <Section key={title} title={title} {...(title === words.appearance && { description: words.saved })}>
          <div className={cx(styles.fields)}>
            {rows.map((row) => (
              <SettingRow key={row.name} row={row} />
            ))}
            {title === metricWords.part && <MetricsToken />}
          </div>
        </Section>
      ))}
      {query === '' && <FiguresPanel />}
      {query === '' && <DataSection host={host} />}
    </>
  );
}

function SettingRow({ row }: { readonly row: Row }) {
  const settings = useReceiver((state) => state.settings);
  const set = (value: unknown) => void saveSettings({ [row.name]: value } as Partial<Settings>);
  const standard = defaultSettings[row.name];
  const field = {
    label: row.label,
    help: row.help,
    onReset: settings[row.name] === standard ? undefined : () => set(standard),
  };
  return (
    <div className={cx(styles.option)} data-setting={row.name}>
      {row.kind === 'switch' ? (
        <Switch {...field} value={settings[row.name]} onChange={set} />
      ) : (
        <Select
          {...field}
          choices={Object.entries(row.choices).map(([value, label]) => ({ value, label }))}
          value={settings[row.name]}
          onChange={set}
        />
      )}
    </div>
  );
}

function DataSection({ host }: { readonly host: HostInfo }) {
  return (
    <Section title={words.data}>
      <dl className={cx(styles.facts)}>
        <dt>{words.dataFolder}</dt>
        <dd className={cx(styles.row)}>
          <code>{host.dataFolder}</code>
          <CopyButton value={host.dataFolder} what={words.folderWord} />
        </dd>
        <dt>{words.secrets}</dt>
        <dd>{host.secrets.message}</dd>
        <dt>{words.version}</dt>
        <dd>{host.version}</dd>
      </dl>
    </Section>
  );
}

/** The whole pipeline, tried as a modality would. */
export function SelfTest({ profileId }: { readonly profileId: string }) {
  const state = useReceiver(({ profiles }) => profiles.find(({ profile }) => profile.id === profileId));
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const test = state?.test?.kind === 'self-test' ? state.test : undefined;
  const isListening = state?.run.phase === 'listening';
  const run = async () => {
    setRunning(true);
    setProblem(undefined);
    const result = await call('self-test', { id: profileId });
    setRunning(false);
    if (!result.ok) setProblem(result.error);
  };
  const removeImages = async () => {
    const done = await ask('test-images-remove', undefined);
    if (done) showToast({ kind: 'ok', message: words.removed(done.removed) });
  };
  const isDone = test?.done && !isRunning;
  const isGood = test?.steps.every(({ ok }) => ok);
  return (
    <Section title={words.checks} description={words.checksHelp}>
      <div className={cx(styles.listField)}>
        <div className={cx(styles.row)}>
          <Button icon={FlaskConical} onPress={() => void run()} isPending={isRunning} isDisabled={!isListening}>
            {isRunning ? words.running : words.runTest}
          </Button>
          {!isListening && (
            <>
              <span className={cx(styles.muted)}>{words.testNeedsRun}</span>
              <Button size="small" icon={Play} onPress={() => void ask('receiver-start', { id: profileId })}>
                {words.start}
              </Button>
            </>
          )}
          <Button variant="quiet" icon={Trash2} onPress={() => void removeImages()}>
            {words.removeTest}
          </Button>
        </div>
        {problem && <ProblemBanner problem={problem} title={words.testFailed} live />}
        {isDone && !problem && (
          <Banner kind={isGood ? 'ok' : 'error'} live>
            {isGood ? words.testOk : words.testFailed}
          </Banner>
        )}
        {test && test.steps.length > 0 && <Steps label={words.steps} steps={test.steps} />}
      </div>
    </Section>
  );
}
