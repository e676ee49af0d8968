/** The log screen: lines, associations with their timelines, export and diagnostics. */

import { LifeBuoy } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Page } from '#renderer/components/page.tsx';
import { Tabs } from '#renderer/components/tabs.tsx';
import { navigate, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { Associations } from './associations.tsx';
import { DiagnosticsDialog } from './diagnostics.tsx';
import styles from './log.module.css';
import { LogLines } from './log-lines.tsx';
import { type LogFilter, noFilter } from './log-model.ts';

const words = text.log;

/** What the address says when the list of associations is shown without one of them. */
const LIST = 'associations';

export function LogScreen() {
  const detail = useStore(({ route }) => route.detail);
  const [filter, setFilter] = useState<LogFilter>(noFilter);
  const [showDiagnostics, setShowDiagnostics] = useState(false);
  const showLines = (associationId: string) => {
    setFilter({ ...noFilter, level: 'debug', associationId });
    navigate('log');
  };
  return (
    <Page
      title={words.title}
      fill
      actions={
        <Button icon={LifeBuoy} onPress={() => setShowDiagnostics(true)}>
          {words.diagnostics}
        </Button>
      }
    >
      <Tabs
        label={words.views}
        className={cx(styles.views)}
        selected={detail === undefined ? 'lines' : 'associations'}
        onSelect={(tab) => (tab === 'lines' ? navigate('log') : navigate('log', LIST))}
        tabs={[
          { id: 'lines', label: words.lines, content: <LogLines filter={filter} onFilter={setFilter} /> },
          {
            id: 'associations',
            label: words.associations,
            content: <Associations selected={detail === LIST ? undefined : detail} onLines={showLines} />,
          },
        ]}
      />
      {showDiagnostics && <DiagnosticsDialog onClose={() => setShowDiagnostics(false)} />}
    </Page>
  );
}
