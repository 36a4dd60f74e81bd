/** Keeps the page's own files, so that it opens without a connection after it was opened once. */

interface Extended extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Fetched extends Extended {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", listener: (event: Extended) => void): void;
  addEventListener(name: "fetch", listener: (event: Fetched) => void): void;
}

declare const __FILES__: readonly string[];
declare const __VERSION__: string;

const scope = globalThis as unknown as Scope;
const PREFIX = "keras-gen-page-";
const kind = `${PREFIX}${__VERSION__}`;
const own = new Set(__FILES__.map((file) => new URL(file, scope.registration.scope).href));
const page = new URL("index.html", scope.registration.scope).href;

scope.addEventListener("install", (event) => {
  event.waitUntil(kept().then(() => scope.skipWaiting()));
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(withoutOlder().then(() => scope.clients.claim()));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.url.replace(/[?#].*$/, "");
  if (request.mode === "navigate" && (address === scope.registration.scope || address === page)) {
    event.respondWith(fetch(request).catch(() => fromCache(page, request)));
  } else if (own.has(address) || address.startsWith(`${scope.registration.scope}runtime/`)) {
    event.respondWith(fromCache(address, request));
  }
});

async function kept(): Promise<void> {
  const cache = await caches.open(kind);
  await cache.addAll([...own]);
}

async function withoutOlder(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((other) => other.startsWith(PREFIX) && other !== kind).map((old) => caches.delete(old)),
  );
}

/** What is kept under an address; else what its server answers, which is kept. */
async function fromCache(address: string, request: Request): Promise<Response> {
  const cache = await caches.open(kind);
  const found = await cache.match(address);
  if (found !== undefined) {
    return found;
  }
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(address, answer.clone());
  }
  return answer;
}
