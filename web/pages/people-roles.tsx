import type { Role } from '../../src/model/review.ts';

const ROLES: readonly { readonly role: Role; readonly says: string }[] = [
  { role: 'responder', says: 'reviews acts up to T3' },
  { role: 'analyst', says: 'works on incidents, proposes, reviews T1' },
  { role: 'owner', says: 'reviews acts on what they own' },
  { role: 'auditor', says: 'reads everything, changes nothing' },
  { role: 'administrator', says: 'invites people, signs the inventory' },
];

interface RoleChoiceProps {
  readonly roles: readonly Role[];
  readonly onChange: (roles: readonly Role[]) => void;
  readonly testId: string;
}

/** Which roles somebody has, each with what it lets them do. */
export function RoleChoice({ roles, onChange, testId }: RoleChoiceProps) {
  return (
    <fieldset className="field">
      <legend className="label">Roles</legend>
      {ROLES.map(({ role, says }) => (
        <label key={role} className="check-line">
          <input
            type="checkbox"
            checked={roles.includes(role)}
            onChange={() => onChange(roles.includes(role) ? roles.filter(other => other !== role) : [...roles, role])}
            data-testid={`${testId}-${role}`}
          />
          {role} <span className="quiet">{says}</span>
        </label>
      ))}
    </fieldset>
  );
}
