//! How the section was measured, for the document.

/// The paragraphs.
pub(super) const METHOD: [&str; 4] = [
    "The emulator answers as late as the real service: the token comes after 1 s, `Begin` 0.6 s \
     after the socket is open, words 0.3 s after their audio, and a backlog is processed at 1.25 \
     times real time. A relay delays everything between the browser and both servers by half a \
     round trip in each direction, sockets too. The server is near the service. The microphone \
     speaks words as tones from the moment it is opened, six words to a sentence, so each word on \
     the page says when it was spoken. Each recording has a fresh browser profile.",
    "*The early click* comes as soon as the button works, while the module is loading. *The usual \
     click* comes when nothing has been loaded for a second. *Live captions*: the first moment at \
     which words are shown and the status is *Live*. The service reports words in groups, so the \
     newest word on the page is late by more than a word's delay; the table compares the lag at \
     that moment with the usual one, from 12 s after the click on.",
    "*Speech lost*: a `MediaStreamTrackProcessor` in the page keeps the microphone's track from \
     the moment at which it is open. The service's recording is located in it by correlation; \
     the sound that precedes the recording's first sound is lost.",
    "For comparison: an earlier build asked for the token after the microphone was open, and sent \
     audio after `Begin`. On the real service, the session began 2.2 to 2.8 s after the click, and \
     the captions were live only 7 to 9 s later.",
];
