/** The open rule set as a whole: its name and marks, undo, discard, save, and what else can be done with it. */

import {
  Copy,
  Ellipsis,
  FileDown,
  History,
  Pencil,
  Redo2,
  RotateCcw,
  Save,
  ShieldCheck,
  Trash2,
  Undo2,
} from 'lucide-react';
import { useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { downloadText } from '#renderer/components/download.ts';
import { Menu } from '#renderer/components/menu.tsx';
import { ask, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { RuleSetRow } from '#shared/rule-commands.ts';
import { isDirty } from './editing.ts';
import { discard, loadRows, type Open, redo, save, show, showRuleSet, undo, useEditor } from './editor-store.ts';
import { fileName } from './file-names.ts';
import styles from './rules.module.css';
import { RemoveSetDialog, RenameSetDialog } from './set-dialogs.tsx';
import { UseDialog } from './use-dialog.tsx';
import { VersionsDialog } from './versions-dialog.tsx';

const words = text.rules.sets;

type Dialog = 'rename' | 'remove' | 'use' | 'versions';

export function SetHeader({ open }: { readonly open: Open }) {
  const { row } = open;
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  return (
    <header className={cx(styles.setHeader)}>
      <div className={cx(styles.setTitle)}>
        <h2 title={row.description || row.name}>{row.name}</h2>
        <div className={cx(styles.setMarks)}>
          <span className={cx(styles.muted)}>{row.builtIn ? words.builtIn : words.version(row.version)}</span>
          {row.usedBy.length > 0 && <Badge kind="ok">{words.usedBy(row.usedBy)}</Badge>}
          {!row.conformant && (
            <span title={words.notConformantHelp}>
              <Badge kind="warn">{words.notConformant}</Badge>
            </span>
          )}
        </div>
      </div>
      <div className={cx(styles.row)}>
        {row.builtIn ? (
          <>
            <Button size="small" variant="primary" icon={Copy} onPress={() => void duplicate(row)}>
              {words.duplicate}
            </Button>
            <Button size="small" icon={ShieldCheck} onPress={() => setDialog('use')}>
              {words.use}
            </Button>
            <IconButton icon={FileDown} label={words.export} onPress={() => void exportSet(row)} />
          </>
        ) : (
          <>
            <EditButtons open={open} />
            <Menu
              label={words.moreActions}
              entries={[
                { id: 'use', label: words.use, icon: ShieldCheck, onChoose: () => setDialog('use') },
                { id: 's1', separator: true },
                { id: 'duplicate', label: words.duplicate, icon: Copy, onChoose: () => void duplicate(row) },
                { id: 'rename', label: words.rename, icon: Pencil, onChoose: () => setDialog('rename') },
                { id: 'versions', label: words.versions, icon: History, onChoose: () => setDialog('versions') },
                { id: 'export', label: words.export, icon: FileDown, onChoose: () => void exportSet(row) },
                { id: 's2', separator: true },
                { id: 'remove', label: words.remove, icon: Trash2, onChoose: () => setDialog('remove') },
              ]}
            >
              <IconButton icon={Ellipsis} label={words.moreActions} variant="secondary" />
            </Menu>
          </>
        )}
      </div>
      {dialog === 'rename' && <RenameSetDialog row={row} onClose={close} />}
      {dialog === 'remove' && <RemoveSetDialog row={row} onClose={close} />}
      {dialog === 'use' && <UseDialog row={row} onClose={close} />}
      {dialog === 'versions' && <VersionsDialog open={open} onClose={close} />}
    </header>
  );
}

/** What stands between the draft and the receiver. */
function EditButtons({ open: { editing } }: { readonly open: Open }) {
  const said = text.rules.edit;
  const mistakes = useEditor(({ checked }) => checked?.mistakes);
  const problem = useEditor((state) => state.checkProblem);
  const isSaving = useEditor((state) => state.isSaving);
  const dirty = isDirty(editing);
  const first = mistakes?.[0];
  return (
    <section aria-label={said.label} className={cx(styles.row)}>
      <span role="status" className={cx(styles.row)}>
        {problem && (
          <span title={problem.message}>
            <Badge kind="error">{said.checkFailed}</Badge>
          </span>
        )}
        {dirty && !first && (
          <Badge kind="active" plain>
            {said.dirty}
          </Badge>
        )}
      </span>
      {first && mistakes && (
        <Button
          size="small"
          variant="danger"
          onPress={() => show(first.place)}
          aria-label={`${said.mistakes(mistakes.length)}: ${said.showMistake}`}
        >
          {said.mistakes(mistakes.length)}
        </Button>
      )}
      <IconButton icon={Undo2} label={said.undo} isDisabled={editing.past.length === 0} onPress={undo} />
      <IconButton icon={Redo2} label={said.redo} isDisabled={editing.future.length === 0} onPress={redo} />
      <IconButton icon={RotateCcw} label={said.discard} isDisabled={!dirty} onPress={discard} />
      <Button
        size="small"
        variant="primary"
        icon={Save}
        isDisabled={!dirty || first !== undefined}
        isPending={isSaving}
        onPress={() => void save()}
      >
        {said.save}
      </Button>
    </section>
  );
}

async function duplicate({ id }: RuleSetRow): Promise<void> {
  const copy = await ask('rule-set-duplicate', { id });
  if (!copy) return;
  await loadRows();
  showRuleSet(copy.id);
  showToast({ kind: 'ok', message: words.duplicated(copy.name) });
}

async function exportSet({ id, name }: RuleSetRow): Promise<void> {
  const result = await ask('rule-set-export', { id });
  if (result) downloadText(fileName(name, '.deid.json'), result.text, 'application/json');
}
