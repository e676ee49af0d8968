/** The rules over many files, without changing or storing anything. */

import { Play, Square } from 'lucide-react';
import { useState } from 'react';
import { folderAccess } from '#renderer/api/folders.ts';
import { Badge } from '#renderer/components/badge.tsx';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { FolderPicker } from '#renderer/components/folder-picker.tsx';
import { NumberField } from '#renderer/components/number-field.tsx';
import { ProgressBar } from '#renderer/components/progress-bar.tsx';
import { Select } from '#renderer/components/select.tsx';
import { call, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { CommandResults, Result } from '#shared/contract.ts';
import type { RuleSet } from '#shared/rules.ts';
import { DryRunResult } from './dry-run-result.tsx';
import styles from './rules.module.css';
import { StudyPicker } from './study-picker.tsx';

const words = text.rules.dryRun;

const targets = (['study', 'folder'] as const).map((value) => ({ value, label: words.targets[value] }));
const MOST_FILES = 10_000;

export interface DryRunProps {
  readonly ruleSet: RuleSet;
  /** It was checked and has no mistakes. */
  readonly isSound: boolean;
  /** The study that somebody came with. */
  readonly study: number | undefined;
}

export function DryRun({ ruleSet, isSound, study }: DryRunProps) {
  const canPick = useReceiver(({ host }) => host.canPickFolder);
  const [kind, setKind] = useState<'study' | 'folder'>('study');
  const [studyId, setStudyId] = useState(study);
  const [path, setPath] = useState('');
  const [limit, setLimit] = useState(1000);
  const [running, setRunning] = useState<string>();
  const read = useReceiver(({ dryRun }) => (dryRun && dryRun.runId === running ? dryRun.files : 0));
  const isRunning = running !== undefined;
  const [done, setDone] = useState<{
    result: Result<CommandResults['rule-dry-run']>;
    ruleSet: RuleSet;
    limit: number;
  }>();
  const target =
    kind === 'folder' ? path.trim() !== '' && { kind, path: path.trim() } : studyId !== undefined && { kind, studyId };
  const run = async () => {
    if (!target) return;
    const runId = Math.random().toString(36).slice(2);
    setRunning(runId);
    const result = await call('rule-dry-run', { ruleSet, target, limit, runId });
    setRunning(undefined);
    setDone({ result, ruleSet, limit });
  };
  return (
    <div className={cx(styles.dryRun)}>
      <div className={cx(styles.dryRunForm)}>
        <p className={cx(styles.muted)}>{words.help}</p>
        <Select label={words.target} choices={targets} value={kind} onChange={setKind} />
        {kind === 'study' ? (
          <StudyPicker value={studyId} onChange={setStudyId} />
        ) : (
          <FolderPicker label={words.folder} value={path} onChange={setPath} access={readingAccess(canPick)} />
        )}
        <NumberField
          label={words.limit}
          unit={words.limitUnit}
          value={limit}
          min={1}
          max={MOST_FILES}
          grouping
          onChange={(next) => setLimit(next ?? 1000)}
        />
        <div className={cx(styles.row)}>
          <Button
            variant="primary"
            icon={Play}
            isDisabled={!target || !isSound}
            isPending={isRunning}
            onPress={() => void run()}
          >
            {words.run}
          </Button>
          {!isSound && (
            <Badge kind="warn" plain>
              {words.wrong}
            </Badge>
          )}
        </div>
      </div>
      <div className={cx(styles.dryRunResult)}>
        {running !== undefined && (
          <div className={cx(styles.dryRunProgress)}>
            <ProgressBar label={words.running} detail={words.read(read)} />
            <Button icon={Square} onPress={() => void call('rule-dry-run-cancel', { runId: running })}>
              {words.end}
            </Button>
          </div>
        )}
        {!isRunning && done && !done.result.ok && <ProblemBanner problem={done.result.error} live />}
        {!isRunning && done?.result.ok && (
          <DryRunResult result={done.result.value} ruleSet={done.ruleSet} limit={done.limit} />
        )}
      </div>
    </div>
  );
}

/** Folders that are only read: whether they can be written to does not matter. */
function readingAccess(canPick: boolean) {
  const access = folderAccess(canPick);
  return {
    ...access,
    check: async (path: string) => {
      const result = await access.check(path);
      if (!result.ok || result.value.exists) return { ok: false as const, error: { code: 'unchecked', message: '' } };
      return result;
    },
  };
}
