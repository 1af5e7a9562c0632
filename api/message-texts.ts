/** What of a page a delivery sends, as the API shows it. Used by the routes of deliveries and of their preview. */
import { z } from 'zod';
import type { DeliveryText } from '../db/queries/delivery-texts';

export const messageTextSchema = z.object({
  language: z.string().describe('As MediaWiki writes it.'), dir: z.enum(['ltr', 'rtl']), source: z.boolean().describe('For whoever reads none of the others.'),
  title: z.string(), revision: z.int().describe('Of that page.'), subject: z.string().describe('Empty: the typed one.'), body: z.string().describe('Stands before the typed one.'),
});

export const presentText = ({ language, dir, source, title, revisionId, subject, body }: DeliveryText) => ({ language, dir, source, title: title!, revision: revisionId!, subject, body });
