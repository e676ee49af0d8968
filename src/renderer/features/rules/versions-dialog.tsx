/** The versions of a rule set, what differs between two of them, and the way back to one. */

import { useEffect, useState } from 'react';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Dialog } from '#renderer/components/dialog.tsx';
import { Select } from '#renderer/components/select.tsx';
import { ask, call, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatDateTime } from '#renderer/text/format.ts';
import type { CommandResults, Result } from '#shared/contract.ts';
import { edit, type Open } from './editor-store.ts';
import styles from './rules.module.css';

const words = text.rules.versions;

export interface VersionsDialogProps {
  readonly open: Open;
  readonly onClose: () => void;
}

export function VersionsDialog({ open: { row, versions }, onClose }: VersionsDialogProps) {
  const newest = [...versions].sort((a, b) => b.version - a.version);
  const [from, setFrom] = useState(newest[1]?.version);
  const [to, setTo] = useState(newest[0]?.version);
  const [result, setResult] = useState<Result<CommandResults['rule-set-difference']>>();
  useEffect(() => {
    if (from === undefined || to === undefined) return;
    let isOver = false;
    void call('rule-set-difference', { id: row.id, from, to }).then((answer) => !isOver && setResult(answer));
    return () => {
      isOver = true;
    };
  }, [row.id, from, to]);
  const choices = newest.map(({ version, saved }) => ({
    value: String(version),
    label: (version === row.version ? words.current : words.at)(version, formatDateTime(saved)),
  }));
  const take = async (version: number) => {
    const old = await ask('rule-set-get', { id: row.id, version });
    if (!old) return;
    edit(old.ruleSet);
    onClose();
    showToast({ kind: 'info', message: words.taken(version) });
  };
  return (
    <Dialog
      title={words.title(row.name)}
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        <>
          <Button onPress={onClose}>{text.common.close}</Button>
          {from !== undefined && from !== row.version && (
            <Button variant="primary" onPress={() => void take(from)}>
              {words.take(from)}
            </Button>
          )}
        </>
      }
    >
      {from === undefined || to === undefined ? (
        <p>{words.one}</p>
      ) : (
        <>
          <div className={cx(styles.pair)}>
            <Select
              label={words.from}
              choices={choices}
              value={String(from)}
              onChange={(version) => setFrom(Number(version))}
            />
            <Select
              label={words.to}
              choices={choices}
              value={String(to)}
              onChange={(version) => setTo(Number(version))}
            />
          </div>
          {result && !result.ok && <ProblemBanner problem={result.error} live />}
          {result?.ok && result.value.changes.length === 0 && <p>{words.none}</p>}
          {result?.ok && result.value.changes.length > 0 && (
            <table className={cx(styles.plainTable)} aria-label={words.differences}>
              <thead>
                <tr>
                  <th scope="col">{words.columns.path}</th>
                  <th scope="col">{words.columns.before}</th>
                  <th scope="col">{words.columns.after}</th>
                </tr>
              </thead>
              <tbody>
                {result.value.changes.map(({ path, before, after }) => (
                  <tr key={path}>
                    <th scope="row">
                      <code>{path}</code>
                    </th>
                    <td>{before || words.nothing}</td>
                    <td>{after || words.nothing}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
    </Dialog>
  );
}
