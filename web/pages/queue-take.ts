import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '../api/client.ts';

/** Makes somebody the owner of an incident. The row shows it at once where it stands. */
export function useTake() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, owner }: { readonly id: string; readonly owner: string }) =>
      request('POST', `/api/v1/incidents/${id}/own`, { owner }),
    onSuccess: (_, { id }) => {
      void cache.refetchQueries({ queryKey: ['incidents'] });
      void cache.invalidateQueries({ queryKey: ['incident', id] });
      void cache.invalidateQueries({ queryKey: ['me'] });
    },
  });
}
