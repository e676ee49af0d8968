/** Stored files that are not as they were received: which they are, and what to do. */

import { FileWarning, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { PatientText } from '#renderer/components/patient-text.tsx';
import { ProgressBar } from '#renderer/components/progress-bar.tsx';
import { ask } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { middleEllipsis } from '#renderer/text/format.ts';
import { type VerificationFinding, type VerificationState, wrongFiles } from '#shared/guards.ts';
import styles from './refusals.module.css';

const words = text.guards.verification;
/** Rows that are shown; more would hide everything else. */
const SHOWN = 20;

export interface DamagedFilesProps {
  readonly profileId: string;
  readonly verification: VerificationState;
}

export function DamagedFiles({ profileId, verification: { running, report } }: DamagedFilesProps) {
  const [isPending, setPending] = useState(false);
  const wrong = report ? wrongFiles(report) : 0;
  if (!report || wrong === 0) return null;
  const shown = report.findings.slice(0, SHOWN);
  const verify = async (studyId?: number) => {
    setPending(true);
    await ask('verification-start', { id: profileId, ...(studyId !== undefined && { studyId }) });
    setPending(false);
  };
  return (
    <Section
      title={words.wrong(wrong)}
      description={words.what}
      actions={
        <Button
          size="small"
          icon={RotateCw}
          isDisabled={running !== undefined}
          isPending={isPending}
          onPress={() => void verify()}
        >
          {words.again}
        </Button>
      }
    >
      {running && <ProgressBar label={words.running} />}
      <ul aria-label={words.list} className={cx(styles.list)}>
        {shown.map((finding) => (
          <Finding
            key={finding.file}
            finding={finding}
            isBusy={running !== undefined}
            onVerify={() => void verify(finding.studyId)}
          />
        ))}
      </ul>
      {wrong > shown.length && <p className={cx(styles.detail)}>{words.more(wrong - shown.length)}</p>}
    </Section>
  );
}

interface FindingProps {
  readonly finding: VerificationFinding;
  readonly isBusy: boolean;
  readonly onVerify: () => void;
}

function Finding({ finding: { kind, file, detail }, isBusy, onVerify }: FindingProps) {
  return (
    <li className={cx(styles.item)}>
      <FileWarning aria-hidden size={18} className={cx(styles.icon)} />
      <div className={cx(styles.words)}>
        <p className={cx(styles.what)}>
          <Badge kind="error" plain>
            {words.kinds[kind]}
          </Badge>{' '}
          {detail}
        </p>
        <p className={cx(styles.detail)}>
          <PatientText>
            <code title={file}>{middleEllipsis(file, 60)}</code>
          </PatientText>
          <CopyButton value={file} what={words.path} />
        </p>
      </div>
      <div className={cx(styles.fixes)}>
        <Button size="small" isDisabled={isBusy} onPress={onVerify}>
          {words.study}
        </Button>
      </div>
    </li>
  );
}
