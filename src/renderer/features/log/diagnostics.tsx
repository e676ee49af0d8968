/** What would help somebody to help: shown before it is saved. */

import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Dialog } from '#renderer/components/dialog.tsx';
import { downloadText } from '#renderer/components/download.ts';
import { Tabs } from '#renderer/components/tabs.tsx';
import { call, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { DiagnosticsFile, Result } from '#shared/contract.ts';
import styles from './log.module.css';
import { bundleText, stamp } from './log-model.ts';

const words = text.log;

export function DiagnosticsDialog({ onClose }: { readonly onClose: () => void }) {
  const [result, setResult] = useState<Result<{ readonly files: readonly DiagnosticsFile[] }>>();
  useEffect(() => {
    void call('diagnostics', undefined).then(setResult);
  }, []);
  const files = result?.ok ? result.value.files : [];
  const bundle = bundleText(files);
  const save = () => {
    downloadText(`studyport-diagnostics-${stamp(Date.now())}.txt`, bundle);
    showToast({ kind: 'ok', message: words.diagnosticsSaved });
    onClose();
  };
  return (
    <Dialog
      title={words.diagnosticsTitle}
      isOpen
      onClose={onClose}
      size="huge"
      footer={
        <>
          <Button onPress={onClose}>{text.common.cancel}</Button>
          {files.length > 0 && <CopyButton value={bundle} what={words.bundle} label={text.common.copy(words.bundle)} />}
          <Button variant="primary" icon={Download} isDisabled={files.length === 0} onPress={save}>
            {words.diagnosticsSave}
          </Button>
        </>
      }
    >
      <p className={cx(styles.muted)}>{words.diagnosticsHelp}</p>
      {!result && <p role="status">{text.common.loading}</p>}
      {result && !result.ok && <ProblemBanner problem={result.error} live />}
      {files.length > 0 && (
        <Tabs
          label={words.diagnosticsFile}
          tabs={files.map(({ name, text: content }) => ({
            id: name,
            label: name,
            content: <pre className={cx(styles.content)}>{content}</pre>,
          }))}
        />
      )}
    </Dialog>
  );
}
