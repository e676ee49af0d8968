/** Asks what becomes of unsaved edits before the page goes elsewhere. */

import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { Dialog } from '#renderer/components/dialog.tsx';
import { text } from '#renderer/text/en.ts';
import { discard, leave, save, stay, useEditor } from './editor-store.ts';

const words = text.rules.leave;

export function LeaveDialog() {
  const name = useEditor(({ open }) => open?.row.name ?? '');
  const isLeaving = useEditor(({ leaving }) => leaving !== undefined);
  const isSaving = useEditor((state) => state.isSaving);
  const wrong = useEditor(({ checked }) => checked?.mistakes.length ?? 0);
  return (
    <Dialog
      title={words.title}
      isOpen={isLeaving}
      onClose={stay}
      isAlert
      footer={
        <>
          <Button onPress={stay} autoFocus>
            {words.stay}
          </Button>
          <Button
            variant="danger"
            onPress={() => {
              discard();
              leave();
            }}
          >
            {words.discard}
          </Button>
          <Button
            variant="primary"
            isDisabled={wrong > 0}
            isPending={isSaving}
            onPress={() => void save().then((isSaved) => isSaved && leave())}
          >
            {words.save}
          </Button>
        </>
      }
    >
      <p>{words.words(name)}</p>
      {wrong > 0 && <Badge kind="error">{words.wrong(wrong)}</Badge>}
    </Dialog>
  );
}
