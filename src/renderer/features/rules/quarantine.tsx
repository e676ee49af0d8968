/** What was kept aside instead of stored, profile by profile: released by a person, or discarded. */

import { ArchiveRestore, RefreshCw, ShieldQuestion, Trash2 } from 'lucide-react';
import { useCallback, useState } from 'react';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { ConfirmDialog } from '#renderer/components/dialog.tsx';
import { Select } from '#renderer/components/select.tsx';
import type { TableColumn } from '#renderer/components/table.tsx';
import { ask, call, currentProfile, selectProfile, showToast, useReceiverShallow, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatBytes, formatDateTime } from '#renderer/text/format.ts';
import type { QuarantineRow } from '#shared/rule-commands.ts';
import { ListCard } from './list-card.tsx';
import styles from './rules.module.css';
import { useList } from './use-list.ts';

const words = text.rules.quarantine;

const columns: readonly TableColumn<QuarantineRow>[] = [
  { id: 'time', label: words.columns.time, width: '12rem', cell: ({ time }) => formatDateTime(time) },
  {
    id: 'reason',
    label: words.columns.reason,
    width: 'minmax(12rem, 2fr)',
    cell: ({ reason }) => <span title={reason}>{reason}</span>,
  },
  { id: 'bytes', label: words.columns.bytes, width: '6rem', align: 'end', cell: ({ bytes }) => formatBytes(bytes) },
  {
    id: 'name',
    label: words.columns.name,
    width: 'minmax(10rem, 1fr)',
    cell: ({ name }) => <code title={name}>{name}</code>,
  },
];

export function Quarantine() {
  const profiles = useReceiverShallow((state) => state.profiles.map(({ profile }) => profile));
  const profileId = useStore((state) => currentProfile(state)?.profile.id);
  if (profileId === undefined) return <p className={cx(styles.hint)}>{text.rules.use.noProfiles}</p>;
  return (
    <div className={cx(styles.tab)}>
      <div className={cx(styles.tabBar)}>
        <p className={cx(styles.muted)}>{words.help}</p>
        <Select
          label={words.profile}
          choices={profiles.map(({ id, name }) => ({ value: id, label: name }))}
          value={profileId}
          onChange={selectProfile}
          className={cx(styles.profiles)}
        />
      </div>
      <QuarantineList key={profileId} profileId={profileId} />
    </div>
  );
}

function QuarantineList({ profileId }: { readonly profileId: string }) {
  const { result, refresh } = useList(useCallback(() => call('quarantine-list', { profileId }), [profileId]));
  const [name, setName] = useState<string>();
  const [asking, setAsking] = useState<'release' | 'discard'>();
  const rows = result?.ok ? result.value.rows : [];
  const selected = rows.find((row) => row.name === name);
  const close = () => setAsking(undefined);
  const act = async (command: 'quarantine-release' | 'quarantine-discard', message: string) => {
    if (!selected) return;
    close();
    const done = await ask(command, { profileId, name: selected.name, confirmed: true });
    if (done !== undefined) showToast({ kind: 'ok', message });
    await refresh();
  };
  return (
    <>
      <ListCard<QuarantineRow>
        label={words.list}
        columns={columns}
        result={result?.ok ? { ok: true, value: result.value.rows } : result}
        onRefresh={refresh}
        selected={selected}
        onSelect={(row) => setName(row.name)}
        icon={ShieldQuestion}
        empty={words.empty}
        emptyHelp={words.emptyHelp}
        foot={
          <>
            <span className={cx(styles.muted)}>
              {words.total(
                rows.length,
                rows.reduce((sum, { bytes }) => sum + bytes, 0),
              )}
              {!selected && ` · ${words.choose}`}
            </span>
            <span className={cx(styles.row)}>
              <IconButton icon={RefreshCw} label={words.refresh} onPress={() => void refresh()} />
              {selected && (
                <>
                  <Button icon={Trash2} onPress={() => setAsking('discard')}>
                    {words.discard}
                  </Button>
                  <Button icon={ArchiveRestore} onPress={() => setAsking('release')}>
                    {words.release}
                  </Button>
                </>
              )}
            </span>
          </>
        }
      />
      <ConfirmDialog
        title={words.releaseTitle}
        isOpen={asking === 'release'}
        onClose={close}
        action={words.releaseIt}
        onConfirm={() => void act('quarantine-release', words.released)}
        isDanger
      >
        <p>{words.releaseWords}</p>
        {selected && <p className={cx(styles.muted)}>{selected.reason}</p>}
      </ConfirmDialog>
      <ConfirmDialog
        title={words.discardTitle}
        isOpen={asking === 'discard'}
        onClose={close}
        action={words.discardIt}
        onConfirm={() => void act('quarantine-discard', words.discarded)}
        isDanger
      >
        <p>{words.discardWords}</p>
        {selected && <p className={cx(styles.muted)}>{selected.reason}</p>}
      </ConfirmDialog>
    </>
  );
}
