import { asMembers, asText, listOf } from '../../src/responders/shared/http/vendor-http.ts';
import { NO_KEYCLOAK, START_MS_MAX } from '../conformance/keycloak-server.ts';
import { READ, startKeycloakUsers, WRITE } from '../conformance/keycloak-target.ts';
import { attack } from './twin.ts';

let canViewClients = false;

attack({
  id: 'EXE-02',
  attack:
    'whoever took the credential that reads a Keycloak realm gets at the secret of the client that writes, and disables a user as that client',
  control: 'that what reads has `view-users` and no `view-clients`, as the README says',
  timeoutMs: START_MS_MAX,
  notHere: NO_KEYCLOAK,
  async run() {
    const isGiven = canViewClients;
    canViewClients = false;
    const target = await startKeycloakUsers();
    try {
      const { secrets, victim } = target;
      const reader = `/users/${await target.idOf(`service-account-${READ}`)}`;
      if (isGiven) await (await target.role(reader, 'view-clients')).revert();
      const told = await target.callAs(READ, secrets.read, 'GET', `/clients?clientId=${WRITE}`);
      const secret = told.status === 200 ? asText(asMembers(listOf(told.body)[0]).get('secret')) : '';
      const path = `/users/${await target.idOf(victim)}`;
      const changed = await target.callAs(WRITE, secret, 'PUT', path, { enabled: false });
      return {
        succeeded: await target.isContained(victim),
        seen: `the client is told by ${told.status}, the user changed by ${changed.status}`,
      };
    } finally {
      await target.close();
    }
  },
  without: () => {
    canViewClients = true;
  },
});
