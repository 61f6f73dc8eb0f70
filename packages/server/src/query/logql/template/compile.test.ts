import { describe, expect, test } from 'vitest';
import { compileTemplate, TemplateError } from './index.ts';
import { CONTEXT, LABELS } from './samples.ts';

function run(template: string, labels: ReadonlyMap<string, string> = LABELS): string {
  return compileTemplate(template).execute(labels, CONTEXT);
}

describe('what a template reads', () => {
  test.each([
    ['text', [], false, false, null],
    ['{{.a}}', ['a'], false, false, 'a'],
    ['{{.a}} {{.b}}', ['a', 'b'], false, false, null],
    ['{{.b | ToUpper}}{{.a}}{{.b}}', ['a', 'b'], false, false, null],
    ['{{if .a}}{{.b}}{{else}}{{.c}}{{end}}', ['a', 'b', 'c'], false, false, null],
    ['{{range $k, $v := fromJson .a}}{{$v}}{{end}}', ['a'], false, false, null],
    ['{{$.a}}', ['a'], false, false, null],
    ['{{(fromJson .a).b}}', ['a', 'b'], false, false, null],
    ['{{define "t"}}{{.x}}{{end}}{{template "t" .}}', ['x'], true, false, null],
    ['{{.}}', [], true, false, null],
    ['{{index $ "a"}}', [], true, false, null],
    ['{{__line__}}', [], false, true, null],
    ['{{if contains "x" __line__}}{{.a}}{{end}}', ['a'], false, true, null],
  ])('%s', (template, labels, usesAllLabels, usesLine, simpleLabel) => {
    expect(compileTemplate(template)).toMatchObject({ labels, usesAllLabels, usesLine, simpleLabel });
  });
});

describe('templates that define others', () => {
  test.each([
    [
      '{{define "t"}}{{.foo.bar}}{{end}}{{template "t" "x"}}',
      '1:20: executing "t" at <.foo.bar>: can\'t evaluate field foo in type string',
    ],
    [
      '{{define `q`}}{{len 3}}{{end}}{{template `q`}}',
      '1:16: executing "q" at <len 3>: error calling len: len of type int',
    ],
    [
      '{{define `q`}}{{template `r`}}{{end}}{{template `q`}}',
      '1:25: executing "q" at <{{template "r"}}>: template "r" not defined',
    ],
  ])('%s', (template, message) => {
    expect(() => run(template)).toThrow(`template: line:${message}`);
  });
});

describe('limits', () => {
  test.each([
    ['{{repeat 2000000 "x"}}', 'error calling repeat: result exceeds 1048576 characters'],
    ['{{indent 2000000 "x"}}', 'error calling indent: result exceeds 1048576 characters'],
    ['{{alignLeft 2000000 "x"}}', 'error calling alignLeft: result exceeds 1048576 characters'],
    ['{{printf "%2000000d" 1}}', 'error calling printf: result exceeds 1048576 characters'],
    ['{{replace "" (repeat 1000 "x") (repeat 10000 "y")}}', 'error calling replace: result exceeds 1048576 characters'],
    [
      '{{regexReplaceAll "" (repeat 10000 "y") (repeat 1000 "x")}}',
      'error calling regexReplaceAll: result exceeds 1048576 characters',
    ],
    [
      '{{printf "%50000d" (fromJson (printf "[%s1]" (repeat 50 "1,")))}}',
      'error calling printf: result exceeds 1048576 characters',
    ],
    ['{{html (repeat 300000 "<")}}', 'error calling html: result exceeds 1048576 characters'],
    ['{{count (repeat 5000 "x") .a}}', 'error calling count: pattern exceeds 4096 characters'],
    ['{{range 1000000000}}{{end}}', 'template takes too many steps'],
    ['{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}', 'template takes too many steps'],
    ['{{range 100000}}0123456789012345{{end}}', 'output exceeds 1048576 characters'],
    [
      '{{$x := "xx"}}{{range 100}}{{$x = printf "%s%s" $x $x}}{{end}}',
      'error calling printf: result exceeds 1048576 characters',
    ],
    ['{{define "t"}}{{template "t"}}{{end}}{{template "t"}}', 'exceeded maximum template depth (100)'],
  ])('%s', (template, message) => {
    expect(() => run(template)).toThrow(message);
  });

  test('the value of a label may not make the output longer than the limit', () => {
    expect(() => run('{{.a}}{{.a}}', new Map([['a', 'x'.repeat(600_000)]]))).toThrow(TemplateError);
  });

  test('parentheses and blocks nest only so deep', () => {
    expect(() => compileTemplate(`{{${'('.repeat(600)}`)).toThrow('max expression depth exceeded');
    expect(() => compileTemplate('{{if .a}}'.repeat(600))).toThrow('max expression depth exceeded');
    expect(() => compileTemplate(`{{if .a}}${'{{else if .a}}'.repeat(600)}`)).toThrow('max expression depth exceeded');
  });

  test('JSON that is too deep is no value', () => {
    expect(run('{{fromJson .j}}', new Map([['j', '['.repeat(5000) + ']'.repeat(5000)]]))).toBe('<no value>');
  });
});

test('errors of label_format name the template label', () => {
  expect(() => compileTemplate('{{x}}', 'label')).toThrow('template: label:1: function "x" not defined');
  expect(() => compileTemplate('{{.a.b}}', 'label').execute(LABELS, CONTEXT)).toThrow(
    `template: label:1:4: executing "label" at <.a.b>: can't evaluate field b in type string`,
  );
});

test('now is the present', () => {
  const before = Math.floor(Date.now() / 1000);
  const seconds = Number(run('{{now | unixEpoch}}'));
  expect(seconds).toBeGreaterThanOrEqual(before);
  expect(seconds).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
});
