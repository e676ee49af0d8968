/** Three panes above the table of a sample: rule sets, the parts of the open one, the inspector of the chosen part. */

import { CircleAlert, ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Splitter } from '#renderer/components/splitter.tsx';
import { useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { Bench } from './bench.tsx';
import { loadRows, openRuleSet, setOfDetail, useEditor } from './editor-store.ts';
import { Inspector } from './inspector.tsx';
import { Outline } from './outline.tsx';
import styles from './rules.module.css';
import { SetHeader } from './set-header.tsx';
import { SetList } from './set-list.tsx';

const words = text.rules;

export function Workspace() {
  const detail = useStore(({ route }) => route.detail);
  const rows = useEditor((state) => state.rows);
  const problem = useEditor((state) => state.problem);
  const open = useEditor((state) => state.open);
  /** How much of the height the panes have, in percent. */
  const [share, setShare] = useState(50);
  const openId = open?.row.id;
  // Without a wish in the address what is open stays open; at first that is a rule set in use.
  const wanted = setOfDetail(detail) ?? openId ?? (rows?.find(({ usedBy }) => usedBy.length > 0) ?? rows?.[0])?.id;

  useEffect(() => {
    if (wanted !== undefined && wanted !== openId) void openRuleSet(wanted);
  }, [wanted, openId]);

  if (problem && !rows) {
    return (
      <Empty
        icon={CircleAlert}
        title={words.failed}
        actions={<Button onPress={() => void loadRows()}>{words.again}</Button>}
      >
        {problem.message}
      </Empty>
    );
  }
  return (
    <div
      className={cx(styles.workspace)}
      style={{ gridTemplateRows: `minmax(16rem, ${share}fr) auto minmax(13rem, ${100 - share}fr)` }}
    >
      <div className={cx(styles.panes)}>
        <SetList rows={rows} openId={openId} />
        <section className={cx(styles.pane, styles.middle)} aria-label={open?.row.name ?? words.sets.choose}>
          {open ? (
            <>
              <SetHeader open={open} />
              <Outline ruleSet={open.editing.draft} isReadOnly={open.row.builtIn} />
            </>
          ) : (
            <Empty icon={ShieldCheck} title={problem ? words.failed : words.sets.choose}>
              {problem?.message ?? words.sets.chooseHelp}
            </Empty>
          )}
        </section>
        <section className={cx(styles.pane, styles.inspector)} aria-label={words.inspector.label}>
          {open && <Inspector ruleSet={open.editing.draft} isReadOnly={open.row.builtIn} row={open.row} />}
        </section>
      </div>
      <Splitter label={words.bench.size} value={share} min={30} max={80} onChange={setShare} />
      <section className={cx(styles.pane)} aria-label={words.bench.label}>
        {open && <Bench open={open} />}
      </section>
    </div>
  );
}
