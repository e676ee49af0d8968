/** What monitoring reads, for people; and how it is given to read. */

import { Gauge, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { Banner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { ask, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatBytes, formatCount, formatDateTime, formatDuration } from '#renderer/text/format.ts';
import type { Figures, ProfileFigures } from '#shared/figures.ts';
import styles from './settings.module.css';

const words = text.monitoring.figures;
const metrics = text.monitoring.metrics;

type Row = readonly [figure: string, value: string];

export function FiguresPanel() {
  const [figures, setFigures] = useState<Figures>();
  const read = async () => {
    const answer = await ask('figures', undefined);
    if (answer) setFigures(answer);
  };
  return (
    <Section
      title={words.title}
      description={words.description}
      actions={
        <Button size="small" icon={Gauge} onPress={() => void read()}>
          {figures ? words.refresh : words.show}
        </Button>
      }
    >
      {figures && (
        <table className={cx(styles.figures)} aria-label={words.label}>
          <thead>
            <tr>
              <th scope="col">{words.columns.figure}</th>
              <th scope="col">{words.columns.value}</th>
            </tr>
          </thead>
          <tbody>
            {figureRows(figures).map(([figure, value]) => (
              <tr key={figure}>
                <th scope="row">{figure}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

/** Every figure in words, those of the process first. */
function figureRows(figures: Figures): readonly Row[] {
  const { started, residentBytes, cpuSeconds, eventLoopDelay, historyWaiting, profiles } = figures;
  return [
    [words.started, formatDateTime(started)],
    [words.memory, formatBytes(residentBytes)],
    [words.cpu, formatDuration(cpuSeconds * 1000)],
    [words.delay, `${Math.round(eventLoopDelay.max * 1000)} ms`],
    [words.history, formatCount(historyWaiting)],
    ...profiles.flatMap(profileRows),
  ];
}

function profileRows(profile: ProfileFigures): readonly Row[] {
  const { name, files, refused, freeBytes, quarantined, uploads, webhookWaiting } = profile;
  const row = (what: string, value: string): Row => [words.of(name, what), value];
  return [
    row(words.open, formatCount(profile.openAssociations)),
    row(words.associations, formatCount(profile.acceptedAssociations)),
    ...(Object.keys(files) as (keyof typeof files)[])
      .filter((outcome) => outcome === 'new' || files[outcome].count > 0)
      .map((outcome) => {
        const { count, bytes } = files[outcome];
        return row(
          words.files[outcome],
          bytes > 0 ? `${formatCount(count)} (${formatBytes(bytes)})` : formatCount(count),
        );
      }),
    ...Object.entries(refused).map(([code, count]) => row(`${words.refused}, ${code}`, formatCount(count))),
    ...(quarantined === undefined ? [] : [row(words.inQuarantine, formatCount(quarantined))]),
    ...(freeBytes === undefined ? [] : [row(words.free, formatBytes(freeBytes))]),
    row(words.commitments, formatCount(profile.commitmentsPending)),
    ...(uploads === undefined
      ? []
      : [row(words.uploads, `${formatCount(uploads.waiting)} (${formatBytes(uploads.bytes)})`)]),
    ...(webhookWaiting === undefined ? [] : [row(words.webhook, formatCount(webhookWaiting))]),
  ];
}

/** The token for the metrics, and what monitoring has to be told. Only where they are served, and on. */
export function MetricsToken() {
  const isOn = useReceiver(({ host, settings }) => host.kind === 'headless' && settings.metrics);
  const [token, setToken] = useState<string>();
  const make = async () => setToken((await ask('metrics-token', undefined))?.token);
  if (!isOn) return null;
  const config = token && metrics.config(location.port, token);
  return (
    <div className={cx(styles.listField)}>
      <div className={cx(styles.row)}>
        <Button icon={KeyRound} onPress={() => void make()}>
          {metrics.make}
        </Button>
        <span className={cx(styles.muted)}>{metrics.makeHelp}</span>
      </div>
      {token && config && (
        <>
          <Banner kind="ok" live>
            {metrics.made}
          </Banner>
          <p className={cx(styles.row)}>
            <code>{token}</code>
            <CopyButton value={token} what={metrics.what} />
          </p>
          <p className={cx(styles.row)}>
            {metrics.how}
            <CopyButton value={config} what={metrics.how} />
          </p>
          <pre className={cx(styles.code)}>{config}</pre>
        </>
      )}
    </div>
  );
}
