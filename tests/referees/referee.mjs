// Judges messages that Gatewatch wrote with code that we did not write: Slack's own types, and a counter
// of SMS segments. Reads JSON, one object a line, as `gatewatch preview` and `gatewatch replay` print it.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const require = createRequire(import.meta.url);
const { SegmentedMessage } = require("sms-segments-calculator");

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What Slack's types refuse in arrays of blocks; each of `sources` is one, on a line of TypeScript. */
function compile(sources) {
  const name = here("messages.ts");
  const text = [
    'import type { KnownBlock } from "@slack/types";',
    ...sources.map((blocks, at) => `export const m${at}: KnownBlock[] = ${blocks};`),
  ].join("\n");
  const options = {
    noEmit: true,
    strict: true,
    types: [],
    lib: ["lib.es5.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const onDisk = host.getSourceFile;
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, text, options.target) : onDisk(file, ...rest);
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program).map((found) => ({
    // the first line is the import
    source: found.file ? found.file.getLineAndCharacterOfPosition(found.start).line - 1 : -1,
    reason: ts.flattenDiagnosticMessageText(found.messageText, "\n"),
  }));
}

/** What is wrong with a text message, and with Gatewatch's own count where it tells one. */
function segments(text, told) {
  const counted = new SegmentedMessage(text);
  const septets = counted.messageSize / 7;
  const fits = counted.encodingName === "GSM-7" && counted.segmentsCount === 1 && septets <= 160;
  if (!fits) return [`${counted.encodingName}, ${counted.segmentsCount} segments: ${text}`];
  return septets === (told ?? septets) ? [] : [`${septets} septets, not ${told}: ${text}`];
}

/** A judge who lets everything pass is none: each of these must be refused. */
function control() {
  const refused = [
    '[{ type: "header", text: { type: "mrkdwn", text: "x" } }]',
    '[{ type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "txt", text: "x" }] }] }]',
    '[{ type: "actions", elements: [{ type: "button", text: { type: "plain_text", text: "x" }, link: "x" }] }]',
    '[{ type: "no_such_block" }]',
  ];
  const found = new Set(compile(refused).map(({ source }) => source));
  refused.forEach((blocks, at) => {
    if (!found.has(at)) throw new Error(`Slack's types accept ${blocks}`);
  });
  for (const text of ["x".repeat(161), "{".repeat(81), "😀", "…"]) {
    if (segments(text).length === 0) throw new Error(`the counter accepts ${text}`);
  }
  if (segments("{}", 2).length === 0) throw new Error("a wrong count is accepted");
}

const messages = readFileSync(0, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line))
  .flatMap(({ messages, message, septets }) => messages ?? [{ ...message, septets }]);
const of = (channel) => messages.filter((message) => message.channel === channel);

control();
const bodies = ({ message, reply }) => [message, reply].filter(Boolean).map((body) => ({ body }));
const slack = [...of("slack"), ...of("slack-bot").flatMap(bodies)];
const sms = of("sms");
const emails = of("email");
const judged = ["slack", "slack-bot", "sms", "email"];
for (const channel of judged) {
  if (of(channel).length === 0) throw new Error(`no message on the channel ${channel}`);
}
// A new kind of channel needs a judge here.
const unjudged = messages.find(({ channel }) => !judged.includes(channel));
if (unjudged) throw new Error(`no judge for the channel ${unjudged.channel}`);
const wrong = [
  ...compile(slack.map((message) => JSON.stringify(message.body.blocks))).map(
    ({ source, reason }) => `${reason}: ${slack[source]?.body.text}`,
  ),
  ...sms.flatMap((message) => segments(message.body, message.septets)),
  // SNS: under 100 characters of printable ASCII.
  ...emails.filter(({ subject }) => !/^[ -~]{1,99}$/.test(subject)).map(({ subject }) => `subject: ${subject}`),
];
if (slack.some((message) => typeof message.body.text !== "string" || message.body.text === "")) {
  wrong.push("a Slack message without the text that a lock screen shows");
}
for (const reason of wrong) console.error(reason);
console.log(`Referees: ${slack.length} Slack messages, ${sms.length} text messages and ${emails.length} emails, ${wrong.length} refused.`);
process.exitCode = wrong.length === 0 ? 0 : 1;
