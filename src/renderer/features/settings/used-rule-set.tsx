/** Which rule set a profile applies; it is chosen on the rules screen. */

import { ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { formatRulesDetail } from '#renderer/api/routes.ts';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { call, navigate } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Profile } from '#shared/contract.ts';
import styles from './settings.module.css';

const words = text.settings.rules;

export function UsedRuleSet({ profile: { ruleSetId } }: { readonly profile: Profile }) {
  const [named, setNamed] = useState<{ readonly id: string; readonly name: string }>();
  const name = named?.id === ruleSetId ? named?.name : undefined;
  useEffect(() => {
    let isOver = false;
    if (ruleSetId === undefined) return;
    void call('rule-sets-list', undefined).then((result) => {
      const row = result.ok ? result.value.ruleSets.find(({ id }) => id === ruleSetId) : undefined;
      if (!isOver) setNamed({ id: ruleSetId, name: row?.name ?? ruleSetId });
    });
    return () => {
      isOver = true;
    };
  }, [ruleSetId]);
  return (
    <Section title={words.group} description={words.help}>
      <div className={cx(styles.row)}>
        <p>{ruleSetId === undefined ? words.none : name === undefined ? text.common.loading : words.used(name)}</p>
        <Button
          icon={ShieldCheck}
          onPress={() => navigate('rules', ruleSetId && formatRulesDetail({ ruleSet: ruleSetId }))}
        >
          {words.open}
        </Button>
      </div>
    </Section>
  );
}
