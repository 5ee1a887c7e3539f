//! `--record-dir`: writes the audio and the log of a session to files.
//!
//! Both files get their names only when they are complete, the log last. So a test can wait for the
//! log.

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio::{
    fs::{self, File},
    io::{AsyncSeekExt, AsyncWriteExt, BufWriter},
};

use crate::session_log::SessionLog;

/// Writes the WAV file and the log of one session.
pub(crate) struct AudioRecorder {
    folder: PathBuf,
    id: String,
    rate_hz: u32,
    file: BufWriter<File>,
    data_bytes: u64,
}

impl AudioRecorder {
    /// Creates the WAV file under a temporary name.
    pub(crate) async fn start(folder: &Path, id: &str, rate_hz: u32) -> io::Result<Self> {
        fs::create_dir_all(folder).await?;
        let file = File::create(folder.join(format!(".{id}.wav.part"))).await?;
        let mut recorder = Self {
            folder: folder.to_owned(),
            id: id.to_owned(),
            rate_hz,
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            data_bytes: 0,
        };
        recorder.file.write_all(&wav_header(rate_hz, 0)).await?;
        Ok(recorder)
    }

    /// Appends samples.
    pub(crate) async fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        let bytes: Vec<u8> = samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        self.data_bytes += bytes.len() as u64;
        self.file.write_all(&bytes).await
    }

    /// Completes both files and renames them to their final names.
    pub(crate) async fn finish(mut self, log: &SessionLog) -> io::Result<()> {
        self.file.rewind().await?;
        self.file
            .write_all(&wav_header(self.rate_hz, self.data_bytes))
            .await?;
        self.file.flush().await?;
        self.rename("wav").await?;
        let mut json = serde_json::to_vec_pretty(log)?;
        json.push(b'\n');
        fs::write(self.temporary_path("json"), json).await?;
        self.rename("json").await
    }

    async fn rename(&self, kind: &str) -> io::Result<()> {
        let name = self.folder.join(format!("{}.{kind}", self.id));
        fs::rename(self.temporary_path(kind), name).await
    }

    fn temporary_path(&self, kind: &str) -> PathBuf {
        self.folder.join(format!(".{}.{kind}.part", self.id))
    }
}

/// Returns the 44-byte WAV header for 16-bit mono samples.
fn wav_header(rate_hz: u32, data_bytes: u64) -> Vec<u8> {
    // The longest session, three hours at 96 kHz, has 2 GB, so the format's 32 bits suffice.
    let data = u32::try_from(data_bytes).unwrap_or(u32::MAX - 36);
    let mut header = Vec::with_capacity(44);
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&(data + 36).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&16_u32.to_le_bytes());
    for field in [1_u16, 1] {
        header.extend_from_slice(&field.to_le_bytes());
    }
    header.extend_from_slice(&rate_hz.to_le_bytes());
    header.extend_from_slice(&(rate_hz * 2).to_le_bytes());
    for field in [2_u16, 16] {
        header.extend_from_slice(&field.to_le_bytes());
    }
    header.extend_from_slice(b"data");
    header.extend_from_slice(&data.to_le_bytes());
    header
}

/// Two seconds of audio at 16 kHz.
const BUFFER_BYTES: usize = 64 * 1024;
