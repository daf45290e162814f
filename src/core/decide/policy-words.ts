import type { DrillSetting } from '../../model/drill.ts';
import type { PolicyFile, PolicyFloor, RuleLine } from '../../model/policy.ts';
import { makeSeen } from './closed.ts';
import { DRILLS_RULE } from './policy-file.ts';

/** What each rule of a file does, by templates; the reason is its author's. Cedar's text is shown as it is. */
export function ruleLines(file: Pick<PolicyFile, 'floors' | 'forbids' | 'drills'>): readonly RuleLine[] {
  return [
    ...file.floors.map(floor => ({ id: floor.id, text: makeSeen(`${floorText(floor)} Because: ${floor.because}`) })),
    ...file.forbids.map(({ id, cedar, because }) => ({
      id,
      text: makeSeen(`Forbidden: ${cedar.replace(/\s+/g, ' ').trim()} Because: ${because}`),
    })),
    ...(file.drills === undefined ? [] : [{ id: DRILLS_RULE, text: drillsText(file.drills) }]),
  ];
}

function drillsText({ team, leads, shiftHours, until }: DrillSetting): string {
  return `Drills until ${until}: at least one in each shift of ${shiftHours} hours, put before ${team.join(', ')}, in the name of ${leads.join(' or ')}. A drill is wrong on purpose and is never carried out.`;
}

function floorText({ atLeast, kinds, touches, targets, isForGaps, fromActs }: PolicyFloor): string {
  const least = { T2: 'At least T2, a responder,', T3: 'At least T3, two people,', TX: 'Never done:' }[atLeast];
  const conditions = [
    touches.length === 0 ? '' : `that changes ${touches.join(' or ')}`,
    targets.length === 0 ? '' : `on a target that is ${targets.join(' or ')}, or of which that is not known`,
    isForGaps ? 'while telemetry is incomplete' : '',
    fromActs === 0 ? '' : `from the ${fromActs + 1}. of its kind within an hour on`,
  ].filter(text => text !== '');
  const what = kinds.length === 0 ? 'every act' : kinds.map(kind => kind.replaceAll('_', ' ')).join(', ');
  return `${least}${atLeast === 'TX' ? ' ' : ' for '}${what}${conditions.length === 0 ? '' : ` ${conditions.join(', ')}`}.`;
}
