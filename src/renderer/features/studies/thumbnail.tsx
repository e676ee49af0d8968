/** The small picture of an instance, drawn when it comes into view and given up when it leaves. */

import { FileText, ImageOff } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { cx } from '#renderer/components/cx.ts';
import { text } from '#renderer/text/en.ts';
import { Canvas } from './canvas.tsx';
import { reasonOf } from './draw-words.ts';
import { type Drawn, drawThumbnail, knownThumbnail } from './pictures.ts';
import styles from './studies.module.css';

type Shown = Drawn | { readonly kind: 'waiting' } | { readonly kind: 'failed'; readonly reason: string };

export function Thumbnail({ instanceId }: { readonly instanceId: number }) {
  const frame = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<Shown>(() => knownThumbnail(instanceId) ?? { kind: 'waiting' });
  const isWaiting = shown.kind === 'waiting';

  useEffect(() => {
    if (!isWaiting || !frame.current) return;
    let cancel: AbortController | undefined;
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) {
        cancel?.abort();
        cancel = undefined;
        return;
      }
      if (cancel) return;
      const mine = new AbortController();
      cancel = mine;
      drawThumbnail(instanceId, mine.signal).then(
        (drawn) => !mine.signal.aborted && setShown(drawn),
        (error: unknown) => !mine.signal.aborted && setShown({ kind: 'failed', reason: reasonOf(error) }),
      );
    });
    observer.observe(frame.current);
    return () => {
      observer.disconnect();
      cancel?.abort();
    };
  }, [instanceId, isWaiting]);

  return (
    <div ref={frame} className={cx(styles.thumbnail, isWaiting && styles.waiting)}>
      {shown.kind === 'picture' && (
        <>
          <Canvas bitmap={shown.bitmap} className={cx(styles.thumbnailPicture)} />
          {shown.image.frames > 1 && <span className={cx(styles.frames)}>{shown.image.frames}</span>}
        </>
      )}
      {shown.kind === 'none' && (
        <span title={shown.reason} className={cx(styles.noPicture)}>
          <FileText aria-hidden size={22} strokeWidth={1.5} />
          {text.studies.instance.noPicture}
        </span>
      )}
      {shown.kind === 'failed' && (
        <span title={shown.reason} className={cx(styles.noPicture)}>
          <ImageOff aria-hidden size={22} strokeWidth={1.5} />
          {text.studies.instance.noPicture}
        </span>
      )}
    </div>
  );
}
