// Renders stored templates with the handlebars library: one JSON request per line, one JSON response per line.
import readline from "node:readline";
import Handlebars from "handlebars";

// The place of the pixel is not a variable: it stays in the text until open tracking replaces it.
const OPEN_TRACKER = /\{\{\s*ses:openTracker\s*\}\}/g;
const MARK = "\uE000ses:openTracker\uE000";

// The second form is of a path through a text: it has no attributes at all.
const MISSING = /^"(.*)" not defined in|^Cannot use 'in' operator to search for '(.*)' in/;

function render({ template, data }) {
  try {
    const source = template.replace(OPEN_TRACKER, MARK);
    if (data === undefined) {
      Handlebars.precompile(source);
      return { text: "" };
    }
    // SES does not HTML-escape values, and a missing attribute fails the rendering.
    const text = Handlebars.compile(source, { strict: true, noEscape: true })(data);
    return { text: text.replaceAll(MARK, "{{ses:openTracker}}") };
  } catch (error) {
    const missing = MISSING.exec(error.message);
    return missing ? { missing: missing[1] ?? missing[2] } : { broken: error.message };
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(render(JSON.parse(line))) + "\n");
});
