/** A house with a wiki that shows what is sent to it, and a sender: what the tests of deliveries' pages begin with. */
import { testApi, type Script } from '../support/api';
import { webStage } from './support';

export function deliveryStage() {
  const test = testApi();
  const stage = webStage(test);
  const house = {} as { wiki: { id: number; host: string }; sender: Script };

  beforeAll(async () => {
    const wiki = await test.wiki('en.example.org');
    house.wiki = wiki;
    house.sender = await test.script(await test.person('Sender', ['globalSender']));
    test.api.preview = async ({ id, subject, body }) => {
      const [{ pages }] = await test.sql<{ pages: number }>('select coalesce(sum(t.targets), 0)::int as pages from delivery_list l join target_list t on t.id = l.list_id where l.delivery_id = $1', [id]) as [{ pages: number }];
      return {
        wikis: [{ host: wiki.host, pages, shown: ['userTalk', 'talk'].map((kind) => ({ kind: kind as 'talk', page: `${kind}:A`, language: null, html: `<h2>${subject}</h2><p>${body}</p><script>top.document.title = 'taken over'</script>` })), terms: { text: 'Licence of the wiki', url: 'https://licence.example.org/' } }],
        warnings: body.includes('~~~~') ? [] : [{ code: 'no-timestamp', detail: 'Whoever reads it cannot tell when it was written.', wiki: null }, { code: 'unclosed-tag', detail: '<div> stays open.', wiki: null }],
        texts: [],
      } as never;
    };
  }, 120_000);

  const listed = async (name: string, content: string, by = house.sender): Promise<number> => (await by.post('/api/target-lists', { name, wiki: house.wiki.host, content })).body.id;
  return {
    test, stage, house, listed,
    async submitted(subject: string, by = house.sender, pages = 'User talk:A\nBad[line'): Promise<number> {
      const { body } = await by.post('/api/deliveries', { wiki: house.wiki.host, listIds: [await listed(`List of ${subject}`, pages, by)], subject, body: 'World ~~~~' });
      await by.post(`/api/deliveries/${body.id}/submit`, {});
      return body.id;
    },
  };
}

/** But for what is asked in vain, and for the browser's word that it ran no script of the wiki. */
export const complaints = (page: { complaints: string[] }): string[] => page.complaints.filter((text) => !/^Failed to load resource|^Blocked script execution/.test(text));
