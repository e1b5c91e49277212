#include "include/FaultyDisk.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { sector = 512, path_max = 512 };

/// A write (or, without data, a truncation) that no sync has made safe yet.
typedef struct Pending {
    struct Pending *next;
    sqlite3_int64 offset;
    int count;
    int is_truncation;
    unsigned char data[];
} Pending;

/// What is on the disk of one file, and what is only in the system's memory.
typedef struct Watched {
    struct Watched *next;
    char path[path_max];
    int is_gone;
    unsigned char *safe;
    sqlite3_int64 safe_size;
    Pending *first, **last;
} Watched;

/// SQLite's handle: ours, with the real one behind it.
typedef struct File {
    sqlite3_file base;
    sqlite3_file *real;
    Watched *watched;
} File;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *system_vfs;
static sqlite3_vfs vfs;
static char folder[path_max];
static Watched *files;
static int is_full, has_failing_writes, has_failing_syncs, is_dead;
static long dies_after = -1, operations;
static uint64_t sync_seed;

/// SplitMix64 (Steele, Lea, Flood, 2014).
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// MARK: What is safe

static void free_pending(Watched *file) {
    while (file->first) {
        Pending *next = file->first->next;
        free(file->first);
        file->first = next;
    }
    file->last = &file->first;
}

static void resize_safe(Watched *file, sqlite3_int64 size) {
    file->safe = realloc(file->safe, size > 0 ? size : 1);
    if (size > file->safe_size) memset(file->safe + file->safe_size, 0, size - file->safe_size);
    file->safe_size = size;
}

static void make_safe(Watched *file, const Pending *change, sqlite3_int64 offset, int count) {
    if (offset + count > file->safe_size) resize_safe(file, offset + count);
    memcpy(file->safe + offset, change->data + (offset - change->offset), count);
}

static void make_all_safe(Watched *file) {
    for (Pending *change = file->first; change; change = change->next) {
        if (change->is_truncation) resize_safe(file, change->offset);
        else make_safe(file, change, change->offset, change->count);
    }
    free_pending(file);
}

/// Lets chance decide sector by sector; returns how many sectors are not safe and never will be.
static long make_some_safe(Watched *file, uint64_t *random) {
    long lost = 0;
    // Often nothing has reached the disk, or nearly all; in between anything.
    const uint64_t kind = next_random(random) % 4;
    const uint64_t share = kind == 0 ? 0 : kind == 1 ? 95 : next_random(random) % 101;
    for (Pending *change = file->first; change; change = change->next) {
        if (change->is_truncation) {
            if (next_random(random) % 100 < share) resize_safe(file, change->offset);
            else lost++;
            continue;
        }
        for (int at = 0; at < change->count;) {
            const sqlite3_int64 offset = change->offset + at;
            int count = sector - (int)(offset % sector);
            if (count > change->count - at) count = change->count - at;
            if (next_random(random) % 100 < share) make_safe(file, change, offset, count);
            else lost++;
            at += count;
        }
    }
    free_pending(file);
    return lost;
}

static void append_pending(Watched *file, const void *data, int count, sqlite3_int64 offset, int is_truncation) {
    Pending *change = malloc(sizeof(Pending) + (data ? count : 0));
    *change = (Pending){ .offset = offset, .count = count, .is_truncation = is_truncation };
    if (data) memcpy(change->data, data, count);
    *file->last = change;
    file->last = &change->next;
}

static Watched *find(const char *path) {
    for (Watched *file = files; file; file = file->next)
        if (strcmp(file->path, path) == 0) return file;
    return NULL;
}

/// What a file holds when it is seen first was there before, and is safe.
static Watched *watch(const char *path) {
    Watched *file = find(path);
    if (file) {
        file->is_gone = 0;
        return file;
    }
    file = calloc(1, sizeof(Watched));
    strncpy(file->path, path, path_max - 1);
    file->last = &file->first;
    const int descriptor = open(path, O_RDONLY);
    if (descriptor >= 0) {
        resize_safe(file, lseek(descriptor, 0, SEEK_END));
        if (pread(descriptor, file->safe, file->safe_size, 0) < 0) file->safe_size = 0;
        close(descriptor);
    }
    file->next = files;
    files = file;
    return file;
}

/// Handles may still point at it: it is kept, as a file of nothing.
static void forget(const char *path) {
    Watched *file = find(path);
    if (!file) return;
    free_pending(file);
    file->safe_size = 0;
    file->is_gone = 1;
}

/// Counts an operation; returns whether the process still lives to do it.
static int lives(void) {
    operations++;
    if (!is_dead && dies_after >= 0 && dies_after-- == 0) is_dead = 1;
    return !is_dead;
}

// MARK: A file's methods

static File *handle(sqlite3_file *file) { return (File *)file; }
static sqlite3_file *real(sqlite3_file *file) { return handle(file)->real; }

static int file_close(sqlite3_file *file) {
    const int code = real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
    free(real(file));
    return code;
}

static int file_read(sqlite3_file *file, void *data, int count, sqlite3_int64 offset) {
    return real(file)->pMethods->xRead(real(file), data, count, offset);
}

static int file_write(sqlite3_file *file, const void *data, int count, sqlite3_int64 offset) {
    Watched *watched = handle(file)->watched;
    if (!watched) return real(file)->pMethods->xWrite(real(file), data, count, offset);
    pthread_mutex_lock(&lock);
    int code = lives() ? SQLITE_OK : SQLITE_IOERR_WRITE;
    if (code == SQLITE_OK && has_failing_writes) code = SQLITE_IOERR_WRITE;
    if (code == SQLITE_OK && is_full) {
        sqlite3_int64 size = 0;
        real(file)->pMethods->xFileSize(real(file), &size);
        if (offset + count > size) code = SQLITE_FULL;
    }
    if (code == SQLITE_OK) code = real(file)->pMethods->xWrite(real(file), data, count, offset);
    if (code == SQLITE_OK) append_pending(watched, data, count, offset, 0);
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    Watched *watched = handle(file)->watched;
    if (!watched) return real(file)->pMethods->xTruncate(real(file), size);
    pthread_mutex_lock(&lock);
    int code = lives() && !has_failing_writes ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
    if (code == SQLITE_OK) code = real(file)->pMethods->xTruncate(real(file), size);
    if (code == SQLITE_OK) append_pending(watched, NULL, 0, size, 1);
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_sync(sqlite3_file *file, int flags) {
    Watched *watched = handle(file)->watched;
    if (!watched) return real(file)->pMethods->xSync(real(file), flags);
    pthread_mutex_lock(&lock);
    int code = lives() ? SQLITE_OK : SQLITE_IOERR_FSYNC;
    if (code == SQLITE_OK && has_failing_syncs) {
        make_some_safe(watched, &sync_seed);
        code = SQLITE_IOERR_FSYNC;
    } else if (code == SQLITE_OK) {
        make_all_safe(watched);
    }
    pthread_mutex_unlock(&lock);
    return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) { return real(file)->pMethods->xFileSize(real(file), size); }
static int file_lock(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }
static int file_unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
static int file_reserved(sqlite3_file *file, int *result) { return real(file)->pMethods->xCheckReservedLock(real(file), result); }
static int file_control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
static int file_sector(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }
static int file_traits(sqlite3_file *file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
static int file_map(sqlite3_file *file, int page, int size, int extends, void volatile **memory) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extends, memory);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
static void file_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }
static int file_unmap(sqlite3_file *file, int deletes) { return real(file)->pMethods->xShmUnmap(real(file), deletes); }

// Version 2: shared memory, but no mapped reads, which would go past us.
static const sqlite3_io_methods methods = {
    2, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock, file_unlock, file_reserved,
    file_control, file_sector, file_traits, file_map, file_shm_lock, file_barrier, file_unmap, NULL, NULL,
};

// MARK: The file system's methods

static int is_watched(const char *path) { return path && folder[0] && strncmp(path, folder, strlen(folder)) == 0; }

static int vfs_open(sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags, int *result) {
    (void)self;
    file->pMethods = NULL;
    sqlite3_file *behind = calloc(1, system_vfs->szOsFile);
    const int code = system_vfs->xOpen(system_vfs, path, behind, flags, result);
    if (code != SQLITE_OK && !behind->pMethods) {
        free(behind);
        return code;
    }
    handle(file)->real = behind;
    handle(file)->watched = NULL;
    if (is_watched(path)) {
        pthread_mutex_lock(&lock);
        handle(file)->watched = watch(path);
        pthread_mutex_unlock(&lock);
    }
    file->pMethods = &methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *self, const char *path, int syncs) {
    (void)self;
    if (!is_watched(path)) return system_vfs->xDelete(system_vfs, path, syncs);
    pthread_mutex_lock(&lock);
    int code = lives() ? SQLITE_OK : SQLITE_IOERR_DELETE;
    if (code == SQLITE_OK) {
        code = system_vfs->xDelete(system_vfs, path, syncs);
        forget(path);
    }
    pthread_mutex_unlock(&lock);
    return code;
}

static int vfs_access(sqlite3_vfs *self, const char *path, int flags, int *result) {
    (void)self;
    return system_vfs->xAccess(system_vfs, path, flags, result);
}
static int vfs_full_path(sqlite3_vfs *self, const char *path, int count, char *result) {
    (void)self;
    return system_vfs->xFullPathname(system_vfs, path, count, result);
}
static int vfs_randomness(sqlite3_vfs *self, int count, char *result) {
    (void)self;
    // The WAL's salts: the same seed gives the same run.
    memset(result, 0x5a, count);
    return count;
}
static int vfs_sleep(sqlite3_vfs *self, int microseconds) {
    (void)self;
    return system_vfs->xSleep(system_vfs, microseconds);
}
static int vfs_time(sqlite3_vfs *self, double *result) {
    (void)self;
    return system_vfs->xCurrentTime(system_vfs, result);
}
static int vfs_error(sqlite3_vfs *self, int count, char *result) {
    (void)self;
    return system_vfs->xGetLastError(system_vfs, count, result);
}

// MARK: What simulations call

int faulty_disk_register(void) {
    if (system_vfs) return SQLITE_OK;
    const int code = sqlite3_initialize();
    if (code != SQLITE_OK) return code;
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = (sqlite3_vfs){
        .iVersion = 1, .szOsFile = sizeof(File), .mxPathname = system_vfs->mxPathname, .zName = "faulty",
        .xOpen = vfs_open, .xDelete = vfs_delete, .xAccess = vfs_access, .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness, .xSleep = vfs_sleep, .xCurrentTime = vfs_time, .xGetLastError = vfs_error,
    };
    return sqlite3_vfs_register(&vfs, 1);
}

void faulty_disk_watch(const char *path) {
    pthread_mutex_lock(&lock);
    while (files) {
        Watched *next = files->next;
        free_pending(files);
        free(files->safe);
        free(files);
        files = next;
    }
    strncpy(folder, path, path_max - 1);
    is_full = has_failing_writes = has_failing_syncs = is_dead = 0;
    dies_after = -1;
    operations = 0;
    pthread_mutex_unlock(&lock);
}

#define UNDER_LOCK(statement) do { pthread_mutex_lock(&lock); statement; pthread_mutex_unlock(&lock); } while (0)

void faulty_disk_set_full(int value) { UNDER_LOCK(is_full = value); }
void faulty_disk_set_failing_writes(int value) { UNDER_LOCK(has_failing_writes = value); }
void faulty_disk_set_failing_syncs(int value, uint64_t seed) { UNDER_LOCK(has_failing_syncs = value; sync_seed = seed); }
void faulty_disk_die_after(long count) { UNDER_LOCK(dies_after = count); }
void faulty_disk_die_now(void) { UNDER_LOCK(is_dead = 1); }
void faulty_disk_revive(void) { UNDER_LOCK(is_dead = 0; dies_after = -1); }

int faulty_disk_is_dead(void) {
    int result;
    UNDER_LOCK(result = is_dead);
    return result;
}

int faulty_disk_step(void) {
    int result;
    UNDER_LOCK(result = lives());
    return result;
}

long faulty_disk_operations(void) {
    long result;
    UNDER_LOCK(result = operations);
    return result;
}

long faulty_disk_cut_power(uint64_t seed) {
    long lost = 0;
    pthread_mutex_lock(&lock);
    for (Watched *file = files; file; file = file->next) {
        if (file->is_gone) continue;
        lost += make_some_safe(file, &seed);
        const int descriptor = open(file->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (descriptor < 0) continue;
        if (pwrite(descriptor, file->safe, file->safe_size, 0) != file->safe_size) lost = -1;
        close(descriptor);
    }
    pthread_mutex_unlock(&lock);
    return lost;
}
