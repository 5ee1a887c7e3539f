// Transcribes a WAV file with AssemblyAI's own library, and prints each final turn on a line: once
// with a temporary token, as a browser does.
//
// Arguments: host and port of the service, and the file (16 kHz, 16-bit, mono).

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";

// Installed in the folder where this program is started.
const { AssemblyAI, StreamingTranscriber } = createRequire(`${process.cwd()}/`)("assemblyai");
const [host, path] = process.argv.slice(2);
const client = new AssemblyAI({ apiKey: "a-key", streamingBaseUrl: `https://${host}` });
const token = await client.streaming.createTemporaryToken({ expires_in_seconds: 60 });
const transcriber = new StreamingTranscriber({
  token,
  websocketBaseUrl: `wss://${host}/v3/ws`,
  sampleRate: 16000,
  speechModel: "universal-3-5-pro",
});
transcriber.on("turn", (turn) => {
  if (turn.end_of_turn) console.log(turn.transcript);
});
transcriber.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
await transcriber.connect();
const sound = readFileSync(path).subarray(44);
for (let at = 0; at < sound.length; at += 3200) {
  const chunk = Buffer.alloc(3200);
  sound.copy(chunk, 0, at, at + 3200);
  transcriber.sendAudio(chunk);
  await setTimeout(100); // as fast as it is spoken
}
await transcriber.close();
