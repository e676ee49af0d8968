/** The picture of an object as large as it fits, with a slider through its frames. */

import { FileText, ImageOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Label, Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { PatientText } from '#renderer/components/patient-text.tsx';
import { text } from '#renderer/text/en.ts';
import type { ImageInfo, InstanceRow } from '#shared/contract.ts';
import { Canvas } from './canvas.tsx';
import { reasonOf } from './draw-words.ts';
import { drawFrame, imageOf } from './pictures.ts';
import styles from './studies.module.css';

const words = text.studies.instance;

export interface PictureViewProps {
  readonly instance: InstanceRow;
  readonly onSeeTags: () => void;
}

export function PictureView({ instance, onSeeTags }: PictureViewProps) {
  const { instanceId } = instance;
  const [info, setInfo] = useState<Awaited<ReturnType<typeof imageOf>>>();
  const [frame, setFrame] = useState(0);
  const [bitmap, setBitmap] = useState<ImageBitmap>();
  const [reason, setReason] = useState<string>();
  const image = info?.image ?? undefined;

  useEffect(() => {
    let isOver = false;
    void imageOf(instanceId).then((answer) => {
      if (isOver) return;
      setInfo(answer);
      if (answer.image) setFrame(Math.floor((answer.image.frames - 1) / 2));
    });
    return () => {
      isOver = true;
    };
  }, [instanceId]);

  useEffect(() => {
    if (!image) return;
    const cancel = new AbortController();
    drawFrame(instanceId, image, frame, cancel.signal).then(
      (drawn) => {
        if (cancel.signal.aborted) return drawn.close();
        setReason(undefined);
        setBitmap(drawn);
      },
      (error: unknown) => {
        if (!cancel.signal.aborted) setReason(reasonOf(error));
      },
    );
    return () => cancel.abort();
  }, [instanceId, image, frame]);

  // Frames are large: each gives its memory back when the next one is on the screen.
  useEffect(() => () => bitmap?.close(), [bitmap]);

  const why = info && !info.image ? info.reason : reason;
  return (
    <div className={cx(styles.picture)}>
      <div className={cx(styles.stage)}>
        {why !== undefined ? (
          <Empty
            icon={info?.image ? ImageOff : FileText}
            title={words.noPictureTitle}
            actions={<Button onPress={onSeeTags}>{words.seeTags}</Button>}
          >
            {why}
          </Empty>
        ) : bitmap ? (
          // Names are burnt into many ultrasound pictures.
          <PatientText className={cx(styles.stagePicture)}>
            <Canvas bitmap={bitmap} label={words.picture(instance.number)} />
          </PatientText>
        ) : (
          <p className={cx(styles.drawing)}>{words.loading}</p>
        )}
      </div>
      {image && (
        <div className={cx(styles.caption)}>
          {image.frames > 1 && (
            <Slider
              value={frame}
              onChange={(value) => setFrame(value as number)}
              minValue={0}
              maxValue={image.frames - 1}
              className={cx(styles.slider)}
            >
              <Label>{words.frame}</Label>
              <SliderTrack className={cx(styles.track)}>
                <SliderThumb className={cx(styles.thumb)} />
              </SliderTrack>
              <output>{words.frameOf(frame + 1, image.frames)}</output>
            </Slider>
          )}
          <p className={cx(styles.muted)}>
            {pictureWords(image)} · {words.forOrientation}
          </p>
        </div>
      )}
    </div>
  );
}

function pictureWords(image: ImageInfo): string {
  const size = words.pictureWords(image.columns, image.rows, image.photometricInterpretation);
  if (image.samplesPerPixel > 1 || image.palette) return size;
  const { windowCenter, windowWidth } = image;
  const window =
    windowCenter === undefined || windowWidth === undefined
      ? words.fullWindow
      : words.window(windowCenter, windowWidth);
  return `${size}, ${window}`;
}
