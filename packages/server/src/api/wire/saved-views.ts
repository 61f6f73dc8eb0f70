import { z } from 'zod';
import { VIEW_PAGES } from '../../control/saved-views.ts';

const SEARCH_CHARACTERS_MAX = 8_192;

/** What a view is made from, and replaced with. */
export const savedViewBodySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(100).meta({ description: 'Unique in the org.' }),
    description: z.string().max(1_000).default(''),
    page: z.enum(VIEW_PAGES),
    search: z
      .string()
      .max(SEARCH_CHARACTERS_MAX)
      // As an address has it: what is put together from it is never another path or host.
      .transform((text) => (text === '' || text.startsWith('?') ? text : `?${text}`))
      .meta({ description: "The query string of the page's address, with or without its `?`." }),
  })
  .meta({ id: 'SavedViewBody' });

export const savedViewSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    page: z.enum(VIEW_PAGES),
    search: z.string().meta({ description: 'Begins with `?`, or is empty.' }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'SavedView' });

export const savedViewListSchema = z
  .strictObject({ saved_views: z.array(savedViewSchema).meta({ description: 'By name.' }) })
  .meta({ id: 'SavedViewList' });
