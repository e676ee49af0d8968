/** Which profiles apply a rule set. */

import { useState } from 'react';
import { Checkbox } from '#renderer/components/checkbox.tsx';
import { cx } from '#renderer/components/cx.ts';
import { FormDialog } from '#renderer/components/form-dialog.tsx';
import { call, showToast, useReceiverShallow } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Problem } from '#shared/contract.ts';
import type { RuleSetRow } from '#shared/rule-commands.ts';
import { loadRows, useEditor } from './editor-store.ts';
import styles from './rules.module.css';

const words = text.rules.use;

export interface UseDialogProps {
  readonly row: RuleSetRow;
  readonly onClose: () => void;
}

export function UseDialog({ row, onClose }: UseDialogProps) {
  const profiles = useReceiverShallow((state) => state.profiles.map(({ profile }) => profile));
  const rows = useEditor((state) => state.rows);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(profiles.filter(({ ruleSetId }) => ruleSetId === row.id).map(({ id }) => id)),
  );
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const changes = profiles.filter(({ id, ruleSetId }) => chosen.has(id) !== (ruleSetId === row.id));
  const apply = async () => {
    const failed: Problem[] = [];
    for (const { id, name } of changes) {
      const result = await call('rule-set-use', { profileId: id, ruleSetId: chosen.has(id) ? row.id : null });
      if (!result.ok) failed.push({ code: result.error.code, message: `${name}: ${result.error.message}` });
    }
    await loadRows();
    setProblems(failed);
    if (failed.length > 0) return;
    onClose();
    showToast({ kind: 'ok', message: words.done });
  };
  return (
    <FormDialog
      title={words.title(row.name)}
      action={words.apply}
      isDisabled={changes.length === 0}
      problems={problems}
      onSubmit={apply}
      onClose={onClose}
    >
      <p>{words.words}</p>
      {profiles.length === 0 && <p className={cx(styles.muted)}>{words.noProfiles}</p>}
      <fieldset className={cx(styles.plainFieldset)}>
        <legend className="unseen">{words.label}</legend>
        {profiles.map(({ id, name, ruleSetId }) => {
          const used = rows?.find((other) => other.id === ruleSetId)?.name ?? ruleSetId;
          return (
            <Checkbox
              key={id}
              isSelected={chosen.has(id)}
              onChange={(isChosen) => {
                const next = new Set(chosen);
                if (isChosen) next.add(id);
                else next.delete(id);
                setChosen(next);
              }}
            >
              {name} <span className={cx(styles.muted)}>{used === undefined ? words.none : words.now(used)}</span>
            </Checkbox>
          );
        })}
      </fieldset>
      {row.usedBy.length > 0 && <p className={cx(styles.muted)}>{words.off}</p>}
    </FormDialog>
  );
}
