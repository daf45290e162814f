import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '../api/client.ts';

/** Makes the signed-in person the owner of an incident. The row shows it at once where it stands. */
export function useTake() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request('POST', `/api/v1/incidents/${id}/own`, { owner: 'me' }),
    onSuccess: (_, id) => {
      void cache.refetchQueries({ queryKey: ['incidents'] });
      void cache.invalidateQueries({ queryKey: ['incident', id] });
      void cache.invalidateQueries({ queryKey: ['me'] });
    },
  });
}
