import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { AiPreview } from '../../src/model/api-ai.ts';
import { previewQuery } from '../api/ai-queries.ts';
import { request } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Identifier, Inert } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';

interface PreviewDialogProps {
  readonly incident: string;
  /** The first of the chain where it is absent. */
  readonly provider?: string;
  /** A question about it that would be sent, in place of what is known of it. */
  readonly question?: string;
  readonly onClose: () => void;
}

/** The exact bytes that would leave, before the first of them does. */
export function PreviewDialog({ incident, provider, question, onClose }: PreviewDialogProps) {
  const preview = useQuery(previewQuery(incident, provider, question));
  return (
    <Dialog title="What would be sent" onClose={onClose}>
      {preview.isPending && <Loading what="the bytes" rows={6} />}
      {preview.isError && <Failed error={preview.error} what="the bytes" retry={() => void preview.refetch()} />}
      {preview.data !== undefined && <Preview preview={preview.data} incident={incident} onClose={onClose} />}
    </Dialog>
  );
}

interface PreviewProps {
  readonly preview: AiPreview;
  readonly incident: string;
  readonly onClose: () => void;
}

function Preview({ preview, incident, onClose }: PreviewProps) {
  const cache = useQueryClient();
  const me = useQuery(meQuery);
  const mayAcknowledge = me.data?.person?.roles.includes('administrator') === true;
  const { provider, form, requestSha256 } = preview;
  const acknowledge = useMutation({
    mutationFn: () => request('POST', '/api/v1/ai/preview/acknowledge', { provider, form, requestSha256 }),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['ai'] });
      await cache.invalidateQueries({ queryKey: ['assist', incident] });
      onClose();
    },
  });
  return (
    <div className="stack preview">
      <p>
        {preview.byteLength.toLocaleString('en')} bytes to <strong>{provider}</strong> ({preview.model},{' '}
        {preview.region}),{' '}
        {preview.namesWithheld
          ? 'with ids in place of every name: nobody there learns who or what it is about.'
          : 'with names, because it computes here or an administrator allows it.'}
        {preview.retention !== '' && ` It keeps: ${preview.retention}.`}
      </p>
      {(
        [
          ['The packet', preview.packet, true],
          ['The prompt', preview.system, false],
          ['The form of the answer', preview.schema, false],
        ] as const
      ).map(([title, text, isOpen]) => (
        <details key={title} open={isOpen} className="model-bytes">
          <summary>
            {title} <span className="quiet">{text.length.toLocaleString('en')} characters</span>
          </summary>
          <pre className="model-text">
            <Inert text={text} keepLines />
          </pre>
        </details>
      ))}
      <p className="quiet">
        SHA-256 <Identifier text={requestSha256} />
      </p>
      <Outcome error={acknowledge.error} />
      {preview.acknowledged !== undefined ? (
        <p className="soft">Questions of this form were seen and allowed by {preview.acknowledged.by}.</p>
      ) : (
        preview.isHosted && (
          <div className="actions">
            <button type="button" className="btn" onClick={onClose}>
              Leave it
            </button>
            <button
              type="button"
              className="btn btn-primary"
              onClick={() => acknowledge.mutate()}
              disabled={!mayAcknowledge || acknowledge.isPending}
              title={mayAcknowledge ? undefined : 'An administrator allows it'}
              data-testid="preview-acknowledge"
            >
              I have seen it: questions of this form may leave
            </button>
          </div>
        )
      )}
    </div>
  );
}
