import { describe, expect, test } from 'vitest';
import { compileTemplate } from './index.ts';
import { CONTEXT, LABELS } from './samples.ts';

describe('printf, as fmt.Sprintf', () => {
  test.each([
    ['{{(fromJson .j).x | printf "%T %v"}}', 'float64 %!v(MISSING)'],
    ['{{add .n 1 | printf "%T"}}', 'int64'],
    ['{{int .n | printf "%T"}}', 'int'],
    ['{{count "x" "y" | printf "%T"}}', 'int'],
    ['{{printf "%d %s %v" __timestamp__.Month __timestamp__.Month __timestamp__.Weekday}}', '11 November Tuesday'],
    [
      '{{printf "%s" .a}}|{{printf "%10s|%-10s|%.2s|%5.1s|%05s|%-05s" .a .a .a .a .a .a}}',
      'apple|     apple|apple     |ap|    a|apple|apple',
    ],
    [
      '{{printf "%q %#q %+q %x %X % x %#x %# x" .u .a .u .a .a .a .a .a}}',
      '"héllo wörld 日本" `apple` "h\\u00e9llo w\\u00f6rld \\u65e5\\u672c" 6170706c65 6170706C65 61 70 70 6c 65 0x6170706c65 0x61 0x70 0x70 0x6c 0x65',
    ],
    ['{{printf "%d %x %o %b %05d % 5d" -42 -42 -42 -42 -42 -42}}', '-42 -2a -52 -101010 -0042   -42'],
    ['{{printf "%.0d|%5.0d|%c|%U" 0 0 -1 -1}}', '|     |�|U+FFFFFFFFFFFFFFFF'],
    ['{{printf "%+q %#q %c" 8984 8984 128512}}', "'\\u2318' '⌘' 😀"],
    [
      '{{printf "%.0f %.0f %.0f %.0f %.1f %.1f %.2f %.20f %.3e %.0e %.0e" 0.5 1.5 2.5 3.5 0.25 0.35 1.005 0.1 1.2345 2.5 3.5}}',
      '0 2 2 4 0.2 0.3 1.00 0.10000000000000000555 1.234e+00 2e+00 4e+00',
    ],
    [
      '{{printf "%f %f %.1f %.3f %g" 1e20 1e-7 1e22 0.0 1e-5}}',
      '100000000000000000000.000000 0.000000 10000000000000000000000.0 0.000 1e-05',
    ],
    [
      '{{printf "%08.2f %+08.2f %-8.2f| %8v %-8v|" -1.5 1.5 1.5 1.5 1.5}}',
      '-0001.50 +0001.50 1.50    |      1.5 1.5     |',
    ],
    ['{{printf "%5.0f|%.0f|%.1f|%.0f" 0.4 0.04 0.04 9.5}}', '    0|0|0.0|10'],
    [
      '{{printf "%f %e %g %v %5v %05f %+v" (float64 "inf") (float64 "-inf") (float64 "nan") (float64 "nan") (float64 "inf") (float64 "inf") (float64 "nan")}}',
      '+Inf -Inf NaN NaN  +Inf  +Inf NaN',
    ],
    [
      '{{printf "%.0g %.1g %.2g %.3g %g %g %g %g %.4g %.17g" 123.0 123.0 123.0 0.0001234 100000.0 1000000.0 123456789.0 0.00001 100.0 0.1}}',
      '1e+02 1e+02 1.2e+02 0.000123 100000 1e+06 1.23456789e+08 1e-05 100 0.10000000000000001',
    ],
    [
      '{{printf "%t %v %5t|%-6v|%d %s" true false true true true false}}',
      'true false  true|true  |%!d(bool=true) %!s(bool=false)',
    ],
    [
      '{{printf "%v %s %d %q %x" .  (fromJson .arr) (fromJson .arr) (fromJson .arr) (fromJson .arr)}}',
      'map[a:apple arr:["p","q","r"] b:Bee b64:aGVsbG8 by:1.5KB d:2024-03-10 02:30:00 dur:1m30s e: f:3.7 hex:0x1f html:<a href=\'x\'>"&</a> j:{"x":1,"y":[1,"two",null,true,{"z":"deep"}],"s":"str","nil":null,"o":{"k":"v"}} multi:l1\nl2 n:42 neg:-5 num0:010 q:a b&c=d/é sp:  pad   ts:1700000000 tsms:1700000000123 u:héllo wörld 日本] [p q r] [%!d(string=p) %!d(string=q) %!d(string=r)] ["p" "q" "r"] [70 71 72]',
    ],
    [
      '{{printf "%v %v" (fromJson .j) nil}}',
      'map[nil:<nil> o:map[k:v] s:str x:1 y:[1 two <nil> true map[z:deep]]] <nil>',
    ],
    ['{{printf "%s %d %q" nil nil nil}}', '%!s(<nil>) %!d(<nil>) %!q(<nil>)'],
    ['{{printf "%v %s" (fromJson "[null,1]") (fromJson "[null,\\"a\\"]")}}', '[<nil> 1] [<nil> a]'],
    [
      '{{printf "%T %T %T %T %T %T %T %T %T %T" .a 1 1.5 true nil . (fromJson .j) (fromJson .arr) __timestamp__ (add 1)}}',
      'string int float64 bool <nil> map[string]string map[string]interface {} []interface {} time.Time int64',
    ],
    ['{{printf "%%|%5%|%d%%" 5}}', '%|%|5%'],
    ['{{printf "%"}}', '%!(NOVERB)'],
    ['{{printf "%d"}}', '%!d(MISSING)'],
    ['{{printf "%d %d" 1}}', '1 %!d(MISSING)'],
    ['{{printf "x" 1}}', 'x%!(EXTRA int=1)'],
    ['{{printf "%d" 1 "a" nil 2.5}}', '1%!(EXTRA string=a, <nil>, float64=2.5)'],
    ['{{printf "%!" 1}}', '%!!(int=1)'],
    ['{{printf "%z" 1}}', '%!z(int=1)'],
    ['{{printf "%d" "x"}}', '%!d(string=x)'],
    ['{{printf "%s" 5}}', '%!s(int=5)'],
    ['{{printf "%d" 1.5}}', '%!d(float64=1.5)'],
    ['{{printf "%s" 1.5}}', '%!s(float64=1.5)'],
    ['{{printf "%f" 5}}', '%!f(int=5)'],
    ['{{printf "%t" 5}}', '%!t(int=5)'],
    ['{{printf "%-"}}', '%!(NOVERB)'],
    ['{{printf "%é" 1}}', '%!é(int=1)'],
    ['{{printf "%5"}}', '%!(NOVERB)'],
    ['{{printf "%[2]d %[1]d" 1 2}}', '2 1'],
    ['{{printf "%[3]d" 1}}', '%!d(BADINDEX)'],
    ['{{printf "%[x]d" 1}}', '%!d(BADINDEX)'],
    ['{{printf "%*d|%-*d|" 5 1 5 1}}', '    1|1    |'],
    ['{{printf "%.*f" 2 3.14159}}', '3.14'],
    ['{{printf "%*d" "x" 1}}', '%!(BADWIDTH)1'],
    ['{{printf "%*d|" -5 1}}', '1    |'],
    ['{{printf "%[1]*d" 5}}', '%!d(MISSING)'],
    ['{{printf "%.*d" -1 5}}', '%!(BADPREC)5'],
    ['{{printf "%[2]*[1]d" 1 5}}', '    1'],
    ['{{printf "%[1]d %d" 1 2}}', '1 2'],
    ['{{printf "%[1]" 1}}', '%!(NOVERB)'],
    ['{{printf "%[1" 1}}', '%!(NOVERB)'],
    ['{{printf "%.[2]d" 1 2}}', '2'],
    [
      '{{printf "%s %v %q %d" __timestamp__.Month __timestamp__ __timestamp__.Weekday __timestamp__.Weekday}}',
      'November 2023-11-14 22:13:20.123456789 +0000 UTC "Tuesday" 2',
    ],
    [
      '{{printf "%x %5s|%-10v|" __timestamp__.Month __timestamp__.Month __timestamp__.Month}}',
      '4e6f76656d626572 November|November  |',
    ],
    ['{{printf "%v %d %c %T" (index .a 0) (index .a 0) (index .a 0) (index .a 0)}}', '97 97 a uint8'],
    ['{{printf "%6.2f%%" 12.345}}', ' 12.35%'],
    ['{{printf "%s" "a%sb"}}', 'a%sb'],
    ['{{printf .a}}', 'apple'],
    ['{{printf "%5s|%-5s|%5.2s" .u "é" "日本語"}}', 'héllo wörld 日本|é    |   日本'],
    ['{{printf "%#v" .a}}', '"apple"'],
    ['{{printf "%v" 1e21}}', '1e+21'],
    ['{{printf "%v" 123456789.0}}', '1.23456789e+08'],
    ['{{printf "%+v %+s" .a .a}}', 'apple apple'],
    ['{{printf "%p" .a}}', '%!p(string=apple)'],
    ['{{printf "%w" .a}}', '%!w(string=apple)'],
    ['{{.a | printf "%s-%s" .b}}', 'Bee-apple'],
    ['{{ .a | ToUpper | printf "%s %s" .b }}', 'Bee APPLE'],
    ['{{ToLower .a | len | printf "%03d"}}', '005'],
    ['{{printf "%s" (printf "%d" 5)}}', '5'],
  ])('%s', (template, expected) => {
    expect(compileTemplate(template).execute(LABELS, CONTEXT)).toBe(expected);
  });
});
