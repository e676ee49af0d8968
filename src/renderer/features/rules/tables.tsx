/** Lookup tables: which there are, new ones from CSV files, deleting. */

import { FileUp, Sheet, Trash2 } from 'lucide-react';
import { useCallback, useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { ConfirmDialog } from '#renderer/components/dialog.tsx';
import { FormDialog, problemsOf } from '#renderer/components/form-dialog.tsx';
import type { TableColumn } from '#renderer/components/table.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { TextSource } from '#renderer/components/text-source.tsx';
import { ask, call, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatCount } from '#renderer/text/format.ts';
import type { Problem } from '#shared/contract.ts';
import type { RuleTableRow } from '#shared/rule-commands.ts';
import { tableName } from './file-names.ts';
import { ListCard } from './list-card.tsx';
import styles from './rules.module.css';
import { useList } from './use-list.ts';

const words = text.rules.tables;

const columns: readonly TableColumn<RuleTableRow>[] = [
  { id: 'name', label: words.columns.name, width: 'minmax(8rem, 1fr)', cell: ({ name }) => name },
  {
    id: 'columns',
    label: words.columns.columns,
    width: 'minmax(12rem, 2fr)',
    cell: ({ columns: names }) => <span title={names.join(', ')}>{names.join(', ')}</span>,
  },
  { id: 'rows', label: words.columns.rows, width: '7rem', align: 'end', cell: ({ rows }) => formatCount(rows) },
];

export function Tables() {
  const { result, refresh } = useList(useCallback(() => call('rule-tables-list', undefined), []));
  const [chosen, setChosen] = useState<string>();
  const [dialog, setDialog] = useState<'import' | 'remove'>();
  const close = () => setDialog(undefined);
  const selected = result?.ok ? result.value.tables.find(({ name }) => name === chosen) : undefined;
  const remove = async () => {
    if (!selected) return;
    close();
    const done = await ask('rule-table-delete', { name: selected.name });
    if (done !== undefined) showToast({ kind: 'ok', message: words.removed(selected.name) });
    await refresh();
  };
  return (
    <div className={cx(styles.tab)}>
      <div className={cx(styles.tabBar)}>
        <p className={cx(styles.muted)}>{words.help}</p>
        <Button icon={FileUp} onPress={() => setDialog('import')}>
          {words.import}
        </Button>
      </div>
      <ListCard<RuleTableRow>
        label={words.list}
        columns={columns}
        result={result?.ok ? { ok: true, value: result.value.tables } : result}
        onRefresh={refresh}
        selected={selected}
        onSelect={(row) => setChosen(row.name)}
        icon={Sheet}
        empty={words.empty}
        emptyHelp={words.emptyHelp}
        foot={
          selected ? (
            <Button icon={Trash2} onPress={() => setDialog('remove')}>
              {words.remove}
            </Button>
          ) : (
            <span className={cx(styles.muted)}>{words.choose}</span>
          )
        }
      />
      {dialog === 'import' && <ImportTableDialog onDone={refresh} onClose={close} />}
      {dialog === 'remove' && selected && (
        <ConfirmDialog
          title={words.removeTitle(selected.name)}
          isOpen
          onClose={close}
          action={words.removeIt}
          onConfirm={() => void remove()}
          isDanger
        >
          <p>{words.removeWords}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

interface ImportTableDialogProps {
  readonly onDone: () => Promise<void>;
  readonly onClose: () => void;
}

function ImportTableDialog({ onDone, onClose }: ImportTableDialogProps) {
  const [name, setName] = useState('');
  const [content, setContent] = useState('');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const run = async () => {
    const result = await call('rule-table-import', { name: name.trim(), text: content });
    setProblems(problemsOf(result));
    if (!result.ok) return;
    await onDone();
    onClose();
    showToast({ kind: 'ok', message: words.imported(result.value.name, result.value.rows) });
  };
  return (
    <FormDialog
      title={words.importTitle}
      action={words.importIt}
      isDisabled={name.trim() === '' || content.trim() === ''}
      problems={problems}
      onSubmit={run}
      onClose={onClose}
      size="wide"
    >
      <p className={cx(styles.muted)}>{words.importWords}</p>
      <TextField
        label={words.name}
        help={words.nameHelp}
        value={name}
        onChange={setName}
        maxLength={60}
        isRequired
        mono
      />
      <TextSource
        label={words.text}
        value={content}
        accept=".csv,.tsv,.txt,text/csv"
        onChange={(next, file) => {
          setContent(next);
          if (file !== undefined && name === '') setName(tableName(file));
        }}
      />
    </FormDialog>
  );
}
