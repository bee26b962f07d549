//! The outputs of rows, which are written while files are checked: other reports are written when a run ends.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::output::rows::{RowContext, run_row};
use crate::report::Report;
use crate::workspace::files::Replacement;

/// Writes the rows of a run to all their outputs.
#[derive(Debug)]
pub(crate) struct RowWriter<'r> {
    pub(crate) context: RowContext,
    pub(crate) sinks: &'r [RowSink],
}

impl RowWriter<'_> {
    pub(crate) fn write(&self, rows: &str) {
        if !rows.is_empty() {
            self.sinks.iter().for_each(|sink| sink.write(rows.as_bytes()));
        }
    }
}

/// Standard output, or a file that is replaced when the run ends. Copies share their state.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowSink {
    file: Option<PathBuf>,
    open: Arc<Mutex<Option<OpenSink>>>,
}

/// A sink that has rows; an error ends it.
type OpenSink = io::Result<RowStream>;

#[derive(Debug)]
enum RowStream {
    Stdout(BufWriter<Stdout>),
    File(Box<BufWriter<Replacement>>),
}

impl RowSink {
    pub(crate) fn new(file: Option<&Path>) -> Self {
        Self { file: file.map(Path::to_owned), ..Self::default() }
    }

    fn write(&self, rows: &[u8]) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = open.get_or_insert_with(|| RowStream::open(self.file.as_deref()));
        if let Ok(out) = stream
            && let Err(error) = out.writer().write_all(rows)
        {
            *stream = Err(error);
        }
    }

    /// Adds the last row and completes the output. Returns `None` if nothing was written before.
    pub(crate) fn finish(&self, report: &Report) -> Option<io::Result<()>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(open.and_then(|mut stream| {
            stream.writer().write_all(run_row(report).as_bytes())?;
            stream.writer().flush()?;
            match stream {
                RowStream::Stdout(_) => Ok(()),
                RowStream::File(file) => file.into_inner().map_err(io::Error::from)?.finish(),
            }
        }))
    }
}

impl RowStream {
    fn open(file: Option<&Path>) -> io::Result<Self> {
        const BUFFER: usize = 64 * 1024;
        Ok(match file {
            Some(file) => Self::File(Box::new(BufWriter::with_capacity(BUFFER, Replacement::begin(file)?))),
            None => Self::Stdout(BufWriter::with_capacity(BUFFER, io::stdout())),
        })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Stdout(out) => out,
            Self::File(out) => out,
        }
    }
}
