"""Transcribes a WAV file with AssemblyAI's own library, and prints each final turn on a line.

Arguments: host and port of the service, and the file (16 kHz, 16-bit, mono).
"""

import sys
import time
import wave

from assemblyai.streaming.v3 import (
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
)

host, path = sys.argv[1:]
failed = []


def on_turn(client, event):
    if event.end_of_turn:
        print(event.transcript, flush=True)


def chunks():
    with wave.open(path) as file:
        while data := file.readframes(1600):
            yield data.ljust(3200, b"\0")
            time.sleep(0.1)  # as fast as it is spoken


client = StreamingClient(StreamingClientOptions(api_key="a-key", api_host=host))
client.on(StreamingEvents.Turn, on_turn)
client.on(StreamingEvents.Error, lambda client, error: failed.append(error))
client.connect(StreamingParameters(sample_rate=16000, speech_model="universal-3-5-pro"))
client.stream(chunks())
client.disconnect(terminate=True)
sys.exit(str(failed[0]) if failed else 0)
