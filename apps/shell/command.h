/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command is. One const table of these (apps/commands/table.c) makes
 * dispatch, argument parsing, completion, help and docs/console.md; what is not
 * in it does not exist on any face of the box.
 *
 * A command runs as a job. It never waits and never prints without bound: its
 * functions are called again and again, each time printing at most .room bytes,
 * until they say STEP_DONE. So a console that prints a million routes, or pings
 * for a day, costs the packets nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fmt.h"

struct box;
struct job;
struct net;
struct shell;

/* ---- arguments ---------------------------------------------------------- */

enum arg_kind {
	ARG_END,    /* closes a table */
	ARG_FLAG,   /* the word itself is all */
	ARG_TEXT,   /* anything */
	ARG_NUMBER, /* .min to .max */
	ARG_NAME,   /* one of .names, or a number up to .max */
	ARG_ON_OFF,
	ARG_ADDR,   /* 10.0.0.1 */
	ARG_PREFIX, /* 10.0.0.0/8, default */
	ARG_MAC,
	ARG_NETDEV,  /* looked up by the command: it may not exist yet */
	ARG_SYSCTL,  /* net.ipv4.ip_forward, with =VALUE where it sets */
	ARG_FILE,    /* /proc/... */
	ARG_COMMAND, /* the words of another command */
	ARG_SERVICE,
	ARG_GROUP, /* what follows has a table of its own: .group */
	ARG_REST,  /* all the words that are left */
};

/* Flags of an argument. */
#define ARG_ABBREV     0x01u  /* a prefix of the word is enough, not of also */
#define ARG_ONCE       0x02u  /* given twice is an error */
#define ARG_POSITIONAL 0x04u  /* its word may be left out */
#define ARG_OPTION     0x08u  /* begins with -, may stand before the others */
#define ARG_REQUIRED   0x10u  /* for the usage text; the command checks */
#define ARG_EQUALS     0x20u  /* a value may follow behind = */
#define ARG_MANY       0x40u  /* positional that may be given several times */
#define ARG_HIDDEN     0x80u  /* understood, but not offered */
#define ARG_LOCK       0x100u /* "lock" may stand before the value */
#define ARG_INET       0x200u /* "inet" may, as the family of an address */

struct arg_name {
	const char *name; /* NULL closes a table */
	uint32_t number;
};

struct arg_spec {
	const char *word; /* "mtu", "-c"; "" for a pure positional */
	/* Other spellings, "|" between them; ~ before one that may be
	 * abbreviated. Or NULL. */
	const char *also;
	enum arg_kind kind;
	uint16_t flags;
	const char *what; /* its value in the usage text: "BYTES" */
	const char *help; /* one sentence */
	uint64_t min, max;
	const struct arg_name *names;
	const struct arg_spec *group;
	/* The tool's own words about a bad value; see the style's refuse(). */
	const char *wrong;
	/* How messages call it, where that is not its word. */
	const char *name;
};

/* An argument as given. */
struct arg {
	uint16_t count; /* how often; 0: not */
	uint16_t word;	/* index of its value in job.word */
	bool locked;	/* ARG_LOCK: it did */
	const char *text;
	uint64_t number; /* ARG_NUMBER, ARG_NAME, ARG_ON_OFF */
	uint32_t addr;	 /* ARG_ADDR, ARG_PREFIX; host order */
	uint8_t prefix_len;
	uint8_t mac[6];
};

#define ARGS_MAX 40u /* entries of the longest table */

enum args_problem {
	ARGS_OK,
	ARGS_STRAY,   /* a word that nobody expects here */
	ARGS_MISSING, /* the value of spec is not there */
	ARGS_WRONG,   /* the value does not suit spec */
	ARGS_RANGE,   /* a number outside its limits */
	ARGS_TWICE,   /* spec was given before */
	ARGS_OPTION,  /* an unknown option */
	ARGS_UNKNOWN, /* no such subcommand */
	ARGS_NONE,    /* a subcommand is missing */
	ARGS_HELP,    /* the word "help", where words may be shortened */
};

struct args_error {
	enum args_problem problem;
	const struct arg_spec *spec; /* what was expected, or NULL */
	unsigned int word;	     /* index in job.word */
	const char *text;	     /* the offending word, or part of it */
};

/* ---- commands ----------------------------------------------------------- */

enum step {
	STEP_MORE, /* call again when there is room */
	STEP_WAIT, /* call again at job.wake_ns, or after job_wake() */
	STEP_DONE,
};

/* Flags of a command. */
#define COMMAND_ABBREV	0x01u /* subcommands by their first letters */
#define COMMAND_DEFAULT 0x02u /* runs when its parent stands alone */
#define COMMAND_WAITS	0x04u /* takes its time: not for configuration files */
#define COMMAND_HIDDEN	0x08u /* understood, but not offered */
#define COMMAND_GETOPT	0x10u /* options like -c3 and -uan */
#define COMMAND_LIVE	0x20u /* acts on the machine: not for hosted checks */
#define COMMAND_ELSE	0x40u /* has no name: takes what no sibling does */
#define COMMAND_TYPES	0x80u /* takes what is typed while it runs */

/* How a family of tools talks about mistakes. */
struct command_style {
	/* Prints what is wrong; returns the exit code. */
	int (*refuse)(struct job *job, const struct args_error *error);
	/* Prints the usage; returns the exit code. */
	int (*usage)(struct job *job);
};

struct command {
	const char *name;    /* NULL closes a table */
	const char *also;    /* other names, "|" between them; or NULL */
	const char *summary; /* one sentence for help */
	const char *text;    /* what else man and the manual say, or NULL */
	uint16_t flags;
	uint16_t room; /* bytes a step may print; 0: JOB_ROOM */
	const struct command_style *style; /* NULL: the parent's */
	const struct arg_spec *args;	   /* NULL: none */
	const struct command *sub;	   /* NULL: none */
	/* After its own options, before its subcommand: false if they cannot
	 * be met, with a message and job->status. NULL: they can. */
	bool (*check)(struct job *job);
	enum step (*start)(struct job *job);
	enum step (*step)(struct job *job); /* NULL: start() does it all */
	void (*end)(struct job *job);	    /* gives back what start() took */
};

#define JOB_ROOM      4096u
#define JOB_WORDS_MAX 128u
#define JOB_STATE_LEN 2048u

/* A command that runs. Lives in its shell; one at a time. */
struct job {
	struct shell *shell;
	struct box *box;
	struct net *net;
	struct out *out; /* through the filters */
	struct out *err; /* past them */
	uint64_t now_ns; /* of this step */

	const struct command *command;
	char **word; /* as typed, the command's names included */
	unsigned int word_count;
	unsigned int first_arg; /* where the arguments begin */
	bool help_word; /* "help" may stand for any argument, as in ip */
	struct arg option[ARGS_MAX]; /* of the outer command (ip -s) */
	struct arg arg[ARGS_MAX];    /* by index in command->args */
	struct args_error error;     /* what was refused, for carets */

	int status;	  /* exit code */
	bool interrupted; /* Ctrl-C: finish with this step */
	uint64_t wake_ns; /* STEP_WAIT: when to be called, TIMER_NEVER */
	bool woken;
	uint32_t position; /* the command's, 0 at the start */
	_Alignas(16) uint8_t state[JOB_STATE_LEN]; /* the command's, zeroed */
};

/* The command's own struct inside the job. */
#define job_state(job, type)                                                   \
	({                                                                     \
		_Static_assert(sizeof(type) <= JOB_STATE_LEN, "fits");         \
		(type *)(void *)(job)->state;                                  \
	})

/* From an event: the job wants to be stepped. */
static inline void
job_wake(struct job *job)
{
	job->woken = true;
}

/* Ends the job with an exit code; what a start() or step() returns. */
static inline enum step
job_exit(struct job *job, int status)
{
	job->status = status;
	return STEP_DONE;
}
