//! Hours that were fetched before, in the user's cache directory.
//!
//! A file per hour, a gzip member per page: its events, a JSON object a line, and a last line that says
//! where the next page begins. So a fetch that was broken off goes on where it was. A file that cannot
//! be read to its end is fetched anew. The files hold the user's log lines: nobody else may read them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

use aws::{LogPage, PageEvent};
use diagnosis::Timestamp;
use serde::{Deserialize, Serialize};

/// All files together; beyond it the oldest go.
pub(super) const MAX_BYTES: u64 = 1 << 30;

/// Hours of log groups.
#[derive(Debug)]
pub(super) struct Cache {
    root: PathBuf,
    /// So much more may be written in this run.
    left: u64,
}

/// The hours of one log group.
#[derive(Debug)]
pub(super) struct Hours {
    folder: PathBuf,
}

/// What is kept of an hour.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Nothing,
    /// Its first pages; the next one begins here.
    Begun(String),
    Whole,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    Event {
        t: i64,
        s: String,
        i: String,
        m: String,
    },
    /// The end of a page.
    End {
        next: Option<String>,
    },
}

/// `$XDG_CACHE_HOME`, else `~/.cache`; both are read by whoever calls.
pub(super) fn root(xdg: Option<&str>, home: Option<&str>) -> Option<PathBuf> {
    let absolute = |path: &&str| Path::new(path).is_absolute();
    let base = xdg.filter(absolute).map(PathBuf::from);
    let base = base.or_else(|| home.filter(absolute).map(|home| Path::new(home).join(".cache")));
    base.map(|base| base.join("gatewatch").join("logs"))
}

impl Cache {
    /// Opens the cache and makes room in it.
    pub(super) fn open(root: PathBuf) -> Self {
        let mut files = files_below(&root);
        files.sort_by_key(|(_, changed, _)| std::cmp::Reverse(*changed));
        let mut bytes = 0;
        for (path, _, size) in files {
            bytes += size;
            if bytes > MAX_BYTES {
                let _ = fs::remove_file(path);
            }
        }
        Self { root, left: MAX_BYTES }
    }

    /// The hours of a log group, told apart from others of the same name by account, region and the
    /// time it was made.
    pub(super) fn hours(
        &self,
        account: &str,
        region: &str,
        log_group: &str,
        made: Timestamp,
    ) -> Hours {
        let made = made.as_millis().to_string();
        let parts = [account, region, log_group, &made].map(str::as_bytes);
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = log_group.chars().map(plain).take(80).collect();
        let folder = format!("{}-{:016x}", name.trim_matches('-'), alerting::hash::of(&parts));
        Hours { folder: self.root.join(folder) }
    }

    /// Adds a page to an hour, whose first it may be. A cache that cannot be written, is full, or is
    /// written by somebody else too is done without.
    pub(super) fn add(&mut self, hours: &Hours, hour: i64, page: &LogPage, is_first: bool) {
        let Ok(bytes) = packed(page) else { return };
        let left = self.left.checked_sub(bytes.len() as u64);
        // Pages that follow one that is missing would look like all of them.
        self.left = left.filter(|_| hours.append(hour, &bytes, is_first).is_ok()).unwrap_or(0);
    }
}

impl Hours {
    fn file(&self, hour: i64) -> PathBuf {
        let time = Timestamp::from_millis(hour * super::chunks::HOUR_MS).to_string();
        // 2026-03-01T09
        self.folder.join(format!("{}.jsonl.gz", time.get(..13).unwrap_or(&time)))
    }

    /// What is kept of an hour, read to its end. What is damaged is thrown away.
    pub(super) fn kept(&self, hour: i64) -> Kept {
        let mut end = None;
        let read = self.rows(hour, &mut |row| {
            end = match row {
                Row::End { next } => Some(next),
                Row::Event { .. } => None,
            };
            Ok(())
        });
        match (read, end) {
            (Ok(()), Some(None)) => Kept::Whole,
            (Ok(()), Some(Some(next))) => Kept::Begun(next),
            _ => {
                self.forget(hour);
                Kept::Nothing
            }
        }
    }

    /// Hands on the events that are kept of an hour.
    pub(super) fn events<E: From<io::Error>>(
        &self,
        hour: i64,
        mut take: impl FnMut(PageEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        let outcome = self.rows(hour, &mut |row| {
            let Row::Event { t, s, i, m } = row else { return Ok(()) };
            let time = Timestamp::from_millis(t);
            let event = alerting::LogEvent { time, log_stream: s, message: m };
            take(PageEvent { id: i, event }).map_err(|error| {
                stopped = Some(error);
                io::Error::other("stopped")
            })
        });
        match stopped {
            Some(error) => Err(error),
            None => Ok(outcome?),
        }
    }

    pub(super) fn forget(&self, hour: i64) {
        let _ = fs::remove_file(self.file(hour));
    }

    fn rows(&self, hour: i64, take: &mut dyn FnMut(Row) -> io::Result<()>) -> io::Result<()> {
        #[expect(clippy::disallowed_types, reason = "our own file, read line by line")]
        let reader = flate2::read::MultiGzDecoder::new(File::open(self.file(hour))?);
        for line in BufReader::new(reader).lines() {
            take(serde_json::from_str(&line?)?)?;
        }
        Ok(())
    }

    fn append(&self, hour: i64, bytes: &[u8], is_first: bool) -> io::Result<()> {
        let mut folder = DirBuilder::new();
        folder.recursive(true);
        let mut file = OpenOptions::new();
        file.append(true).create_new(is_first);
        #[cfg(unix)]
        {
            std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
            std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
        }
        folder.create(&self.folder)?;
        // In one go, so that a page is there as a whole or not at all.
        file.open(self.file(hour))?.write_all(bytes)
    }
}

fn packed(page: &LogPage) -> io::Result<Vec<u8>> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for PageEvent { id, event } in &page.events {
        let row = Row::Event {
            t: event.time.as_millis(),
            s: event.log_stream.clone(),
            i: id.clone(),
            m: event.message.clone(),
        };
        crate::output::json_line(&mut out, &row)?;
    }
    crate::output::json_line(&mut out, &Row::End { next: page.next.clone() })?;
    out.finish()
}

/// Path, time of the last change and size.
fn files_below(root: &Path) -> Vec<(PathBuf, std::time::SystemTime, u64)> {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries(root).filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders
        .flat_map(|folder| entries(&folder.path()).collect::<Vec<_>>())
        .filter_map(|entry| {
            let found = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((entry.path(), found.modified().ok()?, found.len()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use alerting::LogEvent;
    use aws::{LogPage, PageEvent};
    use diagnosis::Timestamp;

    use super::{Cache, Hours, Kept, root};

    /// A folder that is gone after the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("gatewatch-{name}-{}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn event(id: &str, message: &str) -> PageEvent {
        let (time, log_stream) = (Timestamp::from_millis(7), "s".to_owned());
        let event = LogEvent { time, log_stream, message: message.to_owned() };
        PageEvent { id: id.to_owned(), event }
    }

    fn page(id: &str, next: Option<&str>) -> LogPage {
        let events = vec![event(id, "a\n{\"next\":null}\u{e9}")];
        LogPage { events, next: next.map(str::to_owned) }
    }

    fn ids(hours: &Hours, hour: i64) -> Vec<String> {
        let mut ids = Vec::new();
        let read = hours.events(hour, |event| {
            assert_eq!(event.event.message, "a\n{\"next\":null}\u{e9}");
            ids.push(event.id);
            Ok::<_, std::io::Error>(())
        });
        read.unwrap();
        ids
    }

    #[test]
    fn an_hour_is_kept_page_by_page() {
        let folder = Folder::new("pages");
        let mut cache = Cache::open(folder.0.clone());
        let hours = cache.hours("111122223333", "eu-west-1", "/my/api", Timestamp::from_millis(1));
        assert_eq!(hours.kept(9), Kept::Nothing);
        cache.add(&hours, 9, &page("1", Some("token")), true);
        assert_eq!(hours.kept(9), Kept::Begun("token".to_owned()));
        cache.add(&hours, 9, &page("2", None), false);
        assert_eq!(hours.kept(9), Kept::Whole);
        assert_eq!(ids(&hours, 9), ["1", "2"]);
        assert_eq!(hours.kept(10), Kept::Nothing, "another hour");

        // A page that broke off, or was written by somebody else.
        let file = hours.file(9);
        let bytes = fs::read(&file).unwrap();
        for damaged in [&bytes[..bytes.len() - 9], b"no gzip", b""] {
            fs::write(&file, damaged).unwrap();
            assert_eq!(hours.kept(9), Kept::Nothing);
            assert!(!file.exists());
        }
    }

    #[test]
    fn log_groups_of_one_name_are_told_apart() {
        let folder = Folder::new("names");
        let cache = Cache::open(folder.0.clone());
        let of = |account, region, group, made| {
            cache.hours(account, region, group, Timestamp::from_millis(made)).folder
        };
        let one = of("1", "eu-west-1", "/my/api", 1);
        assert_eq!(one, of("1", "eu-west-1", "/my/api", 1));
        for other in [
            of("2", "eu-west-1", "/my/api", 1),
            of("1", "eu-west-2", "/my/api", 1),
            of("1", "eu-west-1", "/my-api", 1),
            of("1", "eu-west-1", "/my/api", 2),
        ] {
            assert_ne!(one, other);
        }
        assert!(of("1", "eu-west-1", "/../../etc", 1).starts_with(&folder.0));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new("modes");
        let mut cache = Cache::open(folder.0.clone());
        let hours = cache.hours("1", "eu-west-1", "/my/api", Timestamp::from_millis(1));
        cache.add(&hours, 9, &page("1", None), true);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&hours.file(9)), 0o600);
        assert_eq!((mode(&folder.0), mode(&hours.folder)), (0o700, 0o700));
    }

    #[test]
    fn no_hour_with_a_missing_page_looks_whole() {
        let folder = Folder::new("full");
        let open = |left| Cache { left, ..Cache::open(folder.0.clone()) };
        let hours = open(0).hours("1", "eu-west-1", "/my/api", Timestamp::from_millis(1));
        let mut full = open(150);
        for (at, next) in [Some("a"), Some("b"), None].into_iter().enumerate() {
            full.add(&hours, 9, &page("1", next), at == 0);
        }
        assert_eq!(hours.kept(9), Kept::Begun("a".to_owned()));

        // Somebody else has begun it too.
        let mut other = open(10_000);
        other.add(&hours, 9, &page("1", Some("a")), true);
        other.add(&hours, 9, &page("2", None), false);
        assert_eq!(hours.kept(9), Kept::Begun("a".to_owned()));
        hours.forget(9);
        open(10_000).add(&hours, 9, &page("2", None), false);
        assert_eq!(hours.kept(9), Kept::Nothing);
    }

    #[test]
    fn the_cache_is_where_caches_are() {
        for (xdg, home, wanted) in [
            (Some("/x"), Some("/home/a"), Some("/x/gatewatch/logs")),
            (None, Some("/home/a"), Some("/home/a/.cache/gatewatch/logs")),
            (Some("relative"), Some("/home/a"), Some("/home/a/.cache/gatewatch/logs")),
            (Some(""), None, None),
        ] {
            assert_eq!(root(xdg, home), wanted.map(PathBuf::from), "{xdg:?} {home:?}");
        }
    }
}
