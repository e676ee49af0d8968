/** Below the editor: a sample before and after, and a dry run over many files. */

import { useMemo, useState } from 'react';
import { parseRulesDetail } from '#renderer/api/routes.ts';
import { cx } from '#renderer/components/cx.ts';
import { Tabs } from '#renderer/components/tabs.tsx';
import { useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { SampleRef } from '#shared/rule-commands.ts';
import { DryRun } from './dry-run.tsx';
import type { Open } from './editor-store.ts';
import { useEditor } from './editor-store.ts';
import { Preview } from './preview.tsx';
import styles from './rules.module.css';
import { usePreview } from './use-check.ts';

type Tab = 'preview' | 'dry-run';

export function Bench({ open }: { readonly open: Open }) {
  const detail = useStore(({ route }) => route.detail);
  const place = useMemo(() => parseRulesDetail(detail), [detail]);
  const study = place && 'study' in place ? place.study : undefined;
  const instance = place && 'instance' in place ? place.instance : undefined;
  const [tab, setTab] = useState<Tab>(study === undefined ? 'preview' : 'dry-run');
  const [sample, setSample] = useState<SampleRef | undefined>(
    instance === undefined ? undefined : { kind: 'instance', instanceId: instance },
  );
  const checked = useEditor((state) => state.checked);
  const isSound = checked !== undefined && checked.mistakes.length === 0;
  const hasRun = useEditor(({ run }) => run !== undefined);
  // Before anything was shown, what is stored is better than nothing; it has no mistakes.
  usePreview(isSound ? checked.ruleSet : hasRun ? undefined : open.editing.saved, sample);
  return (
    <Tabs
      label={text.rules.bench.label}
      className={cx(styles.bench)}
      selected={tab}
      onSelect={setTab}
      tabs={[
        {
          id: 'preview',
          label: text.rules.preview.tab,
          content: (
            <Preview
              open={open}
              sample={sample}
              onSample={setSample}
              isStale={!isSound && checked !== undefined}
              sought={place && 'tag' in place ? place.tag : undefined}
            />
          ),
        },
        {
          id: 'dry-run',
          label: text.rules.dryRun.tab,
          content: <DryRun ruleSet={open.editing.draft} isSound={isSound} study={study} />,
        },
      ]}
    />
  );
}
