/** One object in large: its picture and its elements. */

import { ChevronLeft, ChevronRight, FolderOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Dialog } from '#renderer/components/dialog.tsx';
import { Tabs } from '#renderer/components/tabs.tsx';
import { Uid } from '#renderer/components/uid.tsx';
import { ask, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatBytes } from '#renderer/text/format.ts';
import type { InstanceRow, StudyRow } from '#shared/contract.ts';
import { sopClassName, transferSyntaxName } from '#shared/dicom/uids.ts';
import { PictureView } from './picture-view.tsx';
import styles from './studies.module.css';
import { TagBrowser } from './tag-browser.tsx';

const words = text.studies.instance;

export interface InstanceDialogProps {
  readonly instance: InstanceRow;
  /** From 1. */
  readonly position: number;
  readonly count: number;
  readonly study: StudyRow;
  readonly onMove: (step: -1 | 1) => void;
  readonly onClose: () => void;
}

type View = 'image' | 'tags';
/** The next object is seen the same way. */
let lastView: View = 'image';

export function InstanceDialog({ instance, position, count, study, onMove, onClose }: InstanceDialogProps) {
  const { instanceId } = instance;
  const canReveal = useReceiver((state) => state.host.canReveal);
  const [view, setView] = useState<View>(lastView);
  useEffect(() => {
    lastView = view;
  }, [view]);
  const syntax = transferSyntaxName(instance.transferSyntaxUid) ?? instance.transferSyntaxUid;
  return (
    <Dialog title={words.title(instance.number, position, count)} isOpen onClose={onClose} size="huge">
      <div className={cx(styles.instance)}>
        <div className={cx(styles.instanceBar)}>
          <p className={cx(styles.instanceFacts)}>
            <span>{sopClassName(instance.sopClassUid) ?? instance.sopClassUid}</span>
            <span className={cx(styles.muted)}>
              {syntax}
              {instance.inferred && ` (${words.inferred})`} · {formatBytes(instance.size)}
            </span>
            {instance.waiting && (
              <Badge kind="info" plain>
                {words.waiting}
              </Badge>
            )}
            {instance.gone && (
              <span title={text.studies.goneHelp}>
                <Badge kind="error" plain>
                  {words.gone}
                </Badge>
              </span>
            )}
            <Uid uid={instance.sopInstanceUid} what="SOP Instance UID" most={34} />
          </p>
          <div className={cx(styles.instanceActions)}>
            {canReveal ? (
              <Button size="small" icon={FolderOpen} onPress={() => void ask('instance-reveal', { instanceId })}>
                {words.reveal}
              </Button>
            ) : (
              <CopyButton value={instance.file} what="path" label={words.copyPath} />
            )}
            <IconButton
              icon={ChevronLeft}
              label={words.previous}
              isDisabled={position <= 1}
              onPress={() => onMove(-1)}
            />
            <IconButton
              icon={ChevronRight}
              label={words.next}
              isDisabled={position >= count}
              onPress={() => onMove(1)}
            />
          </div>
        </div>
        <Tabs<View>
          label={words.views}
          selected={view}
          onSelect={setView}
          className={cx(styles.tabs)}
          tabs={[
            {
              id: 'image',
              label: words.image,
              content: <PictureView instance={instance} onSeeTags={() => setView('tags')} />,
            },
            { id: 'tags', label: words.tags, content: <TagBrowser instance={instance} study={study} /> },
          ]}
        />
      </div>
    </Dialog>
  );
}
