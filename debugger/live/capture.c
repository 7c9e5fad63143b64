/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../stream/stream.h"
#include "../../stream/sysio.h"
#include "capture.h"
#include "qmp.h"
#include "sieve.h"

#define READ_SIZE (256 * 1024)
#define RESTORE_MS 120000	/* so long the keeper tries to put things back */
#define QUIET_MS 1500		/* no byte for so long, at what may be the end */
#define FD_NAME "vmsdb-capture"

/* What the keeper tells us, in one message. */
struct word {
	enum { WORD_FOUND, WORD_DONE, WORD_FAILED } what;
	struct capture result;
	struct err err;
};

struct saved_capability {
	const char *name;
	bool was;
};

struct keeper {
	const struct capture_opts *opts;
	struct qmp qmp;
	struct sieve sieve;
	struct capture result;
	struct err *err;
	int control;		/* to the parent; its end is an order to stop */
	int in;			/* what the emulator writes */
	int out;
	bool closed;		/* in has ended */
	bool broken;		/* out cannot be written, or it is no stream */
	struct err broken_err;
	int64_t last;		/* when something came last */
	/* to be put back */
	struct saved_capability caps[24];
	size_t ncaps;
	json_t *parameters;
	json_int_t fdset;	/* -1: none */
	bool named_fd, migrating;
	bool dead;		/* nobody listens to its monitor any more */
};

/* ---- the flow of bytes ---- */

static int put(void *ctx, const void *p, size_t n)
{
	struct keeper *k = ctx;
	const char *s = p;

	while (n) {
		ssize_t w = write(k->out, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return -1;
		s += w;
		n -= (size_t)w;
	}
	return 0;
}

/* Take what is there; never waits. */
static void take(void *ctx)
{
	static char buf[READ_SIZE];
	struct keeper *k = ctx;

	for (int i = 0; i < 16 && k->in >= 0 && !k->closed; i++) {
		ssize_t n = read(k->in, buf, sizeof(buf));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			k->closed = true;
			k->qmp.also_fd = -1;
			return;
		}
		k->last = now_ms();
		/* go on reading, whatever is wrong with it */
		if (!k->broken &&
		    sieve_feed(&k->sieve, buf, (size_t)n, &k->broken_err) < 0)
			k->broken = true;
	}
}

/* Is the order to stop there? */
static bool told_to_stop(const struct keeper *k)
{
	struct pollfd p = { .fd = k->control, .events = POLLIN | POLLRDHUP };

	return poll(&p, 1, 0) > 0;
}

static void wait_flow(struct keeper *k, int ms)
{
	struct pollfd p[2] = {
		{ .fd = k->closed ? -1 : k->in, .events = POLLIN },
		{ .fd = k->control, .events = POLLIN | POLLRDHUP },
	};

	poll(p, 2, ms);
	take(k);
}

/* Is it time to give up?  Says why. */
static bool give_up(struct keeper *k)
{
	int ms = k->opts->timeout_ms;

	if (told_to_stop(k)) {
		err_set(k->err, ERR_IO, ERR_NO_OFFSET, "interrupted");
		return true;
	}
	if (k->broken) {
		*k->err = k->broken_err;
		return true;
	}
	if (now_ms() - k->last > ms) {
		err_set(k->err, ERR_LIMIT, ERR_NO_OFFSET, "the emulator has "
			"sent nothing for %d s", ms / 1000);
		return true;
	}
	return false;
}

static void tell(const struct keeper *k, int what)
{
	struct word w = { .what = what, .result = k->result };

	if (what == WORD_FAILED)
		w.err = *k->err;
	(void)!send(k->control, &w, sizeof(w), MSG_NOSIGNAL);
}

/* ---- devices alone ---- */

/*
 * The emulator truncates what it opens, so a pipe will not do; and it wants a
 * descriptor that is open for writing only.
 */
static int open_memory(struct keeper *k, int *theirs)
{
	char self[64];

	k->in = memfd_create("vmsdb-capture", MFD_CLOEXEC);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", k->in);
	*theirs = k->in < 0 ? -1 : open(self, O_WRONLY | O_CLOEXEC);
	if (*theirs < 0)
		return err_set(k->err, ERR_IO, ERR_NO_OFFSET, "memfd: %s",
			       strerror(errno));
	return 0;
}

#define UNMIGRATABLE "non-migratable device"

/*
 * Before 6.0 nothing tells but an attempt to migrate, here to nowhere, which is
 * refused for that first.
 */
static bool refuses_to_migrate(struct keeper *k, struct err *why)
{
	const char *now;
	bool over;
	json_t *r;

	if (qmp_execute(&k->qmp, "query-migrate", NULL, -1, &r, NULL) < 0)
		return false;
	now = json_string_value(json_object_get(r, "status"));
	over = !now || !strcmp(now, "failed") || !strcmp(now, "cancelled");
	json_decref(r);
	return over &&
	       qmp_execute(&k->qmp, "migrate",
			   json_pack("{s:s}", "uri", "fd:" FD_NAME "-none"), -1,
			   NULL, why) < 0 && strstr(why->msg, UNMIGRATABLE);
}

/* QEMU would run into a null pointer, and the guest be lost. */
static int refuse_unmigratable(struct keeper *k)
{
	struct err why;
	json_t *r, *o;
	size_t i;

	if (k->qmp.major < 6) {
		if (!refuses_to_migrate(k, &why))
			return 0;
		return err_set(k->err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "the "
			       "emulator cannot save its state: %s", why.msg);
	}
	if (qmp_execute(&k->qmp, "query-migrate", NULL, -1, &r, k->err) < 0)
		return -1;
	json_array_foreach(json_object_get(r, "blocked-reasons"), i, o) {
		const char *s = json_string_value(o);

		if (!s || !strstr(s, UNMIGRATABLE))
			continue;
		err_set(k->err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "the emulator "
			"cannot save its state: %s", s);
		json_decref(r);
		return -1;
	}
	json_decref(r);
	return 0;
}

static int save_devices(struct keeper *k)
{
	char path[64];
	json_t *r;
	int theirs = -1, ret;

	if (refuse_unmigratable(k) < 0 || open_memory(k, &theirs) < 0)
		return -1;
	ret = qmp_execute(&k->qmp, "add-fd",
			  json_pack("{s:s}", "opaque", FD_NAME), theirs, &r,
			  k->err);
	close(theirs);
	if (ret < 0)
		return -1;
	k->fdset = json_integer_value(json_object_get(r, "fdset-id"));
	json_decref(r);
	snprintf(path, sizeof(path), "/dev/fdset/%" JSON_INTEGER_FORMAT,
		 k->fdset);
	k->last = now_ms();
	if (told_to_stop(k))
		return err_set(k->err, ERR_IO, ERR_NO_OFFSET, "interrupted");
	if (qmp_execute(&k->qmp, "xen-save-devices-state",
			json_pack("{s:s, s:b}", "filename", path, "live", 0),
			-1, NULL, k->err) < 0)
		return -1;
	if (!qmp_execute(&k->qmp, "remove-fd",
			 json_pack("{s:I}", "fdset-id", k->fdset), -1, NULL,
			 NULL))
		k->fdset = -1;
	k->last = now_ms();
	while (!k->closed) {
		if (give_up(k))
			return -1;
		take(k);
	}
	/* QEMU before 9.0 holds a removed descriptor while the guest stands */
	(void)!ftruncate(k->in, 0);
	return k->broken ? *k->err = k->broken_err, -1 : 0;
}

/* ---- all ---- */

/* These change what is sent, or what a migration does to its source. */
static const struct saved_capability wanted[] = {
	{ "return-path", true },
	{ "xbzrle", false }, { "compress", false }, { "multifd", false },
	{ "postcopy-ram", false }, { "postcopy-preempt", false },
	{ "postcopy-blocktime", false }, { "release-ram", false },
	{ "block", false }, { "x-colo", false },
	{ "background-snapshot", false }, { "mapped-ram", false },
	{ "zero-copy-send", false }, { "pause-before-switchover", false },
	{ "switchover-ack", false }, { "dirty-limit", false },
	{ "rdma-pin-all", false }, { "late-block-activate", false },
};

static int set_capability(struct keeper *k, const char *name, bool on)
{
	return qmp_execute(&k->qmp, "migrate-set-capabilities",
			   json_pack("{s:[{s:s, s:b}]}", "capabilities",
				     "capability", name, "state", on), -1,
			   NULL, k->err);
}

static int change_capability(struct keeper *k, const char *name, bool was,
			     bool on)
{
	if (was == on)
		return 0;
	if (set_capability(k, name, on) < 0)
		return -1;
	k->caps[k->ncaps++] = (struct saved_capability){ name, was };
	return 0;
}

static int change_capabilities(struct keeper *k)
{
	json_t *list, *o;
	size_t i;

	if (qmp_execute(&k->qmp, "query-migrate-capabilities", NULL, -1, &list,
			k->err) < 0)
		return -1;
	json_array_foreach(list, i, o) {
		const char *name = json_string_value(
			json_object_get(o, "capability"));
		bool was = json_is_true(json_object_get(o, "state"));

		if (name && !strcmp(name, "x-ignore-shared"))
			k->sieve.ignore_shared = was;
		for (size_t w = 0; name && w < sizeof(wanted) /
		     sizeof(wanted[0]); w++) {
			if (!strcmp(name, wanted[w].name) &&
			    change_capability(k, wanted[w].name, was,
					      wanted[w].was) < 0) {
				json_decref(list);
				return -1;
			}
		}
	}
	json_decref(list);
	return 0;
}

/* As fast as it goes, and over after one round. */
static int change_parameters(struct keeper *k)
{
	static const char *const names[] = { "max-bandwidth", "downtime-limit",
					     "tls-creds" };
	json_t *now, *set = json_object();

	k->parameters = json_object();
	if (qmp_execute(&k->qmp, "query-migrate-parameters", NULL, -1, &now,
			k->err) < 0) {
		json_decref(set);
		return -1;
	}
	for (size_t i = 0; i < 3; i++) {
		json_t *v = json_object_get(now, names[i]);

		if (i < 2 ? json_is_integer(v) : json_string_length(v) > 0)
			json_object_set(k->parameters, names[i], v);
	}
	json_decref(now);
	json_object_set_new(set, "max-bandwidth",
			    json_integer((json_int_t)1 << 50));
	json_object_set_new(set, "downtime-limit", json_integer(2000000));
	if (json_object_get(k->parameters, "tls-creds"))
		json_object_set_new(set, "tls-creds", json_string(""));
	return qmp_execute(&k->qmp, "migrate-set-parameters", set, -1, NULL,
			   k->err);
}

/* The status of its migration in @buf, "none" where there never was one. */
static int migration(struct keeper *k, char *buf, size_t size, struct err *err)
{
	const char *s;
	json_t *r;

	if (qmp_execute(&k->qmp, "query-migrate", NULL, -1, &r, err) < 0)
		return -1;
	s = json_string_value(json_object_get(r, "status"));
	snprintf(buf, size, "%s", s ? s : "none");
	json_decref(r);
	return 0;
}

static bool is_over(const char *status)
{
	static const char *const over[] = { "none", "completed", "failed",
					    "cancelled" };

	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		if (!strcmp(status, over[i]))
			return true;
	}
	return false;
}

static int begin_migration(struct keeper *k)
{
	int sv[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		return err_set(k->err, ERR_IO, ERR_NO_OFFSET, "socketpair: %s",
			       strerror(errno));
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	k->in = k->qmp.also_fd = sv[0];
	r = qmp_execute(&k->qmp, "getfd", json_pack("{s:s}", "fdname", FD_NAME),
			sv[1], NULL, k->err);
	close(sv[1]);
	if (r < 0)
		return -1;
	k->named_fd = true;
	if (told_to_stop(k))
		return err_set(k->err, ERR_IO, ERR_NO_OFFSET, "interrupted");
	k->last = now_ms();
	if (qmp_execute(&k->qmp, "migrate",
			json_pack("{s:s}", "uri", "fd:" FD_NAME), -1, NULL,
			k->err) < 0)
		return -1;
	k->migrating = true;
	return 0;
}

/* Does what came so far end with a whole device description? */
static bool ends_with_description(const struct keeper *k)
{
	struct stat st;
	uint8_t *p;
	bool ret;

	if (fstat(k->out, &st) < 0 || st.st_size < 16)
		return false;
	p = sysio_map(NULL, (uint64_t)st.st_size, k->out, 0);
	if (!p)
		return false;
	ret = stream_ends_described(p, (uint64_t)st.st_size);
	munmap(p, (size_t)st.st_size);
	return ret;
}

/*
 * It has sent all, and waits for the destination's word: its last bytes are a
 * description, or (where that is switched off) nothing comes any more though
 * the guest is stopped for the end of the migration.
 */
static bool all_is_here(struct keeper *k)
{
	int64_t quiet = now_ms() - k->last;
	char status[32];

	if (k->sieve.at != SIEVE_PASS || quiet < 5)
		return false;
	if (ends_with_description(k))
		return true;
	return quiet > QUIET_MS &&
	       !qmp_status(&k->qmp, status, sizeof(status), NULL) &&
	       !strcmp(status, "finish-migrate");
}

/* MIG_RP_MSG_SHUT: the load failed. */
static void refuse(const struct keeper *k)
{
	static const uint8_t shut[] = { 0, 1, 0, 4, 0, 0, 0, 1 };

	(void)!send(k->in, shut, sizeof(shut), MSG_NOSIGNAL);
}

static int failed_by_itself(struct keeper *k)
{
	const char *why;
	json_t *r;

	if (qmp_execute(&k->qmp, "query-migrate", NULL, -1, &r, k->err) < 0)
		return -1;
	why = json_string_value(json_object_get(r, "error-desc"));
	err_set(k->err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "the emulator cannot "
		"save its state: %s", why ? why : "it does not say why");
	json_decref(r);
	return -1;
}

static int save_all(struct keeper *k)
{
	char status[32];

	if (migration(k, status, sizeof(status), k->err) < 0)
		return -1;
	if (!is_over(status))
		return err_set(k->err, ERR_USAGE, ERR_NO_OFFSET, "the emulator "
			       "is migrating already (%s)", status);
	if (change_capabilities(k) < 0 || change_parameters(k) < 0 ||
	    begin_migration(k) < 0)
		return -1;
	for (;;) {
		wait_flow(k, 10);
		if (all_is_here(k))
			break;
		if (give_up(k))
			return -1;
		if (migration(k, status, sizeof(status), k->err) < 0)
			return -1;
		if (!strcmp(status, "completed"))
			break;	/* it took no return path */
		if (is_over(status))
			return failed_by_itself(k);
	}
	take(k);
	return k->broken ? *k->err = k->broken_err, -1 : 0;
}

/* ---- putting it back ---- */

/* Another connection, if the old one is of no use. */
static bool reconnect(struct keeper *k)
{
	if (k->qmp.fd >= 0)
		return true;
	qmp_release(&k->qmp);
	if (k->dead || socket_is_dead(k->opts->qmp)) {
		k->dead = true;
		qmp_init(&k->qmp);
		return false;
	}
	qmp_init(&k->qmp);
	k->qmp.timeout_ms = 5000;
	k->qmp.also = take;
	k->qmp.ctx = k;
	return !qmp_connect(&k->qmp, k->opts->qmp, NULL);
}

static void end_migration(struct keeper *k, int64_t deadline)
{
	char status[32] = "";

	if (!k->migrating)
		return;
	refuse(k);
	if (!migration(k, status, sizeof(status), NULL) && !is_over(status))
		wait_flow(k, 50);
	/* what it still writes has no reader: that ends it, if all else fails */
	for (int i = 0; now_ms() < deadline && reconnect(k); i++) {
		if (!migration(k, status, sizeof(status), NULL) &&
		    is_over(status)) {
			k->migrating = false;
			return;
		}
		if (i == 20) {
			qmp_execute(&k->qmp, "migrate_cancel", NULL, -1, NULL,
				    NULL);
			shutdown(k->in, SHUT_RDWR);
		}
		wait_flow(k, 10);
	}
}

static void put_back_settings(struct keeper *k)
{
	while (k->ncaps) {
		const struct saved_capability *c = &k->caps[--k->ncaps];

		set_capability(k, c->name, c->was);
	}
	if (k->parameters && json_object_size(k->parameters))
		qmp_execute(&k->qmp, "migrate-set-parameters",
			    json_incref(k->parameters), -1, NULL, NULL);
	if (k->named_fd)	/* gone already if `migrate` took it */
		qmp_execute(&k->qmp, "closefd",
			    json_pack("{s:s}", "fdname", FD_NAME), -1, NULL,
			    NULL);
	if (k->fdset >= 0)
		qmp_execute(&k->qmp, "remove-fd",
			    json_pack("{s:I}", "fdset-id", k->fdset), -1, NULL,
			    NULL);
}

/* True when the guest runs if it ran. */
static bool put_back_guest(struct keeper *k, int64_t deadline)
{
	char *left = k->result.left;

	while (now_ms() < deadline && !k->dead) {
		if (reconnect(k) &&
		    !qmp_status(&k->qmp, left, sizeof(k->result.left), NULL)) {
			if (!strcmp(left, k->result.found))
				return true;
			if (strcmp(k->result.found, "running"))
				return false;
			/* the end of a migration is worth a moment's wait */
			if (strcmp(left, "finish-migrate") &&
			    strcmp(left, "save-vm"))
				qmp_execute(&k->qmp, "cont", NULL, -1, NULL,
					    NULL);
		}
		wait_flow(k, 20);
		usleep(2000);
	}
	return false;
}

static int put_back(struct keeper *k, int ret)
{
	int64_t deadline = now_ms() + RESTORE_MS;
	struct err why = *k->err;

	end_migration(k, deadline);
	put_back_settings(k);
	if (k->opts->ours || put_back_guest(k, deadline)) {
		*k->err = why;
		return ret;
	}
	if (k->dead)
		return err_set(k->err, ERR_IO, ERR_NO_OFFSET, "the emulator has "
			       "died: %s", ret < 0 ? why.msg :
			       "nobody listens to its monitor any more");
	return err_set(k->err, ERR_IO, ERR_NO_OFFSET, "the guest was found in "
		       "'%s' and is left in '%s'%s%s", k->result.found,
		       *k->result.left ? k->result.left : "?",
		       ret < 0 ? ": " : "", ret < 0 ? why.msg : "");
}

/* ---- the keeper ---- */

static int may_begin(struct keeper *k)
{
	const char *s = k->result.found;
	bool running = !strcmp(s, "running");

	if (running && !k->opts->may_stop)
		return err_set(k->err, ERR_USAGE, ERR_NO_OFFSET, "the guest is "
			       "running; saving pauses it for a moment: allow "
			       "that with --stop");
	if (!strcmp(s, "inmigrate") || !strcmp(s, "finish-migrate") ||
	    !strcmp(s, "save-vm") || !strcmp(s, "restore-vm") ||
	    !strcmp(s, "colo"))
		return err_set(k->err, ERR_USAGE, ERR_NO_OFFSET, "the emulator "
			       "is in '%s' and has no state to save", s);
	if (!k->opts->all)
		return 0;
	if (!strcmp(s, "postmigrate"))
		return err_set(k->err, ERR_USAGE, ERR_NO_OFFSET, "after a "
			       "migration (postmigrate) only the devices can "
			       "be saved ('vmsdb capture --devices-only')");
	if (!running && !k->opts->ours && k->qmp.major < 9)
		return err_set(k->err, ERR_USAGE, ERR_NO_OFFSET, "QEMU %d.%d "
			       "would leave this guest in 'postmigrate' "
			       "instead of '%s'; its devices alone can be "
			       "saved ('vmsdb capture --devices-only')",
			       k->qmp.major, k->qmp.minor, s);
	return 0;
}

static int keep_and_save(struct keeper *k)
{
	int r;

	if (qmp_connect(&k->qmp, k->opts->qmp, k->err) < 0)
		return -1;
	if (!k->qmp.is_unix)
		return err_set(k->err, ERR_USAGE, ERR_NO_OFFSET, "%s: "
			       "descriptors can be passed through a UNIX "
			       "socket only", k->opts->qmp);
	if (k->qmp.major > 0)
		k->result.release = k->qmp.major * 100 + k->qmp.minor;
	if (qmp_status(&k->qmp, k->result.found, sizeof(k->result.found),
		       k->err) < 0 || may_begin(k) < 0)
		return -1;
	tell(k, WORD_FOUND);
	r = k->opts->all ? save_all(k) : save_devices(k);
	if (!r)
		r = sieve_end(&k->sieve, k->err);
	return put_back(k, r);
}

static void describe(struct keeper *k)
{
	const struct sieve *s = &k->sieve;

	k->result.taken = s->taken;
	k->result.kept = s->kept;
	k->result.pages = s->pages;
	if (k->opts->all && !k->opts->keep_ram && s->passed_early)
		snprintf(k->result.note, sizeof(k->result.note), "RAM is kept "
			 "from section '%s' on, whose end only its device "
			 "knows", s->passed);
}

static int keeper_main(const struct capture_opts *opts, int control, int out)
{
	struct err err = { 0 };
	struct keeper k = {
		.opts = opts, .err = &err, .control = control, .in = -1,
		.out = out, .fdset = -1, .last = now_ms(),
	};
	int r;

	qmp_init(&k.qmp);
	k.qmp.timeout_ms = opts->timeout_ms;
	k.qmp.also = take;
	k.qmp.ctx = &k;
	sieve_init(&k.sieve);
	k.sieve.put = put;
	k.sieve.ctx = &k;
	k.sieve.keep_ram = opts->keep_ram;
	if (!opts->all) {	/* nothing to leave out */
		k.sieve.keep_ram = true;
		k.sieve.at = SIEVE_PASS;
	}
	r = keep_and_save(&k);
	describe(&k);
	tell(&k, r < 0 ? WORD_FAILED : WORD_DONE);
	return 0;
}

static void become_keeper(const struct capture_opts *opts, int control, int out)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
				       SIGPIPE };

	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int i = 0; i < 3; i++)	/* nobody waits for our end there */
		dup2(null, i);
	prctl(PR_SET_NAME, "vmsdb-keeper");
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	_exit(keeper_main(opts, control, out));
}

/* ---- we ---- */

/* The keeper was killed: its connections are closed, so the emulator knows. */
static int rescue(struct capture *c, const struct capture_opts *opts,
		  struct err *err)
{
	struct keeper k = {
		.opts = opts, .err = err, .control = -1, .in = -1, .out = -1,
		.fdset = -1, .result = *c,
	};

	qmp_init(&k.qmp);
	if (!*c->found)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "the keeper was "
			       "killed before it had begun");
	err_set(err, ERR_IO, ERR_NO_OFFSET, "the keeper was killed");
	put_back(&k, -1);
	qmp_release(&k.qmp);
	*c = k.result;
	return -1;
}

static int listen_to(struct capture *ret, const struct capture_opts *opts,
		     int control, struct err *err)
{
	bool told = false;
	struct word w;

	for (;;) {
		struct pollfd p = { .fd = control, .events = POLLIN };
		ssize_t n;

		if (opts->interrupted && *opts->interrupted && !told) {
			shutdown(control, SHUT_WR);
			told = true;
		}
		if (poll(&p, 1, 200) <= 0)
			continue;
		n = recv(control, &w, sizeof(w), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(w))
			return rescue(ret, opts, err);
		*ret = w.result;
		if (w.what == WORD_FAILED && err)
			*err = w.err;
		if (w.what != WORD_FOUND)
			return w.what == WORD_DONE ? 0 : -1;
	}
}

int capture_run(struct capture *ret, const struct capture_opts *given, int out,
		struct err *err)
{
	struct capture_opts opts = *given;
	int sv[2], r, status;
	pid_t pid;

	memset(ret, 0, sizeof(*ret));
	if (!opts.timeout_ms)
		opts.timeout_ms = 30000;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "socketpair: %s",
			       strerror(errno));
	pid = fork();
	if (!pid) {
		close(sv[0]);
		become_keeper(&opts, sv[1], out);
	}
	close(sv[1]);
	if (pid < 0)
		r = err_set(err, ERR_IO, ERR_NO_OFFSET, "fork: %s",
			    strerror(errno));
	else
		r = listen_to(ret, &opts, sv[0], err);
	close(sv[0]);
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	return r;
}
