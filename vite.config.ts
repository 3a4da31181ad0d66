import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

// Every file directly in web/ is an entry point; its manifest key is its path, as `{% vite_asset 'web/console.ts' %}` asks.
const entryPoints = readdirSync("web")
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts") && !name.endsWith(".test.ts"))
  .map((name) => resolve("web", name));

export default defineConfig({
  base: "/static/dist/",
  publicDir: false,
  build: {
    outDir: "src/tongzhou/server/static/dist",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    chunkSizeWarningLimit: 800,
    rolldownOptions: { input: entryPoints },
  },
});
