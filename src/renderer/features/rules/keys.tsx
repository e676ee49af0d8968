/** The keys of pseudonyms: made, saved for bad days, brought back, replaced; and the way back to the patients. */

import { FileDown, FileUp, KeyRound, Plus, RotateCw, Users } from 'lucide-react';
import { useCallback, useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { downloadText } from '#renderer/components/download.ts';
import type { TableColumn } from '#renderer/components/table.tsx';
import { ask, call, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatCount, formatDateTime } from '#renderer/text/format.ts';
import type { RuleKeyRow } from '#shared/rule-commands.ts';
import { fileName } from './file-names.ts';
import { CreateKeyDialog, KeyConfirm, RestoreKeyDialog } from './key-dialogs.tsx';
import { ListCard } from './list-card.tsx';
import styles from './rules.module.css';
import { useList } from './use-list.ts';

const words = text.rules.keys;

const columns: readonly TableColumn<RuleKeyRow>[] = [
  { id: 'name', label: words.columns.name, width: 'minmax(8rem, 1fr)', cell: ({ name }) => name },
  {
    id: 'fingerprint',
    label: words.columns.fingerprint,
    width: 'minmax(8rem, 1fr)',
    cell: ({ fingerprint }) => <code>{fingerprint}</code>,
  },
  { id: 'created', label: words.columns.created, width: '12rem', cell: ({ created }) => formatDateTime(created) },
  {
    id: 'pseudonyms',
    label: words.columns.pseudonyms,
    width: '9.5rem',
    align: 'end',
    cell: ({ pseudonyms }) => formatCount(pseudonyms),
  },
];

type Dialog = 'create' | 'restore' | 'recovery' | 'rotate' | 'map';

export function Keys() {
  const { result, refresh } = useList(useCallback(() => call('rule-keys-list', undefined), []));
  const [chosen, setChosen] = useState<string>();
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const selected = result?.ok ? result.value.keys.find(({ name }) => name === chosen) : undefined;
  const name = selected?.name ?? '';

  const saveRecovery = async () => {
    close();
    const done = await ask('rule-key-recovery', { name, confirmed: true });
    if (!done) return;
    downloadText(fileName(name, '.studyport-key.txt'), done.text);
    showToast({ kind: 'ok', message: words.recoverySaved });
  };
  const rotate = async () => {
    close();
    const done = await ask('rule-key-rotate', { name, confirmed: true });
    if (done) showToast({ kind: 'ok', message: words.rotated(done.name) });
    await refresh();
  };
  const saveMap = async () => {
    close();
    const done = await ask('pseudonyms-export', { keyName: name, confirmed: true });
    if (!done) return;
    downloadText(fileName(name, '-who-is-who.csv'), done.text, 'text/csv');
    showToast({ kind: 'warn', message: words.mapSaved });
  };

  return (
    <div className={cx(styles.tab)}>
      <div className={cx(styles.tabBar)}>
        <p className={cx(styles.muted)}>{words.help}</p>
        <div className={cx(styles.row)}>
          <Button icon={FileUp} onPress={() => setDialog('restore')}>
            {words.restore}
          </Button>
          <Button icon={Plus} onPress={() => setDialog('create')}>
            {words.create}
          </Button>
        </div>
      </div>
      <ListCard<RuleKeyRow>
        label={words.list}
        columns={columns}
        result={result?.ok ? { ok: true, value: result.value.keys } : result}
        onRefresh={refresh}
        selected={selected}
        onSelect={(row) => setChosen(row.name)}
        icon={KeyRound}
        empty={words.empty}
        emptyHelp={words.emptyHelp}
        foot={
          selected ? (
            <span className={cx(styles.row)}>
              <Button icon={FileDown} onPress={() => setDialog('recovery')}>
                {words.recovery}
              </Button>
              <Button icon={Users} onPress={() => setDialog('map')}>
                {words.map}
              </Button>
              <Button icon={RotateCw} onPress={() => setDialog('rotate')}>
                {words.rotate}
              </Button>
            </span>
          ) : (
            <span className={cx(styles.muted)}>{words.choose}</span>
          )
        }
      />
      {dialog === 'create' && <CreateKeyDialog onDone={refresh} onClose={close} />}
      {dialog === 'restore' && <RestoreKeyDialog onDone={refresh} onClose={close} />}
      {dialog === 'recovery' && (
        <KeyConfirm
          title={words.recoveryTitle(name)}
          words={words.recoveryWords}
          action={words.recoveryIt}
          onConfirm={saveRecovery}
          onClose={close}
        />
      )}
      {dialog === 'rotate' && (
        <KeyConfirm
          title={words.rotateTitle(name)}
          words={words.rotateWords}
          action={words.rotateIt}
          onConfirm={rotate}
          onClose={close}
        />
      )}
      {dialog === 'map' && (
        <KeyConfirm
          title={words.mapTitle}
          words={words.mapWords}
          action={words.mapIt}
          onConfirm={saveMap}
          onClose={close}
        />
      )}
    </div>
  );
}
