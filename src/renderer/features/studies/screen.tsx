/** The studies screen. */

import { Page } from '#renderer/components/page.tsx';
import { text } from '#renderer/text/en.ts';

export function StudiesScreen() {
  return <Page title={text.studies.title}>{null}</Page>;
}
