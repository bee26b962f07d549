//! One function for many items on several threads, and the line that shows its progress to people.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::workspace::process::{clear_status, show_status};

/// The stack of each thread, in bytes.
pub(crate) const STACK: usize = 16 * 1024 * 1024;
/// A run that ends before this shows no progress.
const PATIENCE: Duration = Duration::from_millis(500);
/// The time between two updates of the progress line.
const ROUND: Duration = Duration::from_millis(100);

/// Whether a run shows its progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// After [`PATIENCE`].
    Shown,
    /// Never.
    Hidden,
}

/// The way an item is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// At the same time as others. The item can be postponed.
    Shared,
    /// Alone, after all others.
    Alone,
}

/// Resolves a number of threads: 0 is one per core.
pub(crate) fn thread_count(given: usize) -> usize {
    if given > 0 { given } else { thread::available_parallelism().map_or(1, NonZero::get) }
}

/// The items whose results are together in memory.
const BATCH: usize = 1_024;

/// Applies `work` to all items and passes the results to `take`, in the order of the items, a batch at a time.
///
/// An item for which `work` returns `None` is postponed: it gets a second turn alone, on the calling thread, so that the
/// memory that one such item has used serves the next. If a thread cannot be started, the others do its work.
pub(crate) fn parallel_map<'t, T: Sync, R: Send + Sync>(
    items: &'t [T],
    threads: usize,
    progress: Progress,
    work: impl Fn(&T, Turn) -> Option<R> + Sync,
    mut take: impl FnMut(&'t T, Option<R>),
) {
    let done = &AtomicUsize::new(0);
    let (unfinished, finished) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // Dropped at the end of this closure, which ends the progress line.
        let _unfinished = unfinished;
        if progress == Progress::Shown {
            let _ = thread::Builder::new()
                .spawn_scoped(scope, move || show_progress(done, items.len(), &finished));
        }
        for batch in items.chunks(BATCH) {
            for (item, result) in batch.iter().zip(map_batch(batch, threads, done, &work)) {
                take(item, result);
            }
        }
    });
}

fn map_batch<T: Sync, R: Send + Sync>(
    items: &[T],
    threads: usize,
    done: &AtomicUsize,
    work: &(impl Fn(&T, Turn) -> Option<R> + Sync),
) -> Vec<Option<R>> {
    let next = &AtomicUsize::new(0);
    let slots: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
    let work_on = |at: usize, turn: Turn| {
        if let Some(result) = work(&items[at], turn) {
            slots[at].get_or_init(|| result);
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let work_shared = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= items.len() {
                break;
            }
            work_on(at, Turn::Shared);
        }
    };
    thread::scope(|scope| {
        let mut others = Vec::new();
        for _ in 1..threads.min(items.len()) {
            others.extend(thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work_shared));
        }
        work_shared();
        for other in others {
            let _ = other.join();
        }
    });
    for (at, _) in slots.iter().enumerate().filter(|(_, slot)| slot.get().is_none()) {
        work_on(at, Turn::Alone);
    }
    slots.into_iter().map(OnceLock::into_inner).collect()
}

/// Updates the progress line until the other end of the channel is dropped.
fn show_progress(done: &AtomicUsize, total: usize, finished: &Receiver<()>) {
    let mut wait = PATIENCE;
    while finished.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = ROUND;
        show_status(&format!("checked {} of {}", grouped(done.load(Ordering::Relaxed)), grouped(total)));
    }
    clear_status();
}

/// Writes a number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    String::from_utf8_lossy(&groups.join(&b',')).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Progress, Turn, grouped, parallel_map};

    #[test]
    fn thousands_are_separated_by_commas() {
        let written = [0, 999, 1_200, 40_000, 1_234_567].map(grouped);
        assert_eq!(written, ["0", "999", "1,200", "40,000", "1,234,567"]);
    }

    #[test]
    fn results_are_in_the_order_of_the_items_and_postponed_ones_among_them() {
        let items: Vec<u32> = (0..3_000).collect();
        for threads in [0, 1, 7] {
            let mut results = Vec::new();
            let work =
                |item: &u32, turn| (!item.is_multiple_of(10) || turn == Turn::Alone).then_some(item * 2);
            parallel_map(&items, threads, Progress::Hidden, work, |item, result| {
                results.push((*item, result));
            });
            let expected: Vec<_> = items.iter().map(|item| (*item, Some(item * 2))).collect();
            assert_eq!(results, expected, "{threads}");
        }
    }
}
