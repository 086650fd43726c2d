// Renders and reads templates with the handlebars library: one JSON request per line, one JSON response per line.
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

// The npm packages are beside this file (a clone), or where the command runs (an installed command).
function load(name) {
  const places = [fileURLToPath(import.meta.url), path.join(process.cwd(), "package.json")];
  let failure;
  for (const place of places) {
    try {
      return createRequire(place)(name);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

const Handlebars = load("handlebars");

// The place of the pixel is not a variable: it stays in the text until open tracking replaces it.
const OPEN_TRACKER = /\{\{\s*ses:openTracker\s*\}\}/g;
const MARK = "\uE000ses:openTracker\uE000";

// The second form is of a path through a text: it has no attributes at all.
const MISSING = /^"(.*)" not defined in|^Cannot use 'in' operator to search for '(.*)' in/;

const HELPERS = new Set(["if", "unless", "each", "with", "lookup"]);

function render({ template, data }) {
  const source = template.replace(OPEN_TRACKER, MARK);
  if (data === undefined) {
    Handlebars.precompile(source);
    const lost = new Reader(source).problems.find((problem) => problem.kind === "partial");
    return lost ? { broken: lost.text } : { text: "" };
  }
  // SES does not HTML-escape values, and a missing attribute fails the rendering.
  const text = Handlebars.compile(source, { strict: true, noEscape: true })(data);
  return { text: text.replaceAll(MARK, "{{ses:openTracker}}") };
}

// Reads which values a template takes from its data. A path is a list of keys, with "*" for the
// elements of a list; null where it cannot be known before the template is rendered.
class Reader {
  constructor(source) {
    this.placeholders = new Map();
    this.problems = [];
    this.partials = new Map();
    this.open = new Set();
    const program = Handlebars.parse(source);
    this.collect(program);
    this.program(program, { path: [], parent: null, locals: new Map() });
  }

  problem(kind, text, node) {
    this.problems.push({ kind, text: `${text} (line ${node.loc.start.line})` });
  }

  use(kind, found) {
    if (found && found.length) this.placeholders.set(JSON.stringify([kind, found]), { kind, path: found });
  }

  // The inline partials of the part, wherever they are defined.
  collect(node) {
    if (!node || typeof node !== "object") return;
    if (node.type === "DecoratorBlock" && node.path.original === "inline" && node.params[0]) {
      this.partials.set(String(node.params[0].value), node.program);
    }
    for (const [name, child] of Object.entries(node)) if (name !== "loc") this.collect(child);
  }

  program(program, context) {
    for (const node of program?.body ?? []) this.statement(node, context);
  }

  statement(node, context) {
    switch (node.type) {
      case "MustacheStatement":
        return this.call(node, context, "value");
      case "BlockStatement":
        return this.block(node, context);
      case "PartialStatement":
        return this.partial(node, context);
      case "PartialBlockStatement":
        this.program(node.program, context);
        return this.partials.has(node.name.original) ? this.partial(node, context) : undefined;
      case "DecoratorBlock":
      case "Decorator":
        if (node.path.original !== "inline") {
          this.problem("helper", `SES has no decorator ${node.path.original}`, node);
        }
    }
  }

  // A value, or a call of a helper.
  call(node, context, kind) {
    const hash = node.hash?.pairs ?? [];
    if (!node.params.length && !hash.length) return this.use(kind, this.resolve(node.path, context));
    const name = node.path.original;
    if (!HELPERS.has(name)) this.problem("helper", `SES has no helper ${name}`, node);
    for (const value of [...node.params, ...hash.map((pair) => pair.value)]) {
      this.argument(value, context, name === "lookup" ? "lookup" : "block");
    }
  }

  // A part of an expression.
  argument(node, context, kind) {
    if (node.type === "SubExpression") return this.call(node, context, kind);
    if (node.type === "PathExpression") this.use(kind, this.resolve(node, context));
  }

  block(node, context) {
    const name = node.path.original;
    const [subject] = node.params;
    let inner = context;
    if (node.params.length || node.hash) {
      this.call(node, context, "block");
      if (name === "each" || name === "with") {
        const found = subject ? this.resolve(subject, context) : null;
        inner = this.inside(context, found, name === "each", node.program?.blockParams);
      }
    } else {
      const found = this.resolve(node.path, context);
      this.use("block", found);
      inner = this.inside(context, found, false, node.program?.blockParams);
    }
    this.program(node.program, inner);
    this.program(node.inverse, context);
  }

  inside(context, found, isList, names = []) {
    const path = found && isList ? [...found, "*"] : found;
    const locals = new Map(context.locals);
    (names ?? []).forEach((name, at) => locals.set(name, at ? null : path));
    return { path, parent: context, locals };
  }

  partial(node, context) {
    const name = node.name.original;
    if (node.name.type !== "PathExpression") {
      return this.problem("helper", "SES takes a partial only by its name", node);
    }
    if (name === "@partial-block") return;
    const program = this.partials.get(String(name));
    if (!program) return this.problem("partial", `the partial ${name} is not defined in this part`, node);
    const key = JSON.stringify([name, context.path]);
    if (this.open.has(key) || this.open.size > 50) return;
    for (const value of [...node.params, ...(node.hash?.pairs ?? []).map((pair) => pair.value)]) {
      this.argument(value, context, "block");
    }
    const inner = node.params.length ? this.inside(context, this.resolve(node.params[0], context), false) : context;
    const locals = new Map(inner.locals);
    for (const pair of node.hash?.pairs ?? []) locals.set(pair.key, this.resolve(pair.value, context));
    this.open.add(key);
    this.program(program, { ...inner, locals });
    this.open.delete(key);
  }

  resolve(node, context) {
    if (node.type !== "PathExpression") return null;
    if (node.data) return node.parts[0] === "root" ? node.parts.slice(1) : null;
    let scope = context;
    for (let depth = 0; depth < node.depth; depth++) scope = scope.parent ?? scope;
    const [first, ...rest] = node.parts;
    const isLocal = node.depth === 0 && !node.original.toString().startsWith("this") && context.locals.has(first);
    const start = isLocal ? context.locals.get(first) : scope.path;
    return start && [...start, ...(isLocal ? rest : node.parts)];
  }
}

function inspect({ inspect: template }) {
  const { placeholders, problems } = new Reader(template.replace(OPEN_TRACKER, MARK));
  return { placeholders: [...placeholders.values()], problems };
}

async function mjml({ mjml: source, file }) {
  const compile = load("mjml");
  const { html, errors } = await (compile.default ?? compile)(source, {
    filePath: file,
    validationLevel: "soft",
  });
  return { text: html, problems: (errors ?? []).map((error) => error.formattedMessage ?? error.message) };
}

async function respond(request) {
  try {
    if (request.mjml !== undefined) return await mjml(request);
    return request.inspect !== undefined ? inspect(request) : render(request);
  } catch (error) {
    const missing = MISSING.exec(error.message);
    return missing ? { missing: missing[1] ?? missing[2] } : { broken: error.message, code: error.code };
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await respond(JSON.parse(line))) + "\n");
}
