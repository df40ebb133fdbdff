// Plants bad files and expects validate-workflows to say where and why.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("node_modules/.bundle/validate-workflows.cjs", import.meta.url));

function check(files) {
  const root = mkdtempSync(join(tmpdir(), "validate-workflows-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, root], { encoding: "utf8" });
    return { status, problems: stdout.trim().split("\n").slice(0, -1), stderr };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const sha = "3d3c42e5aac5ba805825da76410c181273ba90b1";
const goodAction = `name: Good
description: Good.
inputs:
  path:
    description: A path.
outputs:
  verdict:
    description: A verdict.
    value: \${{ steps.check.outputs.verdict }}
runs:
  using: composite
  steps:
    - id: check
      shell: sh
      env:
        A_PATH: \${{ inputs.path }}
      run: echo "$A_PATH"
`;
const goodWorkflow = `on: push
permissions: {}
jobs:
  good:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@${sha} # v7.0.1
      - uses: ./actions/good
        with:
          path: a
`;
const files = { "actions/good/action.yml": goodAction, ".github/workflows/good.yml": goodWorkflow };

test("good files pass", () => {
  assert.deepEqual(check(files), { status: 0, problems: [], stderr: "" });
});

// Each replaces a text of a good file by another and expects a problem at a place.
const cases = [
  ["workflow", "runs-on: ubuntu-24.04", "runs-onn: ubuntu-24.04", /^.github\/workflows\/good.yml:5:5: .*runs-on/],
  ["workflow", "    steps:", "    needs: nowhere\n    steps:", /^.github\/workflows\/good.yml:8:12: .*nowhere/],
  ["workflow", "on: push", "on: pushed", /^.github\/workflows\/good.yml:1:5: .*pushed/],
  ["workflow", "permissions: {}\n", "", /:1:1: a workflow starts with permissions/],
  ["workflow", "permissions: {}", "permissions: write-all", /:2:14: a workflow starts with permissions/],
  ["workflow", "    permissions:\n      contents: read\n", "", /:4:3: a job names its permissions/],
  ["workflow", `@${sha} # v7.0.1`, "@v7", /:9:15: pin it by the full commit SHA/],
  ["workflow", " # v7.0.1", "", /:9:15: name the version/],
  ["workflow", "./actions/good", "./actions/gone", /:10:15: no actions\/gone\/action.yml/],
  ["workflow", "path: a", "pth: a", /:12:11: actions\/good\/action.yml has no input pth/],
  ["workflow", "on: push", "on: [push", /^.github\/workflows\/good.yml:/],
  ["action", 'echo "$A_PATH"', "echo ${{ inputs.path }}", /^actions\/good\/action.yml:17:12: an expression inside run/],
  ["action", "      shell: sh\n", "", /^actions\/good\/action.yml:\d+:\d+: .*shell/],
  ["action", "${{ inputs.path }}", "${{ inputs.pth }}", /^actions\/good\/action.yml:16:17: no inputs.pth/],
  ["action", "${{ inputs.path }}", "a", /^actions\/good\/action.yml:4:3: the input path is never used/],
  ["action", "steps.check.outputs", "steps.chk.outputs", /^actions\/good\/action.yml:9:12: no steps.chk/],
  ["action", "steps.check.outputs", "stepz.check.outputs", /^actions\/good\/action.yml:9:\d+: .*stepz/],
];
for (const [kind, from, to, want] of cases) {
  test(`${kind}: ${from.trim()} -> ${to.trim()}`, () => {
    const name = kind === "action" ? "actions/good/action.yml" : ".github/workflows/good.yml";
    assert.ok(files[name].includes(from), "the good file has the text");
    const { status, problems } = check({ ...files, [name]: files[name].replace(from, () => to) });
    assert.equal(status, 1);
    assert.ok(problems.some((p) => want.test(p)), `${want} is not in\n${problems.join("\n")}`);
  });
}

test("nothing to look at is not clean", () => {
  const { status, stderr } = check({ "README.md": "" });
  assert.equal(status, 2);
  assert.match(stderr, /no workflow and no action/);
});
