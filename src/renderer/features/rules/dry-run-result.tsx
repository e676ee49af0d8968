/** What a dry run came to: numbers, reasons, left-overs, elements by rule. */

import type { ReactNode } from 'react';
import { Banner } from '#renderer/components/banner.tsx';
import { cx } from '#renderer/components/cx.ts';
import { text } from '#renderer/text/en.ts';
import { formatCount } from '#renderer/text/format.ts';
import type { DryRun } from '#shared/rule-commands.ts';
import type { RuleSet } from '#shared/rules.ts';
import { dryRunCounts } from './dry-run-model.ts';
import styles from './rules.module.css';

const words = text.rules.dryRun;
const NUMBERS = ['stored', 'quarantined', 'rejected', 'unreadable'] as const;

export interface DryRunResultProps {
  readonly result: DryRun;
  /** The one that ran. */
  readonly ruleSet: RuleSet;
  readonly limit: number;
}

export function DryRunResult({ result, ruleSet, limit }: DryRunResultProps) {
  const { files, cut, reasons, residual } = result;
  return (
    <section aria-label={words.result} className={cx(styles.results)}>
      <p role="status">
        <strong>{words.files(files)}</strong>
      </p>
      {cut && <Banner kind="warn">{words.cut(limit)}</Banner>}
      <dl className={cx(styles.numbers)}>
        {NUMBERS.map((name) => (
          <div key={name}>
            <dt>{words.numbers[name]}</dt>
            <dd>{formatCount(result[name])}</dd>
          </div>
        ))}
      </dl>
      <Part title={words.reasons} none={reasons.length === 0 ? words.reasonsNone : undefined}>
        <Lines
          label={words.reasons}
          heads={[words.columns.reason, words.columns.files]}
          lines={reasons.map(({ reason, files: count }) => ({ key: reason, cells: [reason], count }))}
        />
      </Part>
      <Part title={words.residual} none={residual.length === 0 ? words.residualNone : undefined}>
        <Lines
          label={words.residual}
          heads={[words.columns.element, words.columns.what, words.columns.files]}
          lines={residual.map(({ keyword, what, files: count }) => ({
            key: `${keyword} ${what}`,
            cells: [keyword, text.rules.preview.own[what] ?? what],
            count,
          }))}
        />
      </Part>
      <Part title={words.counts} none={undefined}>
        <Lines
          label={words.counts}
          heads={[words.columns.rule, words.columns.elements]}
          lines={dryRunCounts(ruleSet, result.counts).map(({ id, label, count }) => ({
            key: id,
            cells: [label],
            count,
          }))}
        />
      </Part>
    </section>
  );
}

interface PartProps {
  readonly title: string;
  readonly none: string | undefined;
  readonly children: ReactNode;
}

function Part({ title, none, children }: PartProps) {
  return (
    <div>
      <h3>{title}</h3>
      {none === undefined ? children : <p className={cx(styles.muted)}>{none}</p>}
    </div>
  );
}

interface LinesProps {
  readonly label: string;
  readonly heads: readonly string[];
  readonly lines: readonly { readonly key: string; readonly cells: readonly string[]; readonly count: number }[];
}

function Lines({ label, heads, lines }: LinesProps) {
  return (
    <table className={cx(styles.plainTable)} aria-label={label}>
      <thead>
        <tr>
          {heads.map((head, index) => (
            <th key={head} scope="col" className={cx(index === heads.length - 1 && styles.count)}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map(({ key, cells: [first, ...others], count }) => (
          <tr key={key}>
            <th scope="row">{first}</th>
            {others.map((cell) => (
              <td key={cell}>{cell}</td>
            ))}
            <td className={cx(styles.count)}>{count === 0 ? words.never : formatCount(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
