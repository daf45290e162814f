/** A policy file that asks for two people on every account, and lets no analyst sign alone. */
export const TWO_FOR_ACCOUNTS = `
name: two people for accounts
version: "1"
floors:
  - id: accounts-take-two
    atLeast: T3
    kinds: [disable_account, enable_account]
    because: An account of ours is somebody's working day.
forbid:
  - id: no-lone-analyst
    cedar: |
      forbid (principal is Person, action == Action::"review_t1", resource)
        when { !principal.roles.contains("responder") };
    because: Analysts here are new.
tests:
  - name: an account takes two people
    act: { kind: disable_account }
    expect: T3
  - name: an analyst does not sign alone
    person: { roles: [analyst], action: review_t1 }
    expect: denied
  - name: a responder does
    person: { roles: [responder], action: review_t1 }
    expect: allowed
`;

/** As above without the floor: somebody loosens it again. */
export const ONE_FOR_ACCOUNTS = `
name: one person for accounts
version: "1"
forbid:
  - id: no-lone-analyst
    cedar: forbid (principal is Person, action == Action::"review_t1", resource) when { !principal.roles.contains("responder") };
    because: Analysts here are new.
tests:
  - name: an analyst does not sign alone
    person: { roles: [analyst], action: review_t1 }
    expect: denied
`;
