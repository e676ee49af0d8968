/** One study beside the list: what it is, where it lies, its series and their objects. */

import { ChevronRight, FileDown, FolderOpen, Play, ShieldCheck, Trash2, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { formatRulesDetail } from '#renderer/api/routes.ts';
import { Badge } from '#renderer/components/badge.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { ConfirmDialog } from '#renderer/components/dialog.tsx';
import { downloadText } from '#renderer/components/download.ts';
import { Menu } from '#renderer/components/menu.tsx';
import { PatientText } from '#renderer/components/patient-text.tsx';
import { Uid } from '#renderer/components/uid.tsx';
import { ask, call, navigate, showToast, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatBytes, formatDateTime, formatDicomDate, middleEllipsis } from '#renderer/text/format.ts';
import type { SeriesRow, StudyRow } from '#shared/contract.ts';
import { BURNED_IN_RISK } from '#shared/rules.ts';
import { patientWords } from './columns.tsx';
import { InstanceGrid } from './instance-grid.tsx';
import styles from './studies.module.css';
import { BurnedIn, StudyStatus } from './study-status.tsx';

const words = text.studies.study;

export interface StudyPanelProps {
  /** As the list knows it. */
  readonly study: StudyRow;
  readonly onClose: () => void;
  readonly onTrashed: () => void;
}

export function StudyPanel({ study, onClose, onTrashed }: StudyPanelProps) {
  const { studyId } = study;
  const canReveal = useReceiver((state) => state.host.canReveal);
  const [series, setSeries] = useState<readonly SeriesRow[]>();
  const [problem, setProblem] = useState<string>();
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [isDeleting, setDeleting] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: more instances mean that the series changed
  useEffect(() => {
    let isOver = false;
    void call('study-get', { studyId }).then((result) => {
      if (isOver) return;
      if (!result.ok) return setProblem(result.error.message);
      setProblem(undefined);
      setSeries(result.value.series);
      const [first] = result.value.series;
      setOpen((old) => (old.size === 0 && first ? new Set([first.seriesId]) : old));
    });
    return () => {
      isOver = true;
    };
  }, [studyId, study.instances, study.status]);

  const trash = async () => {
    setDeleting(false);
    const done = await ask('study-trash', { studyId });
    if (!done) return;
    showToast({ kind: 'ok', message: text.studies.trash.done(done.files) });
    onTrashed();
  };

  return (
    <section className={cx(styles.panel)} aria-label={words.label}>
      <header className={cx(styles.panelHeader)}>
        <div className={cx(styles.panelTitle)}>
          <h2>
            <PatientText>{patientWords(study)}</PatientText>
          </h2>
          <p>{study.description || text.studies.counts(study.series, study.instances)}</p>
        </div>
        <IconButton icon={X} label={words.close} onPress={onClose} shortcut="Esc" />
      </header>
      <div className={cx(styles.panelBody)}>
        <div className={cx(styles.badges)}>
          <StudyStatus study={study} />
          {study.test && <Badge kind="info">{text.common.test}</Badge>}
          <BurnedIn study={study} />
        </div>
        {study.burnedIn >= BURNED_IN_RISK && <p className={cx(styles.hint)}>{text.studies.burnedInHelp}</p>}
        {study.status === 'interrupted' && <p className={cx(styles.hint)}>{text.studies.interruptedHelp}</p>}
        <dl className={cx(styles.facts)}>
          <Fact label={words.patientId}>
            <PatientText>{study.patientId || '–'}</PatientText>
          </Fact>
          <Fact label={words.accession}>
            <PatientText>{study.accessionNumber || '–'}</PatientText>
          </Fact>
          <Fact label={words.date}>{formatDicomDate(study.studyDate) || '–'}</Fact>
          <Fact label={words.received}>{formatDateTime(study.lastReceived)}</Fact>
          <Fact label={words.size}>
            {formatBytes(study.bytes)} · {text.studies.counts(study.series, study.instances)}
          </Fact>
          <Fact label={words.uid}>
            <Uid uid={study.studyInstanceUid} what={words.uid} most={24} />
          </Fact>
          <Fact label={words.location}>
            <span className={cx(styles.path)}>
              <PatientText>
                <code title={study.location}>{middleEllipsis(study.location, 24)}</code>
              </PatientText>
              <CopyButton value={study.location} what="path" />
            </span>
          </Fact>
        </dl>
        <div className={cx(styles.panelActions)}>
          {canReveal ? (
            <Button size="small" icon={FolderOpen} onPress={() => void ask('study-reveal', { studyId })}>
              {words.reveal}
            </Button>
          ) : (
            <CopyButton value={study.location} what="path" label={words.copyPath} />
          )}
          <Menu
            label={words.deidentification}
            entries={[
              { id: 'html', label: words.reportHtml, icon: FileDown, onChoose: () => void saveReport(studyId, 'html') },
              { id: 'csv', label: words.reportCsv, icon: FileDown, onChoose: () => void saveReport(studyId, 'csv') },
              {
                id: 'dry-run',
                label: words.dryRun,
                icon: Play,
                onChoose: () => navigate('rules', formatRulesDetail({ study: studyId })),
              },
            ]}
          >
            <IconButton icon={ShieldCheck} label={words.deidentification} variant="secondary" />
          </Menu>
          <Button size="small" icon={Trash2} onPress={() => setDeleting(true)}>
            {words.trash}
          </Button>
        </div>
        <h3 className={cx(styles.seriesHeading)}>{words.series}</h3>
        {problem !== undefined && <p role="alert">{problem}</p>}
        {series === undefined && problem === undefined && <p className={cx(styles.muted)}>{text.common.loading}</p>}
        <ul>
          {series?.map((row) => (
            <SeriesItem
              key={row.seriesId}
              series={row}
              study={study}
              isOpen={open.has(row.seriesId)}
              onToggle={() =>
                setOpen((old) => {
                  const next = new Set(old);
                  if (!next.delete(row.seriesId)) next.add(row.seriesId);
                  return next;
                })
              }
            />
          ))}
        </ul>
      </div>
      <ConfirmDialog
        title={text.studies.trash.title}
        isOpen={isDeleting}
        onClose={() => setDeleting(false)}
        action={text.studies.trash.action}
        onConfirm={() => void trash()}
        isDanger
      >
        <p className={cx(styles.confirmName)}>
          <PatientText>{patientWords(study)}</PatientText>
          {study.description && ` · ${study.description}`}
        </p>
        <p>{text.studies.trash.words(study.instances, study.bytes)}</p>
      </ConfirmDialog>
    </section>
  );
}

/** What was done to every element of the study. */
async function saveReport(studyId: number, format: 'html' | 'csv'): Promise<void> {
  const report = await ask('rule-report', { studyId, format });
  if (report) downloadText(report.name, report.text, `text/${format}`);
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface SeriesItemProps {
  readonly series: SeriesRow;
  readonly study: StudyRow;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function SeriesItem({ series, study, isOpen, onToggle }: SeriesItemProps) {
  const title = words.seriesTitle(series.number, series.description);
  return (
    <li className={cx(styles.series)}>
      <button type="button" className={cx(styles.seriesButton)} aria-expanded={isOpen} onClick={onToggle}>
        <ChevronRight aria-hidden size={16} className={cx(styles.chevron, isOpen && styles.open)} />
        <span className={cx(styles.modality)}>{series.modality || '–'}</span>
        <span className={cx(styles.seriesName)} title={title}>
          {title}
        </span>
        <span className={cx(styles.muted)}>{words.objects(series.instances)}</span>
      </button>
      {isOpen && <InstanceGrid series={series} study={study} />}
    </li>
  );
}
