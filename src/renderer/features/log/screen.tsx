/** The log screen. */

import { Page } from '#renderer/components/page.tsx';
import { text } from '#renderer/text/en.ts';

export function LogScreen() {
  return <Page title={text.log.title}>{null}</Page>;
}
