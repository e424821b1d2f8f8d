// Bundles the page: one script, one style sheet, hashed names, nothing inline, and beside each file its gzip form, which
// the program serves to all who take it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vite";

const TRANSFER_BYTES_MAX = 150_000;

function gzipped(): Plugin {
  return {
    name: "gzipped",
    writeBundle(options) {
      const folder = options.dir ?? "dist";
      let sum = 0;
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || entry.name.endsWith(".gz")) continue;
        const file = join(entry.parentPath ?? entry.path, entry.name);
        const packed = gzipSync(readFileSync(file), { level: 9 });
        sum += packed.length;
        writeFileSync(`${file}.gz`, packed);
      }
      if (sum > TRANSFER_BYTES_MAX) this.error(`the page is ${sum} bytes in gzip form, more than ${TRANSFER_BYTES_MAX}`);
    },
  };
}

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [gzipped()],
});
