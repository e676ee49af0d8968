/** The rule sets: built-in ones and own ones, which are in use, which are no profile of PS3.15. */

import { FileUp, Plus } from 'lucide-react';
import { useState } from 'react';
import { Header, ListBox, ListBoxItem, ListBoxSection } from 'react-aria-components';
import { Badge } from '#renderer/components/badge.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { text } from '#renderer/text/en.ts';
import type { RuleSetRow } from '#shared/rule-commands.ts';
import { showRuleSet } from './editor-store.ts';
import styles from './rules.module.css';
import { CreateSetDialog, ImportSetDialog } from './set-dialogs.tsx';

const words = text.rules.sets;

export interface SetListProps {
  /** undefined: not here yet. */
  readonly rows: readonly RuleSetRow[] | undefined;
  readonly openId: string | undefined;
}

export function SetList({ rows, openId }: SetListProps) {
  const [dialog, setDialog] = useState<'create' | 'import'>();
  const close = () => setDialog(undefined);
  const own = rows?.filter(({ builtIn }) => !builtIn) ?? [];
  return (
    <section className={cx(styles.pane)} aria-label={words.label}>
      <header className={cx(styles.paneHeader)}>
        <Button size="small" icon={Plus} onPress={() => setDialog('create')}>
          {words.create}
        </Button>
        <IconButton icon={FileUp} label={words.import} onPress={() => setDialog('import')} />
      </header>
      <div className={cx(styles.paneBody)}>
        {rows === undefined ? (
          <p className={cx(styles.hint)}>{text.common.loading}</p>
        ) : (
          <ListBox
            aria-label={words.label}
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={openId === undefined ? [] : [openId]}
            onSelectionChange={(keys) => {
              const [id] = [...(keys as Set<string>)];
              if (id !== undefined && id !== openId) showRuleSet(id);
            }}
            className={cx(styles.sets)}
          >
            {own.length > 0 && (
              <ListBoxSection>
                <Header className={cx(styles.setsHeader)}>{words.own}</Header>
                {own.map((row) => (
                  <SetItem key={row.id} row={row} />
                ))}
              </ListBoxSection>
            )}
            <ListBoxSection>
              <Header className={cx(styles.setsHeader)}>{words.builtIn}</Header>
              {rows
                .filter(({ builtIn }) => builtIn)
                .map((row) => (
                  <SetItem key={row.id} row={row} />
                ))}
            </ListBoxSection>
          </ListBox>
        )}
        {rows !== undefined && own.length === 0 && <p className={cx(styles.hint)}>{words.ownNone}</p>}
      </div>
      {dialog === 'create' && <CreateSetDialog onClose={close} />}
      {dialog === 'import' && <ImportSetDialog onClose={close} />}
    </section>
  );
}

function SetItem({ row }: { readonly row: RuleSetRow }) {
  const { id, name, conformant, usedBy } = row;
  return (
    <ListBoxItem id={id} textValue={name} className={cx(styles.set)}>
      <span className={cx(styles.setName)}>{name}</span>
      {(usedBy.length > 0 || !conformant) && (
        <span className={cx(styles.setMarks)}>
          {usedBy.length > 0 && (
            <span title={words.usedBy(usedBy)}>
              <Badge kind="ok">{words.used}</Badge>
            </span>
          )}
          {!conformant && (
            <span title={words.notConformantHelp}>
              <Badge kind="warn">{words.notConformant}</Badge>
            </span>
          )}
        </span>
      )}
    </ListBoxItem>
  );
}
