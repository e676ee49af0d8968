/** What makes, renames and deletes rule sets. */

import { useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { ConfirmDialog, Dialog } from '#renderer/components/dialog.tsx';
import { FormDialog, problemsOf } from '#renderer/components/form-dialog.tsx';
import { Select } from '#renderer/components/select.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { TextSource } from '#renderer/components/text-source.tsx';
import { ask, call, navigate, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Problem } from '#shared/contract.ts';
import type { RuleSetRow } from '#shared/rule-commands.ts';
import { blankRuleSet } from './blanks.ts';
import { forget, loadRows, rename, showRuleSet } from './editor-store.ts';

const words = text.rules.sets;

interface DialogProps {
  readonly onClose: () => void;
}

export function CreateSetDialog({ onClose }: DialogProps) {
  const [name, setName] = useState('');
  const [base, setBase] = useState<'ps315' | 'none'>('ps315');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const create = async () => {
    const result = await call('rule-set-save', { ruleSet: { ...blankRuleSet(name.trim(), base) } });
    setProblems(problemsOf(result));
    if (!result.ok) return;
    await loadRows();
    onClose();
    showRuleSet(result.value.id);
  };
  return (
    <FormDialog
      title={words.createTitle}
      action={words.createIt}
      isDisabled={name.trim() === ''}
      problems={problems}
      onSubmit={create}
      onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
      <Select
        label={words.begin}
        choices={(['ps315', 'none'] as const).map((value) => ({ value, label: words.beginWith[value] }))}
        value={base}
        onChange={setBase}
      />
    </FormDialog>
  );
}

export function ImportSetDialog({ onClose }: DialogProps) {
  const [content, setContent] = useState('');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const run = async () => {
    const result = await call('rule-set-import', { text: content });
    setProblems(problemsOf(result));
    if (!result.ok) return;
    await loadRows();
    onClose();
    showToast({ kind: 'ok', message: words.imported(result.value.name) });
    showRuleSet(result.value.id);
  };
  return (
    <FormDialog
      title={words.importTitle}
      action={words.importIt}
      isDisabled={content.trim() === ''}
      problems={problems}
      onSubmit={run}
      onClose={onClose}
      size="wide"
    >
      <p>{words.importWords}</p>
      <TextSource label={words.importText} value={content} onChange={setContent} accept=".json,application/json" />
    </FormDialog>
  );
}

export function RenameSetDialog({ row, onClose }: DialogProps & { readonly row: RuleSetRow }) {
  const [name, setName] = useState(row.name);
  const run = async () => {
    if (await rename(name.trim())) onClose();
  };
  return (
    <FormDialog
      title={words.renameTitle(row.name)}
      action={words.renameIt}
      isDisabled={name.trim() === '' || name.trim() === row.name}
      problems={[]}
      onSubmit={run}
      onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
    </FormDialog>
  );
}

function NameField({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <TextField
      label={words.name}
      help={words.nameHelp}
      value={value}
      onChange={onChange}
      maxLength={60}
      autoFocus
      isRequired
    />
  );
}

/** Refused while a profile uses it, with the way out. */
export function RemoveSetDialog({ row, onClose }: DialogProps & { readonly row: RuleSetRow }) {
  const remove = async () => {
    const done = await ask('rule-set-delete', { id: row.id });
    if (done === undefined) return;
    onClose();
    forget(row.id);
    navigate('rules');
    showToast({ kind: 'ok', message: words.removed(row.name) });
    await loadRows();
  };
  if (row.usedBy.length > 0) {
    return (
      <Dialog
        title={words.removeTitle(row.name)}
        isOpen
        onClose={onClose}
        footer={<Button onPress={onClose}>{text.common.close}</Button>}
      >
        <p>{words.removeUsed(row.usedBy)}</p>
      </Dialog>
    );
  }
  return (
    <ConfirmDialog
      title={words.removeTitle(row.name)}
      action={words.removeIt}
      isOpen
      isDanger
      onClose={onClose}
      onConfirm={() => void remove()}
    >
      <p>{words.removeWords}</p>
    </ConfirmDialog>
  );
}
