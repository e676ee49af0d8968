/** The rules screen: rule sets and their editor, what was kept aside, keys, lookup tables. */

import { useEffect } from 'react';
import { RULES_TABS } from '#renderer/api/routes.ts';
import { cx } from '#renderer/components/cx.ts';
import { Page } from '#renderer/components/page.tsx';
import { Tabs } from '#renderer/components/tabs.tsx';
import { navigate, useReceiver, useReceiverShallow, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { isDirty } from './editing.ts';
import { followChanges, guardEdits, showRuleSet, useEditor } from './editor-store.ts';
import { Keys } from './keys.tsx';
import { LeaveDialog } from './leave-dialog.tsx';
import { Quarantine } from './quarantine.tsx';
import styles from './rules.module.css';
import { Tables } from './tables.tsx';
import { useCheck } from './use-check.ts';
import { Workspace } from './workspace.tsx';

const words = text.rules;

export function RulesScreen() {
  const detail = useStore(({ route }) => route.detail);
  const tab = RULES_TABS.find((name) => name === detail) ?? 'sets';
  const uses = useReceiverShallow((state) => state.profiles.map(({ profile }) => profile.ruleSetId ?? ''));
  const rulesVersion = useReceiver((state) => state.rulesVersion);
  const isHeadless = useReceiver(({ host }) => host.kind === 'headless');

  // biome-ignore lint/correctness/useExhaustiveDependencies: a profile with another rule set changes who uses what
  useEffect(() => {
    void followChanges();
  }, [uses, rulesVersion]);
  useCheck();
  useEffect(guardEdits, []);
  useEffect(() => {
    // A browser asks before the page is closed; the window of the desktop only hides.
    if (!isHeadless) return;
    const keep = (event: BeforeUnloadEvent) => {
      const { open } = useEditor.getState();
      if (open && isDirty(open.editing)) event.preventDefault();
    };
    window.addEventListener('beforeunload', keep);
    return () => window.removeEventListener('beforeunload', keep);
  }, [isHeadless]);

  const goTo = (next: string) => {
    const { open } = useEditor.getState();
    if (next !== 'sets') navigate('rules', next);
    else if (open) showRuleSet(open.row.id);
    else navigate('rules');
  };
  return (
    <Page title={words.title} fill>
      <Tabs
        label={words.views}
        className={cx(styles.views)}
        selected={tab}
        onSelect={goTo}
        tabs={[
          { id: 'sets', label: words.tabs.sets, content: <Workspace /> },
          { id: 'quarantine', label: words.tabs.quarantine, content: <Quarantine /> },
          { id: 'keys', label: words.tabs.keys, content: <Keys /> },
          { id: 'tables', label: words.tabs.tables, content: <Tables /> },
        ]}
      />
      <LeaveDialog />
    </Page>
  );
}
