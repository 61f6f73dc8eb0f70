import { describe, expect, it } from 'vitest';
import { complete, completionAt, fixedValues, suggestNames, suggestValues } from './completion.ts';

/** `|` is the cursor. */
const at = (marked: string) => completionAt(marked.replace('|', ''), marked.indexOf('|'));

describe('completionAt', () => {
  it('knows names, also behind a minus and in the middle', () => {
    expect(at('|')).toEqual({ kind: 'name', prefix: '', from: 0, to: 0 });
    expect(at('timeout ser|')).toEqual({ kind: 'name', prefix: 'ser', from: 8, to: 11 });
    expect(at('-ser|')).toEqual({ kind: 'name', prefix: 'ser', from: 1, to: 4 });
    expect(at('se|rv x')).toEqual({ kind: 'name', prefix: 'se', from: 0, to: 4 });
    expect(at('a:b |')).toEqual({ kind: 'name', prefix: '', from: 4, to: 4 });
  });

  it('knows values, quoted or not', () => {
    expect(at('service:ga|')).toEqual({ kind: 'value', name: 'service', prefix: 'ga', from: 8, to: 10 });
    expect(at('-attr.http.path:"/lo|')).toEqual({
      kind: 'value',
      name: 'attr.http.path',
      prefix: '/lo',
      from: 16,
      to: 20,
    });
    expect(at('label.app:!=sh|')).toEqual({ kind: 'value', name: 'label.app', prefix: 'sh', from: 12, to: 14 });
    expect(at('user_id:"a \\"b|"')?.prefix).toBe('a "b');
  });

  it('leaves phrases, comparisons and other text alone', () => {
    expect(at('"connection re|')).toBeNull();
    expect(at('duration_ms:>=1|')).toBeNull();
    expect(at('10.0|')).toBeNull();
    expect(at('|-x')).toBeNull();
  });
});

describe('complete', () => {
  it('puts a name with its colon, and a value with a space behind it', () => {
    const name = at('x ser|')!;
    expect(complete('x ser', name, 'service:')).toEqual({ text: 'x service:', cursor: 10 });
    const value = at('service:ga| y')!;
    expect(complete('service:ga y', value, 'gateway')).toEqual({ text: 'service:gateway y', cursor: 16 });
    expect(complete('service:', at('service:|')!, '"a b"')).toEqual({ text: 'service:"a b" ', cursor: 14 });
  });
});

describe('suggestions', () => {
  const names = ['event_type', 'status_page', 'attr.status', 'label.app'].map((name) => ({ name, note: '' }));

  it('puts first what starts so, then attributes, then what has it inside', () => {
    expect(suggestNames(names, 'stat').map(({ insert }) => insert)).toEqual(['status_page:', 'attr.status:']);
    expect(suggestNames(names, 'type').map(({ text }) => text)).toEqual(['event_type']);
    expect(suggestNames(names, '')).toHaveLength(4);
  });

  it('quotes values that need it and leaves out the empty one', () => {
    expect(
      suggestValues([
        { value: 'a b', events: 1200 },
        { value: '', events: 3 },
      ]),
    ).toEqual([{ text: 'a b', insert: '"a b"', note: '1,200' }]);
    expect(fixedValues('severity', 'w')?.map(({ insert }) => insert)).toEqual(['warn']);
    expect(fixedValues('service', 'w')).toBeNull();
  });
});
