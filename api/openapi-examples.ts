/** An example of everything that the OpenAPI document describes: a field's name means the same wherever it stands. */
type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; items?: Schema; anyOf?: Schema[]; oneOf?: Schema[]; allOf?: Schema[]; enum?: unknown[] };

const WHEN = '2027-01-31T09:00:00.000Z';

const known: Record<string, unknown[]> = {
  host: ['en.example.org'], wiki: ['en.example.org'], apiUrl: ['https://en.example.org/w/api.php'], botUser: ['MessageBot@reeve'], botPassword: ['a bot password of MediaWiki'], aliases: [['en.m.example.org']],
  allowedNamespaces: [[4]], allowedPages: [['Project:Village pump']], optOutCategory: ['Opted-out of message delivery'], changeTag: ['reeve'], footer: ['Sent by the newsletter team.'],
  editsPerMinute: [40], inFlight: [1],
  name: ['Example'], user: ['Example'], password: ['correct horse battery staple'], currentPassword: ['the present password'], officialEmail: ['example@library.example.org'], vouchedBy: ['Another example'], oauthClientId: ['0123456789abcdef0123456789abcdef'], oauthClientSecret: ['the secret of the client'], language: ['en'], timeZone: ['Europe/Berlin'], email: ['person@example.org'],
  appOnly: [['delivery']], csrfToken: ['3f6c…'], key: ['reeve_…'], label: ['Newsletter script'], scopes: [['delivery:read', 'delivery:submit']], role: ['sender'], note: ['I write our monthly newsletter.'],
  topics: [['Libraries']], types: [['editing-event']], participation: ['hybrid'], wikis: [['en.example.org']], organizers: [['Example']], places: [20], country: ['DE'],
  startsAt: ['2027-04-10T10:00'], endsAt: ['2027-04-10T16:00'], meetingUrl: ['https://meet.example.org/library'], chatUrl: ['https://chat.example.org/library'], trackingTool: ['https://dashboard.example.org/library'],
  subject: ['Scholarships are open'], body: ['Apply until Sunday. ~~~~'], listIds: [[1]], marker: ['reeve:2b6xk3c5m7q4w2nd6p5rvtz3ha/1'], acknowledge: [['no-timestamp']],
  format: ['lines'], content: ['User talk:Example\nTalk:Example@de.example.org'], page: ['User talk:Example'], category: ['Category:Newsletter subscribers'], source: ['Project:Newsletter/List'],
  eventKey: ['read aloud'], visibility: ['user'], queue: ['default'], mode: ['bot'], answer: ['The account is there: its password is in another mail.'], fields: [['email']],
  answers: [{}],
  reason: ['As agreed at the village pump.'], code: ['wiki.readonly'], detail: ['The wiki is read-only.'], title: ['The wiki is read-only.'], workflowId: ['delivery/1'], kind: ['wikiDelivery', 'userTalk'], entity: ['delivery/1', 1],
  noun: ['delivery'], verb: ['approve'], actor: ['user/7'], state: ['active'], from: ['requested', 1], to: ['approved', 2], temporalUrl: ['https://temporal.example.org/namespaces/default/workflows/delivery%2F1/0'],
  runId: ['5a1c7c0e-7d52-4d1e-a2a7-3a5f0f1f7a52'], requestId: ['8d5f5c1e-1f7c-4a52-9d0b-0f6a7c0e5a1c'], outcome: ['sent'], asked: ['User talk:Old name'], html: ['<p>Apply until Sunday.</p>'], area: ['deliveries'],
  since: [WHEN], at: [WHEN], until: [WHEN], next: ['NTAuYWJjZGVmZ2g'], text: ['User talk:Bad[title'], position: [1], revision: [1], version: [3], targets: [1], total: [1], sent: [1],
};

/** Of a JSON Schema. @param name the field's */
export function exampleOf(schema: Schema, name = ''): unknown {
  if (Array.isArray(schema.examples)) return schema.examples[0];
  const familiar = [...(known[name] ?? []), ...(name.endsWith('At') ? [WHEN] : [])].find((value) => fits(schema, value));
  if (familiar !== undefined) return familiar;
  if ('default' in schema) return schema.default;
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice && !schema.properties) return exampleOf(choice[0]!, name);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, part]) => [key, exampleOf(part, key)]));
    case 'array':
      return schema.items && !('not' in schema.items) ? [exampleOf(schema.items)] : [];
    case 'integer':
    case 'number':
      return Math.max(0, Number(schema.minimum ?? 0), name === 'id' ? 1 : 0);
    case 'boolean':
      return false;
    default:
      return 'example';
  }
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value);

const fits = (schema: Schema, value: unknown): boolean =>
  schema.enum ? schema.enum.includes(value) : schema.anyOf ? schema.anyOf.some((one) => fits(one, value))
    : schema.type === kindOf(value) && (!Array.isArray(value) || !schema.items || value.every((one) => fits(schema.items!, one)));
