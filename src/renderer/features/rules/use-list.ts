/** Lists that are fetched when they are looked at and after something was done with them. */

import { useCallback, useEffect, useState } from 'react';
import { useReceiver } from '#renderer/store.ts';
import type { Result } from '#shared/contract.ts';

/**
 * @param fetch must stay the same for as long as the list is the same
 * @returns undefined until it is here
 */
export function useList<Value>(fetch: () => Promise<Result<Value>>): {
  readonly result: Result<Value> | undefined;
  readonly refresh: () => Promise<void>;
} {
  const [answer, setAnswer] = useState<{ readonly of: typeof fetch; readonly result: Result<Value> }>();
  const refresh = useCallback(async () => {
    const result = await fetch();
    setAnswer({ of: fetch, result });
  }, [fetch]);
  const version = useReceiver(({ rulesVersion }) => rulesVersion);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page may have changed what is listed
  useEffect(() => {
    void refresh();
  }, [refresh, version]);
  // What was fetched for another list is not shown for this one.
  return { result: answer?.of === fetch ? answer.result : undefined, refresh };
}
