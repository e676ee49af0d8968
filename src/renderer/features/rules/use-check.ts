/** What the receiver says about the rule set on the screen, once the typing pauses: mistakes, dead rules, the sample before and after. */

import { useEffect } from 'react';
import { call } from '#renderer/store.ts';
import type { SampleRef } from '#shared/rule-commands.ts';
import type { RuleSet } from '#shared/rules.ts';
import { useEditor } from './editor-store.ts';
import { placeMistakes } from './mistakes.ts';

/** Typing goes on for as long as the keys come quicker than this. */
const TYPING = 300;

/** Checks the draft; the answer is for everyone on the screen. */
export function useCheck(): void {
  const draft = useEditor(({ open }) => open?.editing.draft);
  useEffect(() => {
    if (!draft) return;
    let isOver = false;
    const timer = setTimeout(async () => {
      const result = await call('rule-set-check', { ruleSet: draft });
      if (isOver) return;
      if (result.ok) {
        const mistakes = placeMistakes(draft, result.value.mistakes);
        useEditor.setState({ checked: { ruleSet: draft, check: result.value, mistakes }, checkProblem: undefined });
      } else useEditor.setState({ checkProblem: result.error });
    }, TYPING);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [draft]);
}

/**
 * Applies the rules to a sample whenever one of them changes.
 * @param ruleSet one without mistakes; undefined: what was shown last stays
 */
export function usePreview(ruleSet: RuleSet | undefined, sample: SampleRef | undefined): void {
  useEffect(() => {
    if (!ruleSet || !sample) return;
    let isOver = false;
    useEditor.setState({ isRunning: true });
    void call('rule-preview', { ruleSet, sample }).then((result) => {
      if (isOver) return;
      useEditor.setState(
        result.ok
          ? { isRunning: false, run: result.value, runProblem: undefined }
          : { isRunning: false, runProblem: result.error },
      );
    });
    return () => {
      isOver = true;
      useEditor.setState({ isRunning: false });
    };
  }, [ruleSet, sample]);
}
