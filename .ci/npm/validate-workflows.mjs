// Usage: validate-workflows ROOT: holds every workflow and action file below a folder against GitHub's own language
// service and against the rules of this project. Prints FILE:LINE:COLUMN: MESSAGE and exits with 1 when there is
// something to print, with 2 when it could not look. It needs bundling: the language service imports JSON in a way that
// Node 20 does not know.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { registerLogger, validate } from "@actions/languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";
import { isMap, isScalar, parseDocument, visit } from "yaml";

const skipped = new Set([".git", "node_modules", "testdata", "bin"]);
const workflow = /(^|\/)(\.github\/workflows|\.github\/workflow-templates|workflow-templates)\/[^/]+\.ya?ml$/;
const action = /(^|\/)action\.ya?ml$/;

// The service logs what it could not do and goes on: silence would look like success.
const complaints = [];
const complain = (message) => complaints.push(message);
registerLogger({ log() {}, info() {}, warn: complain, error: complain });

function* files(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name)) yield* files(path);
    } else yield path;
  }
}

// rules are what this project asks for beyond the format. Each problem has an offset into the text.
function rules(root, name, text) {
  const problems = [];
  const document = parseDocument(text);
  const add = (node, message) => problems.push({ offset: node?.range?.[0] ?? 0, message });
  for (const e of document.errors) problems.push({ offset: e.pos[0], message: e.message });
  if (!isMap(document.contents)) {
    add(document.contents, "not a mapping");
    return problems;
  }
  if (action.test(name)) wiring(document, add);
  else permissions(document.contents, add);
  visit(document, {
    Pair(_, pair, path) {
      if (!isScalar(pair.key) || !isScalar(pair.value) || typeof pair.value.value !== "string") return;
      if (pair.key.value === "run" && pair.value.value.includes("${{"))
        add(pair.value, "an expression inside run: pass it through env");
      if (pair.key.value === "uses") reference(root, pair.value, path.at(-1), add);
    },
  });
  return problems;
}

function permissions(contents, add) {
  const top = contents.get("permissions", true);
  if (!top || !isMap(top) || top.items.length > 0) add(top ?? contents, "a workflow starts with permissions: {}");
  const jobs = contents.get("jobs");
  for (const job of isMap(jobs) ? jobs.items : [])
    if (!isMap(job.value) || !job.value.has("permissions")) add(job.key, "a job names its permissions");
}

// wiring checks an action's expressions against its inputs and steps, where GitHub would read a wrong name as "".
function wiring(document, add) {
  const inputs = document.get("inputs");
  const unused = new Map((isMap(inputs) ? inputs.items : []).map(({ key }) => [key.value, key]));
  const declared = new Set(unused.keys());
  const steps = new Set();
  visit(document, {
    Pair(_, { key, value }) {
      if (key?.value === "id" && isScalar(value)) steps.add(value.value);
    },
  });
  visit(document, {
    Scalar(_, node) {
      for (const [, expression] of String(node.value).matchAll(/\$\{\{(.*?)\}\}/gs))
        for (const [, context, id] of expression.matchAll(/\b(inputs|steps)\.([\w-]+)/g)) {
          if (context === "inputs") unused.delete(id);
          if (!(context === "inputs" ? declared : steps).has(id)) add(node, `no ${context}.${id} in this action`);
        }
    },
  });
  for (const [id, key] of unused) add(key, `the input ${id} is never used`);
}

// reference checks one uses. What is local must exist and know the inputs it is given; GitHub's service looks at neither.
function reference(root, uses, step, add) {
  if (!uses.value.startsWith("./")) {
    if (!/^[^@]+@[0-9a-f]{40}$/.test(uses.value)) add(uses, "pin it by the full commit SHA");
    else if (!/^ v\d+\.\d+\.\d+$/.test(uses.comment ?? "")) add(uses, "name the version in a comment: # v1.2.3");
    return;
  }
  if (workflow.test(uses.value)) return; // a reusable workflow, which the service reads itself
  const names = ["action.yml", "action.yaml"].map((n) => posix.join(uses.value, n));
  const file = names.find((n) => statSync(join(root, n), { throwIfNoEntry: false })?.isFile());
  if (!file) return add(uses, `no ${names[0]}`);
  const known = parseDocument(readFileSync(join(root, file), "utf8")).get("inputs");
  const given = isMap(step) ? step.get("with") : undefined;
  for (const input of isMap(given) ? given.items : [])
    if (!isMap(known) || !known.has(input.key.value)) add(input.key, `${file} has no input ${input.key.value}`);
}

async function main(root) {
  const said = new Set();
  let seen = 0;
  for (const path of files(root)) {
    const name = relative(root, path).split(sep).join("/");
    if (!workflow.test(name) && !action.test(name)) continue;
    seen++;
    const text = readFileSync(path, "utf8");
    // A template is a workflow that lies elsewhere, and the service goes by the folder.
    const uri = action.test(name) ? `file:///${name}` : `file:///.github/workflows/${posix.basename(name)}`;
    const document = TextDocument.create(uri, "yaml", 1, text);
    const fileProvider = {
      async getFileContent({ path }) {
        return { name: path, content: readFileSync(join(root, path), "utf8") };
      },
    };
    const problems = (await validate(document, { fileProvider })).map((d) => ({
      offset: document.offsetAt(d.range.start),
      message: d.message,
    }));
    problems.push(...rules(root, name, text));
    for (const { offset, message } of problems.sort((a, b) => a.offset - b.offset)) {
      const { line, character } = document.positionAt(offset);
      said.add(`${name}:${line + 1}:${character + 1}: ${message.trim()}`);
    }
  }
  if (seen === 0) complain(`no workflow and no action below ${root}`);
  for (const message of complaints) console.error(`validate-workflows: ${message}`);
  if (complaints.length > 0) return 2;
  for (const problem of said) console.log(problem);
  console.log(`${seen} workflow and action files, ${said.size} problems`);
  return said.size > 0 ? 1 : 0;
}

main(process.argv[2] ?? ".").then((code) => (process.exitCode = code));
