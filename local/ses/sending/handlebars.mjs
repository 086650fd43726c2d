// Renders stored templates with the handlebars library: one JSON request per line, one JSON response per line.
import readline from "node:readline";
import Handlebars from "handlebars";

// The place of the pixel is not a variable: it stays in the text until open tracking replaces it.
const OPEN_TRACKER = /\{\{\s*ses:openTracker\s*\}\}/g;
const MARK = "\uE000ses:openTracker\uE000";

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
    const missing = /^"(.*)" not defined in/.exec(error.message);
    return missing ? { missing: missing[1] } : { broken: error.message };
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(render(JSON.parse(line))) + "\n");
});
