/* SPDX-License-Identifier: ISC */
#include "link/pindir.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

void pindir_path(const char *fs, const char *wpan, const char *map, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/" PINDIR_TOP "/%s%s%s", fs, wpan, map[0] ? "/" : "", map);
}

/* Where no bpf file system is mounted sysfs says that nobody may, which would mislead. */
static int fault(const char *fs, int err)
{
	struct statfs st;

	return statfs(fs, &st) || st.f_type != BPF_FS_MAGIC ? -ENODEV : err;
}

static int make(const char *path)
{
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

/* A bpf file system that was mounted by hand is everybody's, as /tmp is: somebody else may have
 * been first. */
static bool is_ours_alone(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IRWXG | S_IRWXO));
}

int pindir_make(const char *fs, const char *wpan)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/" PINDIR_TOP, fs);
	err = make(path);
	if (err)
		return fault(fs, err);
	if (!is_ours_alone(path))
		return -EPERM;
	pindir_path(fs, wpan, "", path);
	return make(path);
}
