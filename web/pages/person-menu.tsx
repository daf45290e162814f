import { Menu } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Me } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { closeLive } from '../api/live.ts';
import { dropKey } from '../crypto/keys.ts';

/** Who is signed in, with which roles, and the way out. */
export function PersonMenu({ me }: { readonly me: Me }) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const signOut = async () => {
    await request('POST', '/api/v1/session/end', {});
    closeLive();
    await dropKey('session');
    cache.clear();
    await navigate({ to: '/sign-in' });
  };
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false} width={240} withinPortal={false}>
      <Menu.Target>
        <button type="button" className="top-item person" data-testid="person">
          <span className="initials" aria-hidden="true">
            {initials(me.person?.name ?? '?')}
          </span>
          <span className="person-name">{me.person?.name}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.person?.roles.join(', ')}</Menu.Label>
        <Menu.Item onClick={() => void navigate({ to: '/tell-me' })} data-testid="tell-me">
          Tell me
        </Menu.Item>
        <Menu.Item onClick={() => void navigate({ to: '/people' })}>People and invitations</Menu.Item>
        <Menu.Item onClick={() => void signOut()} data-testid="sign-out">
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(word => word !== '');
  return words
    .slice(0, 2)
    .map(word => word.slice(0, 1).toUpperCase())
    .join('');
}
