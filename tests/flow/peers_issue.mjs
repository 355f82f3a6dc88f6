// peers_issue.mjs: what others' libraries issue, for us to verify. Reads one JSON from standard input, written by peers_issued.py; prints
// {cases: [{name, expect, sign_off, transaction_data}], lists: [{name, token, uri, entries}]}. `expect` is a code of ours, or null for ALLOW.
// @sd-jwt/sd-jwt-vc issues credentials, presents them and binds the key; jose makes the same without it, and what the first will not make;
// @sd-jwt/jwt-status-list makes lists, which jose signs. With `proof` alone it prints a proof of possession made by jose.
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.argv[2] + "/"));
const jose = await import(pathToFileURL(require.resolve("jose")).href);
const { SDJwtVcInstance } = require("@sd-jwt/sd-jwt-vc");
const { StatusList, createHeaderAndPayload } = require("@sd-jwt/jwt-status-list");
const given = JSON.parse(readFileSync(0, "utf8"));

const signJose = async (payload, header, jwk, alg = "Ed25519") =>
  new jose.CompactSign(new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload)))
    .setProtectedHeader({ alg, ...header }).sign(jwk instanceof Object && jwk.kty ? await jose.importJWK(jwk, alg) : jwk);

if (given.proof) {
  const { d, ...jwk } = given.proof.key;
  console.log(JSON.stringify(await signJose(given.proof.payload, { typ: "countersign-proof+jwt", jwk }, { d, ...jwk })));
  process.exit(0);
}

const hash = (text) => createHash("sha256").update(text).digest("base64url");
const ed25519 = (jwk) => (data) => sign(null, Buffer.from(data), createPrivateKey({ key: jwk, format: "jwk" })).toString("base64url");
const entry = Buffer.from(JSON.stringify(given.transaction)).toString("base64url");
const bound = { ...given.binding, transaction_data_hashes: [hash(entry)], transaction_data_hashes_alg: "sha-256" };
const claims = (changes = {}) => ({ ...given.claims, ...changes });

// --- @sd-jwt/sd-jwt-vc ---

const instance = (options) => new SDJwtVcInstance({
  hasher: (data, algorithm) => createHash(algorithm.replace("-", "")).update(Buffer.from(data)).digest(), hashAlg: options.hashAlg ?? "sha-256",
  saltGenerator: (size) => randomBytes(size).toString("base64url"), signer: ed25519(options.issuer ?? given.issuer), signAlg: options.alg ?? "Ed25519",
  kbSigner: ed25519(options.holder ?? given.holder), kbSignAlg: options.kbAlg ?? "Ed25519" });

const issue = (options = {}) => instance(options).issue(
  { ...claims(options.claims), ...given.disclosable }, { _sd: Object.keys(given.disclosable), ...options.frame },
  { header: { kid: given.kid, ...options.header } });

async function present(options = {}) {
  const shown = Object.fromEntries((options.show ?? ["name"]).map((name) => [name, true]));
  return instance(options).present(options.credential ?? await issue(options), shown, { kb: { payload: { ...bound, ...options.binding } } });
}

// --- jose: the same by hand, for what the library would not do ---

const keyBinding = (presentation, { binding, kbHeader, holder, kbAlg } = {}) => signJose(
  { ...bound, sd_hash: hash(presentation), ...binding }, { typ: "kb+jwt", ...kbHeader }, holder ?? given.holder, kbAlg);
const withBinding = async (presentation, options) => presentation + await keyBinding(presentation, options);
const byJose = async (options = {}) => withBinding(
  await signJose(options.text ?? claims(options.claims), { kid: given.kid, typ: "dc+sd-jwt", ...options.header }, options.issuer ?? given.issuer, options.alg) + "~",
  options);

const parts = (credential) => { const [jwt, ...rest] = credential.split("~"); return { jwt, disclosures: rest.slice(0, -1) }; };
const joined = (jwt, disclosures) => [jwt, ...disclosures].join("~") + "~";
const altered = (jwt, change) => { // the payload, and not the signature over it
  const [header, payload, signature] = jwt.split(".");
  return [header, Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, "base64url")), ...change })).toString("base64url"), signature].join(".");
};

const cases = [];
const add = async (name, expect, sign_off, transaction_data = [entry]) => cases.push({ name, expect, sign_off: await sign_off, transaction_data });
const credential = await issue();
const { jwt, disclosures } = parts(credential);
const [name, number] = disclosures;
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

// What they issue and we allow: order of members, white space, decoys and the older name of the algorithm are theirs to choose.
await add("sd-jwt-vc", null, present());
await add("sd-jwt-vc: all disclosed", null, present({ show: ["name", "licence_number"] }));
await add("sd-jwt-vc: nothing disclosed", null, present({ show: [] }));
await add("sd-jwt-vc: decoy digests", null, present({ frame: { _sd_decoy: 5 } }));
await add("sd-jwt-vc: EdDSA", null, present({ alg: "EdDSA", kbAlg: "EdDSA" }));
await add("sd-jwt-vc: a claim that is not of the profile", null, present({ claims: { department: "radiology" } }));
await add("sd-jwt-vc and jose: disclosures in another order", null, withBinding(joined(jwt, [number, name])));
await add("jose: no disclosable claims", null, byJose());
await add("jose: members in reverse", null, byJose({ text: JSON.stringify(Object.fromEntries(Object.entries(given.claims).reverse())) }));
await add("jose: white space", null, byJose({ text: JSON.stringify(given.claims, null, 2) + "\n" }));

// One thing altered each: by whoever issued it, or on the way.
await add("a claim altered on the way", "signature-bad", withBinding(joined(altered(jwt, { level: "independent", sub: "018f0000-0000-7000-8000-000000000000" }), [name])));
await add("profession: nurse", "profession", present({ claims: { profession: "nurse" } }));
await add("level: supervised", "level", present({ claims: { level: "supervised" } }));
await add("site: another", "site", present({ claims: { site: { id: "clinic-9", basis: "primary", consent: true } } }));
await add("another subject than the log committed", "binding-mismatch", present({ claims: { sub: "018f0000-0000-7000-8000-000000000000" } }));
await add("the index of somebody who is suspended", "binding-mismatch", present({ claims: { status: given.endedStatus } }));
await add("vct of another version", "type-wrong", present({ claims: { vct: given.claims.iss + "/vct/practitioner/2" } }));
await add("not a test credential", "credential-test", present({ claims: { test: undefined } }));
await add("life of 25 hours", "credential-too-long", present({ claims: { exp: given.claims.nbf + 90000 } }));
await add("expired", "credential-expired", present({ claims: { exp: given.binding.iat - 61 } }));
await add("iat with a fraction", "malformed-claims", byJose({ text: JSON.stringify(given.claims).replace(/"iat":\d+/, "$&.5") }));
await add("no status", "malformed-claims", present({ claims: { status: undefined } }));
await add("a claim twice", "malformed-json", byJose({ text: JSON.stringify(given.claims).replace("{", '{"level":"provisional",') }));

// Algorithm, type, key.
await add("alg ES256", "malformed-header", byJose({ issuer: p256, alg: "ES256" }));
await add("alg HS256 under the public key", "malformed-header", byJose({ issuer: Buffer.from(given.issuer.x, "base64url"), alg: "HS256" }));
await add("typ vc+sd-jwt", "malformed-header", present({ header: { typ: "vc+sd-jwt" } }));
await add("typ application/dc+sd-jwt", "malformed-header", present({ header: { typ: "application/dc+sd-jwt" } }));
await add("the key in the header", "malformed-header", present({ header: { jwk: { kty: "OKP", crv: "Ed25519", x: given.foreign.x } } }));
await add("no kid", "malformed-header", present({ header: { kid: undefined } }));
await add("a foreign key", "issuer-unknown", present({ issuer: given.foreign, header: { kid: await jose.calculateJwkThumbprint(given.foreign) } }));
await add("a foreign key under our kid", "signature-bad", present({ issuer: given.foreign }));
await add("a trusted key under another issuer", "issuer-unknown", present({ claims: { iss: "https://elsewhere.test" } }));

// Disclosures.
await add("reordered after it was signed", "holder-signature-bad", withBinding(joined(jwt, [name, number])).then((s) => joined(jwt, [number, name]) + s.split("~").at(-1)));
await add("one left out after it was signed", "holder-signature-bad", withBinding(joined(jwt, [name, number])).then((s) => joined(jwt, [name]) + s.split("~").at(-1)));
await add("one twice", "malformed-disclosure", withBinding(joined(jwt, [name, name])));
await add("one of another credential", "malformed-disclosure", withBinding(joined(jwt, parts(await issue()).disclosures)));
await add("a claim that must not be disclosable, disclosed", "malformed-disclosure", present({ frame: { _sd: ["name", "level"] }, show: ["name", "level"] }));
await add("a claim that must not be disclosable, kept back", "malformed-claims", present({ frame: { _sd: ["name", "level"] } }));
await add("a part of a claim", "malformed-disclosure", present({ frame: { privileges: { _sd: ["narcotic"] } }, show: [] }));
await add("an element of a list", "malformed-disclosure", present({ frame: { jurisdiction: { _sd: [0] } }, show: [] }));
await add("digests of SHA-512", "malformed-disclosure", present({ hashAlg: "sha-512", show: [] }));

// Key binding and transaction data.
await add("key binding by another key", "holder-signature-bad", present({ holder: given.foreign }));
await add("key binding of type JWT", "malformed-header", withBinding(joined(jwt, [name]), { kbHeader: { typ: "JWT" } }));
await add("key binding with a kid", "malformed-header", withBinding(joined(jwt, [name]), { kbHeader: { kid: "holder" } }));
await add("key binding ES256", "malformed-header", withBinding(joined(jwt, [name]), { holder: p256, kbAlg: "ES256" }));
await add("no key binding", "malformed-token", joined(jwt, [name]));
await add("a nonce of another request", "nonce-wrong", present({ binding: { nonce: randomBytes(16).toString("base64url") } }));
await add("for another deployment", "audience-wrong", present({ binding: { aud: "deployment-2" } }));
await add("an audience in a list", "malformed-key-binding", present({ binding: { aud: [given.binding.aud] } }));
await add("the hash of the decoded transaction data", "hash-mismatch", present({ binding: { transaction_data_hashes: [hash(JSON.stringify(given.transaction))] } }));
await add("a further hash", "hash-mismatch", present({ binding: { transaction_data_hashes: [hash(entry), hash("other")] } }));
await add("without jti", "malformed-key-binding", present({ binding: { jti: undefined } }));
await add("transaction data that nobody signed", "hash-mismatch", present(),
  [Buffer.from(JSON.stringify({ ...given.transaction, meaning: "authorship" })).toString("base64url")]);
await add("the JSON serialisation", "malformed-token", JSON.stringify(await new jose.FlattenedSign(new TextEncoder().encode(JSON.stringify(given.claims)))
  .setProtectedHeader({ alg: "Ed25519", kid: given.kid, typ: "dc+sd-jwt" }).sign(await jose.importJWK(given.issuer, "Ed25519"))));

// --- status lists ---

const lists = [];
const listKid = await jose.calculateJwkThumbprint(given.listKey);
async function addList(name, bits, entries, changes = {}) {
  const values = new Array(changes.size ?? 64).fill(0);
  for (const [index, value] of Object.entries(entries)) values[index] = value;
  const { header, payload } = createHeaderAndPayload(new StatusList(values, bits),
    { iss: given.claims.iss, sub: given.listUri, iat: given.now, exp: given.now + 3600, ttl: 60, ...changes.claims }, { alg: "EdDSA", typ: "statuslist+jwt" });
  const token = await signJose(payload, { ...header, kid: listKid, ...changes.header }, changes.key ?? given.listKey, "EdDSA");
  lists.push({ name, token, expect: changes.expect ?? null, entries: { 0: 0, ...entries, ...changes.asked } });
}
await addList("1 bit", 1, { 3: 1, 63: 1 });
await addList("2 bits", 2, { 0: 1, 1: 2, 2: 3, 63: 2 });
await addList("4 bits", 4, { 5: 15, 63: 8 });
await addList("8 bits", 8, { 7: 255, 63: 128 });
await addList("2 bits, 100,000 entries", 2, { 99999: 3 }, { size: 100000 });
await addList("an index behind the end", 2, {}, { asked: { 64: 0 }, expect: "index" });
await addList("of another uri", 2, {}, { claims: { sub: given.listUri + "1" }, expect: "sub" });
await addList("expired", 2, {}, { claims: { exp: given.now }, expect: "exp" });
await addList("without a time to live", 2, {}, { claims: { ttl: undefined }, expect: "claims" });
await addList("of another type", 2, {}, { header: { typ: "JWT" }, expect: "header" });
await addList("by another key", 2, {}, { key: given.foreign, expect: "signature" });
console.log(JSON.stringify({ cases, lists }));
