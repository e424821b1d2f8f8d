// Reads messages as NDJSON, one {"kind", "body", ...} a line, and prints what others' code says against them: a
// JSON list of one list of complaints for each. Only what it knows of: teams, discord, and signatures.
import { createPublicKey, verify } from "node:crypto";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { EmbedBuilder } from "@discordjs/builders";
import { Webhook } from "standardwebhooks";

const cards = createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.js");

function teams(message) {
  const content = message.attachments[0].content;
  const context = new cards.SerializationContext();
  const card = new cards.AdaptiveCard();
  card.parse(content, context);
  const said = [];
  for (let i = 0; i < context.eventCount; i++) said.push(context.getEventAt(i).message);
  for (const event of card.validateProperties().validationEvents) said.push(event.message);
  if (card.getItemCount() !== content.body.length) said.push(`${card.getItemCount()} elements of ${content.body.length} are shown`);
  return said;
}

// The setters check, the constructor does not.
function discord(message) {
  const embed = message.embeds[0];
  const built = new EmbedBuilder();
  built.setTitle(embed.title).setColor(embed.color).setTimestamp(new Date(embed.timestamp));
  if (embed.description !== undefined) built.setDescription(embed.description);
  if (embed.url !== undefined) built.setURL(embed.url);
  built.setFields(...embed.fields).setFooter({ text: embed.footer.text });
  const shown = built.toJSON();
  return shown.fields.length === embed.fields.length ? [] : ["fields are missing"];
}

function ed25519(key, text, signatures) {
  const raw = Buffer.from(key.slice("whpk_".length), "base64");
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
  const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
  const own = signatures.split(" ").filter((each) => each.startsWith("v1a,"));
  return own.some((each) => verify(null, Buffer.from(text), publicKey, Buffer.from(each.slice(4), "base64")));
}

function signature(line) {
  const headers = { "webhook-id": line.id, "webhook-timestamp": line.timestamp, "webhook-signature": line.signature };
  for (const secret of line.secrets) new Webhook(secret).verify(line.body, headers);
  const right = ed25519(line.public, `${line.id}.${line.timestamp}.${line.body}`, line.signature);
  return right ? [] : ["no v1a signature is right"];
}

function judge(line) {
  try {
    const said = line.signature === undefined ? [] : signature(line);
    if (line.kind === "teams") said.push(...teams(JSON.parse(line.body)));
    if (line.kind === "discord") said.push(...discord(JSON.parse(line.body)));
    return said;
  } catch (error) {
    return [`${error.name}: ${error.message}`.slice(0, 500)];
  }
}

const answers = [];
for await (const line of createInterface({ input: process.stdin })) answers.push(judge(JSON.parse(line)));
console.log(JSON.stringify(answers));
