/** The state of a profile: one icon, one word, one colour. */

import type { LucideIcon } from 'lucide-react';
import { ArrowDownToLine, CirclePause, Ear, LoaderCircle, OctagonAlert, TriangleAlert } from 'lucide-react';
import { text } from '#renderer/text/en.ts';
import type { Condition } from '#shared/state.ts';
import type { Kind } from './badge.tsx';
import { Badge } from './badge.tsx';

export const conditionKinds: Readonly<Record<Condition, Kind>> = {
  stopped: 'neutral',
  starting: 'info',
  listening: 'ok',
  receiving: 'active',
  degraded: 'warn',
  error: 'error',
};

export const conditionIcons: Readonly<Record<Condition, LucideIcon>> = {
  stopped: CirclePause,
  starting: LoaderCircle,
  listening: Ear,
  receiving: ArrowDownToLine,
  degraded: TriangleAlert,
  error: OctagonAlert,
};

export interface ConditionBadgeProps {
  readonly condition: Condition;
  readonly plain?: boolean;
}

export function ConditionBadge({ condition, plain = false }: ConditionBadgeProps) {
  return (
    <Badge kind={conditionKinds[condition]} icon={conditionIcons[condition]} plain={plain}>
      {text.common.condition[condition]}
    </Badge>
  );
}
