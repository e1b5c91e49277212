/// A SQLite VFS that lies over the system's own and behaves as disks do when things go wrong, for simulations.
///
/// Files below one folder are watched: what is written to them is known to be safe only when it has been synced. All
/// other files go straight through. What the process sees is always what it wrote, as the system's page cache shows it.
#ifndef FAULTY_DISK_H
#define FAULTY_DISK_H

#include <stdint.h>

/// Makes it SQLite's default VFS, for the rest of the process. Returns SQLite's result code.
int faulty_disk_register(void);

/// Watches the files below a folder from now on, and forgets what was known of others, which have to be closed.
void faulty_disk_watch(const char *folder);

/// Full: a write that makes a file longer fails.
void faulty_disk_set_full(int is_full);
/// Failing: every write fails.
void faulty_disk_set_failing_writes(int is_failing);
/// Every sync fails; of what was to be synced, each piece is then on the disk, or never will be, as the seed has it:
/// the system forgets after a failed sync that it was not written.
void faulty_disk_set_failing_syncs(int is_failing, uint64_t seed);

/// The process dies with that many more writes, syncs, truncations and deletions: from then on nothing has an effect.
/// Negative for never.
void faulty_disk_die_after(long operations);
int faulty_disk_is_dead(void);
/// Counts something else that the process does as one of its operations. Returns whether it still lives to do it.
int faulty_disk_step(void);
void faulty_disk_die_now(void);
/// The next process begins. Everything that the dead one had opened has to be closed before.
void faulty_disk_revive(void);

/// The power goes: of what has not been synced, each sector is on the disk or is not, as the seed has it. To be called
/// while it is dead. Returns how many sectors were lost.
long faulty_disk_cut_power(uint64_t seed);

/// How many operations there have been since the folder is watched.
long faulty_disk_operations(void);

#endif
