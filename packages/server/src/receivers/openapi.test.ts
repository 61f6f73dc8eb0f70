import { describe, expect, test } from 'vitest';
import { headOf, receiverPaths, statusesOf } from './openapi.ts';
import type { Receiver, RequestHead } from './receiver.ts';
import { RECEIVERS } from './registry.ts';

const paths = receiverPaths(RECEIVERS) as Record<string, Record<string, Record<string, unknown>>>;
const routes = RECEIVERS.flatMap((receiver) => receiver.routes.map((route) => ({ receiver, route })));
const titled = routes.map((each) => ({ title: `${each.route.method} ${each.route.path}`, ...each }));

describe.each(titled)('$title', ({ receiver, route }) => {
  const operation = paths[route.path.replace(/:(\w+)/g, '{$1}')]![route.method.toLowerCase()]!;

  test('is in the document, with its types and what stands in its path', () => {
    expect(operation.summary).toBe(receiver.summary);
    expect(operation.requestBody).toMatchObject({
      content: Object.fromEntries(route.contentTypes.map((type) => [type, expect.anything()])),
    });
    const named = ((operation.parameters ?? []) as { name: string }[]).map(({ name }) => `:${name}`);
    expect(named).toEqual(route.path.match(/:\w+/g) ?? []);
  });

  test('each type that it names is one that it reads', () => {
    for (const type of route.contentTypes) expect(() => route.format(headOf(route, type))).not.toThrow();
  });

  test('it has an answer for what is taken, for what never will be, and for what may be later', () => {
    const statuses = [...statusesOf(route).keys()];
    expect(
      Object.keys(operation.responses as object)
        .map(Number)
        .toSorted(),
    ).toEqual(statuses.toSorted());
    expect(statuses).toEqual(expect.arrayContaining([401, 403, 413, 429, 503]));
    expect(statuses.some((status) => status < 300)).toBe(true);
  });
});

/** A request with the key where the text says: `Header: … KEY` or `?name=KEY`. */
function headWith(place: string): RequestHead {
  const [name, value = ''] = place.split(': ');
  const isQuery = place.startsWith('?');
  return {
    ...{ method: 'POST', path: '/', params: {} },
    query: new URLSearchParams(isQuery ? place : ''),
    headers: isQuery ? {} : { [name!.toLowerCase()]: value },
  };
}

const places = RECEIVERS.flatMap((receiver) => (receiver.keyPlaces ?? []).map((place) => ({ receiver, place })));
test.each(places)('$receiver.id: the key is found in $place', ({ receiver, place }) => {
  expect(receiver.credential!(headWith(place))).toBe('KEY');
});

test('who looks for keys in places of its own says where', () => {
  const looks = (receiver: Receiver) => receiver.credential !== undefined;
  expect(RECEIVERS.filter(looks).filter(({ keyPlaces }) => keyPlaces === undefined)).toEqual([]);
});
