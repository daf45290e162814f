import { type At, dig, digFirst, each, openJson, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';

/** Parameters of Exchange's commands that say where mail goes from now on. */
const FORWARDS: ReadonlySet<string> = new Set([
  'ForwardTo',
  'ForwardAsAttachmentTo',
  'RedirectTo',
  'ForwardingSmtpAddress',
  'ForwardingAddress',
]);

const ADDRESS = /^(?:smtp:)?([^\s@;:"]{1,128}@[^\s@;:"]{1,255})$/i;

/** What it was done to: mailbox, file, account, application, and where mail is sent on to. */
export function putTargets(draft: Draft, root: At): void {
  const owner = dig(root, 'MailboxOwnerUPN');
  putEntity(draft, 'mailbox', 'target', owner, { vendorId: textAt(dig(root, 'MailboxGuid')) });
  putObject(draft, root);
  for (const target of each(openJson(dig(root, 'Target')))) putIdentity(draft, target);
  if (/^(?:Member|Guest)$/.test(textAt(dig(root, 'TargetUserOrGroupType')) ?? ''))
    putEntity(draft, 'user', 'target', dig(root, 'TargetUserOrGroupName'));
  for (const parameter of each(openJson(dig(root, 'Parameters')))) {
    if (!FORWARDS.has(textAt(dig(parameter, 'Name')) ?? '')) continue;
    const value = dig(parameter, 'Value');
    for (const one of (textAt(value) ?? '').split(';')) {
      const part = ADDRESS.exec(one.trim())?.[1];
      if (part === undefined) continue;
      putEntity(draft, 'mailbox', 'target', value, { part });
      putField(draft, 'email_to', value, part);
    }
  }
}

/** The id of a file is its address on the site, in SharePoint and OneDrive; elsewhere it may be anything. */
function putObject(draft: Draft, root: At): void {
  const workload = textAt(digFirst(root, ['Workload', 'OfficeWorkload']));
  if (workload !== 'SharePoint' && workload !== 'OneDrive') return;
  const object = digFirst(root, ['ObjectId', 'OfficeObjectId']);
  putEntity(draft, 'cloud_resource', 'target', object);
  putField(draft, 'url', /^https:\/\//.test(textAt(object) ?? '') ? object : undefined);
  putField(draft, 'file_path', dig(root, 'SourceFileName'));
}

/** `Type` of an identity (IdentityType of the API's schema): 4 is the name of a service principal, 5 a user's. */
function putIdentity(draft: Draft, target: At): void {
  const id = dig(target, 'ID');
  const type = textAt(dig(target, 'Type'));
  if (type === '5') putEntity(draft, 'user', 'target', id);
  else if (type === '4') putEntity(draft, 'nhi', 'target', id, { machine: 'service_principal' });
}
